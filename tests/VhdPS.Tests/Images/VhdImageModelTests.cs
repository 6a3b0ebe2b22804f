using System.Buffers.Binary;
using VhdPS.Engine.Chains;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Engine.Layout;
using VhdPS.Tests.Checking;
using VhdPS.Tests.Files;
using VhdPS.Tests.Format;

namespace VhdPS.Tests.Images;

/// <summary>Random reads and writes, flushes and reopenings, held against a disk in memory.</summary>
public sealed class VhdImageModelTests
{
    private const int Seeds = 3;

    public static TheoryData<int, int> BlockSizes
    {
        get
        {
            var data = new TheoryData<int, int>();
            foreach (int blockSize in new[] { 512, 1024, 4096, 64 * 1024, 512 * 1024, 2 * 1024 * 1024 })
            {
                for (int seed = 0; seed < Seeds; seed++)
                {
                    data.Add(blockSize, seed);
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(BlockSizes))]
    public void Dynamic(int blockSize, int seed)
    {
        // Some blocks and a last one that the disk ends in the middle of, where a block has a middle.
        int size = (int)Math.Min(300L * blockSize, 9L * 1024 * 1024) + (blockSize > 512 ? blockSize / 2 : 0);
        Run(ImageBytes.Dynamic(size, blockSize).ToFile(), new byte[size], seed);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Fixed(int seed) => Run(SoundImage.Fixed().ToFile(), SoundImage.FixedContent(), seed);

    [Theory]
    [MemberData(nameof(BlockSizes))]
    public void DynamicWithPartialBitmapsGapsAndGarbage(int blockSize, int seed)
    {
        var random = new Random(seed);
        int blocks = (int)Math.Clamp(4L * 1024 * 1024 / blockSize, 4, 40);
        int size = blocks * blockSize;
        ImageBytes image = ImageBytes.Dynamic(size, blockSize);
        byte[] content = new byte[size];
        int[] order = [.. Enumerable.Range(0, blocks)];
        random.Shuffle(order);
        foreach (int block in order.Take(blocks / 2))
        {
            image.Insert(Garbage(random, random.Next(3) * 512));
            byte[] bitmap = new byte[image.BitmapSize];
            if (random.Next(3) > 0)
            {
                random.NextBytes(bitmap);
            }

            byte fill = (byte)random.Next(1, 256);
            image.AddBlock(block, fill, bitmap);
            for (int sector = 0; sector < blockSize / 512; sector++)
            {
                if ((bitmap[sector / 8] & (0x80 >> (sector % 8))) != 0)
                {
                    content.AsSpan((block * blockSize) + (sector * 512), 512).Fill(fill);
                }
            }
        }

        // A block that was begun and never entered: new blocks are laid over it.
        image.Insert(Garbage(random, image.BitmapSize + blockSize + (random.Next(9) * 512)));
        Run(image.ToFile(), content, seed);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void DynamicOf511ByteFooter(int seed)
    {
        byte[] content = SoundImage.DynamicContent();
        Run(SoundImage.Dynamic().CutEnd(1).ToFile(), content, seed);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void DynamicAsTheDriverOf2010MadeIt(int seed)
    {
        // One entry too many, next offset of 32 ones, no unique id; the footer's checksum was mended since.
        ImageBytes image = ImageBytes.Dynamic(SoundImage.Size, 4096)
            .PutFooter(28, "qemu").PutFooter(32, 0x00050003u).PutFooter(56, 0u).PutFooter(68, new byte[16])
            .PutHeader(8, 0xFFFFFFFFul).PutHeader(28, 17u)
            .AddBlock(1, 0xA1).AddBlock(3, 0xA3, [0xF0]);
        Run(image.ToFile(), SoundImage.DynamicContent(), seed);
    }

    [Fact]
    public void ZerosTakeNoBlockInADynamicImage()
    {
        MemoryImageFile file = SoundImage.Dynamic().ToFile();
        long length = file.Length;
        using (VhdImage image = VhdImage.Open(file, new VhdOpenOptions { ForWriting = true }))
        {
            image.WriteSectors(64, new byte[16 * 512]);

            // Over data they are written.
            image.WriteSectors(8, new byte[512]);
        }

        Assert.Equal(length, file.Reopen().Length);
        byte[] content = SoundImage.DynamicContent();
        content.AsSpan(4096, 512).Clear();
        Verdict.AssertContent(file.Reopen().ToArray(), VhdOpenOptions.Default, content);
    }

    [Fact]
    public void AChildStoresZerosAndOnlyTheWrittenSectorsBits()
    {
        MemoryImageFile file = ImageBytes.Differencing().ToFile();
        using (VhdImage image = VhdImage.Open(file, new VhdOpenOptions { ForWriting = true }))
        {
            image.WriteSectors(9, new byte[2 * 512]);
            image.Flush();
            image.WriteSectors(14, Enumerable.Repeat((byte)7, 512).ToArray());
        }

        byte[] after = file.Reopen().ToArray();
        Assert.Empty(ImageLayout.Read(file.Reopen()).Findings);
        int bitmap = (int)BinaryPrimitives.ReadUInt32BigEndian(after.AsSpan(1536 + 4)) * 512;
        Assert.Equal(0b0110_0010, after[bitmap]);
        Assert.False(after.AsSpan(bitmap + 1, 511).ContainsAnyExcept((byte)0));
        using VhdImage reopened = VhdImage.Open(file.Reopen());
        byte[] sectors = Enumerable.Repeat((byte)0xEE, 1024).ToArray();
        reopened.ReadSectors(9, sectors);
        Assert.All(sectors, value => Assert.Equal(0, value));
        reopened.ReadSectors(14, sectors.AsSpan(0, 512));
        Assert.All(sectors[..512], value => Assert.Equal(7, value));
        foreach (int parents in new[] { 0, 8, 11, 13, 15, 16 })
        {
            Assert.Throws<VhdFormatException>(() => reopened.ReadSectors(parents, new byte[512]));
        }
    }

    [Theory]
    [InlineData(-1, 512)]
    [InlineData(128, 512)]
    [InlineData(127, 1024)]
    [InlineData(long.MaxValue, 512)]
    [InlineData(long.MinValue, 512)]
    [InlineData(129, 0)]
    [InlineData(0, 511)]
    [InlineData(0, 65 * 1024)]
    public void RequestsThatAreNotOnTheDiskAreRefusedWhole(long sector, int bytes)
    {
        foreach (ImageBytes image in new[] { SoundImage.Dynamic(), SoundImage.Fixed() })
        {
            var recording = new RecordingImageFile(image.ToFile());
            using VhdImage open = VhdImage.Open(recording, new VhdOpenOptions { ForWriting = true });
            byte[] data = Enumerable.Repeat((byte)0x77, bytes).ToArray();
            Assert.ThrowsAny<ArgumentException>(() => open.ReadSectors(sector, data));
            Assert.All(data, value => Assert.Equal(0x77, value));
            Assert.ThrowsAny<ArgumentException>(() => open.WriteSectors(sector, data));
            Assert.Empty(recording.Changes);
        }
    }

    [Fact]
    public void RequestsOfNothingAreNothing()
    {
        using VhdImage open = VhdImage.Open(SoundImage.Dynamic().ToFile(), new VhdOpenOptions { ForWriting = true });
        open.ReadSectors(128, []);
        open.WriteSectors(128, []);
    }

    [Fact]
    public void AClosedImageSaysSo()
    {
        VhdImage image = VhdImage.Open(SoundImage.Dynamic().ToFile(), new VhdOpenOptions { ForWriting = true });
        image.Dispose();
        image.Dispose();
        Assert.Throws<ObjectDisposedException>(() => image.ReadSectors(0, new byte[512]));
        Assert.Throws<ObjectDisposedException>(() => image.WriteSectors(0, new byte[512]));
        Assert.Throws<ObjectDisposedException>(image.Flush);
    }

    private static byte[] Garbage(Random random, int length)
    {
        byte[] bytes = new byte[length];
        random.NextBytes(bytes);
        return bytes;
    }

    private static void Run(MemoryImageFile file, byte[] model, int seed)
    {
        var random = new Random(seed);
        var writing = new VhdOpenOptions { ForWriting = true };
        int sectors = model.Length / 512;
        VhdImage image = VhdImage.Open(file, writing);
        int spb = Math.Max(image.Layout.SectorsPerBlock, 16);
        for (int step = 0; step < 150; step++)
        {
            int count = random.Next(1, random.Next(4) == 0 ? Math.Min(sectors, 3 * spb) + 1 : Math.Min(sectors, 12) + 1);
            int sector = random.Next(sectors - count + 1);
            Span<byte> part = model.AsSpan(sector * 512, count * 512);
            switch (random.Next(13))
            {
                case 9:
                    part.Clear();
                    image.ZeroSectors(sector, count, mayDiscard: random.Next(2) == 0);
                    break;
                case 10 or 11:
                    // Whole blocks, as a file system gives them back.
                    sector -= sector % spb;
                    count = Math.Min(sectors - sector, spb * random.Next(1, 5));
                    model.AsSpan(sector * 512, count * 512).Clear();
                    image.DiscardSectors(sector, count);
                    break;
                case < 4:
                    byte[] data = new byte[part.Length];
                    if (random.Next(4) > 0)
                    {
                        random.NextBytes(data);
                    }

                    data.CopyTo(part);
                    image.WriteSectors(sector, data);
                    break;
                case < 8:
                    byte[] read = Garbage(random, part.Length);
                    image.ReadSectors(sector, read);
                    Assert.True(part.SequenceEqual(read), $"seed {seed}, step {step}: sectors {sector} + {count}");
                    AssertRunsCover(image, sector, count);
                    break;
                case 8:
                    image.Flush();
                    break;
                default:
                    image.Dispose();
                    AssertIsSound(file.Reopen(), model);
                    image = VhdImage.Open(file.Reopen(), writing);
                    break;
            }
        }

        image.Dispose();
        AssertIsSound(file.Reopen(), model);
    }

    /// <summary>Runs are in order, without hole or overlap, as long as they can be, and none passes its block.</summary>
    private static void AssertRunsCover(VhdImage image, long sector, long count)
    {
        int spb = image.Layout.SectorsPerBlock;
        SectorRun? before = null;
        for (long done = 0; done < count;)
        {
            SectorRun run = image.Map.Find(sector + done, count - done);
            Assert.Equal(sector + done, run.Sector);
            Assert.InRange(run.Count, 1, count - done);
            Assert.True(spb == 0 || run.Sector / spb == (run.Sector + run.Count - 1) / spb);
            Assert.Equal(run.Origin == SectorOrigin.File, run.FileOffset >= 0);
            bool isBlockStart = spb != 0 && run.Sector % spb == 0;
            Assert.True(before is null || isBlockStart || before.Value.Origin != run.Origin, "a run was cut short");
            before = run;
            done += run.Count;
        }
    }

    private static void AssertIsSound(MemoryImageFile file, byte[] model)
    {
        var layout = ImageLayout.Read(file);
        Assert.DoesNotContain(layout.Findings, finding => finding.Severity > Severity.Warning || finding.Effect != FaultEffect.None);
        Assert.Equal(file.Length, layout.DataEnd + layout.Footers.End!.Footer.StoredLength);
        if (layout.Header is not null)
        {
            BlockAllocationTable table = SectorMap.ReadTable(file, layout);
            Assert.Empty(TableScan.FindOverlaps(layout, table));
            for (int block = 0; block < table.Count; block++)
            {
                Assert.True(table[block] == VhdSpec.UnusedEntry || layout.CheckEntry(block, table[block]) is null);
            }
        }

        using VhdImage image = VhdImage.Open(file);
        byte[] all = new byte[model.Length];
        image.ReadSectors(0, all);
        Assert.True(model.AsSpan().SequenceEqual(all), $"first difference at byte {model.AsSpan().CommonPrefixLength(all)}");
    }
}
