using VhdPS.Engine.Chains;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Engine.Layout;
using VhdPS.Engine.Operations.Optimize;
using VhdPS.Tests.Checking;
using VhdPS.Tests.Crash;
using VhdPS.Tests.Files;
using VhdPS.Tests.Format;

namespace VhdPS.Tests.Operations.Optimize;

/// <summary>What a compaction in place tells, refuses and syncs, how its rounds are cut, and what a cancelled one leaves.</summary>
public sealed class CompactionRoundTests : IDisposable
{
    private const int BlockSize = 4096;
    private const int Span = BlockSize + 512;

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1, 2)]
    [InlineData(Span, 2)]
    [InlineData(Span + 1, 1)]
    [InlineData(2 * Span, 1)]
    [InlineData(100 * Span, 1)]
    public void A_round_ends_when_it_has_so_many_bytes(int roundBytes, int rounds)
    {
        // Blocks 0 to 2 are zeros: 9 and 8 move into their place, with their data on 4 KiB.
        var file = new RecordingImageFile(Blocks(10, zeros: 3).ToFile());
        var progress = new StepProgress();
        CompactionResult result = InPlaceCompaction.Run(
            new WritableNonOwningImageFile(file), new CompactionOptions { RoundBytes = roundBytes }, progress);
        Assert.Equal((3, 2, 2L * Span), (result.DroppedBlockCount, result.MovedBlockCount, result.MovedBytes));
        Assert.Equal(file.Length, result.FileLengthAfter);

        // Dropping is a round of its own: one change of the table each.
        int tables = file.Changes.Count(change => change.Touches(1536, 512));
        Assert.Equal(1 + rounds, tables);
        Assert.Equal(
            [(1L * Span, 7L * Span), (2L * Span, 7L * Span)],
            progress.Steps.Where(step => step is { DoneBytes: > 0, TotalBytes: 7L * Span }).Select(one => (one.DoneBytes, one.TotalBytes)));
        Assert.Equal(ChangeKind.Flush, file.Changes[^1].Kind);
        AssertDisk(file, 10, zeros: 3);
    }

    [Fact]
    public void Every_step_is_told()
    {
        string path = _folder.Write("disk.vhd", Blocks(10, zeros: 3).Bytes);
        var progress = new StepProgress();
        CompactionResult plan = InPlaceCompaction.Plan(path, new CompactionOptions { Orders = true }, progress);
        Assert.Contains("Looking for empty blocks", progress.Steps.Select(step => step.Step));
        Assert.Equal(Blocks(10, zeros: 3).Bytes, File.ReadAllBytes(path));
        progress.Steps.Clear();
        Assert.Equal(plan, InPlaceCompaction.Run(path, new CompactionOptions { Orders = true }, progress));
        string?[] steps = [.. progress.Steps.Select(step => step.Step)];
        Assert.Contains("Looking for empty blocks", steps);
        Assert.Contains("Dropping 3 blocks and moving the last ones into the gaps", steps);
        Assert.Contains("Putting the blocks in the order of the disk", steps);
        Assert.Contains(progress.Steps, step => (step.DoneBytes, step.TotalBytes) == (7L * Span, 7L * Span));
    }

    /// <summary>Cancelled at each of its reports: the disk is the same, and no space is left behind the last block.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_cancelled_run_leaves_the_disk_and_a_file_that_ends_with_it(bool orders)
    {
        var options = new CompactionOptions { Orders = orders, RoundBytes = 1 };
        int cancelled = 0;
        for (int at = 1; ; at++)
        {
            var file = new RecordingImageFile(Blocks(16, zeros: 4, isReversed: orders).ToFile());
            using var cancellation = new CancellationTokenSource();
            var progress = new StepProgress(step =>
            {
                if (step == at)
                {
                    cancellation.Cancel();
                }
            });
            try
            {
                InPlaceCompaction.Run(new WritableNonOwningImageFile(file), options, progress, cancellation.Token);
                if (progress.Steps.Count < at)
                {
                    break;
                }
            }
            catch (OperationCanceledException)
            {
                cancelled++;
                Assert.InRange(progress.Steps.Count, at, at + 1);
            }

            AssertDisk(file, 16, zeros: 4);
            var layout = ImageLayout.Read(file);
            if (progress.Steps.Exists(step => step.Step?.StartsWith("Dropping", StringComparison.Ordinal) == true))
            {
                Assert.InRange(layout.DataEnd, 0, BlockAllocator.FindEnd(layout, SectorMap.ReadTable(file, layout)));
            }

            InPlaceCompaction.Run(new WritableNonOwningImageFile(file), options);
            AssertDisk(file, 16, zeros: 4);
        }

        Assert.True(cancelled > 5, $"{cancelled} times");
    }

    /// <summary>Blocks that lie on sectors and not on 4 KiB keep doing so, and so do the places that they need meanwhile.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(100)]
    public void Blocks_that_are_not_aligned_are_ordered_without_gaps(int blocksARound)
    {
        ImageBytes bytes = Blocks(16, zeros: 0, isReversed: true);
        var file = new RecordingImageFile(bytes.ToFile());
        var options = new CompactionOptions { Orders = true, RoundBytes = blocksARound * Span };
        CompactionResult result = InPlaceCompaction.Run(new WritableNonOwningImageFile(file), options);
        Assert.Equal(bytes.Bytes.Length, file.Length);
        Assert.InRange(result.MovedBlockCount, 16, 32);
        var layout = ImageLayout.Read(file);
        uint[] entries = SectorMap.ReadTable(file, layout).Entries.ToArray();
        Assert.Equal(entries.Order(), entries);

        // What was laid behind the last block for a while was never on 4 KiB with its data.
        Assert.All(
            file.Changes.Where(one => one.Kind == ChangeKind.Write && one.FileOffset > bytes.FooterOffset && one.Data.Length == BlockSize),
            change => Assert.NotEqual(0, change.FileOffset % 4096));
        AssertDisk(file, 16, zeros: 0);
    }

    [Fact]
    public void The_space_of_a_round_is_all_that_ordering_needs()
    {
        foreach (int blocksARound in new[] { 1, 2, 5 })
        {
            string path = _folder.Write($"{blocksARound}.vhd", Blocks(40, zeros: 0, isReversed: true).Bytes);
            var options = new CompactionOptions { Orders = true, RoundBytes = blocksARound * Span };
            CompactionResult plan = InPlaceCompaction.Plan(path, options);
            Assert.InRange(plan.SpareBytes, blocksARound * Span, blocksARound * 2 * BlockSize + 512);
            Assert.Equal(plan, InPlaceCompaction.Run(path, options));
        }
    }

    [SmallDiskFact]
    public void Ordering_without_space_is_refused_before_it_starts()
    {
        using var disk = new SmallDisk(1 << 20);
        string path = disk["disk.vhd"];
        File.WriteAllBytes(path, Blocks(150, zeros: 0, isReversed: true).Bytes);
        byte[] before = File.ReadAllBytes(path);
        var options = new CompactionOptions { Orders = true, RoundBytes = 150 * Span };
        Assert.Equal(
            OperationError.NotEnoughSpace, Assert.Throws<VhdOperationException>(() => InPlaceCompaction.Run(path, options)).Code);
        Assert.Equal(before, File.ReadAllBytes(path));
        InPlaceCompaction.Run(path, new CompactionOptions { RoundBytes = 150 * Span });
        InPlaceCompaction.Run(path, new CompactionOptions { Orders = true, RoundBytes = Span });
        Verdict.AssertClean(path);
    }

    [Theory]
    [InlineData("saved")]
    [InlineData("fixed")]
    [InlineData("past the end")]
    [InlineData("lost")]
    [InlineData("overlap")]
    public void What_a_run_refuses_a_plan_refuses_too(string what)
    {
        ImageBytes bytes = what switch
        {
            "saved" => Blocks(4, zeros: 1).PutFooter(84, [1]),
            "fixed" => ImageBytes.Fixed(),
            "past the end" => Blocks(4, zeros: 1).PutEntry(2, 0x00FFFFF0),
            "overlap" => Overlapping(),
            _ => Blocks(4, zeros: 1).PutEntry(2, VhdSpec.UnusedEntry),
        };
        string path = _folder.Write("disk.vhd", bytes.Bytes);
        VhdException planned = Assert.ThrowsAny<VhdException>(() => InPlaceCompaction.Plan(path, new CompactionOptions()));
        VhdException run = Assert.ThrowsAny<VhdException>(() => InPlaceCompaction.Run(path, new CompactionOptions()));
        Assert.Equal((planned.GetType(), planned.Message), (run.GetType(), run.Message));
        Assert.Equal(bytes.Bytes, File.ReadAllBytes(path));
        Assert.Equal(what == "saved", planned is VhdOperationException { IsOverridable: true });
        CompactionOptions forced = new() { Force = what == "saved", DropLostBlocks = what == "lost" };
        if (what is "saved" or "lost")
        {
            Assert.Equal(1, InPlaceCompaction.Run(path, forced).DroppedBlockCount);
            Verdict.AssertClean(path);
        }

        // A refusal leaves the file to others.
        LocalImageFile.OpenWrite(path).Dispose();
    }

    [Fact]
    public void A_plan_leaves_footers_as_they_are_and_a_run_puts_them_in_order()
    {
        byte[] bytes = Blocks(10, zeros: 3).CutEnd(512).Bytes;
        string path = _folder.Write("disk.vhd", bytes);
        Assert.Equal(3, InPlaceCompaction.Plan(path, new CompactionOptions()).DroppedBlockCount);
        Assert.Equal(bytes, File.ReadAllBytes(path));
        Assert.Equal(3, InPlaceCompaction.Run(path, new CompactionOptions()).DroppedBlockCount);
        Verdict.AssertClean(path);
    }

    [Fact]
    public void A_child_is_compacted_beside_the_parent_that_one_names()
    {
        string parent = _folder.Write("parent.vhd", Blocks(10, zeros: 0).Bytes);
        string far = Directory.CreateDirectory(_folder["far"]).FullName, child = Path.Combine(far, "child.vhd");
        File.WriteAllBytes(child, ImageBytes.Differencing(16 * BlockSize).AddBlock(1, 2).AddBlock(2, 9).Bytes);
        Assert.Throws<VhdFormatException>(() => InPlaceCompaction.Plan(child, new CompactionOptions()));
        var options = new CompactionOptions { Parents = new ParentPolicy { ParentPath = parent, IgnoreIdMismatch = true } };
        Assert.Equal(1, InPlaceCompaction.Plan(child, options).DroppedBlockCount);
        Assert.Equal(1, InPlaceCompaction.Run(child, options).DroppedBlockCount);
        Verdict.AssertClean(child);
    }

    private static ImageBytes Overlapping()
    {
        ImageBytes bytes = Blocks(4, zeros: 1);
        return bytes.PutEntry(2, bytes.GetEntry(1) + 1);
    }

    /// <summary>A disk of blocks that are filled with their number and one, the first of them with zeros.</summary>
    private static ImageBytes Blocks(int count, int zeros, bool isReversed = false)
    {
        ImageBytes bytes = ImageBytes.Dynamic(count * BlockSize);
        for (int i = 0; i < count; i++)
        {
            int blockIndex = isReversed ? count - 1 - i : i;
            bytes.AddBlock(blockIndex, (byte)(blockIndex < zeros ? 0 : blockIndex + 1));
        }

        return bytes;
    }

    private static void AssertDisk(RecordingImageFile file, int count, int zeros)
    {
        Verdict.AssertClean(new WritableNonOwningImageFile(file));
        using VhdImage image = VhdImage.Open(new WritableNonOwningImageFile(file));
        byte[] disk = new byte[count * BlockSize];
        image.ReadSectors(0, disk);
        for (int blockIndex = 0; blockIndex < count; blockIndex++)
        {
            byte expected = (byte)(blockIndex < zeros ? 0 : blockIndex + 1);
            Assert.False(disk.AsSpan(blockIndex * BlockSize, BlockSize).ContainsAnyExcept(expected), $"block {blockIndex}");
        }
    }
}
