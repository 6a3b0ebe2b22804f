using VhdPS.Engine.Chains;
using VhdPS.Engine.Files;
using VhdPS.Engine.Images;
using VhdPS.Engine.Layout;
using VhdPS.Tests.Files;
using VhdPS.Tests.Format;

namespace VhdPS.Tests.Images;

/// <summary>Images whose last block lies just below 2 TiB: a request that does not fit as a whole changes nothing.</summary>
public sealed class FullImageTests
{
    private const int BlockSize = 4096;
    private const int BlockSectors = BlockSize / 512;

    // The last place that an entry can name; its block ends at 2 TiB.
    private const uint LastPlace = 0xFFFFFFF7;

    private static readonly VhdOpenOptions Writing = new() { ForWriting = true };

    [Fact]
    public void Zeros_of_a_child_that_do_not_all_have_a_place_change_nothing()
    {
        RecordingImageFile file = Make(ImageBytes.Differencing(), LastPlace - 9);
        using VhdImage child = VhdImage.Open(file, Writing);

        // Blocks 0 and 2 are the parent's, which nobody can look at: two places are wanted, and one is left.
        Assert.Equal(
            OperationError.ImageFull,
            Assert.Throws<VhdOperationException>(() => child.ZeroSectors(0, 3 * BlockSectors)).Code);
        Assert.Empty(file.Changes);

        // What the child does not hold costs nothing to discard, and one block has its place.
        child.DiscardSectors(2 * BlockSectors, 5 * BlockSectors);
        Assert.Empty(file.Changes);
        child.ZeroSectors(0, 2 * BlockSectors);
        child.Flush();
        Assert.Equal(LastPlace, child.Map.Table![0]);
        Assert.Equal(
            OperationError.ImageFull, Assert.Throws<VhdOperationException>(() => child.ZeroSectors(2 * BlockSectors, 1)).Code);
    }

    /// <summary>Block 1 is in the file, the others are not.</summary>
    [Theory]
    [InlineData(5, 3, 8, 0)]
    [InlineData(15, 0, 1, 8)]
    [InlineData(12, 0, 4, 8)]
    [InlineData(8, 0, 8, 16)]
    [InlineData(0, 8, 8, 9)]
    public void Zeros_beside_data_need_no_place(int firstSector, int zerosBefore, int dataSectors, int zerosAfter)
    {
        RecordingImageFile file = Make(ImageBytes.Dynamic(), LastPlace);
        using VhdImage image = VhdImage.Open(file, Writing);
        byte[] data = new byte[(zerosBefore + dataSectors + zerosAfter) * 512];
        data.AsSpan(zerosBefore * 512, dataSectors * 512).Fill(9);
        image.WriteSectors(firstSector, data);
        image.Flush();
        byte[] read = new byte[data.Length];
        image.ReadSectors(firstSector, read);
        Assert.Equal(data, read);
        Assert.Equal(1, image.Map.Table!.CountAllocated());
    }

    [Theory]
    [InlineData(7, 0)]
    [InlineData(0, 0)]
    [InlineData(12, 4)]
    [InlineData(12, 11)]
    public void One_sector_in_a_block_without_a_place_refuses_the_whole_request(int firstSector, int dataSector)
    {
        RecordingImageFile file = Make(ImageBytes.Dynamic(), LastPlace);
        using VhdImage image = VhdImage.Open(file, Writing);
        byte[] data = new byte[12 * 512];
        data[dataSector * 512] = 1;
        Assert.Equal(
            OperationError.ImageFull, Assert.Throws<VhdOperationException>(() => image.WriteSectors(firstSector, data)).Code);
        Assert.Empty(file.Changes);
    }

    [Fact]
    public void A_block_is_made_in_one_free_place_and_one_at_the_end_and_no_third()
    {
        ImageBytes bytes = ImageBytes.Dynamic().AddBlock(0, 1);
        int gap = bytes.Insert(new byte[512 + BlockSize]);
        bytes.AddBlock(2, 3);
        RecordingImageFile file = Make(bytes, LastPlace - 9);
        using VhdImage image = VhdImage.Open(file, Writing);
        byte[] data = [.. Enumerable.Repeat((byte)9, 3 * BlockSize)];
        Assert.Equal(
            OperationError.ImageFull, Assert.Throws<VhdOperationException>(() => image.WriteSectors(3 * BlockSectors, data)).Code);
        Assert.Empty(file.Changes);
        image.WriteSectors(3 * BlockSectors, data.AsSpan(0, 2 * BlockSize));
        image.Flush();
        Assert.Equal([(uint)(gap / 512), LastPlace], image.Map.Table!.Entries[3..5].ToArray().Order());
    }

    [Theory]
    [InlineData(LastPlace * 512L, LastPlace)]
    [InlineData((LastPlace * 512L) - 1, LastPlace)]
    [InlineData((LastPlace - 8) * 512L, LastPlace - 8)]
    [InlineData((LastPlace * 512L) + 1, 0)]
    public void A_block_moves_to_a_place_that_an_entry_can_name(long wanted, uint place)
    {
        var layout = ImageLayout.Read(ImageBytes.Dynamic().ToFile());
        if (place != 0)
        {
            Assert.Equal(place * 512L, BlockMover.PlaceBlock(layout, wanted));
        }
        else
        {
            var error = Assert.Throws<VhdOperationException>(() => BlockMover.PlaceBlock(layout, wanted));
            Assert.Equal(OperationError.ImageFull, error.Code);
            Assert.Contains("2199023255040", error.Message, StringComparison.Ordinal);
        }
    }

    /// <summary>An image whose block 1 lies at <paramref name="place"/>; what of the file is free up to there begins with more places
    /// that have something in them than are looked at.</summary>
    private static RecordingImageFile Make(ImageBytes image, uint place)
    {
        image.PutEntry(1, place);
        MemoryImageFile memory = image.ToFile();
        memory.WriteAt(image.FooterOffset, new byte[512]);
        memory.WriteAt((place * 512L) + 512 + BlockSize, image.Bytes.AsSpan(image.FooterOffset, 512));
        memory.WriteAt(place * 512L, [0xFF]);
        long end = image.FooterOffset;
        for (int rejectedPlace = 0; rejectedPlace < 1001; rejectedPlace++)
        {
            long data = (end + 512 + 4095) / 4096 * 4096;
            memory.WriteAt(data - 512, [1]);
            end = data + BlockSize;
        }

        return new RecordingImageFile(memory);
    }
}
