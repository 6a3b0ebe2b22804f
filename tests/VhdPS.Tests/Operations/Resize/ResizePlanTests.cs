using VhdPS.Engine.Chains;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Engine.Operations.Resize;
using VhdPS.Engine.Partitions;
using VhdPS.Tests.Checking;
using VhdPS.Tests.Files;
using VhdPS.Tests.Format;
using VhdPS.Tests.Partitions;

namespace VhdPS.Tests.Operations.Resize;

/// <summary>What a resize says that it will do, what it says while it does it, and what it refuses before.</summary>
public sealed class ResizePlanTests : IDisposable
{
    private const int GptSectors = 40_000;

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_plan_of_a_dynamic_image_says_what_moves_and_how_much_is_written()
    {
        // Blocks of 512 bytes: 128 entries fill a sector of the table, and the block behind it has to make way.
        ImageBytes bytes = ImageBytes.Dynamic(128 * 512, 512).AddBlock(5, 7).AddBlock(9, 8);
        MemoryImageFile file = bytes.ToFile();
        ResizePlan plan = ResizeOperation.Plan(file.Reopen(), Options(129 * 512));
        Assert.Equal((1, 0, 0, false, false, false, false), (
            plan.MovedBlockCount, plan.LostBlockCount, plan.MovedLocatorCount, plan.IsTableMoved, plan.IsBatmapDropped, plan.IsRepair,
            plan.IsGptMoved));
        Assert.Equal((128L * 512, 129L * 512, true, null, string.Empty), (
            plan.OldSizeBytes, plan.NewSizeBytes, plan.IsChange, plan.LostSector, plan.PartitionTableNote));
        Assert.Equal((file.Length, 1024L + 1024 + 1024 + (4 * 512)), (plan.OldFileLength, plan.WrittenBytes));
        Assert.Equal(bytes.Bytes, file.ToArray());
        Assert.Equal(plan, ResizeOperation.Run(file.Reopen(), Options(129 * 512)));
        Assert.Equal(plan.NewFileLength, file.Length);
        Verdict.AssertClean(file.Reopen());

        plan = ResizeOperation.Plan(file.Reopen(), Options(129 * 512));
        Assert.Equal((false, file.Length, file.Length), (plan.IsChange, plan.OldFileLength, plan.NewFileLength));
        byte[] before = file.ToArray();
        Assert.False(ResizeOperation.Run(file.Reopen(), Options(129 * 512)).IsChange);
        Assert.Equal(before, file.ToArray());
    }

    [Fact]
    public void A_plan_of_a_fixed_image_says_its_new_length()
    {
        MemoryImageFile file = ImageBytes.Fixed().ToFile();
        ResizePlan plan = ResizeOperation.Plan(file.Reopen(), Options(100_352));
        Assert.Equal((100_352L + 512, 4L * 512, 0, true), (plan.NewFileLength, plan.WrittenBytes, plan.MovedBlockCount, plan.IsChange));
        Assert.False(plan.IsTableMoved || plan.IsBatmapDropped);
        plan = ResizeOperation.Plan(file.Reopen(), Options(64 * 1024));
        Assert.Equal((file.Length, false), (plan.NewFileLength, plan.IsChange));
    }

    [Fact]
    public void Every_step_is_told()
    {
        AssertSteps(ImageBytes.Fixed().ToFile(), Options(100_352), "Writing the footer at its new place");
        AssertSteps(
            ImageBytes.Dynamic(128 * 512, 512).AddBlock(5, 7).ToFile(), Options(256 * 512),
            "Making space for a table of 256 entries at 1536, 1 blocks to move", "Writing the table, then the header");
        AssertSteps(
            ImageBytes.Dynamic(256 * 512, 512).AddBlock(5, 7).ToFile(), Options(10 * 512),
            "Looking for data after the new end", "Writing the footers with the new size");
        AssertSteps(
            ImageBytes.Dynamic(256 * 512, 512).AddBlock(5, 7).ToFile(), new ResizeOptions("memory.vhd") { ToMinimumSize = true },
            "Looking for the last sector");
        AssertSteps(Gpt(), Options((GptSectors + 8) * 512), "Writing the backup of the GPT");
        AssertSteps(Gpt(), Options((GptSectors - 8) * 512), "Writing the backup of the GPT");
    }

    [Fact]
    public void Nothing_is_told_of_steps_that_are_not_taken()
    {
        var progress = new StepProgress();
        ResizeOperation.Run(ImageBytes.Fixed().ToFile(), Options(64 * 1024), progress);
        Assert.DoesNotContain(progress.Steps, step => step.Step is not null);
        ResizeOperation.Run(Gpt(), Options((GptSectors + 8) * 512) with { KeepPartitionTable = true }, progress);
        Assert.DoesNotContain(progress.Steps, step => step.Step?.Contains("GPT", StringComparison.Ordinal) == true);
    }

    [Fact]
    public void A_saved_state_may_be_allowed_without_force()
    {
        ImageBytes saved = ImageBytes.Dynamic().PutFooter(84, [1]);
        var error = Assert.Throws<VhdOperationException>(() => ResizeOperation.Plan(saved.ToFile(), Options(1 << 20)));
        Assert.Equal((OperationError.StateSaved, true), (error.Code, error.IsOverridable));
        Assert.Equal(1 << 20, ResizeOperation.Plan(saved.ToFile(), Options(1 << 20) with { AllowsSavedState = true }).NewSizeBytes);
    }

    [Fact]
    public void Children_are_looked_for_where_one_says_and_may_be_allowed()
    {
        string parent = _folder["parent.vhd"], far = Directory.CreateTempSubdirectory("vhdps-test-").FullName;
        try
        {
            ImageCreator.Create(parent, new NewImage(1 << 20) { UniqueId = Guid.NewGuid(), TimeStamp = VhdSpec.Epoch });
            ChildCreator.Create(
                Path.Combine(far, "child.vhd"), new NewChild(parent) { UniqueId = Guid.NewGuid(), TimeStamp = VhdSpec.Epoch });
            var options = new ResizeOptions(parent) { SizeBytes = 2 << 20 };
            Assert.True(ResizeOperation.Plan(options).IsChange);
            foreach (ResizeOptions asked in new[]
            {
                options with { Children = new ChildIndex([far]) },
                options with { Parents = new ParentPolicy { SearchFolders = [far] } },
            })
            {
                Assert.Equal(OperationError.HasChildren, Assert.Throws<VhdOperationException>(() => ResizeOperation.Plan(asked)).Code);
                Assert.True(ResizeOperation.Plan(asked with { AllowsChildren = true }).IsChange);
            }
        }
        finally
        {
            Directory.Delete(far, recursive: true);
        }
    }

    [Theory]
    [InlineData(GptSectors + 1)]
    [InlineData(GptSectors + 4096)]
    [InlineData(GptSectors - 1)]
    [InlineData(GptSectors - 5000)]
    public void The_backup_of_a_partition_table_follows_the_end(int sectors)
    {
        foreach (MemoryImageFile file in new[] { Gpt(), GptFixed() })
        {
            ResizePlan plan = ResizeOperation.Run(file.Reopen(), Options(sectors * 512L));
            Assert.True(plan.IsGptMoved);
            Assert.Equal((string.Empty, (long?)null), (plan.PartitionTableNote, plan.LostSector));
            PartitionTable table = ReadTable(file);
            Assert.Empty(table.Findings);
            Assert.Single(table.Partitions);
            Assert.Equal(GptMoveVerdict.NotNeeded, GptMove.Plan(table, sectors * 512L).Verdict);

            // The old backup is cleared where the disk has grown over it.
            if (sectors > GptSectors)
            {
                using VhdImage image = VhdImage.Open(file.Reopen());
                byte[] old = new byte[512];
                image.ReadSectors(GptSectors - 1, old);
                Assert.False(old.AsSpan().StartsWith("EFI PART"u8));
            }

            Verdict.AssertClean(file.Reopen());
            Assert.False(ResizeOperation.Run(file.Reopen(), Options(sectors * 512L)).IsChange);
        }
    }

    [Fact]
    public void A_partition_table_that_does_not_fit_keeps_a_disk_from_shrinking()
    {
        byte[] before = Gpt().ToArray();
        var error = Assert.Throws<VhdOperationException>(() => ResizeOperation.Plan(Gpt(), Options(8000 * 512)));
        Assert.Equal((OperationError.DataWouldBeLost, true), (error.Code, error.IsOverridable));
        Assert.Contains("cannot shrink to", error.Message, StringComparison.Ordinal);
        ResizePlan plan = ResizeOperation.Plan(Gpt(), Options(8000 * 512) with { Force = true });
        Assert.StartsWith("The partition table is left as it is: ", plan.PartitionTableNote, StringComparison.Ordinal);
        Assert.False(plan.IsGptMoved);
        Assert.Equal(GptSectors - 1, plan.LostSector);

        // Without a look at the table its backup is data like any other.
        error = Assert.Throws<VhdOperationException>(
            () => ResizeOperation.Plan(Gpt(), Options((GptSectors - 8) * 512) with { KeepPartitionTable = true }));
        Assert.Contains($"sector {GptSectors - 1} past", error.Message, StringComparison.Ordinal);
        Assert.Contains($"{GptSectors * 512} bytes", error.Message, StringComparison.Ordinal);
        Assert.Equal(before, Gpt().ToArray());
    }

    [Fact]
    public void Data_where_the_backup_has_to_go_keeps_a_disk_from_shrinking()
    {
        // The backup takes 33 sectors; what lies there would be written over.
        MemoryImageFile file = Gpt(dataAt: 20_000);
        var error = Assert.Throws<VhdOperationException>(() => ResizeOperation.Plan(file.Reopen(), Options(20_010 * 512)));
        Assert.Equal(OperationError.DataWouldBeLost, error.Code);
        Assert.Contains($"{(20_001 + 33) * 512} bytes", error.Message, StringComparison.Ordinal);
        Assert.True(ResizeOperation.Run(file.Reopen(), Options((20_001 + 33) * 512)).IsGptMoved);
        Verdict.AssertClean(file.Reopen());
    }

    [Fact]
    public void A_disk_with_partitions_shrinks_to_their_end_and_never_through_data_past_them()
    {
        var least = new ResizeOptions("memory.vhd") { ToMinimumSize = true };
        long byPartitions = ResizeOperation.Plan(Gpt(), least).NewSizeBytes;
        Assert.InRange(byPartitions, (9001 + 33) * 512, (9001 + 33 + 2048) * 512);
        ResizePlan plan = ResizeOperation.Plan(Gpt(dataAt: 20_000), least);
        Assert.InRange(plan.NewSizeBytes, (20_001 + 33) * 512, (20_001 + 33 + 2048) * 512);
        Assert.Null(plan.LostSector);
        plan = ResizeOperation.Plan(Gpt(dataAt: 20_000), least with { Force = true });
        Assert.Equal((byPartitions, 20_000L), (plan.NewSizeBytes, plan.LostSector));
        MemoryImageFile file = Gpt();
        Assert.Equal(byPartitions, ResizeOperation.Run(file.Reopen(), least).NewSizeBytes);
        Assert.Empty(ReadTable(file).Findings);
        Verdict.AssertClean(file.Reopen());
    }

    [Fact]
    public void A_backup_that_is_not_at_the_end_goes_there_without_a_change_of_the_size()
    {
        foreach (MemoryImageFile file in new[] { Gpt(), GptFixed() })
        {
            ResizeOptions options = Options((GptSectors + 4096) * 512L);
            ResizeOperation.Run(file.Reopen(), options with { KeepPartitionTable = true });
            ResizePlan plan = ResizeOperation.Run(file.Reopen(), options);
            Assert.Equal((true, true, plan.OldSizeBytes), (plan.IsGptMoved, plan.IsChange, plan.NewSizeBytes));
            PartitionTable table = ReadTable(file);
            Assert.Empty(table.Findings);
            using VhdImage image = VhdImage.Open(file.Reopen());
            byte[] old = new byte[33 * 512];
            image.ReadSectors(GptSectors - 33, old);
            Assert.False(old.AsSpan().ContainsAnyExcept((byte)0));
            Verdict.AssertClean(file.Reopen());
        }
    }

    [Fact]
    public void A_table_that_does_not_fit_is_left_where_the_size_stays()
    {
        MemoryImageFile file = Gpt();
        ResizeOperation.Run(file.Reopen(), Options(8000 * 512) with { Force = true });
        ResizePlan plan = ResizeOperation.Plan(file.Reopen(), Options(8000 * 512));
        Assert.Equal((false, false), (plan.IsChange, plan.IsGptMoved));
        Assert.StartsWith("The partition table is left as it is: ", plan.PartitionTableNote, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_a_damaged_table_the_backup_is_data()
    {
        MemoryImageFile file = Gpt();
        using (VhdImage image = VhdImage.Open(file.Reopen(), new VhdOpenOptions { ForWriting = true }))
        {
            image.WriteSectors(1, new byte[512]);
        }

        var error = Assert.Throws<VhdOperationException>(() => ResizeOperation.Plan(file.Reopen(), Options((GptSectors - 8) * 512)));
        Assert.Contains($"sector {GptSectors - 1} past", error.Message, StringComparison.Ordinal);
        Assert.True(error.IsOverridable);
    }

    /// <summary>After the last data the backup needs 33 sectors, and the whole is rounded up to 2048.</summary>
    [Theory]
    [InlineData(20_446, 20_480)]
    [InlineData(20_447, 22_528)]
    public void Data_and_the_backup_after_it_fit_to_the_sector(int dataAt, int sectors)
    {
        var least = new ResizeOptions("memory.vhd") { ToMinimumSize = true };
        Assert.Equal(sectors * 512L, ResizeOperation.Plan(Gpt(dataAt), least).NewSizeBytes);
    }

    [Fact]
    public void Data_where_the_backup_of_the_smallest_disk_would_be_keeps_it_larger()
    {
        var least = new ResizeOptions("memory.vhd") { ToMinimumSize = true };
        long byPartitions = ResizeOperation.Plan(Gpt(), least).NewSizeBytes;
        ResizePlan plan = ResizeOperation.Plan(Gpt((int)(byPartitions / 512) - 10), least);
        Assert.Equal(byPartitions + (2048 * 512), plan.NewSizeBytes);
    }

    [Fact]
    public void The_search_for_data_says_how_far_it_has_to_go()
    {
        var progress = new StepProgress();
        ResizeOperation.Run(ImageBytes.Dynamic(256 * 512, 512).AddBlock(5, 7).ToFile(), Options(10 * 512), progress);
        WorkProgress step = progress.Steps.First(one => one.Step?.StartsWith("Looking", StringComparison.Ordinal) == true);
        Assert.Equal(246 * 512, step.TotalBytes);
    }

    [Fact]
    public void The_largest_sizes_are_those_of_the_type()
    {
        foreach ((ImageBytes bytes, long most) in new[]
        {
            (ImageBytes.Fixed(), VhdSpec.MaxFixedSize), (ImageBytes.Dynamic(1 << 30, 2 << 20), VhdSpec.MaxSize),
        })
        {
            Assert.Equal(most, ResizeOperation.Plan(bytes.ToFile(), Options(most)).NewSizeBytes);
            var error = Assert.Throws<ArgumentException>(() => ResizeOperation.Plan(bytes.ToFile(), Options(most + 512)));
            Assert.Contains($"is not from 1 to {most} bytes", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void What_a_parent_elsewhere_would_show_is_found_where_one_says()
    {
        string parent = _folder["parent.vhd"], child = _folder["child.vhd"];
        ImageCreator.Create(parent, new NewImage(1 << 20) { UniqueId = Guid.NewGuid(), TimeStamp = VhdSpec.Epoch });
        ChildCreator.Create(child, new NewChild(parent) { UniqueId = Guid.NewGuid(), TimeStamp = VhdSpec.Epoch });
        ResizeOperation.Run(new ResizeOptions(parent) { SizeBytes = 4 << 20, Force = true });
        using (VhdImage image = VhdImage.Open(parent, new VhdOpenOptions { ForWriting = true }))
        {
            image.WriteSectors(5000, [.. Enumerable.Repeat((byte)7, 512)]);
        }

        string far = Directory.CreateDirectory(_folder["far"]).FullName;
        File.Move(parent, Path.Combine(far, "parent.vhd"));
        var options = new ResizeOptions(child) { SizeBytes = 3 << 20, Parents = new ParentPolicy { SearchFolders = [far] } };
        var error = Assert.Throws<VhdOperationException>(() => ResizeOperation.Plan(options));
        Assert.Equal((OperationError.ParentDataWouldShow, true), (error.Code, error.IsOverridable));
        Assert.Contains("sector 5000", error.Message, StringComparison.Ordinal);
        Assert.True(ResizeOperation.Plan(options with { SizeBytes = 5000 * 512 }).IsChange);
    }

    [Fact]
    public void A_disk_of_zeros_keeps_one_sector()
    {
        var least = new ResizeOptions("memory.vhd") { ToMinimumSize = true };
        Assert.Equal(512, ResizeOperation.Plan(ImageBytes.Dynamic().ToFile(), least).NewSizeBytes);
        Assert.Equal(4096, ResizeOperation.Plan(ImageBytes.Dynamic().ToFile(), least with { RoundUpToBytes = 4096 }).NewSizeBytes);
        Assert.Equal(512, ResizeOperation.Plan(ImageBytes.Dynamic().AddBlock(0, 7, [0x80]).ToFile(), least).NewSizeBytes);
    }

    [Fact]
    public void A_child_without_its_parent_is_resized_by_force_alone()
    {
        ImageBytes child = ImageBytes.Differencing().AddBlock(0, 7, [0x80]);
        Assert.Throws<VhdFormatException>(() => ResizeOperation.Plan(child.ToFile(_folder["child.vhd"]), Options(8 * 4096)));
        ResizePlan plan = ResizeOperation.Plan(child.ToFile(_folder["child.vhd"]), Options(8 * 4096) with { Force = true });
        Assert.Equal((8L * 4096, (long?)null), (plan.NewSizeBytes, plan.LostSector));
        plan = ResizeOperation.Plan(child.ToFile(_folder["child.vhd"]), Options(32 * 4096) with { Force = true });
        Assert.Equal(32 * 4096, plan.NewSizeBytes);
    }

    [Fact]
    public void Lost_blocks_are_counted_and_kept()
    {
        ImageBytes bytes = ImageBytes.Dynamic(128 * 512, 512);
        foreach (int block in Enumerable.Range(0, 12))
        {
            bytes.AddBlock(block, (byte)(block + 1));
        }

        uint lost = bytes.GetEntry(0);
        bytes.PutEntry(0, VhdSpec.UnusedEntry);
        MemoryImageFile file = bytes.ToFile();
        ResizePlan plan = ResizeOperation.Plan(file.Reopen(), Options(129 * 512));
        Assert.Equal((1, 1), (plan.LostBlockCount, plan.MovedBlockCount));
        ResizeOperation.Run(file.Reopen(), Options(129 * 512));
        byte[] after = file.ToArray();
        Assert.True(after.AsSpan((int)(lost * 512) + 1024).IndexOf(Enumerable.Repeat((byte)1, 512).ToArray()) >= 0);
        Assert.True(file.Length == plan.NewFileLength);
    }

    private static ResizeOptions Options(long size) => new("memory.vhd") { SizeBytes = size };

    private static void AssertSteps(MemoryImageFile file, ResizeOptions options, params string[] expected)
    {
        var progress = new StepProgress();
        ResizeOperation.Run(file, options, progress);
        string[] steps = [.. progress.Steps.Select(step => step.Step).OfType<string>()];
        Assert.All(expected, text => Assert.Contains(steps, step => step.StartsWith(text, StringComparison.Ordinal)));
        Verdict.AssertClean(file.Reopen());
    }

    private static PartitionTable ReadTable(MemoryImageFile file)
    {
        using VhdImage image = VhdImage.Open(file.Reopen());
        byte[] disk = new byte[image.SectorCount * 512];
        image.ReadSectors(0, disk);
        return PartitionTable.Read(new MemoryDisk(disk));
    }

    private static byte[] GptDisk(int dataAt)
    {
        byte[] disk = TableBytes.Gpt(GptSectors, (2048, 9000)).Bytes;
        if (dataAt > 0)
        {
            disk[dataAt * 512] = 1;
        }

        return disk;
    }

    private static MemoryImageFile GptFixed()
    {
        byte[] disk = GptDisk(dataAt: 0);
        ImageBytes bytes = ImageBytes.Fixed(disk.Length);
        return bytes.Poke(0, disk).ToFile();
    }

    private static MemoryImageFile Gpt(int dataAt = 0)
    {
        MemoryImageFile file = ImageBytes.Dynamic(GptSectors * 512L).ToFile();
        using VhdImage image = VhdImage.Open(file.Reopen(), new VhdOpenOptions { ForWriting = true });
        byte[] disk = GptDisk(dataAt);
        for (int sector = 0; sector < GptSectors; sector++)
        {
            image.WriteSectors(sector, disk.AsSpan(sector * 512, 512));
        }

        return file;
    }
}
