using VhdPS.Engine.Chains;
using VhdPS.Engine.Checking;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Engine.Layout;
using VhdPS.Engine.Operations.Resize;
using VhdPS.Tests.Files;
using Xunit.Abstractions;

namespace VhdPS.Tests.Crash;

/// <summary>
/// A resize may be cut at any write: the image opens, a full check finds no error, it has the old size or the new one, every
/// sector of both reads as before and what was gained as zeros; the same resize run again finishes it.
/// </summary>
public sealed class ResizeCrashTests(ITestOutputHelper output)
{
    private static readonly int Cuts = LongRun.Count(60_000, 500_000);

    [Fact]
    public void NoCutOfAResizeLosesAnything()
    {
        var kinds = new SortedDictionary<string, int>(StringComparer.Ordinal);
        int cuts = 0, runs = 0, moved = 0, tables = 0, locators = 0;
        for (int seed = 1; cuts < Cuts; seed++)
        {
            var random = new Random(seed);
            (string kind, byte[] initial) = ResizeImages.Make(random);
            (long oldCount, ulong[] values) = ReadAll(initial);
            long newCount = ChooseCount(random, values);
            var recorder = new RecordingImageFile(new MemoryImageFile(initial));
            ResizePlan plan = ResizeOperation.Run(recorder, new ResizeOptions(recorder.Path) { SizeBytes = newCount * 512, Force = true });
            moved += plan.MovedBlockCount;
            tables += plan.IsTableMoved ? 1 : 0;
            locators += plan.MovedLocatorCount;
            FooterOrder.Verify(initial, recorder.Changes, $"seed {seed} ({kind})");
            runs++;
            var expected = new Expectation(values, oldCount, newCount, kind == "batmap behind the table" && !plan.IsBatmapDropped);
            foreach (PowerCut.State state in new PowerCut(initial, recorder.Changes).Enumerate(random, samples: 12))
            {
                cuts++;
                kinds[kind] = kinds.GetValueOrDefault(kind) + 1;
                Verify(expected, state, $"seed {seed} ({kind}), {oldCount} to {newCount} sectors, cut after {state.ChangeCount} changes");
            }
        }

        Assert.True(
            LongRun.IsShort || (moved > 100 && tables > 10 && locators > 10),
            $"only {moved} blocks, {tables} tables and {locators} locators moved");
        string all = string.Join(", ", kinds.Select(pair => $"{pair.Key} {pair.Value}"));
        output.WriteLine($"{cuts} cuts of {runs} runs, {moved} blocks and {tables} tables and {locators} locators moved: {all}");
    }

    private static (long Count, ulong[] Values) ReadAll(byte[] bytes)
    {
        using VhdImage image = VhdImage.Open(new MemoryImageFile(bytes));
        return (image.SectorCount, CrashWorkload.ReadValues(image));
    }

    private static long ChooseCount(Random random, ulong[] values)
    {
        int last = Array.FindLastIndex(values, value => value is not (0 or DiskModel.FromParent));
        return random.Next(6) switch
        {
            0 => random.Next(Math.Max(1, last + 1), values.Length + 1),
            1 => values.Length + random.Next(1, 9),
            2 or 3 => values.Length + random.Next(1, 400),
            _ => values.Length + random.Next(400, 1500),
        };
    }

    private static void Verify(Expectation expected, PowerCut.State state, string what)
    {
        try
        {
            VerifyImage(state.Bytes, expected, isFinished: false);
            var file = new MemoryImageFile(state.Bytes);
            ResizeOperation.Run(file.Reopen(), new ResizeOptions(file.Path) { SizeBytes = expected.NewCount * 512, Force = true });
            VerifyImage(file.ToArray(), expected, isFinished: true);
            VerifyRepair(state.Bytes, expected);
        }
        catch (Exception error)
        {
            throw new InvalidOperationException(what, error);
        }
    }

    /// <summary>A repair settles the size that a reader sees, and the image opens for writing.</summary>
    private static void VerifyRepair(byte[] bytes, Expectation expected)
    {
        var file = new MemoryImageFile(bytes);
        bool isOpened = true;
        try
        {
            VhdImage.Open(file.Reopen(), new VhdOpenOptions { ForWriting = true }).Dispose();
        }
        catch (VhdFormatException)
        {
            isOpened = false;
        }

        if (isOpened)
        {
            return;
        }

        CutRepair.Run(file);
        VerifyImage(file.ToArray(), expected, isFinished: false);
        VhdImage.Open(file, new VhdOpenOptions { ForWriting = true }).Dispose();
    }

    private static void VerifyImage(byte[] bytes, Expectation expected, bool isFinished)
    {
        CheckReport report = ImageChecker.Check(new MemoryImageFile(bytes), new CheckOptions { Full = true });
        Assert.True(
            report.IsValid,
            string.Join('\n', report.Findings.Select(finding => $"{finding.Severity} {finding.Code} {finding.Describe()}")));
        if (isFinished)
        {
            Assert.DoesNotContain(report.Findings, finding => finding.Effect == FaultEffect.ReadOnly
                || finding.Code is FaultCode.FootersDiffer or FaultCode.TableEntriesTooMany or FaultCode.TableEntryBeyondDisk);
        }

        if (expected.HasBatmap)
        {
            // Xen's tools write to no image of theirs whose batmap is not whole.
            Assert.DoesNotContain(report.Findings, finding => finding.Code is FaultCode.BatmapInvalid or FaultCode.BatmapStale);
            var layout = ImageLayout.Read(new MemoryImageFile(bytes));
            Assert.Equal(2, layout.Structures.Count(extent => extent.Structure == VhdStructure.Batmap));
        }

        (long count, ulong[] values) = ReadAll(bytes);
        Assert.True(count == expected.NewCount || (!isFinished && count == expected.OldCount), $"the disk has {count} sectors");
        for (int sector = 0; sector < count; sector++)
        {
            ulong value = values[sector];
            bool isRight = sector < expected.Values.Length ? value == expected.Values[sector] : value is 0 or DiskModel.FromParent;
            Assert.True(isRight, $"sector {sector} reads {value:X}");
        }
    }

    private sealed record Expectation(ulong[] Values, long OldCount, long NewCount, bool HasBatmap);
}
