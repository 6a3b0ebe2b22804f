using VhdPS.Engine.Chains;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Tests.Files;
using VhdPS.Tests.Format;

namespace VhdPS.Tests.Images;

/// <summary>What is last: a sector that the disk ends in, a footer of 511 bytes, an entry past the end of the file, a closed
/// image.</summary>
public sealed class ImageEndTests
{
    private static readonly VhdOpenOptions Writing = new() { ForWriting = true };

    [Fact]
    public void A_disk_that_ends_within_a_sector_has_nothing_after_its_end()
    {
        const int size = (8 * 4096) + 100;
        ImageBytes bytes = ImageBytes.Dynamic(size).AddBlock(7, 0xA7).AddBlock(8, 0xA8);
        using VhdImage image = VhdImage.Open(bytes.ToFile());
        Assert.Equal(65, image.SectorCount);
        byte[] read = new byte[3 * 512];
        image.ReadSectors(62, read);
        Assert.Equal([.. Enumerable.Repeat((byte)0xA7, 1024), .. Enumerable.Repeat((byte)0xA8, 100), .. new byte[412]], read);
        image.ReadSectors(61, read);
        Assert.Equal(Enumerable.Repeat((byte)0xA7, 3 * 512), read);
        image.ReadSectors(64, read.AsSpan(0, 512));
        Assert.Equal([.. Enumerable.Repeat((byte)0xA8, 100), .. new byte[412]], read[..512]);
    }

    [Theory]
    [InlineData("write nothing", false)]
    [InlineData("zero nothing", false)]
    [InlineData("write", true)]
    [InlineData("zero", true)]
    public void A_footer_of_511_bytes_is_completed_by_the_first_change(string change, bool isCompleted)
    {
        ImageBytes bytes = ImageBytes.Fixed().CutEnd(1);
        MemoryImageFile file = bytes.ToFile();
        using (VhdImage image = VhdImage.Open(file.Reopen(), Writing))
        {
            switch (change)
            {
                case "write nothing": image.WriteSectors(0, []); break;
                case "zero nothing": image.ZeroSectors(0, 0); break;
                case "write": image.WriteSectors(0, new byte[512]); break;
                default: image.ZeroSectors(0, 1); break;
            }
        }

        Assert.Equal(bytes.Bytes.Length + (isCompleted ? 1 : 0), file.Length);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Zeros_in_a_fixed_image_are_on_the_medium_after_a_flush(bool isDiscard)
    {
        var recorder = new RecordingImageFile(ImageBytes.Fixed().Poke(0, [1]).ToFile());
        using VhdImage image = VhdImage.Open(recorder, Writing);
        if (isDiscard)
        {
            image.DiscardSectors(0, 1);
        }
        else
        {
            image.ZeroSectors(0, 1);
        }

        image.Flush();
        Assert.Equal([ChangeKind.Write, ChangeKind.Flush], recorder.Changes.Select(change => change.Kind));
    }

    /// <summary>Zeros for a block that is not there write nothing else.</summary>
    [Fact]
    public void A_footer_that_was_completed_is_on_the_medium_after_a_flush()
    {
        var recorder = new RecordingImageFile(ImageBytes.Dynamic().AddBlock(0, 1).CutEnd(1).ToFile());
        using VhdImage image = VhdImage.Open(recorder, Writing);
        image.WriteSectors(8, new byte[512]);
        image.Flush();
        Assert.Equal([ChangeKind.Write, ChangeKind.Flush], recorder.Changes.Select(change => change.Kind));
    }

    [Fact]
    public void After_zeros_that_failed_nothing_more_is_taken()
    {
        var recorder = new RecordingImageFile(ImageBytes.Fixed().Poke(0, [1]).ToFile()) { FailAt = 0 };
        using VhdImage image = VhdImage.Open(recorder, Writing);
        Assert.Throws<ImageIOException>(() => image.ZeroSectors(0, 1));
        Assert.Equal(
            OperationError.EarlierWriteFailed, Assert.Throws<VhdOperationException>(() => image.ZeroSectors(8, 1)).Code);
        Assert.Equal(
            OperationError.EarlierWriteFailed, Assert.Throws<VhdOperationException>(() => image.WriteSectors(8, new byte[512])).Code);
    }

    [Fact]
    public void A_closed_image_takes_nothing()
    {
        VhdImage image = VhdImage.Open(ImageBytes.Fixed().ToFile(), Writing);
        image.Dispose();
        Assert.Throws<ObjectDisposedException>(() => image.ZeroSectors(0, 1));
        Assert.Throws<ObjectDisposedException>(() => image.WriteSectors(0, new byte[512]));
        Assert.Throws<ObjectDisposedException>(() => image.ReadSectors(0, new byte[512]));
    }

    [Fact]
    public void No_block_is_made_where_an_entry_names_a_place_past_the_end()
    {
        ImageBytes bytes = ImageBytes.Dynamic().AddBlock(0, 1);
        bytes.PutEntry(1, (uint)((bytes.FooterOffset / 512) + 100));
        MemoryImageFile file = bytes.ToFile();
        using VhdImage image = VhdImage.Open(file.Reopen(), Writing);
        byte[] data = [.. Enumerable.Repeat((byte)9, 512)];

        // Nor is the block of that entry written, alone or behind one that is sound.
        foreach ((long sector, int count) in new[] { (16L, 1), (8L, 1), (7L, 2), (15L, 2) })
        {
            byte[] many = [.. Enumerable.Repeat(data, count).SelectMany(part => part)];
            Assert.Equal(
                FaultCode.BatEntryPastEnd,
                Assert.Throws<VhdFormatException>(() => image.WriteSectors(sector, many)).Finding.Code);
            Assert.Equal(bytes.Bytes, file.Copy().ToArray());
        }

        Assert.Equal(FaultCode.BatEntryPastEnd, Assert.Throws<VhdFormatException>(() => image.ZeroSectors(7, 2)).Finding.Code);
        Assert.Equal(bytes.Bytes, file.Copy().ToArray());
        image.WriteSectors(0, data);
    }

    [Fact]
    public void No_block_is_made_where_the_first_entry_alone_names_a_place_past_the_end()
    {
        ImageBytes bytes = ImageBytes.Dynamic();
        MemoryImageFile file = bytes.PutEntry(0, (uint)((bytes.FooterOffset / 512) + 100)).ToFile();
        using VhdImage image = VhdImage.Open(file.Reopen(), Writing);
        Assert.Equal(
            FaultCode.BatEntryPastEnd,
            Assert.Throws<VhdFormatException>(() => image.WriteSectors(16, [1, .. new byte[511]])).Finding.Code);
        Assert.Equal(bytes.Bytes, file.Copy().ToArray());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Bitmaps_that_wait_are_published_before_they_take_too_much_memory(bool isDiscard)
    {
        // More than 8 MiB of them, 512 bytes a block of two sectors.
        const int blocks = 17_000, blockSize = 1024;
        ImageBytes bytes = ImageBytes.Dynamic(blocks * (long)blockSize, blockSize);
        if (!isDiscard)
        {
            bytes = ImageBytes.Differencing(blocks * (long)blockSize, blockSize);
        }

        byte[] inserted = new byte[blocks * (512 + blockSize)];
        for (int block = 0; block < blocks; block++)
        {
            inserted[block * (512 + blockSize)] = isDiscard ? (byte)0xC0 : (byte)0x80;
            inserted[(block * (512 + blockSize)) + 512] = 7;
            bytes.PutEntry(block, (uint)((bytes.FooterOffset / 512) + (block * (512 + blockSize) / 512)));
        }

        bytes.Insert(inserted);
        var recorder = new RecordingImageFile(bytes.ToFile());
        using VhdImage image = VhdImage.Open(recorder, Writing);
        if (isDiscard)
        {
            image.DiscardSectors(0, blocks * 2);
        }
        else
        {
            byte[] sector = new byte[512];
            for (int block = 0; block < blocks; block++)
            {
                image.WriteSectors((block * 2) + 1, sector);
            }
        }

        Assert.Contains(recorder.Changes, change => change.Kind == ChangeKind.Flush);
    }
}
