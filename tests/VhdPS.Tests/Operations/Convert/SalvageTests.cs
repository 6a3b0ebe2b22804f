using VhdPS.Engine.Chains;
using VhdPS.Engine.Checking;
using VhdPS.Engine.Disks;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Engine.Operations.Convert;
using VhdPS.Tests.Format;

namespace VhdPS.Tests.Operations.Convert;

/// <summary>What of a damaged image is read, what is filled, and that none of it happens unasked.</summary>
public sealed class SalvageTests : IDisposable
{
    private const int BlockSize = 4096;
    private const int SectorsPerBlock = BlockSize / 512;
    private const int DiskSize = 16 * BlockSize;

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(0x0000_0001u)]
    [InlineData(0xFFFF_FFFEu)]
    public void An_impossible_entry_loses_its_block_alone(uint entry)
    {
        ImageBytes image = Image().PutEntry(1, entry);
        ConvertResult result = Run(image.Bytes, fill: 0xEE);
        Assert.Equal([(SectorsPerBlock, SectorsPerBlock)], result.LostRanges.Select(lost => ((int)lost.Sector, (int)lost.SectorCount)));
        byte[] expected = Expected();
        expected.AsSpan(BlockSize, BlockSize).Fill(0xEE);
        Assert.Equal(expected, Disk());
    }

    [Fact]
    public void A_file_that_was_cut_off_gives_what_is_there_to_the_sector()
    {
        // Two and a half sectors of the last block and the footer are gone.
        byte[] bytes = Image().Bytes[..^(512 + 1280)];
        ConvertResult result = Run(bytes);
        Assert.Equal(
            [((3 * SectorsPerBlock) + SectorsPerBlock - 3, 3)],
            result.LostRanges.Select(lost => ((int)lost.Sector, (int)lost.SectorCount)));
        byte[] expected = Expected();
        expected.AsSpan((4 * BlockSize) - 1536, 1536).Clear();
        Assert.Equal(expected, Disk());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_a_table_has_no_entry_for_is_lost_and_the_rest_is_read(bool isCut)
    {
        ImageBytes image = Image();
        if (isCut)
        {
            // The table is put after the blocks, and the file is cut in its third entry.
            long end = image.FooterOffset;
            byte[] table = image.Bytes[1536..(1536 + (16 * 4))];
            byte[] cut = [.. image.PutHeader(16, (ulong)end).Bytes[..(int)end], .. table[..11]];
            AssertLost(Run(cut, fill: 0xEE), 2 * SectorsPerBlock, 14 * SectorsPerBlock);
        }
        else
        {
            AssertLost(Run(image.PutHeader(28, 2u).Bytes, fill: 0xEE), 2 * SectorsPerBlock, 14 * SectorsPerBlock);
        }

        byte[] expected = Expected();
        expected.AsSpan(2 * BlockSize).Fill(0xEE);
        Assert.Equal(expected, Disk());
    }

    [Fact]
    public void A_block_under_the_footer_gives_the_sectors_before_it()
    {
        ImageBytes image = Image();
        byte[] bytes = image.Bytes;
        byte[] moved = [.. bytes[..^(512 + 512)], .. bytes[^512..]];
        ConvertResult result = Run(moved, fill: 0xEE);
        AssertLost(result, (4 * SectorsPerBlock) - 1, 1);
        byte[] expected = Expected();
        expected.AsSpan((4 * BlockSize) - 512, 512).Fill(0xEE);
        Assert.Equal(expected, Disk());
    }

    [Fact]
    public void Of_a_cut_block_what_its_bitmap_says_was_never_written_is_not_lost()
    {
        ImageBytes image = Image();
        byte[] bytes = image.Bytes[..^(512 + 1280)];
        bytes[image.FooterOffset - BlockSize - 512] = 0b1111_0000;
        Assert.Empty(Run(bytes, fill: 0xEE).LostRanges);
        byte[] expected = Expected();
        expected.AsSpan((4 * BlockSize) - (4 * 512)).Clear();
        Assert.Equal(expected, Disk());
    }

    [Fact]
    public void What_a_fixed_image_was_cut_by_is_lost_and_said()
    {
        byte[] whole = ImageBytes.Fixed(DiskSize).Bytes;
        whole.AsSpan(0, DiskSize).Fill(0x77);
        File.WriteAllBytes(_folder["d.vhd"], [.. whole[..(DiskSize - 700)], .. whole[^512..]]);
        AssertLost(Convert(Options() with { Salvage = true, Fill = 0xEE }), (DiskSize / 512) - 2, 2);
        byte[] expected = new byte[DiskSize];
        expected.AsSpan(0, DiskSize - 700).Fill(0x77);
        expected.AsSpan(DiskSize - 700).Fill(0xEE);
        Assert.Equal(expected, Disk());
    }

    [Fact]
    public void Of_a_damaged_parent_the_rest_of_the_chain_is_read()
    {
        File.WriteAllBytes(_folder["p.vhd"], Image().Bytes);
        ChildCreator.Create(_folder["d.vhd"], new NewChild(_folder["p.vhd"]) { UniqueId = Guid.NewGuid(), TimeStamp = VhdSpec.Epoch });
        using (VhdImage child = VhdImage.Open(_folder["d.vhd"], new VhdOpenOptions { ForWriting = true }))
        {
            child.WriteSectors(SectorsPerBlock + 2, new byte[1024]);
        }

        File.WriteAllBytes(_folder["p.vhd"], Image().PutEntry(1, 1).Bytes);
        ConvertResult result = Convert(Options() with { Salvage = true, Fill = 0xEE });
        Assert.Equal(
            [(SectorsPerBlock, 2), (SectorsPerBlock + 4, SectorsPerBlock - 4)],
            result.LostRanges.Select(lost => ((int)lost.Sector, (int)lost.SectorCount)));
        byte[] expected = Expected();
        expected.AsSpan(BlockSize, BlockSize).Fill(0xEE);
        expected.AsSpan(BlockSize + 1024, 1024).Clear();
        Assert.Equal(expected, Disk());
    }

    /// <summary>The bitmap is read where extents are looked for, where data is foreseen and where it is read.</summary>
    [Fact]
    public void A_bitmap_that_the_medium_does_not_give_loses_its_block_alone()
    {
        ImageBytes image = Image();
        File.WriteAllBytes(_folder["d.vhd"], image.Bytes);
        long bitmapOffset = image.FooterOffset - (3 * (BlockSize + 512));
        var options = new VhdOpenOptions { Force = true, Fill = 0xEE };
        using var operation = ConvertOperation.Begin(Options() with { Salvage = true, Fill = 0xEE }, DiskSource.Open(
            new DamagedMedium(LocalImageFile.OpenRead(_folder["d.vhd"]), bitmapOffset), SourceFormat.Vhd, options));
        AssertLost(operation.Run(), SectorsPerBlock, SectorsPerBlock);
        byte[] expected = Expected();
        expected.AsSpan(BlockSize, BlockSize).Fill(0xEE);
        Assert.Equal(expected, Disk());
    }

    [Fact]
    public void Ranges_are_bounded_and_nothing_is_left_out()
    {
        var log = new SalvageLog();
        const int Count = 300_000;
        for (int i = 0; i < Count; i++)
        {
            log.Add(i * 2L, 1, "lost");
        }

        IReadOnlyList<LostRange> ranges = log.ToList();
        Assert.InRange(ranges.Count, 2, (256 * 1024) + 1);
        Assert.Equal((Count * 2L) - 1, ranges[^1].Sector + ranges[^1].SectorCount);
    }

    [Fact]
    public void Nothing_is_lost_of_a_sound_image()
    {
        ConvertResult result = Run(Image().Bytes, fill: 0xEE);
        Assert.Empty(result.LostRanges);
        Assert.Equal(Expected(), Disk());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Without_it_damage_is_an_error_and_the_target_is_as_it_was(bool force)
    {
        File.WriteAllBytes(_folder["d.vhd"], Image().PutEntry(1, 1).Bytes);
        File.WriteAllText(_folder["t.raw"], "before");
        Assert.ThrowsAny<Exception>(() => Convert(Options() with { Force = force }));
        Assert.Equal("before", File.ReadAllText(_folder["t.raw"]));
    }

    [Fact]
    public void Force_does_not_cover_a_truncated_fixed_image()
    {
        File.WriteAllBytes(_folder["d.vhd"], ImageBytes.Fixed(DiskSize).PutFooter(48, (ulong)(2 * DiskSize)).Bytes);
        Assert.Equal(
            FaultCode.FixedDataTruncated,
            Assert.Throws<VhdFormatException>(() => Convert(Options() with { Force = true })).Finding.Code);
        Convert(Options() with { Salvage = true });
        Assert.Equal(2 * DiskSize, Disk().Length);
    }

    [Fact]
    public void The_source_of_a_salvage_is_never_deleted()
    {
        File.WriteAllBytes(_folder["d.vhd"], Image().Bytes);
        Assert.Throws<ArgumentException>(() => Convert(Options() with { Salvage = true, DeleteSource = true, Force = true }));
        Assert.True(File.Exists(_folder["d.vhd"]));
    }

    [Fact]
    public void What_is_made_of_it_is_a_valid_image()
    {
        File.WriteAllBytes(_folder["d.vhd"], Image().PutEntry(1, 1).Bytes);
        Convert(Options() with { Salvage = true, TargetFormat = DiskFormat.Dynamic, TargetPath = _folder["t.vhd"] });
        Assert.True(ImageChecker.Check(_folder["t.vhd"], new CheckOptions { Full = true }).IsValid);
    }

    private static void AssertLost(ConvertResult result, long sector, long sectorCount) =>
        Assert.Equal([(sector, sectorCount)], result.LostRanges.Select(lost => (lost.Sector, lost.SectorCount)));

    private static ImageBytes Image() =>
        ImageBytes.Dynamic(DiskSize, BlockSize).AddBlock(0, 0x11).AddBlock(1, 0x22).AddBlock(2, 0x33).AddBlock(3, 0x44);

    private static byte[] Expected()
    {
        byte[] disk = new byte[DiskSize];
        for (int block = 0; block < 4; block++)
        {
            disk.AsSpan(block * BlockSize, BlockSize).Fill((byte)(0x11 * (block + 1)));
        }

        return disk;
    }

    private static ConvertResult Convert(ConvertOptions options)
    {
        using var operation = ConvertOperation.Begin(options);
        return operation.Run();
    }

    private ConvertResult Run(byte[] bytes, byte fill = 0)
    {
        File.WriteAllBytes(_folder["d.vhd"], bytes);
        return Convert(Options() with { Salvage = true, Fill = fill });
    }

    private ConvertOptions Options() => new(_folder["d.vhd"], _folder["t.raw"])
    {
        TargetFormat = DiskFormat.Raw,
        UniqueId = Guid.NewGuid(),
        TimeStamp = VhdSpec.Epoch,
    };

    private byte[] Disk() => File.ReadAllBytes(_folder["t.raw"]);

    /// <summary>A medium on which one sector cannot be read.</summary>
    private sealed class DamagedMedium(ImageFile inner, long badOffset) : PassThroughImageFile(inner)
    {
        public override int ReadAt(long fileOffset, Span<byte> buffer) =>
            fileOffset < badOffset + 512 && badOffset < fileOffset + buffer.Length
                ? throw new ImageIOException(Path, ImageIOOperation.Read, fileOffset, new IOException("Input/output error", 5))
                : base.ReadAt(fileOffset, buffer);
    }
}
