using System.Buffers.Binary;
using System.Text;
using VhdPS.Engine.Checking;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Engine.Layout;
using VhdPS.Engine.Operations.Resize;
using VhdPS.Tests.Files;
using VhdPS.Tests.Format;
using Xunit.Abstractions;

namespace VhdPS.Tests.Operations.Resize;

/// <summary>
/// Dynamic and differencing images of many shapes get many sizes: what is read before is read after, what was gained is zeros, nothing
/// that lies there without an entry is lost, and what was planned is what was done. Every write and sync, in its order, is that of a
/// golden file, resizes.txt.
/// </summary>
public sealed class SparseResizeTests(ITestOutputHelper output)
{
    private const byte FromParent = 0xFE;

    [Fact]
    public void Every_shape_gets_every_size_by_the_writes_that_were_agreed_on()
    {
        var golden = new GoldenFile("Operations", "Resize", "resizes.txt");
        foreach ((string name, ImageBytes image) in SparseShapes.All())
        {
            golden.Add(name);
            foreach (long sectors in Sizes(image))
            {
                golden.Add($"  {sectors}: {Resize(name, image, sectors)}");
            }
        }

        golden.End();
        output.WriteLine($"{golden.Count} lines");
    }

    /// <summary>A growth that is called off, or finds the medium full, leaves the disk that was, in a file no longer than before.</summary>
    [Fact]
    public void A_growth_that_does_not_end_gives_back_what_it_took()
    {
        int cancelled = 0, full = 0;
        foreach ((string name, ImageBytes image) in SparseShapes.All().Where(shape => IsResizable(shape.Image)))
        {
            byte[] disk = ReadDisk(image.Bytes);
            long sectors = 2000L * image.BlockSize / 512;
            var plain = new StepProgress();
            ResizeOperation.Run(image.ToFile(), Options(sectors), plain);
            for (int step = 1; step <= plain.Steps.Count; step++)
            {
                MemoryImageFile file = image.ToFile();
                using var cancellation = new CancellationTokenSource();
                var progress = new StepProgress(done => CancelAt(done, step, cancellation));
                try
                {
                    ResizeOperation.Run(file.Reopen(), Options(sectors), progress, cancellation.Token);
                }
                catch (OperationCanceledException)
                {
                    cancelled++;
                    AssertAsBefore($"{name}, cancelled at step {step}", image, disk, file);
                }
            }

            for (long most = image.Bytes.Length; image.BlockSize < 1 << 20 && most < image.Bytes.Length + 12_000; most += 512)
            {
                MemoryImageFile file = image.ToFile();
                file.MaxLength = most;
                try
                {
                    ResizeOperation.Run(file, Options(sectors));
                    break;
                }
                catch (ImageIOException)
                {
                    full++;
                    AssertAsBefore($"{name}, full at {most}", image, disk, file.Reopen());
                }
            }
        }

        output.WriteLine($"{cancelled} cancelled, {full} on a full medium");
        Assert.True(cancelled > 100 && full > 100);
    }

    /// <summary>A growth in which a write fails that may find the medium full leaves the image that was; after any that fails, the same
    /// growth again comes to its end.</summary>
    [Fact]
    public void A_growth_in_which_a_write_fails_is_as_if_it_had_not_begun_or_is_ended_by_another()
    {
        int undone = 0, ended = 0;
        foreach ((string name, ImageBytes image) in SparseShapes.All()
            .Where(shape => shape.Image.BlockSize < 1 << 20 && IsResizable(shape.Image)))
        {
            byte[] disk = ReadDisk(image.Bytes);
            long sectors = 2000L * image.BlockSize / 512;
            var plain = new RecordingImageFile(image.ToFile());
            ResizeOperation.Run(new WritableNonOwningImageFile(plain), Options(sectors));
            int header = plain.Changes.ToList().FindIndex(one => one.FileOffset == image.HeaderOffset + 16);
            for (int change = 0; change < plain.Changes.Count; change++)
            {
                var file = new RecordingImageFile(image.ToFile()) { FailAt = change, BytesOfFailedWrite = change % 2 == 0 ? 512 : 0 };
                Assert.Throws<ImageIOException>(() => ResizeOperation.Run(new WritableNonOwningImageFile(file), Options(sectors)));
                string what = $"{name}, change {change} of {plain.Changes.Count} ({Describe(plain.Changes[change])}) failed";
                byte[] after = Bytes(file);
                byte[] read = ReadDisk(after);
                Assert.True(disk.AsSpan().SequenceEqual(read.AsSpan(0, disk.Length)), $"{what}: the disk reads otherwise");
                if (change < header && MayFindTheMediumFull(image, plain.Changes[change]))
                {
                    undone++;
                    AssertNothingNew(what, image, after);
                }

                ResizeOperation.Run(new WritableNonOwningImageFile(file), Options(sectors));
                ended++;
                AssertDisk(what, disk, sectors, Bytes(file));
            }
        }

        output.WriteLine($"{undone} as if not begun, {ended} ended");
        Assert.True(undone > 100 && ended > 400, $"{undone} and {ended}");
    }

    /// <summary>Whether a write takes space; one of entries or of a bitmap that were there takes none.</summary>
    private static bool MayFindTheMediumFull(ImageBytes image, Change change)
    {
        long tableEnd = image.TableOffset + VhdSpec.RoundUp(ImageLayout.Read(image.ToFile()).BlockCount * 4, 512);
        return change.Kind == ChangeKind.Write && change.End > tableEnd && change.Data.AsSpan().ContainsAnyExcept((byte)0);
    }

    /// <summary>What a check finds was found before, but for space that is left over; above all no block that no entry names.</summary>
    private static void AssertNothingNew(string what, ImageBytes image, byte[] after)
    {
        CheckReport before = ImageChecker.Check(image.ToFile(), new CheckOptions { Full = true });
        CheckReport report = ImageChecker.Check(new MemoryImageFile(after), new CheckOptions { Full = true });
        foreach (Finding finding in report.Findings.Where(one => one.Severity != Severity.Note || one.Code == FaultCode.BlockLost))
        {
            Assert.True(before.Findings.Any(one => one.Code == finding.Code), $"{what}: {finding.Describe()}");
        }

        // Xen's tools write to no image of theirs whose batmap is not whole.
        Assert.True(before.Layout!.Batmap?.Map is null || report.Layout!.Batmap?.Map is not null, $"{what}: the batmap is lost");
    }

    private static void CancelAt(int done, int step, CancellationTokenSource cancellation)
    {
        if (done == step)
        {
            cancellation.Cancel();
        }
    }

    private static string Resize(string name, ImageBytes image, long sectors)
    {
        string what = $"{name} to {sectors} sectors";
        var file = new RecordingImageFile(image.ToFile());
        CheckReport before = ImageChecker.Check(image.ToFile(), new CheckOptions { Full = true });
        ResizePlan plan;
        try
        {
            plan = ResizeOperation.Plan(image.ToFile(), Options(sectors));
        }
        catch (Exception error) when (error is VhdFormatException or VhdOperationException or ArgumentException)
        {
            string refusal = Assert.ThrowsAny<Exception>(() => ResizeOperation.Run(file, Options(sectors))).Message;
            Assert.Equal((error.Message, 0), (refusal, file.Changes.Count));
            return refusal;
        }

        byte[] disk = ReadDisk(image.Bytes);
        var progress = new StepProgress();
        ResizePlan done = ResizeOperation.Run(new WritableNonOwningImageFile(file), Options(sectors), progress);
        byte[] resized = Bytes(file);
        Assert.True(
            (plan with { OldFileLength = 0, IsRepair = done.IsRepair }) == (done with { OldFileLength = 0 }), $"{what}: {plan}, {done}");
        Assert.True(plan.NewFileLength == resized.Length, $"{what}: {resized.Length} bytes, not {plan.NewFileLength}");
        AssertDisk(what, disk, sectors, resized);
        AssertFound(what, image, before, sectors, resized);

        // The same again has nothing to do, but for entries to grow into that a growth has kept; back to the old size what was given up
        // is zeros.
        string text = $"{Describe(plan)}, {string.Join(' ', file.Changes.Select(Describe))} = {resized.Length} "
            + $"{GoldenFile.Digest(resized, 8)}, "
            + string.Join(' ', progress.Steps.Select(step => $"{step.DoneBytes}/{step.TotalBytes}{Digest(step.Step)}"));
        long entryBytes = ImageLayout.Read(file).Header!.MaxTableEntries * (long)image.BlockSize;
        bool keptEntries = plan.IsChange && entryBytes >= (sectors * 512) + image.BlockSize;
        ResizePlan again = ResizeOperation.Run(new WritableNonOwningImageFile(file), Options(sectors));
        Assert.True(again.IsChange == keptEntries, what);
        int changes = file.Changes.Count;
        Assert.False(ResizeOperation.Run(new WritableNonOwningImageFile(file), Options(sectors)).IsChange, what);
        Assert.True(changes == file.Changes.Count, what);
        ResizeOperation.Run(new WritableNonOwningImageFile(file), Options(disk.Length / 512));
        AssertDisk($"{what} and back", disk[..(int)Math.Min(disk.Length, sectors * 512)], disk.Length / 512, Bytes(file));
        return text;
    }

    private static string Describe(ResizePlan plan) =>
        $"{plan.MovedBlockCount} moved, {plan.LostBlockCount} lost, {plan.MovedLocatorCount} locators"
        + $"{(plan.IsTableMoved ? ", table moved" : string.Empty)}{(plan.IsBatmapDropped ? ", batmap dropped" : string.Empty)}"
        + $"{(plan.IsRepair ? ", repaired" : string.Empty)}{(plan.IsCreatorChanged ? ", creator changed" : string.Empty)}, "
        + $"sector {plan.LostSector} given up, at most {plan.WrittenBytes} written";

    private static string Describe(Change change) => change.Kind switch
    {
        ChangeKind.Write => $"{change.FileOffset}+{change.Data.Length}",
        ChangeKind.SetLength => $"cut {change.FileOffset}",
        _ => "sync",
    };

    private static string Digest(string? text) =>
        text is null ? string.Empty : GoldenFile.Digest(Encoding.UTF8.GetBytes(text), 4);

    private static ResizeOptions Options(long sectors) => new("memory.vhd") { SizeBytes = sectors * 512, Force = true };

    private static byte[] Bytes(ImageFile file)
    {
        byte[] bytes = new byte[file.Length];
        file.ReadAt(0, bytes);
        return bytes;
    }

    /// <summary>The disk, as far as 8 MiB; what a child takes from its parent is 0xFE.</summary>
    private static byte[] ReadDisk(byte[] bytes)
    {
        using VhdImage image = VhdImage.Open(new MemoryImageFile(bytes));
        byte[] disk = new byte[Math.Min(image.SectorCount, 16_384) * 512];
        for (long sector = 0; sector < disk.Length / 512;)
        {
            SectorRun run = image.Map.Find(sector, (disk.Length / 512) - sector);
            Span<byte> part = disk.AsSpan((int)sector * 512, (int)run.Count * 512);
            if (run.Origin == SectorOrigin.Parent)
            {
                part.Fill(FromParent);
            }
            else
            {
                image.ReadSectors(sector, part);
            }

            sector += run.Count;
        }

        return disk;
    }

    private static bool IsResizable(ImageBytes image)
    {
        try
        {
            return ResizeOperation.Plan(image.ToFile(), Options(2000L * image.BlockSize / 512)).IsChange;
        }
        catch (Exception error) when (error is VhdFormatException or VhdOperationException)
        {
            return false;
        }
    }

    /// <summary>Sizes around the bounds of a sector, a block, a sector of entries and the data, in sectors.</summary>
    private static IEnumerable<long> Sizes(ImageBytes image)
    {
        long unit = image.BlockSize / 512;
        long old = (long)BinaryPrimitives.ReadUInt64BigEndian(image.Bytes.AsSpan(48)) / 512;
        old = old == 0 ? 100 * unit : old;
        long[] sizes =
        [
            1, unit, (2 * unit) + 1, 7 * unit, old - 1, old, old + 1, old + unit, 127 * unit, 128 * unit, (128 * unit) + 1, 200 * unit,
            256 * unit, 257 * unit, 385 * unit, 1500 * unit,
        ];
        return sizes.Distinct().Order();
    }

    private static void AssertDisk(string what, byte[] disk, long sectors, byte[] resized)
    {
        byte[] after = ReadDisk(resized);
        using (VhdImage image = VhdImage.Open(new MemoryImageFile(resized)))
        {
            Assert.True(image.SectorCount == sectors, $"{what}: {image.SectorCount} sectors");
        }

        int same = Math.Min(disk.Length, after.Length);
        Assert.True(disk.AsSpan(0, same).SequenceEqual(after.AsSpan(0, same)), $"{what}: the disk reads otherwise");
        Assert.False(after.AsSpan(same).ContainsAnyExcept((byte)0, FromParent), $"{what}: what was gained is not zeros");
    }

    /// <summary>What a check finds was found before; a block that no entry names is still in the file.</summary>
    private static void AssertFound(string what, ImageBytes image, CheckReport before, long sectors, byte[] resized)
    {
        CheckReport after = ImageChecker.Check(new MemoryImageFile(resized), new CheckOptions { Full = true });
        foreach (Finding finding in after.Findings.Where(finding => finding.Severity != Severity.Note))
        {
            Assert.True(before.Findings.Any(one => one.Code == finding.Code), $"{what}: {finding.Describe()}");
        }

        if (before.Findings.Any(finding => finding.Code == FaultCode.BlockLost))
        {
            byte[] data = image.BlockSize == 512 ? LostData(image) : [.. Enumerable.Repeat((byte)8, image.BlockSize)];
            Assert.True(resized.AsSpan().IndexOf(data) >= 0, $"{what}: a lost block is gone");
        }
    }

    /// <summary>The end of the last block or locator, of those that have made way already too, and a footer.</summary>
    private static long LongestNeeded(ImageBytes image, byte[] after)
    {
        IEnumerable<uint> entries = Enumerable.Range(0, 128).Select(
            i => BinaryPrimitives.ReadUInt32BigEndian(after.AsSpan(image.TableOffset + (i * 4)))).Where(entry => entry < 1 << 20);
        long locators = ImageLayout.Read(new MemoryImageFile(after)).Structures
            .Where(extent => extent.Structure == VhdStructure.ParentLocator).Select(extent => extent.End).DefaultIfEmpty().Max();
        return Math.Max(
            VhdSpec.RoundUp(locators, 512), ((long)entries.DefaultIfEmpty().Max() * 512) + image.BitmapSize + image.BlockSize) + 512;
    }

    /// <summary>The data of the first block in the file that no entry names.</summary>
    private static byte[] LostData(ImageBytes image)
    {
        HashSet<uint> named = [.. Enumerable.Range(0, 100).Select(image.GetEntry)];
        for (int at = image.TableOffset + 512; at + 1024 <= image.FooterOffset; at += 512)
        {
            ReadOnlySpan<byte> place = image.Bytes.AsSpan(at, 1024);
            if (!named.Contains((uint)(at / 512)) && place[..512].IndexOfAnyExcept((byte)0xFF) < 0 && place[512] is > 0 and < 0xFF)
            {
                return place[512..].ToArray();
            }
        }

        throw new InvalidOperationException("no lost block");
    }

    private static void AssertAsBefore(string what, ImageBytes image, byte[] disk, MemoryImageFile file)
    {
        byte[] after = file.ToArray();
        Assert.True(disk.AsSpan().SequenceEqual(ReadDisk(after)), $"{what}: the disk reads otherwise");
        Assert.True(after.Length <= Math.Max(LongestNeeded(image, after), VhdSpec.RoundUp(image.Bytes.Length, 512) + 1024), what);
        AssertNothingNew(what, image, after);
    }
}
