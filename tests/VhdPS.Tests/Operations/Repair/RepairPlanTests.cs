using System.Text;
using VhdPS.Engine.Checking;
using VhdPS.Engine.Format;
using VhdPS.Engine.Operations.Repair;
using VhdPS.Tests.Files;
using VhdPS.Tests.Format;
using Xunit.Abstractions;

namespace VhdPS.Tests.Operations.Repair;

/// <summary>
/// What repair says and does of one fault and of every pair of them: a golden file. Of one fault it has a line for each finding and one
/// for the changes, as they were read and agreed on; of a pair the digest of the same, which VHDPS_READ_PAIR and its name shows.
/// </summary>
public sealed class RepairPlanTests(ITestOutputHelper output)
{
    private static readonly Guid NewId = new("9a8b7c6d-5e4f-4a3b-8c1d-2e3f4a5b6c7d");

    private static readonly (string Name, RepairOptions Options)[] Ways =
    [
        ("all", new RepairOptions { UniqueId = NewId }),
        ("all, table rebuilt, no new id", new RepairOptions { RebuildTable = true, LeastConfidence = RebuildConfidence.Low }),
        ("footers alone", new RepairOptions
        {
            Codes =
            [
                FaultCode.FooterMissing, FaultCode.FooterCopyMissing, FaultCode.FootersDiffer, FaultCode.FooterChecksumMismatch,
                FaultCode.FooterChecksumZero,
            ],
        }),
        ("entries in structures alone", new RepairOptions { Codes = [FaultCode.BatEntryInStructure] }),
        ("the rest alone", new RepairOptions
        {
            UniqueId = NewId,
            Codes =
            [
                FaultCode.TrailingBytes, FaultCode.NextOffsetPresent, FaultCode.HeaderChecksumMismatch, FaultCode.TableEntriesTooMany,
                FaultCode.BatEntryPastEnd, FaultCode.BatEntryInStructure, FaultCode.BatEntryDuplicate, FaultCode.BlocksOverlap,
                FaultCode.BitmapStale, FaultCode.LastBlockShort, FaultCode.UniqueIdNull, FaultCode.FooterIs511Bytes,
            ],
        }),
    ];

    [Fact]
    public void What_is_planned_and_done_of_every_pair_of_faults_is_what_was_agreed_on()
    {
        var golden = new GoldenFile("Operations", "Repair", "repair-plans.txt");
        int cases = 0;
        foreach ((string name, bool isPair, byte[] bytes) in Cases())
        {
            var plans = new StringBuilder();
            foreach ((string way, RepairOptions options) in Ways)
            {
                cases++;
                plans.Append(name).Append(" (").Append(way).Append(")\n");
                Describe(plans, bytes, options);
            }

            // Of one fault alone the words can be read; of two it is enough that they stay as they are.
            string text = isPair ? $"{name}: {GoldenFile.Digest(Encoding.UTF8.GetBytes(plans.ToString()))}\n" : plans.ToString();
            if (isPair && Environment.GetEnvironmentVariable("VHDPS_READ_PAIR") == name)
            {
                output.WriteLine(plans.ToString());
            }

            foreach (string line in text.TrimEnd('\n').Split('\n'))
            {
                golden.Add(line);
            }
        }

        golden.End();
        output.WriteLine($"{cases} plans, {golden.Count} lines");
    }

    private static void Describe(StringBuilder text, byte[] bytes, RepairOptions options)
    {
        using var file = new MemoryImageFile(bytes);
        using var undo = new MemoryImageFile([]);
        RepairPlan plan = RepairOperation.Plan(file, options);
        foreach (RepairStep step in plan.Steps)
        {
            text.Append("  ").Append(step.Finding.Code).Append(": ").Append(step.Outcome).Append(". ")
                .Append(step.Description).Append('\n');
        }

        if (!plan.HasChanges)
        {
            return;
        }

        RepairOperation.Run(file, plan, undo);
        string edits = string.Join(" | ", plan.Phases.Select(phase => string.Join(' ', phase.Edits.Select(
            edit => edit.IsCut ? $"cut {edit.FileOffset}" : $"{edit.FileOffset}+{edit.NewBytes.Length}"))));
        CheckReport after = ImageChecker.Check(file.Reopen(), new CheckOptions { Full = true });
        byte[] repaired = file.ToArray();
        text.Append("  = ").Append(edits).Append(" -> ").Append(repaired.Length).Append(' ')
            .Append(GoldenFile.Digest(repaired)).Append(", ")
            .Append(after.ErrorCount).Append(" errors, ").Append(after.WarningCount).Append(" warnings\n");
        Assert.Equal(plan.NewLength, repaired.Length);
        Assert.True(after.ErrorCount <= plan.Report.ErrorCount);
        UndoOperation.Run(file, UndoRecord.Read(undo));
        Assert.Equal(bytes, file.ToArray());
    }

    private static IEnumerable<(string Name, bool IsPair, byte[] Bytes)> Cases()
    {
        foreach ((string kind, Func<ImageBytes> make) in Kinds())
        {
            foreach ((string first, Func<ImageBytes, ImageBytes> hurt) in Contents(kind))
            {
                foreach ((string second, Func<ImageBytes, byte[]> end) in Ends(kind))
                {
                    bool isPair = first != "sound" && second != "sound end";
                    if (!isPair || !IsOfOneFault(kind))
                    {
                        yield return ($"{kind}, {first}, {second}", isPair || IsOfOneFault(kind), end(hurt(make())));
                    }
                }
            }
        }
    }

    /// <summary>Kinds that differ from a dynamic image in a little: of them a pair of faults says no more.</summary>
    private static bool IsOfOneFault(string kind) => kind is not ("dynamic" or "child" or "fixed");

    private static IEnumerable<(string Name, Func<ImageBytes> Make)> Kinds()
    {
        yield return ("dynamic", () => ImageBytes.Dynamic().AddBlock(2, 0x11).AddBlock(0, 0x22).AddBlock(5, 0x33, [0xF0]));
        yield return ("child", () => ImageBytes.Differencing().AddBlock(2, 0x11, [0xF0]).AddBlock(0, 0x22).AddBlock(5, 0x33));
        yield return ("fixed", () => ImageBytes.Fixed());
        yield return ("two sectors of entries", () =>
            ImageBytes.Dynamic(200 * 512, 512).AddBlock(150, 0x11, [0x80]).AddBlock(0, 0x22).AddBlock(2, 0x33));
        yield return ("last block cut by the disk", () =>
            ImageBytes.Dynamic((16 * 4096) - (3 * 512)).AddBlock(0, 0x22).AddBlock(2, 0x11).AddBlock(15, 0x33, [0xF8]));
        yield return ("header's fields across sectors", () => ImageBytes.Dynamic(16 * 4096, 4096, 985, 2560).AddBlock(2, 0x11));
        yield return ("header's fields right before the next sector", () =>
            ImageBytes.Dynamic(16 * 4096, 4096, 984, 2560).AddBlock(2, 0x11));
    }

    /// <summary>Faults before the footer.</summary>
    private static IEnumerable<(string Name, Func<ImageBytes, ImageBytes> Hurt)> Contents(string kind)
    {
        yield return ("sound", image => image);
        yield return ("no id", image => image.PutFooter(68, new byte[16]));
        if (kind == "fixed")
        {
            yield break;
        }

        int blockBytes = kind == "two sectors of entries" ? 1024 : 512 + 4096;
        uint SectorPast(ImageBytes image, int bytes) => (uint)((image.FooterOffset + bytes) / 512);
        yield return ("next offset of 2010", image => image.PutHeader(8, 0x00000000_FFFFFFFFul));
        yield return ("next offset not resealed", image => image.PutHeader(8, 77ul, reseal: false));
        yield return ("header's checksum wrong", image => image.PutHeader(36, 1u, reseal: false));
        yield return ("table offset not resealed", image => image.PutHeader(16, 4096ul, reseal: false));
        yield return ("count of entries not resealed", image => image.PutHeader(28, 4000u, reseal: false));
        yield return ("reserved bytes not resealed", image => image.PutHeader(770, 5u, reseal: false));
        yield return ("one entry too many", image => image.PutHeader(28, 17u));
        yield return ("many entries too many", image => image.PutHeader(28, 60u));
        yield return ("an extra entry in use", image => image.PutHeader(28, 17u).PutEntry(16, 12));
        yield return ("the original size larger", image => image.PutHeader(28, 17u).PutFooter(40, 17UL * 4096));
        yield return ("the original size a sector larger", image =>
            image.PutHeader(28, 17u).PutFooter(40, (16UL * 4096) + 512));
        yield return ("the geometry larger", image => image.PutHeader(28, 17u).PutFooter(56, [0, 2, 4, 17]));
        yield return ("the largest geometry", image => image.PutHeader(28, 17u).PutFooter(56, [0xFF, 0xFF, 16, 0xFF]));
        if (kind == "child")
        {
            yield return ("no parent's id, header's checksum wrong", image =>
                image.PutHeader(40, new byte[16], reseal: false).PutHeader(36, 1u, reseal: false));
            yield return ("no parent's name, header's checksum wrong", image =>
                image.PutHeader(64, new byte[512], reseal: false).PutHeader(36, 1u, reseal: false));
        }

        yield return ("entries in structures", image => image.PutEntry(9, 0).PutEntry(10, 3));
        yield return ("entries past the end", image => image.PutEntry(9, 0xFFFFFFFE).PutEntry(10, 0x00F00000));
        yield return ("an entry right past the end", image => image.PutEntry(9, (uint)(image.FooterOffset / 512)));
        yield return ("an entry a block past the end", image => image.PutEntry(9, SectorPast(image, blockBytes + 4096 - 512)));
        yield return ("an entry far past the end", image => image.PutEntry(9, SectorPast(image, blockBytes + 4096)));
        yield return ("an entry at the table's end", image => image.PutEntry(9, (uint)((image.TableOffset + 512) / 512)));
        yield return ("entries in the footer, the header and the table", image =>
            image.PutEntry(9, SectorPast(image, 0)).PutEntry(10, 1).PutEntry(11, (uint)(image.TableOffset / 512)).PutEntry(12, 2));
        yield return ("an entry into a block from before", image => image.PutEntry(9, image.GetEntry(2) - 1));
        yield return ("three entries of one block", image =>
            image.PutEntry(9, image.GetEntry(2)).PutEntry(10, image.GetEntry(2)));
        yield return ("a lost block and two entries of data", image =>
            image.PutEntry(9, image.GetEntry(2)).PutEntry(0, 0xFFFFFFFF));
        yield return ("a lost block and an entry into a block", image =>
            image.PutEntry(9, image.GetEntry(2) + 1).PutEntry(0, 0xFFFFFFFF));
        yield return ("a lost block and an entry in a structure", image => image.PutEntry(9, 1).PutEntry(0, 0xFFFFFFFF));
        yield return ("a clear bit over data", image => image.AddBlock(6, 0x44, [0x0F]));
        yield return ("blocks where clear bits hide data", image => image.AddBlock(6, 0x44, [0x0F]).AddBlock(7, 0x45, [0x80]));
        yield return ("two entries of zeros", image =>
        {
            image.AddBlock(7, 0);
            return image.PutEntry(9, image.GetEntry(7));
        }
        );
        yield return ("two entries of data", image => image.PutEntry(9, image.GetEntry(2)));
        yield return ("an entry into a block", image => image.PutEntry(9, image.GetEntry(2) + 3));
        yield return ("an entry that was lost", image => image.PutEntry(2, 0xFFFFFFFF));
        yield return ("two entries that were lost", image => image.PutEntry(2, 0xFFFFFFFF).PutEntry(0, 0xFFFFFFFF));
        yield return ("an entry that went astray", image => image.PutEntry(2, 0x00F00000));
        yield return ("a gap before the last block", image =>
        {
            image.Insert(new byte[700]);
            image.Insert(new byte[324]);
            return image.AddBlock(6, 0x44);
        }
        );
    }

    /// <summary>Faults of the footers and behind them.</summary>
    private static IEnumerable<(string Name, Func<ImageBytes, byte[]> Hurt)> Ends(string kind)
    {
        yield return ("sound end", image => image.Bytes);
        yield return ("footer cut off", image => image.CutEnd(512).Bytes);
        yield return ("footer's checksum wrong", image => image.PutEnd(64, [1, 2, 3, 4], reseal: false).Bytes);
        yield return ("footer's checksum zero", image => image.PutEnd(64, [0, 0, 0, 0], reseal: false).Bytes);
        yield return ("511 bytes", image => image.CutEnd(1).Bytes);
        yield return ("cut off in the footer, 300 bytes left", image => image.CutEnd(212).Bytes);
        yield return ("cut off in the footer, 400 bytes left", image => image.CutEnd(112).Bytes);
        yield return ("no cookie, else like the footer", image => image.Poke(image.FooterOffset, new byte[8]).Bytes);
        yield return ("128 bytes unlike the footer", image =>
            image.Poke(image.FooterOffset, [.. Enumerable.Repeat((byte)0x5A, 128)]).Bytes);
        yield return ("127 bytes unlike the footer", image =>
            image.Poke(image.FooterOffset, [.. Enumerable.Repeat((byte)0x5A, 127)]).Bytes);
        yield return ("nothing like the footer", image =>
            image.Poke(image.FooterOffset, [.. Enumerable.Range(1, 512).Select(i => (byte)(i % 251))]).Bytes);
        yield return ("footer on no sector", image => [.. image.Bytes[..^512], .. new byte[100], .. image.Bytes[^512..]]);
        yield return ("zeros behind", image => image.Append(new byte[3000]).Bytes);
        yield return ("data behind", image => image.Append([.. new byte[1000], 1, .. new byte[23]]).Bytes);
        if (kind == "fixed")
        {
            yield return ("size wrong", image => image.PutEnd(48, [0, 0, 1], reseal: false).Bytes);
            yield break;
        }

        yield return ("cut off in the last block, shown sectors in the file", image =>
            image.CutEnd(512 + 512).Bytes);
        yield return ("cut off in the last block's bitmap", image => image.CutEnd(512 + 4096 + 100).Bytes);
        yield return ("footer of 0xC7", image => image.Poke(image.FooterOffset, [.. Enumerable.Repeat((byte)0xC7, 512)]).Bytes);
        yield return ("footer hurt and copy zeroed", image =>
            image.PutEnd(50, [7], reseal: false).Poke(0, new byte[512]).Bytes);
        yield return ("copy zeroed", image => image.Poke(0, new byte[512]).Bytes);
        yield return ("copy hurt", image => image.PutFront(48, [9], reseal: false).Bytes);
        yield return ("copy of another id", image => image.PutFront(68, [9]).Bytes);
        yield return ("both checksums wrong, fields equal", image => image.PutFooter(64, 0xDEADBEEFu, reseal: false).Bytes);
        yield return ("both hurt in different ways", image => image.PutFront(49, [1], reseal: false).PutEnd(50, [7], reseal: false).Bytes);
        yield return ("cut off in the last block", image => image.CutEnd(512 + 1024).Bytes);
        yield return ("last block short", image =>
            [.. image.Bytes.AsSpan(0, image.FooterOffset - 1024), .. image.Bytes.AsSpan(image.FooterOffset)]);
    }
}
