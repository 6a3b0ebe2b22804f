using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Layout;
using VhdPS.Engine.Operations.Repair;
using VhdPS.Tests.Files;
using VhdPS.Tests.Format;

namespace VhdPS.Tests.Operations.Repair;

/// <summary>A search for blocks that no entry names, held against how the image was made.</summary>
public sealed class RebuildEdgeTests
{
    private const int BlockCount = 16;
    private const int BlockSize = 4096;

    private sealed record Stretch(int FirstBlock, int EndBlock, List<int> Lost);

    /// <summary>Blocks in the order of the disk, with gaps before some and clear bits in others; some lose their entries.</summary>
    [Fact]
    public void What_is_found_is_what_was_lost_and_its_place_says_which_it_is()
    {
        int high = 0, low = 0;
        for (int seed = 0; seed < 300; seed++)
        {
            var random = new Random(seed);
            (ImageBytes bytes, List<int> blocks, List<int> lost) = Make(random);
            RebuildConfidence least = (RebuildConfidence)random.Next(3);
            var places = blocks.ToDictionary(block => block, bytes.GetEntry);
            lost.ForEach(block => bytes.PutEntry(block, VhdSpec.UnusedEntry));
            (TableRebuild rebuild, IReadOnlyList<RepairStep> steps) = Run(bytes, least);
            string what = $"seed {seed}, least {least}: blocks {string.Join(' ', blocks)}, lost {string.Join(' ', lost)}";
            Assert.True(lost.Select(block => places[block] * 512L).SequenceEqual(rebuild.Found), what);
            var entries = new SortedDictionary<int, uint>();
            List<Stretch> stretches = Stretches(blocks, lost);
            Assert.True(stretches.Count == steps.Count, what);
            foreach ((Stretch stretch, RepairStep step) in stretches.Zip(steps))
            {
                int missing = stretch.EndBlock - stretch.FirstBlock;
                RebuildConfidence confidence = stretch.Lost.Count < missing ? RebuildConfidence.Low
                    : blocks.Count == lost.Count ? RebuildConfidence.Medium : RebuildConfidence.High;
                high += confidence == RebuildConfidence.High ? 1 : 0;
                low += confidence == RebuildConfidence.Low ? 1 : 0;
                Assert.True(step.Finding.BlockIndex == stretch.FirstBlock, what);
                Assert.True(step.Finding.FileOffset == places[stretch.Lost[0]] * 512L, what);
                Assert.True(step.Outcome == (confidence < least ? RepairOutcome.NotProven : RepairOutcome.Repair), what);
                Assert.StartsWith($"Confidence {confidence}: ", step.Description, StringComparison.Ordinal);
                Assert.Contains(
                    confidence < least
                        ? $"{stretch.Lost.Count} blocks were found where {missing} entries are missing"
                        : $"entered as blocks {stretch.FirstBlock} to {stretch.FirstBlock + stretch.Lost.Count - 1},",
                    step.Description, StringComparison.Ordinal);
                for (int i = 0; i < stretch.Lost.Count && confidence >= least; i++)
                {
                    entries[stretch.FirstBlock + i] = places[stretch.Lost[i]];
                }
            }

            Assert.True(entries.SequenceEqual(rebuild.Entries), what);
        }

        Assert.True(high > 100 && low > 100, $"{high} and {low}");
    }

    [Theory]
    [InlineData(RebuildConfidence.Low, true)]
    [InlineData(RebuildConfidence.Medium, true)]
    [InlineData(RebuildConfidence.High, false)]
    public void A_table_without_an_entry_is_made_of_as_many_blocks_as_the_disk_has(RebuildConfidence least, bool isEntered)
    {
        ImageBytes bytes = ImageBytes.Dynamic(BlockCount * BlockSize);
        for (int block = 0; block < BlockCount; block++)
        {
            bytes.AddBlock(block, (byte)(block + 1));
        }

        uint[] places = [.. Enumerable.Range(0, BlockCount).Select(bytes.GetEntry)];
        foreach (int block in Enumerable.Range(0, BlockCount))
        {
            bytes.PutEntry(block, VhdSpec.UnusedEntry);
        }

        (TableRebuild rebuild, IReadOnlyList<RepairStep> steps) = Run(bytes, least);
        Assert.StartsWith("Confidence Medium: ", Assert.Single(steps).Description, StringComparison.Ordinal);
        Assert.Equal(isEntered ? places : [], rebuild.Entries.Values);
    }

    [Fact]
    public void Where_blocks_are_not_in_order_nothing_says_which_are_lost()
    {
        ImageBytes bytes = ImageBytes.Dynamic().AddBlock(3, 3).AddBlock(5, 5).AddBlock(1, 1).AddBlock(6, 6)
            .PutEntry(5, VhdSpec.UnusedEntry);
        (TableRebuild rebuild, IReadOnlyList<RepairStep> steps) = Run(bytes, RebuildConfidence.Low);
        RepairStep step = Assert.Single(steps);
        Assert.Equal((RepairOutcome.NotProven, (long?)null), (step.Outcome, step.Finding.BlockIndex));
        Assert.Contains("not in order", step.Description, StringComparison.Ordinal);
        Assert.Empty(rebuild.Entries);
        Assert.Single(rebuild.Found);
    }

    [Fact]
    public void More_blocks_than_entries_are_missing_are_left()
    {
        ImageBytes bytes = ImageBytes.Dynamic().AddBlock(3, 3).AddBlock(7, 7).AddBlock(8, 8).AddBlock(5, 5)
            .PutEntry(7, VhdSpec.UnusedEntry).PutEntry(8, VhdSpec.UnusedEntry);
        (TableRebuild rebuild, IReadOnlyList<RepairStep> steps) = Run(bytes, RebuildConfidence.Low);
        Assert.Equal("There are 2 blocks where 1 entries are missing.", Assert.Single(steps).Description);
        Assert.Equal(4, steps[0].Finding.BlockIndex);
        Assert.Empty(rebuild.Entries);
    }

    /// <summary>One block that is lost and one damaged entry belong together where a byte is between them, whatever the order.</summary>
    [Theory]
    [InlineData(0x00000040u, true)]
    [InlineData(0x00004000u, true)]
    [InlineData(0x40000000u, true)]
    [InlineData(0x000000C0u, true)]
    [InlineData(0x00000180u, false)]
    [InlineData(0x40000040u, false)]
    public void A_damaged_entry_is_mended_where_one_byte_differs(uint changedBits, bool isMended)
    {
        ImageBytes bytes = ImageBytes.Dynamic().AddBlock(3, 3).AddBlock(5, 5).AddBlock(1, 1);
        uint place = bytes.GetEntry(5);
        bytes.PutEntry(5, place ^ changedBits);
        (TableRebuild rebuild, IReadOnlyList<RepairStep> steps) = Run(bytes, RebuildConfidence.High, damaged: 5);
        Assert.Equal(isMended ? RepairOutcome.Repair : RepairOutcome.NotProven, Assert.Single(steps).Outcome);
        if (isMended)
        {
            Assert.Equal((5L, place), (steps[0].Finding.BlockIndex, Assert.Single(rebuild.Entries).Value));
            Assert.Contains("entered as block 5", steps[0].Description, StringComparison.Ordinal);
        }
        else
        {
            Assert.Empty(rebuild.Entries);
        }
    }

    /// <summary>The last block of the disk may be as short in the file as the disk is; no other may.</summary>
    [Theory]
    [InlineData(1024, true)]
    [InlineData(1536, false)]
    public void A_short_block_is_found_at_the_end_alone(int missing, bool isFound)
    {
        ImageBytes image = ImageBytes.Dynamic((BlockCount * BlockSize) - 1024).AddBlock(1, 0x11).AddBlock(15, 0x22);
        image.PutEntry(15, VhdSpec.UnusedEntry);
        byte[] bytes = [.. image.Bytes.AsSpan(0, image.FooterOffset - missing), .. image.Bytes.AsSpan(image.FooterOffset)];
        (TableRebuild rebuild, _) = Run(new MemoryImageFile(bytes), RebuildConfidence.Low, damaged: null);
        Assert.Equal(isFound ? 1 : 0, rebuild.Found.Count);

        // One in the middle, which ends where the next begins, is none.
        ImageBytes middle = ImageBytes.Dynamic((BlockCount * BlockSize) - 1024).AddBlock(1, 0x11);
        byte[] part = new byte[512 + BlockSize - missing];
        part.AsSpan(0, 512).Fill(0xFF);
        middle.Insert(part);
        (rebuild, _) = Run(middle.AddBlock(15, 0x22), RebuildConfidence.Low);
        Assert.Empty(rebuild.Found);
    }

    [Fact]
    public void A_search_has_an_end_and_can_be_cancelled()
    {
        ImageBytes bytes = ImageBytes.Dynamic().AddBlock(1, 1);
        bytes.Insert([.. Enumerable.Repeat((byte)0x55, 512 * 20)]);
        bytes.AddBlock(3, 3).PutEntry(3, VhdSpec.UnusedEntry);
        MemoryImageFile file = bytes.ToFile();
        var layout = ImageLayout.Read(file);
        ulong[] trusted = TableScan.SortByPlace(SectorMap.ReadTable(file, layout));
        foreach ((long most, int found) in new[] { (19L, 0), (20L, 0), (21L, 1), (long.MaxValue, 1) })
        {
            var rebuild = new TableRebuild(file, layout, trusted) { MaxMissCount = most };
            rebuild.Run(RebuildConfidence.Low, CancellationToken.None);
            Assert.True(rebuild.Found.Count == found, $"{most} misses");
        }

        using var cancellation = new CancellationTokenSource();
        cancellation.Cancel();
        Assert.Throws<OperationCanceledException>(
            () => new TableRebuild(file, layout, trusted).Run(RebuildConfidence.Low, cancellation.Token));
    }

    /// <summary>A hole is passed in one step, where the system says of its end no more than the sector in which it lies.</summary>
    [Fact]
    public void A_hole_is_one_place_of_the_search()
    {
        ImageBytes bytes = ImageBytes.Dynamic().AddBlock(1, 1);
        bytes.Insert(new byte[512 * 1000]);
        bytes.AddBlock(3, 3);
        long lost = bytes.GetEntry(3) * 512L;
        bytes.PutEntry(3, VhdSpec.UnusedEntry);
        foreach ((long dataAt, int found) in new[] { (lost, 1), (lost - 412, 1), (0L, 0) })
        {
            using var file = new FileWithHole(bytes.ToFile(), bytes.GetEntry(1) * 512L, dataAt);
            var layout = ImageLayout.Read(file);
            ulong[] trusted = TableScan.SortByPlace(SectorMap.ReadTable(file, layout));
            var rebuild = new TableRebuild(file, layout, trusted) { MaxMissCount = 3 };
            rebuild.Run(RebuildConfidence.Low, CancellationToken.None);
            Assert.True(rebuild.Found.Count == found, $"data at {dataAt}");
        }
    }

    /// <summary>Where nothing is asked of the table, a search ends after 64 MiB.</summary>
    [Fact]
    public void A_table_that_is_made_anew_is_worth_a_search_through_all_of_a_file()
    {
        ImageBytes bytes = ImageBytes.Dynamic().AddBlock(1, 1);
        bytes.Insert([.. Enumerable.Repeat((byte)0x55, 512 * ((128 * 1024) + 16))]);
        bytes.AddBlock(3, 3).PutEntry(3, VhdSpec.UnusedEntry).PutEntry(9, 1);
        RepairPlan plan = RepairOperation.Plan(
            bytes.ToFile(), new RepairOptions { RebuildTable = true, LeastConfidence = RebuildConfidence.Low });
        Assert.Contains(plan.Steps, one => one.Description.Contains("entered as block", StringComparison.Ordinal));
    }

    /// <summary>From one offset on there is a hole, up to another.</summary>
    private sealed class FileWithHole(ImageFile inner, long start, long end) : PassThroughImageFile(inner)
    {
        public override bool TryFindData(long fileOffset, out long dataOffset, out long dataEnd)
        {
            dataOffset = fileOffset >= start && fileOffset < end ? end : fileOffset;
            dataEnd = Length;
            return true;
        }
    }

    private static (TableRebuild Rebuild, IReadOnlyList<RepairStep> Steps) Run(
        ImageBytes bytes, RebuildConfidence least, int? damaged = null) => Run(bytes.ToFile(), least, damaged);

    private static (TableRebuild Rebuild, IReadOnlyList<RepairStep> Steps) Run(MemoryImageFile file, RebuildConfidence least, int? damaged)
    {
        var layout = ImageLayout.Read(file);
        BlockAllocationTable table = SectorMap.ReadTable(file, layout);
        var rebuild = new TableRebuild(
            file, layout, [.. TableScan.SortByPlace(table).Where(placed => TableScan.BlockOf(placed) != damaged)])
        {
            OnlyDamaged = damaged is { } block ? TableScan.Place(block, table[block]) : null,
        };
        return (rebuild, rebuild.Run(least, CancellationToken.None));
    }

    private static (ImageBytes Bytes, List<int> Blocks, List<int> Lost) Make(Random random)
    {
        ImageBytes bytes = ImageBytes.Dynamic(BlockCount * BlockSize);
        List<int> blocks = [.. Enumerable.Range(0, BlockCount).Where(_ => random.Next(3) != 0)];
        foreach (int block in blocks)
        {
            bool hasGap = random.Next(4) == 0;
            if (hasGap)
            {
                // Nothing, or what no bitmap of a block can be.
                byte[] gap = new byte[512 * random.Next(1, 4)];
                gap.AsSpan().Fill(random.Next(2) == 0 ? (byte)0 : (byte)0x5A);
                bytes.Insert(gap);
            }

            // A block with clear bits is looked for where one is due alone, and its sectors without a bit are zeros.
            bool isPartial = !hasGap && random.Next(3) == 0;
            int at = bytes.FooterOffset;
            bytes.AddBlock(block, (byte)(block + 1), isPartial ? [0xF0] : null);
            if (isPartial)
            {
                bytes.Poke(at + 512 + (BlockSize / 2), new byte[BlockSize / 2]);
            }
        }

        int share = random.Next(1, 5);
        return (bytes, blocks, [.. blocks.Where(_ => random.Next(4) < share)]);
    }

    private static List<Stretch> Stretches(List<int> blocks, List<int> lost)
    {
        var stretches = new List<Stretch>();
        int first = 0;
        var open = new List<int>();
        foreach (int block in blocks.Append(BlockCount))
        {
            if (lost.Contains(block))
            {
                open.Add(block);
                continue;
            }

            if (open.Count > 0)
            {
                stretches.Add(new Stretch(first, block, open));
                open = [];
            }

            first = block + 1;
        }

        return stretches;
    }
}
