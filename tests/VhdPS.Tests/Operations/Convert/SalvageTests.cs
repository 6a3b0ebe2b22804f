using VhdPS.Engine.Checking;
using VhdPS.Engine.Disks;
using VhdPS.Engine.Format;
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
}
