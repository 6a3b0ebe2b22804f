using VhdPS.Engine.Chains;
using VhdPS.Engine.Checking;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Engine.Layout;
using VhdPS.Engine.Operations.Repair;
using VhdPS.Tests.Files;

namespace VhdPS.Tests.Hostile;

/// <summary>
/// Does everything with one hostile file that a user could: only typed errors may come of it, and no more memory and time than it is worth.
/// </summary>
internal static class HostileFile
{
    /// <summary>Bytes that all of it together may allocate.</summary>
    public const long MaxBytes = 64L * 1024 * 1024;

    /// <summary>Far above what any file takes on a loaded machine; a hang is what it finds.</summary>
    public static readonly TimeSpan MaxTime = TimeSpan.FromSeconds(20);

    /// <summary>Opens, reads, maps and checks a file, follows its chain, plans its repair, and writes a copy of it.</summary>
    public static void Exercise(byte[] bytes)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        long start = Environment.TickCount64;
        Guard(() => Read(bytes, VhdOpenOptions.Default));
        Guard(() => Read(bytes, new VhdOpenOptions { Force = true, IgnoreBitmap = true }));
        Guard(() => HostileParents.Follow(bytes));
        Guard(() => Check(bytes));
        Guard(() => Write(bytes));
        long taken = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(taken < MaxBytes, $"{taken} bytes were allocated");
        Assert.True(Environment.TickCount64 - start < MaxTime.TotalMilliseconds, $"it took {Environment.TickCount64 - start} ms");
    }

    private static void Guard(Action action)
    {
        try
        {
            action();
        }
        catch (Exception error) when (error is VhdFormatException or VhdOperationException or ImageIOException or ImageInUseException)
        {
            // What a user gets for such a file: an error that says what is wrong with it.
        }
    }

    private static void Read(byte[] bytes, VhdOpenOptions options)
    {
        using VhdImage image = VhdImage.Open(new BoundedImageFile(bytes), options);
        byte[] buffer = new byte[8 * 512];
        int rest = 64;
        foreach (long sector in new[] { 0, image.SectorCount / 2, image.SectorCount - 8 })
        {
            for (long at = Math.Max(0, sector); at < image.SectorCount && rest > 0; at += 8, rest--)
            {
                Span<byte> part = buffer.AsSpan(0, (int)Math.Min(8, image.SectorCount - at) * 512);
                SectorRun run = default;
                Guard(() => run = image.Map.Find(at, 8));
                if (run.Origin != SectorOrigin.Parent && run.Count > 0)
                {
                    image.ReadSectors(at, part[..(int)Math.Min(part.Length, run.Count * 512)]);
                }
            }
        }
    }

    private static void Check(byte[] bytes)
    {
        using var file = new BoundedImageFile(bytes);
        CheckReport report =
            ImageChecker.Check(file, new CheckOptions { Full = true, Target = CheckTarget.Azure, Now = DateTime.UnixEpoch });
        foreach (Finding finding in report.Findings)
        {
            Assert.NotEmpty(finding.Describe());
        }

        // What opens is without a refusing finding, and what is refused has one.
        bool isOpened = true;
        try
        {
            VhdImage.Open(new BoundedImageFile(bytes)).Dispose();
        }
        catch (VhdFormatException)
        {
            isOpened = false;
        }

        Assert.Equal(
            isOpened, report.Findings.All(finding => finding.Effect is not (FaultEffect.Unreadable or FaultEffect.UnreadableUnlessForced)));
        ImageChecker.Check(file, new CheckOptions { Target = CheckTarget.HyperV });
        ImageChecker.Check(file, new CheckOptions { Target = CheckTarget.VirtualPC, SizeRule = SizeRule.Chs });
        RepairPlan plan =
            RepairOperation.Plan(
                file, new RepairOptions { RebuildTable = true, LeastConfidence = RebuildConfidence.Low, UniqueId = Guid.NewGuid() });
        VerifyRepair(bytes, plan);
    }

    /// <summary>A repair must not add errors, and what it wrote can be undone.</summary>
    private static void VerifyRepair(byte[] bytes, RepairPlan plan)
    {
        if (!plan.HasChanges)
        {
            return;
        }

        using var repaired = new MemoryImageFile(bytes);
        using var undo = new MemoryImageFile([]);
        RepairOperation.Run(repaired, plan, undo);
        CheckReport after = ImageChecker.Check(repaired, new CheckOptions { Full = true });
        bool isMoreSeen =
            plan.Report.Findings.Any(finding => finding.Effect is FaultEffect.Unreadable or FaultEffect.UnreadableUnlessForced);
        Assert.True(
            after.ErrorCount <= plan.Report.ErrorCount || isMoreSeen,
            "a repair made errors: " + Describe(plan.Report) + "\n--\n"
                + string.Join('\n', plan.Steps.Select(step => $"{step.Outcome} {step.Finding.Code}: {step.Description}")) + "\n--\n"
                    + Describe(after));
        UndoOperation.Run(repaired, UndoRecord.Read(undo));
        Assert.True(repaired.ToArray().AsSpan().SequenceEqual(bytes), "a repair cannot be undone");
    }

    /// <summary>Writes into what opens for writing: no structure and no other sector may suffer.</summary>
    private static void Write(byte[] bytes)
    {
        var memory = new MemoryImageFile(bytes);
        using VhdImage image = VhdImage.Open(new BoundedImageFile(memory), new VhdOpenOptions { ForWriting = true });
        long before = ImageChecker.Check(memory.Reopen()).ErrorCount;
        if (image.SectorCount == 0)
        {
            return;
        }

        byte[] data = new byte[512];
        data.AsSpan().Fill(0x5A);
        foreach (long sector in new[] { 0, image.SectorCount / 3, image.SectorCount - 1 })
        {
            Guard(() => image.WriteSectors(sector, data));
        }

        image.Flush();
        CheckReport report = ImageChecker.Check(memory.Reopen());
        Assert.True(report.ErrorCount <= before, "a write made errors: " + Describe(report));
    }

    private static string Describe(CheckReport report) =>
        string.Join('\n', report.Findings.Select(finding => $"{finding.Severity} {finding.Code}: {finding.Describe()}"));
}
