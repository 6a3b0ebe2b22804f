using System.Buffers.Binary;
using VhdPS.Engine.Chains;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Tests.Checking;
using VhdPS.Tests.Files;
using VhdPS.Tests.Format;

namespace VhdPS.Tests.Images;

/// <summary>The write order I1 to I7 of <see cref="BlockAllocator"/>, by the order of writes and flushes that a file sees.</summary>
public sealed class WriteOrderTests
{
    private const int Table = 1536;
    private const int BlockSize = 4096;

    private static readonly byte[] Sector = Enumerable.Repeat((byte)0x5A, 512).ToArray();

    [Fact]
    public void I1_TheNewFooterIsWrittenBeforeTheOldIsTouched()
    {
        (Written file, ImageBytes image) = Open(SoundImage.Dynamic(), open => open.WriteSectors(0, Sector));
        int old = image.FooterOffset;
        Change first = file.Changes[0];
        Assert.Equal(ChangeKind.Write, first.Kind);
        Assert.True(first.FileOffset >= old + 512);
        Assert.Equal(image.Bytes[old..], first.Data);
        Assert.Equal(first.End, file.Bytes.Length);
        Assert.Contains(file.Changes.Skip(1), change => change.Touches(old, 512));
        Assert.DoesNotContain(file.Changes, change => change.Touches(0, Table));
    }

    [Fact]
    public void I2_AnEntryIsWrittenOnlyBehindAFlushOfItsBlock()
    {
        (Written file, _) = Open(ImageBytes.Dynamic(64 * 1024, BlockSize), open =>
        {
            open.WriteSectors(0, Sector);
            open.WriteSectors(40, Sector);
            open.WriteSectors(3, Sector);
            open.Flush();
            open.WriteSectors(80, Sector);
        });
        AssertEntriesFollowTheirBlocks(file);
        Assert.Equal(2, file.Changes.Count(change => change.Touches(Table, 512)));
        Assert.Equal(4, file.Changes.Count(change => change.Kind == ChangeKind.Flush));
        Assert.Equal(ChangeKind.Flush, file.Changes[^1].Kind);
    }

    [Fact]
    public void I2_HoldsForRandomWrites()
    {
        for (int seed = 0; seed < 20; seed++)
        {
            var random = new Random(seed);
            ImageBytes start = seed % 2 == 0 ? ImageBytes.Dynamic(512 * 1024, BlockSize) : ImageBytes.Differencing(512 * 1024, BlockSize);
            (Written file, _) = Open(start, open =>
            {
                for (int i = 0; i < 60; i++)
                {
                    open.WriteSectors(random.Next(1000), Sector);
                    if (random.Next(6) == 0)
                    {
                        open.Flush();
                    }
                }
            });
            AssertEntriesFollowTheirBlocks(file);
        }
    }

    [Fact]
    public void I3_NewBlocksAreLaidBehindEverythingThatTheFileHolds()
    {
        // The room that a locator claims reaches further than the blocks do.
        ImageBytes image = ImageBytes.Differencing();
        int at = image.Insert(new byte[8 * 512]);
        image.PutLocator(0, 0x57327275, 8 * 512, 20, (ulong)at);
        (Written file, _) = Open(image, open => open.WriteSectors(0, Sector));
        Assert.DoesNotContain(file.Changes, change => change.Touches(at, 8 * 512));
        Assert.True(EntryOf(file, 0) * 512L >= at + (8 * 512));
    }

    [Theory]
    [InlineData(3, true)]
    [InlineData(128, false)]
    public void I3_I8_LeakedSpaceAfterTheBlocksIsUsedAgainUnlessItMayBeABlock(int leakedSectors, bool isUsed)
    {
        ImageBytes image = SoundImage.Dynamic();
        byte[] leaked = Enumerable.Repeat((byte)0xEE, leakedSectors * 512).ToArray();
        int at = image.Insert(leaked);
        (Written file, _) = Open(image, open => open.WriteSectors(3, Sector));
        long place = EntryOf(file, 0) * 512L;
        Assert.Equal(isUsed, place < at + leaked.Length);
        Assert.Equal(!isUsed, file.Bytes.ToArray().AsSpan(at, leaked.Length).SequenceEqual(leaked));
        byte[] content = SoundImage.DynamicContent();
        Sector.CopyTo(content, 3 * 512);
        Verdict.AssertContent(file.Bytes.ToArray(), VhdOpenOptions.Default, content);
    }

    [Fact]
    public void I7_ANewBlockHasNoBitmapBeforeItsFlush()
    {
        (Written file, ImageBytes image) = Open(ImageBytes.Dynamic(64 * 1024, BlockSize), open => open.WriteSectors(0, Sector));
        long bitmapOffset = EntryOf(file, 0) * 512L;
        List<Change> changes = [.. file.Changes];
        int written = changes.FindIndex(change => change.Touches((int)bitmapOffset, image.BitmapSize)
            && change.Data.AsSpan().IndexOfAnyExcept((byte)0) >= 0);
        int flushed = changes.FindIndex(written, change => change.Kind == ChangeKind.Flush);
        Assert.True(changes.FindIndex(change => change.Touches((int)bitmapOffset + image.BitmapSize, 512)) < written);
        Assert.All(changes[written..flushed], change => Assert.True(change.Touches((int)bitmapOffset, image.BitmapSize)));
    }

    [Fact]
    public void NewBlocksHaveTheirDataOnFourKiB()
    {
        foreach (int blockSize in new[] { 512, 4096, 2 * 1024 * 1024 })
        {
            (Written file, ImageBytes image) = Open(ImageBytes.Dynamic(4L * blockSize, blockSize), open =>
            {
                for (int block = 3; block >= 0; block--)
                {
                    open.WriteSectors(block * (blockSize / 512), Sector);
                }
            });
            for (int block = 0; block < 4; block++)
            {
                Assert.Equal(0, ((EntryOf(file, block) * 512L) + image.BitmapSize) % 4096);
            }
        }
    }

    [Theory]
    [InlineData(0xFFFFFFFDu, 512)]
    [InlineData(0xFFFFFFF0u, 4096)]
    [InlineData(0xFFFFEFFEu, 2 * 1024 * 1024)]
    public void I4_ABlockThatNoEntryCanNameIsRefusedBeforeAnyWrite(uint last, int blockSize)
    {
        RecordingImageFile file = NearlyFull(last, blockSize);
        using (VhdImage open = VhdImage.Open(file, new VhdOpenOptions { ForWriting = true }))
        {
            Assert.Empty(open.Layout.Findings);
            long spb = blockSize / 512;
            var error = Assert.Throws<VhdOperationException>(() => open.WriteSectors(0, Sector));
            Assert.Equal(OperationError.ImageFull, error.Code);
            Assert.Contains("2 TiB", error.Message, StringComparison.Ordinal);

            // Also where only a later block of the request has no room, and the blocks before it have a place.
            Assert.Throws<VhdOperationException>(() => open.WriteSectors((2 * spb) - 1, (byte[])[.. Sector, .. Sector]));
            Assert.Empty(file.Changes);

            // What needs no block goes on.
            open.WriteSectors(spb, Sector);
            open.WriteSectors(3 * spb, new byte[512]);
            byte[] read = new byte[512];
            open.ReadSectors(spb, read);
            Assert.Equal(Sector, read);
        }
    }

    [Fact]
    public void I4_AFullImageUsesTheFreePlacesBetweenItsBlocks()
    {
        ImageBytes image = ImageBytes.Dynamic(16 * 4096).PutEntry(1, 4294967280);
        MemoryImageFile file = image.ToFile();
        file.WriteAt((4294967280 * 512L) + 512 + 4096, image.Bytes.AsSpan(image.FooterOffset, 512));
        file.WriteAt(image.FooterOffset, new byte[512]);
        using VhdImage open = VhdImage.Open(file, new VhdOpenOptions { ForWriting = true });
        open.WriteSectors((2 * 8) - 1, (byte[])[.. Sector, .. Sector]);
        open.WriteSectors(0, Sector);
        open.Flush();
        Assert.True(open.Map.Table![0] < 100 && open.Map.Table[2] < 100);
    }

    [Fact]
    public void I4_TheLastPlaceThatAnEntryCanNameIsUsed()
    {
        const int Block = 2 * 1024 * 1024;
        RecordingImageFile file = NearlyFull(0xFFFFEFF0, Block);
        using VhdImage open = VhdImage.Open(file, new VhdOpenOptions { ForWriting = true });
        byte[] both = [.. Sector, .. Sector];
        Assert.Throws<VhdOperationException>(() => open.WriteSectors((4 * Block / 512) - 1, both));
        Assert.Empty(file.Changes);
        open.WriteSectors(0, Sector);
        open.Flush();
        Assert.Equal(0xFFFFFFF7u, open.Map.Table![0]);
        Assert.Equal(OperationError.ImageFull, Assert.Throws<VhdOperationException>(() => open.WriteSectors(4 * Block / 512, Sector)).Code);
        byte[] read = new byte[512];
        open.ReadSectors(0, read);
        Assert.Equal(Sector, read);
    }

    [Fact]
    public void I5_ABitIsPublishedOnlyBehindAFlushOfItsSector()
    {
        foreach (ImageBytes empty in new[] { ImageBytes.Dynamic(), ImageBytes.Differencing() })
        {
            ImageBytes image = empty.AddBlock(1, 0xA1, [0x80]);
            int bitmap = (int)image.GetEntry(1) * 512;
            (Written file, _) = Open(image, open => open.WriteSectors(8 + 5, Sector));
            int data = IndexOf(file, change => change.Touches(bitmap + 512 + (5 * 512), 512));
            int flush = IndexOf(file, change => change.Kind == ChangeKind.Flush);
            int bits = IndexOf(file, change => change.Touches(bitmap, 512));
            Assert.True(data >= 0 && data < flush && flush < bits);
            Assert.Equal(ChangeKind.Flush, file.Changes[^1].Kind);
            Assert.Equal(0b1000_0100, file.Changes[bits].Data[0]);
        }
    }

    [Fact]
    public void BitsThatAreSetAlreadyAreNotWrittenAgain()
    {
        ImageBytes image = SoundImage.Dynamic();
        int bitmap1 = (int)image.GetEntry(1) * 512, bitmap3 = (int)image.GetEntry(3) * 512;
        (Written file, _) = Open(image, open =>
        {
            open.WriteSectors(8, Sector);
            open.WriteSectors(24, Sector);
        });
        Assert.DoesNotContain(
            file.Changes, change => change.Touches(bitmap1, 512) || change.Touches(bitmap3, 512) || change.Touches(0, 2048));
        Assert.Single(file.Changes, change => change.Kind == ChangeKind.Flush);
    }

    [Fact]
    public void AFlushWithNothingToPublishIsOneSync()
    {
        (Written file, _) = Open(SoundImage.Fixed(), open =>
        {
            open.WriteSectors(0, Sector);
            open.Flush();
        });
        Assert.Equal([ChangeKind.Write, ChangeKind.Flush], file.Changes.Select(change => change.Kind));
    }

    [Fact]
    public void AnImageOpenForReadingIsNeverChanged()
    {
        var file = new RecordingImageFile(SoundImage.Dynamic().ToFile());
        using (VhdImage image = VhdImage.Open(file))
        {
            image.ReadSectors(0, new byte[SoundImage.Size]);
            Assert.Throws<VhdOperationException>(() => image.WriteSectors(0, Sector));
            image.Flush();
        }

        Assert.Empty(file.Changes);
    }

    /// <summary>The changes that were made, and the file as they left it.</summary>
    private sealed record Written(IReadOnlyList<Change> Changes, MemoryImageFile Bytes);

    private static (Written File, ImageBytes Image) Open(ImageBytes image, Action<VhdImage> act)
    {
        MemoryImageFile memory = image.ToFile();
        var recording = new RecordingImageFile(memory);
        using (VhdImage open = VhdImage.Open(recording, new VhdOpenOptions { ForWriting = true }))
        {
            act(open);
        }

        return (new Written(recording.Changes, memory.Reopen()), image);
    }

    /// <summary>An image whose block 1 really lies at <paramref name="last"/>, just below 2 TiB, after more places with something in
    /// them than are looked at.</summary>
    private static RecordingImageFile NearlyFull(uint last, int blockSize)
    {
        ImageBytes image = ImageBytes.Dynamic(16L * blockSize, blockSize).PutEntry(1, last);
        MemoryImageFile memory = image.ToFile();
        memory.WriteAt((last * 512L) + image.BitmapSize + blockSize, image.Bytes.AsSpan(image.FooterOffset, 512));
        long end = image.FooterOffset;
        for (int place = 0; place < 1001; place++)
        {
            long data = (end + image.BitmapSize + 4095) / 4096 * 4096;
            memory.WriteAt(data - image.BitmapSize, [1]);
            end = data + blockSize;
        }

        return new RecordingImageFile(memory);
    }

    private static uint EntryOf(Written file, int blockIndex)
    {
        Span<byte> entry = stackalloc byte[4];
        file.Bytes.ReadAt(Table + (blockIndex * 4), entry);
        return BinaryPrimitives.ReadUInt32BigEndian(entry);
    }

    private static int IndexOf(Written file, Predicate<Change> predicate) => file.Changes.ToList().FindIndex(predicate);

    /// <summary>
    /// Whenever a table entry changes, its bitmap and data were written before, and a flush lies between; a flush follows.
    /// </summary>
    private static void AssertEntriesFollowTheirBlocks(Written file)
    {
        List<Change> changes = [.. file.Changes];
        var known = new Dictionary<long, uint>();
        for (int i = 0; i < changes.Count; i++)
        {
            Change change = changes[i];
            if (!change.Touches(Table, 512))
            {
                continue;
            }

            for (int at = 0; at < change.Data.Length; at += 4)
            {
                uint entry = BinaryPrimitives.ReadUInt32BigEndian(change.Data.AsSpan(at));
                long place = change.FileOffset + at;
                if (entry == VhdSpec.UnusedEntry || (known.TryGetValue(place, out uint before) && before == entry))
                {
                    continue;
                }

                known[place] = entry;
                int bitmap = changes.FindLastIndex(i - 1, earlier => earlier.Touches(entry * 512L, 512));
                int data = changes.FindIndex(earlier => earlier.Touches((entry * 512L) + 512, BlockSize));
                Assert.InRange(bitmap, 0, i - 1);
                Assert.InRange(data, 0, i - 1);
                int last = Math.Max(bitmap, data);
                Assert.Contains(changes.Skip(last).Take(i - last), between => between.Kind == ChangeKind.Flush);
                Assert.Contains(changes.Skip(i), after => after.Kind == ChangeKind.Flush);
            }
        }

        Assert.NotEmpty(known);
    }
}
