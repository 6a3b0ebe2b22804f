using VhdPS.Engine.Chains;
using VhdPS.Engine.Checking;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Engine.Operations.Repair;
using VhdPS.Tests.Crash;
using VhdPS.Tests.Files;
using Xunit.Abstractions;

namespace VhdPS.Tests.Operations.Repair;

public sealed class RepairOperationTests(ITestOutputHelper output)
{
    private static readonly RepairOptions Options = new() { UniqueId = new Guid("9a8b7c6d-5e4f-4a3b-8c1d-2e3f4a5b6c7d") };

    [Fact]
    public void MendsWhatTheFileProvesAndLeavesTheRest()
    {
        foreach (DamagedImage damaged in DamagedImages.All())
        {
            Assert.True(Findings(damaged.Bytes).Any(finding => finding.Code == damaged.Code), $"{damaged.Name}: the fault is not found");
            using var file = new MemoryImageFile(damaged.Bytes);
            RepairPlan plan = RepairOperation.Plan(file, Options);
            string steps = Describe(damaged, plan);
            Assert.True(plan.Steps.Where(step => step.Finding.Code == damaged.Code).All(
                step => step.Outcome == (damaged.IsMended ? RepairOutcome.Repair : RepairOutcome.NotProven)), steps);
            RepairOperation.Run(file, plan, undo: null);
            bool isGone = Findings(file.ToArray()).All(finding => finding.Code != damaged.Code);
            Assert.True(isGone == damaged.IsMended, steps);
            if (damaged.IsMended)
            {
                CheckReport after = ImageChecker.Check(file, new CheckOptions { Full = true });
                Assert.True(after.ErrorCount + after.WarningCount == 0, steps + Describe(after));
                Assert.Equal(plan.NewLength, file.Length);
                VhdImage.Open(file.Reopen(), new VhdOpenOptions { ForWriting = true }).Dispose();
            }
        }
    }

    [Fact]
    public void LeavesAFileWithUnprovenFaultsByteForByte()
    {
        foreach (DamagedImage damaged in DamagedImages.All().Where(damaged => !damaged.IsMended))
        {
            using var file = new MemoryImageFile(damaged.Bytes);
            RepairPlan plan = RepairOperation.Plan(file, new RepairOptions { Codes = [damaged.Code] });
            Assert.True(!plan.HasChanges, Describe(damaged, plan));
        }
    }

    [Fact]
    public void ChangesNothingThatWasNotAskedFor()
    {
        foreach (DamagedImage damaged in DamagedImages.All())
        {
            using var file = new MemoryImageFile(damaged.Bytes);
            RepairPlan plan = RepairOperation.Plan(file, Options with { Codes = [FaultCode.SavedState] });
            Assert.True(!plan.HasChanges, Describe(damaged, plan));
        }
    }

    [Fact]
    public void ChangesNothingInASoundImage()
    {
        var random = new Random(5);
        for (int i = 0; i < 200; i++)
        {
            byte[] bytes = CrashImages.Make(random).Bytes;
            using var file = new MemoryImageFile(bytes);
            RepairPlan plan = RepairOperation.Plan(file, Options);
            CheckReport report = RepairOutlook.Check(file, new CheckOptions { Full = true });
            Assert.Equal(report.Findings.Any(finding => finding.IsRepairable && !finding.NeedsRebuild), plan.HasChanges);
        }
    }

    [Fact]
    public void ReadsTheSameBeforeAndAfter()
    {
        // The other two show more, or no longer show another block's data.
        foreach (DamagedImage damaged in DamagedImages.All()
            .Where(damaged => damaged.Code is not (FaultCode.BitmapStale or FaultCode.BlocksOverlap)))
        {
            using var file = new MemoryImageFile(damaged.Bytes);
            byte[][] before = ReadWhatCanBeRead(damaged.Bytes);
            RepairOperation.Run(file, RepairOperation.Plan(file, Options), undo: null);
            byte[][] after = ReadWhatCanBeRead(file.ToArray());
            for (int block = 0; block < before.Length; block++)
            {
                Assert.True(before[block].Length == 0 || before[block].SequenceEqual(after[block]), $"{damaged.Name}, block {block}");
            }
        }
    }

    [Fact]
    public void UndoBringsTheFileBackByteForByte()
    {
        foreach (DamagedImage damaged in DamagedImages.All().Where(damaged => damaged.IsMended))
        {
            using var file = new MemoryImageFile(damaged.Bytes);
            using var undo = new MemoryImageFile([]);
            RepairOperation.Run(file, RepairOperation.Plan(file, Options), undo);
            Assert.NotEqual(damaged.Bytes, file.ToArray());
            UndoOperation.Run(file, UndoRecord.Read(undo));
            Assert.Equal(damaged.Bytes, file.ToArray());
        }
    }

    [Fact]
    public void NoCutOfARepairMakesAnImageWorse()
    {
        int cuts = 0;
        var random = new Random(11);
        foreach (DamagedImage damaged in DamagedImages.All().Where(damaged => damaged.IsMended))
        {
            using var recorder = new RecordingImageFile(new MemoryImageFile(damaged.Bytes));
            using var undo = new RecordingImageFile(new MemoryImageFile([]));
            using var guarded = new GuardedImageFile(recorder, () => Assert.Equal(ChangeKind.Flush, undo.Changes[^1].Kind));
            RepairPlan plan = RepairOperation.Plan(guarded, Options);
            RepairOperation.Run(guarded, plan, undo);
            Assert.Equal(ChangeKind.Flush, recorder.Changes[^1].Kind);
            byte[][] before = ReadWhatCanBeRead(damaged.Bytes);
            long errors = plan.Report.ErrorCount;
            foreach (PowerCut.State state in new PowerCut(damaged.Bytes, recorder.Changes).Enumerate(random, samples: 50))
            {
                cuts++;
                string what = $"{damaged.Name}, cut after {state.ChangeCount} changes";
                VerifyCut(state.Bytes, errors, before, damaged.Code is FaultCode.BitmapStale or FaultCode.BlocksOverlap, what);
                using var again = new MemoryImageFile(state.Bytes);
                UndoOperation.Run(again, UndoRecord.Read(undo));
                Assert.True(damaged.Bytes.AsSpan().SequenceEqual(again.ToArray()), what + ": the undo file does not bring it back");
                using var onwards = new MemoryImageFile(state.Bytes);
                RepairOperation.Run(onwards, RepairOperation.Plan(onwards, Options), undo: null);
                CheckReport after = ImageChecker.Check(onwards, new CheckOptions { Full = true });
                Assert.True(after.ErrorCount + after.WarningCount == 0, what + Describe(after));
            }
        }

        output.WriteLine($"{cuts} cuts of {DamagedImages.All().Count(damaged => damaged.IsMended)} repairs");
    }

    [Fact]
    public void ACutUndoIsFinishedByAnother()
    {
        var random = new Random(12);
        foreach (DamagedImage damaged in DamagedImages.All().Where(damaged => damaged.IsMended))
        {
            using var file = new MemoryImageFile(damaged.Bytes);
            using var undo = new MemoryImageFile([]);
            RepairOperation.Run(file, RepairOperation.Plan(file, Options), undo);
            byte[] repaired = file.ToArray();
            using var recorder = new RecordingImageFile(new MemoryImageFile(repaired));
            UndoOperation.Run(recorder, UndoRecord.Read(undo));

            // The undo file is deleted next.
            Assert.Equal(ChangeKind.Flush, recorder.Changes[^1].Kind);
            foreach (PowerCut.State state in new PowerCut(repaired, recorder.Changes).Enumerate(random, samples: 50))
            {
                using var again = new MemoryImageFile(state.Bytes);
                UndoOperation.Run(again, UndoRecord.Read(undo));
                Assert.True(damaged.Bytes.AsSpan().SequenceEqual(again.ToArray()), damaged.Name);
            }
        }
    }

    [Fact]
    public void RefusesAPlanForAFileThatHasChanged()
    {
        DamagedImage damaged = DamagedImages.All().First();
        using var file = new MemoryImageFile(damaged.Bytes);
        RepairPlan plan = RepairOperation.Plan(file, Options);
        file.SetLength(file.Length + 512);
        byte[] changed = file.ToArray();
        Assert.Throws<VhdOperationException>(() => RepairOperation.Run(file, plan, undo: null));
        Assert.Equal(changed, file.ToArray());
    }

    [Fact]
    public void RefusesToUndoWhatOthersHaveWrittenSince()
    {
        foreach (DamagedImage damaged in DamagedImages.All().Where(damaged => damaged.IsMended))
        {
            using var file = new MemoryImageFile(damaged.Bytes);
            using var undo = new MemoryImageFile([]);
            RepairPlan plan = RepairOperation.Plan(file, Options);
            RepairOperation.Run(file, plan, undo);
            FileEdit edit = plan.Phases.SelectMany(phase => phase.Edits).First(edit => !edit.IsCut || edit.FileOffset > 0);
            if (edit.IsCut)
            {
                file.WriteAt(file.Length, new byte[70_000]);
            }
            else
            {
                file.WriteAt(edit.FileOffset, "another program's"u8);
            }

            byte[] changed = file.ToArray();
            Assert.Throws<VhdOperationException>(() => UndoOperation.Run(file, UndoRecord.Read(undo)));
            Assert.Equal(changed, file.ToArray());
        }
    }

    [Fact]
    public void RefusesADamagedUndoFile()
    {
        using var file = new MemoryImageFile(DamagedImages.All().First().Bytes);
        using var undo = new MemoryImageFile([]);
        RepairOperation.Run(file, RepairOperation.Plan(file, Options), undo);
        byte[] bytes = undo.ToArray();
        for (int at = 0; at < bytes.Length; at += 7)
        {
            byte[] damaged = (byte[])bytes.Clone();
            damaged[at] ^= 0x20;
            Assert.Equal(
                FaultCode.UndoFileDamaged,
                Assert.Throws<VhdFormatException>(() => UndoRecord.Read(new MemoryImageFile(damaged))).Finding.Code);
            Assert.Throws<VhdFormatException>(() => UndoRecord.Read(new MemoryImageFile(bytes.AsSpan(0, at))));
        }
    }

    private static void VerifyCut(byte[] bytes, long errors, byte[][] before, bool mayShowMore, string what)
    {
        CheckReport report = ImageChecker.Check(new MemoryImageFile(bytes), new CheckOptions { Full = true });
        Assert.True(report.ErrorCount <= errors, what + Describe(report));
        byte[][] now = ReadWhatCanBeRead(bytes);
        Assert.True(now.Length >= before.Length, what + ": it does not open");
        for (int block = 0; block < before.Length; block++)
        {
            Assert.True(mayShowMore || before[block].Length == 0 || before[block].SequenceEqual(now[block]), $"{what}, block {block}");
        }
    }

    /// <summary>The data of each 4 KiB of the disk; empty where it cannot be read. No element where the image does not open.</summary>
    private static byte[][] ReadWhatCanBeRead(byte[] bytes)
    {
        VhdImage image;
        try
        {
            image = VhdImage.Open(new MemoryImageFile(bytes));
        }
        catch (VhdFormatException)
        {
            return [];
        }

        using (image)
        {
            byte[][] blocks = new byte[(image.SectorCount + 7) / 8][];
            for (int block = 0; block < blocks.Length; block++)
            {
                blocks[block] = new byte[Math.Min(8, image.SectorCount - (block * 8)) * 512];
                try
                {
                    image.ReadSectors(block * 8, blocks[block]);
                }
                catch (VhdFormatException)
                {
                    blocks[block] = [];
                }
            }

            return blocks;
        }
    }

    private static IReadOnlyList<Finding> Findings(byte[] bytes) =>
        ImageChecker.Check(new MemoryImageFile(bytes), new CheckOptions { Full = true }).Findings;

    private static string Describe(DamagedImage damaged, RepairPlan plan) =>
        $"{damaged.Name}\n{string.Join('\n', plan.Steps.Select(Describe))}\n";

    private static string Describe(RepairStep step) =>
        $"{step.Outcome} {step.Finding.Code}: {step.Description} ({step.Finding.Describe()})";

    private static string Describe(CheckReport report) =>
        "\n" + string.Join('\n', report.Findings.Select(finding => $"{finding.Severity} {finding.Code}: {finding.Describe()}"));
}
