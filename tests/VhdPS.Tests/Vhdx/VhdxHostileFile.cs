using VhdPS.Engine.Chains;
using VhdPS.Engine.Disks;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Engine.Vhdx;

namespace VhdPS.Tests.Vhdx;

/// <summary>
/// Does everything with one hostile file that a reader can: only typed errors may come of it, and little memory and time.
/// </summary>
internal static class VhdxHostileFile
{
    private const long MaxBytes = 64L * 1024 * 1024;
    private const int MaxSteps = 300;

    private static readonly TimeSpan MaxTime = TimeSpan.FromSeconds(20);

    /// <summary>Opens, reads, lists and checks a file.</summary>
    /// <returns>The fault with which it was refused, or that it was opened.</returns>
    public static string Exercise(ImageFile file)
    {
        long before = GC.GetAllocatedBytesForCurrentThread(), start = Environment.TickCount64;
        string outcome = Read(file, force: false);
        Read(file, force: true);
        Guard(() => VhdxDescription.Read(file, force: true));
        Guard(() => Walk(file));
        VhdxCheckReport report = VhdxChecker.Check(file, findingLimit: 50);
        Finding? refusal = report.Findings.FirstOrDefault(
            finding => finding.Effect is FaultEffect.Unreadable or FaultEffect.UnreadableUnlessForced);
        Assert.Equal(outcome, refusal is null ? "opened" : refusal.Code.ToString());
        Assert.All(report.Findings, finding => Assert.EndsWith(".", finding.Message, StringComparison.Ordinal));
        Assert.All(report.Findings, finding => Assert.NotEmpty(finding.Describe()));
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < MaxBytes, "too much memory");
        Assert.True(Environment.TickCount64 - start < MaxTime.TotalMilliseconds, "too long");
        return outcome;
    }

    private static string Read(ImageFile file, bool force)
    {
        VhdxImage image;
        try
        {
            image = VhdxImage.Open(file, new VhdxOpenOptions { Force = force, Parent = new ModelParent(new byte[100_000]) });
        }
        catch (VhdFormatException error)
        {
            return error.Finding.Code.ToString();
        }

        byte[] buffer = new byte[70_000];
        foreach (long offset in new[] { 0, (3 << 20) - 100, image.SizeBytes / 2, image.SizeBytes - 70_000 })
        {
            long at = Math.Clamp(offset, 0, Math.Max(0, image.SizeBytes - 1));
            Guard(() => image.ReadAt(at, buffer.AsSpan(0, (int)Math.Min(buffer.Length, image.SizeBytes - at))));
            Guard(() => image.Prefetch(at, 1 << 22));
        }

        long position = 0;
        for (int step = 0; step < MaxSteps && position < image.SizeBytes; step++)
        {
            VhdxRun run = new(position, 1 << 20, VhdxOrigin.Zero, -1);
            Guard(() => run = image.FindExtent(position, image.SizeBytes - position));
            Assert.True(run.Offset == position && run.Length > 0 && (run.Origin == VhdxOrigin.Zero || run.End <= image.SizeBytes));
            position = run.End;
        }

        foreach (VhdxBlockRun run in image.EnumerateBlocks().Take(MaxSteps))
        {
            Guard(() => Assert.InRange(image.CountPresent(run.BlockIndex), 0, image.Layout.Metadata!.BlockSize));
        }

        return "opened";
    }

    /// <summary>As the source of a disk, which every verb reads.</summary>
    private static void Walk(ImageFile file)
    {
        using DiskSource source = DiskSource.Open(
            new NonOwningImageFile(file), SourceFormat.Vhd, new VhdOpenOptions { Force = true, OwnBlocksOnly = true });
        Assert.InRange(source.CountDataBytes(0, source.SizeBytes), 0, source.SizeBytes);
        long position = 0;
        for (int step = 0; step < MaxSteps && position < source.SizeBytes; step++)
        {
            DiskExtent extent = source.FindExtent(position);
            Assert.True(extent.Offset == position && extent.Length > 0);
            position = extent.End;
        }

        long block = 0;
        foreach (BlockRun run in source.FindBlocks(BlockDetail.Bitmaps).Take(MaxSteps))
        {
            Assert.Equal(block, run.Block);
            block += run.Count;
        }
    }

    private static void Guard(Action action)
    {
        try
        {
            action();
        }
        catch (Exception error) when (error is VhdFormatException or ImageIOException)
        {
            // What a user gets for such a file: an error that says what is wrong with it.
        }
    }
}
