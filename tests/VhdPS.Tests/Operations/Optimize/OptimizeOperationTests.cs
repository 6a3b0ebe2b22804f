using VhdPS.Engine.Chains;
using VhdPS.Engine.Checking;
using VhdPS.Engine.Disks;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Engine.Layout;
using VhdPS.Engine.Operations.Optimize;
using VhdPS.Tests.Checking;
using VhdPS.Tests.Disks;
using VhdPS.Tests.Format;

namespace VhdPS.Tests.Operations.Optimize;

public sealed class OptimizeOperationTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(4096)]
    [InlineData(65536)]
    [InlineData(1 << 21)]
    public void A_worn_image_becomes_small_and_ordered_and_stays_the_same_disk(int blockSize)
    {
        string path = _folder["worn.vhd"];
        byte[] disk = Wear(path, blockSize, 12 << 20);
        byte[] header = Bytes(path, 512, 1024), footer = Bytes(path, 0, 512);
        OptimizeResult estimate = Optimize(path, OptimizeMode.Full, estimateOnly: true);
        OptimizeResult result = Optimize(path, OptimizeMode.Full);

        Assert.Equal(disk, DiskModel.Read(path, SourceFormat.Vhd));
        Assert.Equal(
            estimate with { IsEstimate = false, SizeOnDiskBefore = 0, SizeOnDiskAfter = 0 },
            result with { SizeOnDiskBefore = 0, SizeOnDiskAfter = 0 });
        Assert.Equal(new FileInfo(path).Length, result.FileSizeAfter);
        Assert.True(result.SavedBytes > 0 && result.BlockCountAfter < result.BlockCountBefore);
        AssertSound(path);
        Assert.Equal([path], Directory.GetFiles(_folder.Root));
        using VhdImage image = VhdImage.Open(path, new VhdOpenOptions { ForWriting = true });
        TableFigures figures = TableScan.Measure(image.Layout, image.Map.Table!);
        Assert.Equal((0, true), (figures.FragmentationPercentage, figures.IsAligned));
        for (int block = 0; block < image.Layout.BlockCount; block++)
        {
            bool hasData =
                disk.AsSpan(block * blockSize, Math.Min(blockSize, disk.Length - (block * blockSize))).ContainsAnyExcept((byte)0);
            Assert.Equal(hasData, image.Map.Table![block] != VhdSpec.UnusedEntry);
        }

        Assert.Equal(footer, image.Layout.Footer.Bytes.ToArray());
        Assert.Equal(header, image.Layout.Header!.Bytes.ToArray());
    }

    [Fact]
    public void Quick_keeps_stored_zeros_and_drops_what_bitmaps_and_holes_tell()
    {
        // Block 0 data, 1 zeros that are stored, 2 no bit set, 3 data under half of its bits.
        ImageBytes image = ImageBytes.Dynamic().AddBlock(3, 0xA3, [0xF0]).AddBlock(2, 0xEE, [0x00]).AddBlock(1, 0).AddBlock(0, 0xA0);
        string path = _folder.Write("quick.vhd", image.Bytes);
        byte[] disk = DiskModel.Read(path, SourceFormat.Vhd);
        OptimizeResult estimate = Optimize(path, OptimizeMode.Quick, estimateOnly: true);
        OptimizeResult result = Optimize(path, OptimizeMode.Quick);
        Assert.Equal((4, 3), (result.BlockCountBefore, result.BlockCountAfter));
        Assert.Equal(result.FileSizeAfter, estimate.FileSizeAfter);
        Assert.Equal(disk, DiskModel.Read(path, SourceFormat.Vhd));
        Assert.Equal((3, 2), (Optimize(path, OptimizeMode.Full).BlockCountBefore, Optimize(path, OptimizeMode.Full).BlockCountAfter));
        Assert.Equal(disk, DiskModel.Read(path, SourceFormat.Vhd));
        AssertSound(path);
    }

    [Fact]
    public void Every_byte_that_is_not_known_is_kept()
    {
        ImageBytes image = SoundImage.Dynamic();
        image.PutFooter(8, 0x103u).PutFooter(84, [1]).PutFooter(200, [1, 2, 3]).PutFooter(28, "tap\0").PutHeader(900, [9, 8, 7]);
        int at = image.Insert(System.Text.Encoding.Unicode.GetBytes(@".\gone.vhd").Concat(new byte[492]).ToArray());
        image.PutLocator(4, 0x57327275, 512, 20, (ulong)at);
        string path = _folder.Write("odd.vhd", image.Bytes);
        byte[] footer = image.Bytes[..512];
        OptimizeOperation operation = OptimizeOperation.Begin(new OptimizeOptions(path) { Force = true });
        using (operation)
        {
            operation.Run();
        }

        using VhdImage optimized = VhdImage.Open(path);
        Assert.Equal(footer, optimized.Layout.Footer.Bytes.ToArray());
        Assert.Equal([9, 8, 7], optimized.Layout.Header!.Bytes[900..903].ToArray());
        ParentLocator locator = optimized.Layout.Header.ParentLocators[4];
        Assert.Equal((ParentLocatorCode.W2ru, 20u), (locator.Code, locator.DataLength));
        using var file = LocalImageFile.OpenRead(path);
        Assert.Equal(@".\gone.vhd", locator.ReadPath(file));
        Assert.Equal(SoundImage.DynamicContent(), DiskModel.Read(path, SourceFormat.Vhd));
    }

    [Fact]
    public void Xens_map_of_full_blocks_is_made_anew()
    {
        ImageBytes image = ImageBytes.Dynamic().PutFooter(28, "tap\0").PutFooter(32, 0x00010003u);
        byte[] batmap = new byte[1024];
        "tdbatmap"u8.CopyTo(batmap);
        int at = image.Insert(batmap);
        new BatmapHeader(at + 512, 1, 0x00010002, 0).WithMap(new byte[512]).Encode(image.Bytes.AsSpan(at, 512));
        image.AddBlock(5, 7).AddBlock(3, 0).AddBlock(1, 6);
        string path = _folder.Write("xen.vhd", image.Bytes);
        Assert.Equal(2, Optimize(path, OptimizeMode.Full).BlockCountAfter);

        byte[] file = File.ReadAllBytes(path);
        BatmapHeader header = BatmapHeader.Parse(file.AsSpan(2048))!.Value;
        Assert.Equal((2560L, 1u, 0x00010002u), (header.MapOffset, header.MapSectorCount, header.Version));
        Assert.Equal(0b0100_0100, file[2560]);
        Assert.Equal(~0x44u, header.Checksum);
        AssertSound(path);
    }

    [Fact]
    public void A_size_that_readers_disagree_on_keeps_its_last_blocks()
    {
        // By geometry the disk ends inside block 15; by current size there is a block 16.
        ImageBytes image = ImageBytes.Dynamic(17 * 4096).PutFooter(28, "vpc ").PutFooter(56, [0, 1, 4, 17]);
        string path = _folder.Write("vpc.vhd", image.AddBlock(2, 1).AddBlock(16, 0xCC).Bytes);
        Optimize(path, OptimizeMode.Full);
        using VhdImage optimized = VhdImage.Open(path, new VhdOpenOptions { SizeRule = SizeRule.CurrentSize });
        byte[] sector = new byte[512];
        optimized.ReadSectors(16 * 8, sector);
        Assert.All(sector, value => Assert.Equal(0xCC, value));
    }

    [Theory]
    [InlineData(OptimizeMode.Full)]
    [InlineData(OptimizeMode.Quick)]
    public void A_child_loses_what_hides_nothing_and_keeps_its_bitmaps(OptimizeMode mode)
    {
        (string child, byte[] disk) = MakeChild();
        OptimizeResult estimate = Optimize(child, mode, estimateOnly: true);
        OptimizeResult result = Optimize(child, mode);
        Assert.Equal(estimate.FileSizeAfter, result.FileSizeAfter);

        // Block 2 has no bit set; block 4 holds what the parent holds, which only Full sees.
        Assert.Equal((5, mode == OptimizeMode.Full ? 3 : 4), (result.BlockCountBefore, result.BlockCountAfter));
        Assert.Equal(disk, DiskModel.Read(child, SourceFormat.Vhd));
        using VhdImage image = VhdImage.Open(child);
        Assert.Equal(VhdType.Differencing, image.Layout.VhdType);
        Assert.Equal(SectorOrigin.File, image.Map.Find(0, 1).Origin);
        Assert.Equal(SectorOrigin.Parent, image.Map.Find(1, 1).Origin);
        Assert.Equal(SectorOrigin.Parent, image.Map.Find(2 * 8, 1).Origin);
        Assert.Equal(SectorOrigin.File, image.Map.Find(6 * 8, 8).Origin);
        AssertSound(child);
    }

    [Fact]
    public void A_child_without_its_parent_loses_only_blocks_without_a_bit()
    {
        (string child, _) = MakeChild();
        File.Delete(_folder["parent.vhd"]);
        using OptimizeOperation operation = OptimizeOperation.Begin(new OptimizeOptions(child));
        Assert.Equal(4, operation.Run().BlockCountAfter);
        Assert.Contains("parent.vhd", operation.ParentNote, StringComparison.Ordinal);
    }

    [Fact]
    public void A_fixed_image_gives_stored_zeros_back_and_keeps_every_byte()
    {
        byte[] disk = new byte[8 << 20];
        DiskModel.Make("full", 1 << 20).CopyTo(disk, 3 << 20);
        string path = DiskModel.Write(_folder, "fixed", disk);
        byte[] before = File.ReadAllBytes(path);
        OptimizeResult estimate = Optimize(path, OptimizeMode.Full, estimateOnly: true);
        OptimizeResult result = Optimize(path, OptimizeMode.Full);
        Assert.Equal(before, File.ReadAllBytes(path));
        Assert.Equal(result.FileSizeBefore, result.FileSizeAfter);
        if (OperatingSystem.IsLinux())
        {
            Assert.InRange(result.SavedBytes, 7 << 20, 8 << 20);
            Assert.InRange(estimate.SavedBytes, result.SavedBytes - 65536, result.SavedBytes + 65536);
        }

        Assert.Equal(0, Optimize(path, OptimizeMode.Quick).SavedBytes);
    }

    [Fact]
    public void A_saved_state_is_refused_unless_forced_and_damage_in_any_case()
    {
        string saved = _folder.Write("saved.vhd", SoundImage.Dynamic().PutFooter(84, [1]).Bytes);
        Assert.Equal(OperationError.StateSaved, Assert.Throws<VhdOperationException>(() => Optimize(saved, OptimizeMode.Full)).Code);
        string hurt = _folder.Write("hurt.vhd", SoundImage.Dynamic().PutEntry(9, 4).Bytes);
        Assert.Equal(FaultCode.BatEntryDuplicate, Assert.Throws<VhdFormatException>(() => Optimize(hurt, OptimizeMode.Full)).Finding.Code);
        Assert.Equal(SoundImage.Dynamic().PutEntry(9, 4).Bytes, File.ReadAllBytes(hurt));
        using var opened = LocalImageFile.OpenRead(saved);
        Assert.Throws<ImageInUseException>(() => Optimize(saved, OptimizeMode.Full));
        Assert.Equal(2, Directory.GetFiles(_folder.Root).Length);
    }

    [Fact]
    public void Cancelling_at_any_step_leaves_the_image_as_it_was()
    {
        string path = _folder["worn.vhd"];
        Wear(path, 65536, 12 << 20);
        (string child, _) = MakeChild();
        foreach (string image in new[] { path, child })
        {
            byte[] before = File.ReadAllBytes(image);
            for (int step = 1; step <= 4; step++)
            {
                using var cancellation = new CancellationTokenSource();
                int at = step;
                using OptimizeOperation operation = OptimizeOperation.Begin(new OptimizeOptions(image));
                var progress = new StepProgress(count =>
                {
                    if (count == at)
                    {
                        cancellation.Cancel();
                    }
                });
                Assert.ThrowsAny<OperationCanceledException>(() => operation.Run(progress, cancellation.Token));
            }

            Assert.Equal(before, File.ReadAllBytes(image));
        }

        Assert.Equal(3, Directory.GetFiles(_folder.Root).Length);
    }

    [LinkFact]
    public void A_link_to_the_image_keeps_pointing_at_it()
    {
        string path = _folder["worn.vhd"];
        byte[] disk = Wear(path, 65536, 4 << 20);
        File.CreateSymbolicLink(_folder["link.vhd"], "worn.vhd");
        Assert.True(Optimize(_folder["link.vhd"], OptimizeMode.Full).SavedBytes > 0);
        Assert.Equal("worn.vhd", new FileInfo(_folder["link.vhd"]).LinkTarget);
        Assert.Equal(disk, DiskModel.Read(path, SourceFormat.Vhd));
    }

    private static OptimizeResult Optimize(string path, OptimizeMode mode, bool estimateOnly = false)
    {
        byte[]? before = estimateOnly ? File.ReadAllBytes(path) : null;
        using OptimizeOperation operation = OptimizeOperation.Begin(new OptimizeOptions(path) { Mode = mode, EstimateOnly = estimateOnly });
        OptimizeResult result = operation.Run();
        Assert.Null(operation.ParentNote);
        if (before is not null)
        {
            Assert.Equal(before, File.ReadAllBytes(path));
        }

        return result;
    }

    /// <summary>Writes all over an image in random order, then zeros over half of it.</summary>
    private static byte[] Wear(string path, int blockSize, int size)
    {
        var random = new Random(11);
        ImageCreator.Create(path, new NewImage(size - 1024)
        {
            BlockSize = blockSize,
            UniqueId = DiskModel.UniqueId,
            TimeStamp = DiskModel.TimeStamp,
        });
        byte[] disk = new byte[size - 1024];
        using VhdImage image = VhdImage.Open(path, new VhdOpenOptions { ForWriting = true });
        for (int i = 0; i < 200; i++)
        {
            int sector = random.Next(disk.Length / 512);
            Span<byte> data = disk.AsSpan(sector * 512, 512 * Math.Min(random.Next(1, 100), (disk.Length / 512) - sector));
            random.NextBytes(data);
            image.WriteSectors(sector, data);
        }

        disk.AsSpan(0, disk.Length / 1024 * 512).Clear();
        image.WriteSectors(0, disk.AsSpan(0, disk.Length / 1024 * 512));
        return disk;
    }

    /// <summary>
    /// Blocks 6, 4, 2, 1 and 0 of a child, in this order in the file: 0 with every second sector its own, 1 zeros that hide
    /// data, 2 nothing, 4 what the parent holds, 6 new data.
    /// </summary>
    private (string Path, byte[] Disk) MakeChild()
    {
        byte[] parentDisk = DiskModel.Make("full", SoundImage.Size);
        ImageBytes parent = ImageBytes.Fixed(SoundImage.Size).Poke(0, parentDisk)
            .PutFooter(68, ImageBytes.ParentUniqueId.ToByteArray(bigEndian: true));
        _folder.Write("parent.vhd", parent.Bytes);
        ImageBytes child = ImageBytes.Differencing(SoundImage.Size);
        child.AddBlock(6, 0x66).AddBlock(4, 0).AddBlock(2, 0xEE, [0]).AddBlock(1, 0).AddBlock(0, 0xB0, [0xAA]);
        parentDisk.AsSpan(4 * 4096, 4096).CopyTo(child.Bytes.AsSpan((int)(child.GetEntry(4) * 512) + 512));
        byte[] disk = (byte[])parentDisk.Clone();
        disk.AsSpan(6 * 4096, 4096).Fill(0x66);
        disk.AsSpan(4096, 4096).Clear();
        for (int sector = 0; sector < 8; sector += 2)
        {
            disk.AsSpan(sector * 512, 512).Fill(0xB0);
        }

        string path = _folder.Write("child.vhd", child.Bytes);
        Assert.Equal(disk, DiskModel.Read(path, SourceFormat.Vhd));
        return (path, disk);
    }

    private static void AssertSound(string path)
    {
        CheckReport report = ImageChecker.Check(path, new CheckOptions { Full = true });
        Assert.Empty(report.Findings.Where(finding => finding.Severity != Severity.Note).Select(finding => finding.Describe()));
    }

    private static byte[] Bytes(string path, int offset, int count) => File.ReadAllBytes(path).AsSpan(offset, count).ToArray();
}
