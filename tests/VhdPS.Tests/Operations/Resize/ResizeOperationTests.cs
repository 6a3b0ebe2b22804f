using System.Buffers.Binary;
using VhdPS.Engine.Chains;
using VhdPS.Engine.Checking;
using VhdPS.Engine.Disks;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Engine.Layout;
using VhdPS.Engine.Operations.Resize;
using VhdPS.Tests.Checking;
using VhdPS.Tests.Files;
using VhdPS.Tests.Format;

namespace VhdPS.Tests.Operations.Resize;

public sealed class ResizeOperationTests : IDisposable
{
    private const long MiB = 1 << 20;

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(VhdType.Dynamic, 512)]
    [InlineData(VhdType.Dynamic, 4096)]
    [InlineData(VhdType.Dynamic, 2 << 20)]
    [InlineData(VhdType.Fixed, 0)]
    public void The_disk_grows_and_shrinks_with_its_data(VhdType type, int blockSize)
    {
        string path = Make(3 * MiB, type, blockSize);
        byte[] disk = Fill(path, 3 * (int)MiB);
        foreach (long size in new[] { 3 * MiB + 512, 5 * MiB, 40 * MiB, 7 * MiB, 3 * MiB, 600 * MiB, 3 * MiB })
        {
            ResizePlan plan = ResizeOperation.Run(new ResizeOptions(path) { SizeBytes = size });
            Assert.Equal(size, plan.NewSizeBytes);
            Assert.Equal(plan.NewFileLength, new FileInfo(path).Length);
            Verdict.AssertClean(path);
            using VhdImage image = VhdImage.Open(path);
            Assert.Equal(size, image.SectorCount * 512);
            Assert.Equal((3UL * (ulong)MiB, (ulong)size), (image.Layout.Footer.OriginalSize, image.Layout.Footer.CurrentSize));
            Assert.Equal(DiskGeometry.ForSectorCount(size / 512), image.Layout.Footer.Geometry);
            byte[] read = new byte[Math.Min(size, 8 * MiB)];
            image.ReadSectors(0, read);
            Assert.Equal(disk, read[..disk.Length]);
            Assert.False(read.AsSpan(disk.Length).ContainsAnyExcept((byte)0));
        }
    }

    [Fact]
    public void Shrinking_says_which_sector_would_be_lost_and_changes_nothing()
    {
        string path = Make(8 * MiB, VhdType.Dynamic, 4096);
        Write(path, 5000, 0x55);
        byte[] before = File.ReadAllBytes(path);
        var error = Assert.Throws<VhdOperationException>(() => ResizeOperation.Run(new ResizeOptions(path) { SizeBytes = 2 * MiB }));
        Assert.Equal(OperationError.DataWouldBeLost, error.Code);
        Assert.Contains("sector 5000 ", error.Message, StringComparison.Ordinal);
        Assert.Contains($"{5001 * 512} bytes", error.Message, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllBytes(path));

        ResizePlan plan = ResizeOperation.Run(new ResizeOptions(path) { SizeBytes = 2 * MiB, Force = true });
        Assert.Equal(5000, plan.LostSector);
        Assert.True(new FileInfo(path).Length < before.Length);

        // What was cut off does not come back.
        ResizeOperation.Run(new ResizeOptions(path) { SizeBytes = 8 * MiB });
        using VhdImage image = VhdImage.Open(path);
        Assert.Equal(-1, DataScan.FindLast(image, 0, null, default));
    }

    [Theory]
    [InlineData(VhdType.Dynamic)]
    [InlineData(VhdType.Fixed)]
    public void The_minimum_size_ends_with_the_last_data(VhdType type)
    {
        string path = Make(300 * MiB, type, 1 << 20);
        Write(path, 200_001, 0x66);
        ResizePlan plan = ResizeOperation.Plan(new ResizeOptions(path) { ToMinimumSize = true });
        Assert.Equal(200_002 * 512, plan.NewSizeBytes);
        plan = ResizeOperation.Run(new ResizeOptions(path) { ToMinimumSize = true, RoundUpToBytes = MiB });
        Assert.Equal(98 * MiB, plan.NewSizeBytes);
        Verdict.AssertClean(path);
        using VhdImage image = VhdImage.Open(path);
        Assert.Equal(200_001, DataScan.FindLast(image, 0, null, default));
    }

    [Fact]
    public void Without_a_size_the_present_one_is_rounded_up()
    {
        string path = Make(3 * MiB + 512, VhdType.Fixed, 0);
        Assert.Equal(4 * MiB, ResizeOperation.Run(new ResizeOptions(path) { RoundUpToBytes = MiB }).NewSizeBytes);
        Assert.False(ResizeOperation.Run(new ResizeOptions(path) { RoundUpToBytes = MiB }).IsChange);
    }

    [Fact]
    public void Sizes_that_no_disk_can_have_are_refused()
    {
        string path = Make(3 * MiB, VhdType.Dynamic, 512);
        foreach (ResizeOptions request in new ResizeOptions[]
        {
            new(path) { SizeBytes = 0 },
            new(path) { SizeBytes = -512 },
            new(path) { SizeBytes = VhdSpec.MaxSize + 1 },
            new(path) { SizeBytes = long.MaxValue },
            new(path) { SizeBytes = MiB, ToMinimumSize = true },
            new(path) { SizeBytes = MiB, RoundUpToBytes = 0 },
            new(path) { SizeBytes = MiB, RoundUpToBytes = 513 },

            // With blocks of 512 bytes the table would pass 64 MiB.
            new(path) { SizeBytes = 9L << 30 },
        })
        {
            Assert.Throws<ArgumentException>(() => ResizeOperation.Run(request));
        }

        Verdict.AssertClean(path);
    }

    [Theory]
    [InlineData("vpc ")]
    [InlineData("qemu")]
    [InlineData("vbox")]
    public void A_creator_whose_images_go_by_the_geometry_gives_way_to_one_that_all_read_alike(string creator)
    {
        string path = _folder.Write("creator.vhd", ImageBytes.Dynamic(68 * 512 * 4).PutFooter(28, creator).Bytes);
        ResizePlan plan = ResizeOperation.Run(new ResizeOptions(path) { SizeBytes = 3 * MiB });
        Assert.True(plan.IsCreatorChanged);
        using VhdImage image = VhdImage.Open(path);
        Assert.Equal("win ", image.Layout.Footer.CreatorApplication);
        Assert.Equal(3 * MiB, image.SectorCount * 512);
    }

    [Fact]
    public void A_creator_stays_where_the_geometry_says_the_size()
    {
        string path = _folder.Write("chs.vhd", ImageBytes.Dynamic(68 * 512 * 4).PutFooter(28, "vpc ").Bytes);
        ResizePlan plan = ResizeOperation.Run(new ResizeOptions(path) { SizeBytes = 4 * 17 * 512 * 40 });
        Assert.False(plan.IsCreatorChanged);
        using VhdImage image = VhdImage.Open(path);
        Assert.Equal("vpc ", image.Layout.Footer.CreatorApplication);
        Assert.Equal(4 * 17 * 40, image.SectorCount);
    }

    [Fact]
    public void Sectors_between_the_two_sizes_of_a_footer_are_kept()
    {
        // By geometry the disk ends at sector 68 x 3, by current size 13 sectors later; someone wrote there.
        ImageBytes bytes = ImageBytes.Fixed(((68 * 3) + 13) * 512).PutFooter(28, "vpc ").PutFooter(56, [0, 3, 4, 17]);
        string path = _folder.Write("two.vhd", bytes.Bytes);
        ResizeOperation.Run(new ResizeOptions(path) { SizeBytes = MiB });
        using VhdImage image = VhdImage.Open(path);
        byte[] last = new byte[512];
        image.ReadSectors((68 * 3) + 12, last);
        Assert.Equal((68 * 3) + 12, last[0]);
    }

    [Fact]
    public void A_growth_of_a_fixed_image_that_was_cut_before_its_footer_came_is_found_and_finished()
    {
        // Where the file system reports no holes, zeros are searched 64 MiB back.
        long size = (OperatingSystem.IsWindows() ? 60 : 200) * MiB;
        string path = Make(3 * MiB, VhdType.Fixed, 0);
        byte[] disk = Fill(path, 3 * (int)MiB);
        using (var stream = new FileStream(path, FileMode.Open))
        {
            stream.SetLength(size + 512);
        }

        using (VhdImage image = VhdImage.Open(path))
        {
            Assert.Equal(3 * MiB, image.SectorCount * 512);
            Assert.Contains(image.Layout.Findings, finding => finding.Code == FaultCode.TrailingBytes);
        }

        Assert.True(ResizeOperation.Plan(new ResizeOptions(path) { SizeBytes = size }).IsRepair);
        ResizeOperation.Run(new ResizeOptions(path) { SizeBytes = size });
        Verdict.AssertClean(path);
        using VhdImage grown = VhdImage.Open(path);
        byte[] read = new byte[4 * MiB];
        grown.ReadSectors(0, read);
        Assert.Equal(disk, read[..disk.Length]);
        Assert.False(read.AsSpan(disk.Length).ContainsAnyExcept((byte)0));
    }

    [Fact]
    public void A_saved_state_and_children_beside_the_image_need_force()
    {
        string path = _folder.Write("saved.vhd", ImageBytes.Dynamic().PutFooter(84, [1]).Bytes);
        var error = Assert.Throws<VhdOperationException>(() => ResizeOperation.Run(new ResizeOptions(path) { SizeBytes = MiB }));
        Assert.Equal(OperationError.StateSaved, error.Code);
        ResizeOperation.Run(new ResizeOptions(path) { SizeBytes = MiB, Force = true });

        string parent = Make(MiB, VhdType.Dynamic, 4096);
        string child = _folder["child.vhd"];
        ChildCreator.Create(child, new NewChild(parent) { UniqueId = Guid.NewGuid(), TimeStamp = VhdSpec.Epoch });
        error = Assert.Throws<VhdOperationException>(() => ResizeOperation.Plan(new ResizeOptions(parent) { SizeBytes = 2 * MiB }));
        Assert.Equal(OperationError.HasChildren, error.Code);
        Assert.Contains(child, error.Message, StringComparison.Ordinal);
        ResizeOperation.Run(new ResizeOptions(parent) { SizeBytes = 2 * MiB, Force = true });
        Verdict.AssertClean(parent);
    }

    [Fact]
    public void A_child_grows_with_zeros_or_not_at_all()
    {
        string parent = Make(MiB, VhdType.Dynamic, 4096);
        string child = _folder["child.vhd"];
        ChildCreator.Create(child, new NewChild(parent) { BlockSize = 512, UniqueId = Guid.NewGuid(), TimeStamp = VhdSpec.Epoch });
        Write(child, 100, 0x31);
        ResizeOperation.Run(new ResizeOptions(child) { SizeBytes = 5 * MiB });
        Verdict.AssertClean(child);
        using (VhdImage image = VhdImage.Open(child))
        {
            Assert.Equal(100, DataScan.FindLast(image, 0, null, default));
        }

        ResizeOperation.Run(new ResizeOptions(parent) { SizeBytes = 9 * MiB, Force = true });
        Write(parent, 15_000, 0x32);
        ResizeOperation.Run(new ResizeOptions(child) { SizeBytes = 6 * MiB });
        var error = Assert.Throws<VhdOperationException>(() => ResizeOperation.Run(new ResizeOptions(child) { SizeBytes = 8 * MiB }));
        Assert.Equal(OperationError.ParentDataWouldShow, error.Code);
        Assert.Contains("sector 15000", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_cancelled_growth_gives_its_space_back()
    {
        string path = Make(64 * MiB, VhdType.Dynamic, 64 * 1024);
        Fill(path, (int)MiB);
        byte[] before = File.ReadAllBytes(path);
        using var cancellation = new CancellationTokenSource();
        var progress = new CancelAt(cancellation, calls: 2);
        Assert.ThrowsAny<OperationCanceledException>(
            () => ResizeOperation.Run(new ResizeOptions(path) { SizeBytes = 100L << 30 }, progress, cancellation.Token));
        Assert.Equal(before.Length, new FileInfo(path).Length);
        Verdict.AssertClean(path);
        Assert.Equal(before[..2048], File.ReadAllBytes(path)[..2048]);
    }

    [Fact]
    public void A_full_medium_leaves_the_image_as_it_was()
    {
        byte[] before = ResizeBytes();
        var file = new MemoryImageFile(before) { MaxLength = before.Length + 3000 };
        Assert.Throws<ImageIOException>(() => ResizeOperation.Run(file, new ResizeOptions(file.Path) { SizeBytes = 2000 * 512 }));
        byte[] after = file.Reopen().ToArray();
        Assert.True(ImageChecker.Check(new MemoryImageFile(after), new CheckOptions { Full = true }).IsValid);
        Verdict.AssertContent(after, VhdOpenOptions.Default, SoundImage.DynamicContent());
    }

    [Fact]
    public void The_largest_table_takes_little_memory()
    {
        string path = Make(VhdSpec.MaxSize - (2 * MiB), VhdType.Dynamic, 2 << 20);
        Write(path, 5, 0x41);
        long before = GC.GetAllocatedBytesForCurrentThread();
        ResizeOperation.Run(new ResizeOptions(path) { SizeBytes = VhdSpec.MaxSize });
        ResizeOperation.Run(new ResizeOptions(path) { SizeBytes = MiB });
        ResizeOperation.Run(new ResizeOptions(path) { SizeBytes = VhdSpec.MaxSize });
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 3 * 96 * MiB);
        Verdict.AssertClean(path);
    }

    [Fact]
    public void A_full_table_takes_little_memory()
    {
        const int blockCount = 1900 * 512, span = (2 << 20) + 512;
        string path = Make(blockCount * 2 * MiB, VhdType.Dynamic, 2 << 20);
        using (var file = LocalImageFile.OpenWrite(path))
        {
            byte[] footer = new byte[512], table = new byte[blockCount * 4];
            file.ReadAt(0, footer);
            long first = VhdSpec.RoundUp(1536 + table.Length, 512);
            for (int i = 0; i < blockCount; i++)
            {
                BinaryPrimitives.WriteUInt32BigEndian(table.AsSpan(i * 4), (uint)((first + ((long)i * span)) / 512));
            }

            file.WriteAt(1536, table);
            file.SetLength(first);
            file.WriteAt(first + ((long)blockCount * span), footer);
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        ResizePlan plan = ResizeOperation.Run(new ResizeOptions(path) { SizeBytes = VhdSpec.MaxSize });
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 96 * MiB);
        Assert.Equal(1, plan.MovedBlockCount);
    }

    private static byte[] ResizeBytes() => SoundImage.Dynamic().Bytes;

    private static void Write(string path, long sector, byte value)
    {
        using VhdImage image = VhdImage.Open(path, new VhdOpenOptions { ForWriting = true });
        byte[] data = new byte[512];
        data.AsSpan().Fill(value);
        image.WriteSectors(sector, data);
    }

    private static byte[] Fill(string path, int length)
    {
        byte[] disk = new byte[length];
        new Random(length).NextBytes(disk);
        using VhdImage image = VhdImage.Open(path, new VhdOpenOptions { ForWriting = true });
        image.WriteSectors(0, disk);
        return disk;
    }

    private string Make(long size, VhdType type, int blockSize)
    {
        string path = _folder[$"{Guid.NewGuid():N}.vhd"];
        ImageCreator.Create(path, new NewImage(size)
        {
            VhdType = type,
            BlockSize = blockSize == 0 ? VhdSpec.DefaultBlockSize : blockSize,
            UniqueId = Guid.NewGuid(),
            TimeStamp = VhdSpec.Epoch,
        });
        return path;
    }

    private sealed class CancelAt(CancellationTokenSource source, int calls) : IProgress<WorkProgress>
    {
        private int _calls;

        public void Report(WorkProgress value)
        {
            if (++_calls == calls)
            {
                source.Cancel();
            }
        }
    }

    /// <summary>The table stays where it was, before the data: Xen's vhd-util rejects an image whose table lies past its blocks.</summary>
    [Fact]
    public void A_child_grows_with_its_table_in_place_and_its_locators_moved()
    {
        using var folder = new TempFolder();
        string parent = folder["parent.vhd"], child = folder["child.vhd"];
        ImageCreator.Create(parent, new NewImage(64L << 20) { UniqueId = Guid.NewGuid(), TimeStamp = VhdSpec.Epoch, BlockSize = 512 });
        ChildCreator.Create(child, new NewChild(parent) { UniqueId = Guid.NewGuid(), TimeStamp = VhdSpec.Epoch, BlockSize = 512 });
        byte[] data = [.. Enumerable.Range(0, 64 * 512).Select(i => (byte)(i / 512 + 1))];
        using (VhdImage image = VhdImage.Open(child, new VhdOpenOptions { ForWriting = true }))
        {
            image.WriteSectors(0, data);
        }

        string[] paths = StoredPaths(child);
        Assert.Contains(paths, path => path.EndsWith("parent.vhd", StringComparison.Ordinal));
        ResizePlan plan = ResizeOperation.Plan(new ResizeOptions(child) { SizeBytes = 96L << 20, Force = true });
        Assert.False(plan.IsTableMoved);
        Assert.NotEqual(0, plan.MovedLocatorCount);
        ResizePlan done = ResizeOperation.Run(new ResizeOptions(child) { SizeBytes = 96L << 20, Force = true });
        Assert.Equal(plan.NewFileLength, done.NewFileLength);
        Assert.Equal(done.NewFileLength, new FileInfo(child).Length);

        Assert.Equal(paths, StoredPaths(child));
        using VhdImage grown = VhdImage.Open(child);
        Assert.Equal(1536, grown.Layout.TableOffset);
        Assert.All(grown.Layout.Structures.Where(extent => extent.Structure == VhdStructure.ParentLocator), extent =>
            Assert.True(extent.FileOffset >= grown.Layout.Header!.TableEnd));
        byte[] read = new byte[data.Length];
        grown.ReadSectors(0, read);
        Assert.Equal(data, read);
        Assert.True(ImageChecker.Check(child, new CheckOptions { Full = true }).IsValid);
    }

    /// <summary>Xen's map of full blocks follows the end of the table, with all that it says.</summary>
    [Theory]
    [InlineData(40 * 4096, 400 * 4096)]
    [InlineData(400 * 4096, 40 * 4096)]
    [InlineData(4000 * 4096, 40000 * 4096)]
    public void Xens_batmap_follows_the_table(int oldSize, int newSize)
    {
        ImageBytes bytes = ImageBytes.Dynamic(oldSize);
        bytes.PutFooter(28, "tap\0").PutFooter(32, 0x00010003u);
        byte[] map = new byte[BatmapHeader.MapLengthFor(oldSize / 4096)];
        map[0] = 0xC0;
        byte[] header = new byte[512];
        "tdbatmap"u8.CopyTo(header);
        ImageBytes.BigEndian((ulong)(bytes.FooterOffset + 512)).CopyTo(header, 8);
        ImageBytes.BigEndian((uint)(map.Length / 512)).CopyTo(header, 16);
        ImageBytes.BigEndian(0x00010002u).CopyTo(header, 20);
        ImageBytes.BigEndian(~0xC0u).CopyTo(header, 24);
        bytes.Insert([.. header, .. map]);
        bytes.AddBlock(0, 7).AddBlock(1, 8);
        MemoryImageFile file = bytes.ToFile();
        var options = new ResizeOptions(file.Path) { SizeBytes = newSize };
        ResizePlan plan = ResizeOperation.Run(file.Reopen(), options);
        Assert.False(plan.IsBatmapDropped);
        ImageLayout layout = ImageLayout.Read(file.Reopen());
        Batmap batmap = layout.Batmap!;
        Assert.Equal(layout.Header!.TableEnd, batmap.HeaderOffset);
        byte[] kept = new byte[batmap.Map!.Value.Length];
        file.ReadAt(batmap.Map.Value.FileOffset, kept);
        Assert.InRange(kept.Length, BatmapHeader.MapLengthFor(Math.Min(oldSize, newSize) / 4096), int.MaxValue);
        Assert.Equal([0xC0, .. new byte[kept.Length - 1]], kept);
        Verdict.AssertClean(file.Reopen());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(100)]
    [InlineData(511)]
    public void An_image_whose_footer_lies_on_no_sector_shrinks(int odd)
    {
        ImageBytes bytes = ImageBytes.Dynamic(40 * 4096).AddBlock(0, 7);
        bytes.Insert(new byte[odd]);
        MemoryImageFile file = bytes.ToFile();
        ResizeOperation.Run(file.Reopen(), new ResizeOptions(file.Path) { SizeBytes = 8 * 4096 });
        ImageLayout layout = ImageLayout.Read(file.Reopen());
        Assert.Equal((0L, 8L * 8), (layout.DataEnd % 512, layout.SectorCount));
        Assert.Equal(layout.DataEnd + 512, file.Length);
        Verdict.AssertClean(file.Reopen());
        using VhdImage image = VhdImage.Open(file.Reopen());
        byte[] read = new byte[8 * 4096];
        image.ReadSectors(0, read);
        Assert.Equal([.. Enumerable.Repeat((byte)7, 4096), .. new byte[7 * 4096]], read);
    }

    private static string[] StoredPaths(string path)
    {
        using var file = LocalImageFile.OpenRead(path);
        IEnumerable<ParentLocator> locators = ImageLayout.Read(file).Header!.ParentLocators.Where(locator => locator.IsUsed);
        return [.. locators.Select(locator => locator.ReadPath(file)!)];
    }
}
