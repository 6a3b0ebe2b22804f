using VhdPS.Engine.Chains;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Tests.Checking;
using VhdPS.Tests.Files;
using VhdPS.Tests.Format;

namespace VhdPS.Tests.Images;

/// <summary>What reading costs and bears: threads, memory, sizes that only a hostile file names.</summary>
public sealed class ReadingTests
{
    private const int Megabyte = 1024 * 1024;

    [Fact]
    public void ReadsMayRunOnSeveralThreadsAtOnce()
    {
        // More partial bitmaps than are kept, so that threads load and evict while others read.
        (ImageBytes image, byte[] content) = ManyPartialBitmaps();
        using VhdImage open = VhdImage.Open(image.ToFile());
        using var start = new Barrier(6);
        Exception?[] errors = new Exception?[6];
        Thread[] threads = [.. Enumerable.Range(0, 6).Select(number => new Thread(() =>
        {
            try
            {
                var choice = new Random(number);
                byte[] read = new byte[20 * 512];
                start.SignalAndWait();
                for (int i = 0; i < 4000; i++)
                {
                    int count = choice.Next(1, 20), sector = choice.Next((content.Length / 512) - count);
                    open.ReadSectors(sector, read.AsSpan(0, count * 512));
                    if (!content.AsSpan(sector * 512, count * 512).SequenceEqual(read.AsSpan(0, count * 512)))
                    {
                        throw new InvalidOperationException($"sectors {sector} + {count} differ");
                    }
                }
            }
            catch (Exception error) when (error is not OutOfMemoryException)
            {
                errors[number] = error;
            }
        }))];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        Assert.All(errors, Assert.Null);
    }

    [Fact]
    public void BitsThatWaitForAFlushOutliveTheBoundOnBitmaps()
    {
        (ImageBytes image, byte[] content) = ManyPartialBitmaps();
        MemoryImageFile file = image.ToFile();
        byte[] read = new byte[content.Length];
        using (VhdImage open = VhdImage.Open(file, new VhdOpenOptions { ForWriting = true }))
        {
            for (int sector = 1; sector < 4000; sector += 97)
            {
                content.AsSpan(sector * 512, 512).Fill(0x5C);
                open.WriteSectors(sector, content.AsSpan(sector * 512, 512));
            }

            open.ReadSectors(0, read);
            Assert.True(content.AsSpan().SequenceEqual(read));
            open.ReadSectors(0, read);
            Assert.True(content.AsSpan().SequenceEqual(read));
        }

        using VhdImage reopened = VhdImage.Open(file.Reopen());
        reopened.ReadSectors(0, read);
        Assert.True(content.AsSpan().SequenceEqual(read));
    }

    [Fact]
    public void ReadingAllocatedSectorsAllocatesNothing()
    {
        using var folder = new TempFolder();
        ImageBytes dynamic = ImageBytes.Dynamic(2 * Megabyte, 64 * 1024);
        for (int block = 0; block < 32; block++)
        {
            _ = block == 7 ? dynamic.AddBlock(block, (byte)block, [0x55, 0xAA]) : dynamic.AddBlock(block, (byte)block);
        }

        string fixedPath = folder.Write("fixed.vhd", ImageBytes.Fixed(2 * Megabyte).Bytes);
        foreach (string path in new[] { folder.Write("dynamic.vhd", dynamic.Bytes), fixedPath })
        {
            using VhdImage image = VhdImage.Open(path);
            byte[] buffer = new byte[256 * 1024];
            void ReadAll()
            {
                for (int sector = 0; sector < 4096; sector += 8)
                {
                    image.ReadSectors(sector, buffer.AsSpan(0, 4096));
                }

                image.ReadSectors(100, buffer);
            }

            ReadAll();
            ReadAll();
            long before = GC.GetAllocatedBytesForCurrentThread();
            ReadAll();
            Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        }
    }

    [Fact]
    public void WritingAllocatedSectorsAllocatesNothing()
    {
        using var folder = new TempFolder();
        using VhdImage image = VhdImage.Open(folder.Write("a.vhd", SoundImage.Dynamic().Bytes), new VhdOpenOptions { ForWriting = true });
        byte[] data = new byte[512];
        image.WriteSectors(9, data);
        image.WriteSectors(10, data);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
        {
            image.WriteSectors(9 + (i % 7), data);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    public static TheoryData<string> HostileSizes =>
    [
        "size 2^63 - 1", "size 2^62", "fixed size 2^62", "entries 0xFFFFFFFF", "entries 0x40000000", "block 256 MiB", "locators of 4 GiB",
        "batmap of 2 TiB",
    ];

    [Theory]
    [MemberData(nameof(HostileSizes))]
    public void AHostileFileCostsNoMemory(string which)
    {
        byte[] bytes = Hostile(which).Bytes;
        foreach (bool force in new[] { false, true })
        {
            var file = new MemoryImageFile(bytes);
            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                using VhdImage image = VhdImage.Open(file, new VhdOpenOptions { Force = force });
                byte[] sector = new byte[512];
                image.ReadSectors(0, sector);
                image.ReadSectors(image.SectorCount - 1, sector);
            }
            catch (VhdFormatException)
            {
                // Refusing is one of the two right answers; what it cost is the question here.
            }

            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, Megabyte);
        }
    }

    [Fact]
    public void ATableThatTheFileHoldsCostsSixBytesAnEntry()
    {
        // 2040 GiB in blocks of 512 KiB: 4 177 920 entries.
        const long Blocks = 2040L * 1024 * 2;
        ImageBytes image = ImageBytes.Dynamic(SoundImage.Size)
            .PutFooter(48, (ulong)Blocks * 512 * 1024).PutHeader(28, (uint)Blocks).PutHeader(32, 512u * 1024);
        MemoryImageFile file = image.ToFile();
        byte[] unused = Enumerable.Repeat((byte)0xFF, (int)Blocks * 4).ToArray();
        file.WriteAt(1536, unused);
        file.WriteAt(1536 + unused.Length, image.Bytes.AsSpan(image.FooterOffset, 512));
        long before = GC.GetAllocatedBytesForCurrentThread();
        using VhdImage open = VhdImage.Open(file);
        open.ReadSectors(open.SectorCount - 8, new byte[4096]);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, Blocks * 4, (Blocks * 6) + (2 * Megabyte));
    }

    /// <summary>12 000 blocks of four sectors with random bits, and the disk that they make.</summary>
    private static (ImageBytes Image, byte[] Content) ManyPartialBitmaps()
    {
        const int Blocks = 12_000, BlockSize = 2048;
        var random = new Random(1);
        ImageBytes image = ImageBytes.Dynamic(Blocks * BlockSize, BlockSize);
        byte[] blocks = new byte[Blocks * (512 + BlockSize)];
        byte[] content = new byte[Blocks * BlockSize];
        random.NextBytes(blocks);
        for (int block = 0; block < Blocks; block++)
        {
            int at = block * (512 + BlockSize);
            blocks[at] &= 0x70;
            for (int sector = 0; sector < 4; sector++)
            {
                if ((blocks[at] & (0x80 >> sector)) != 0)
                {
                    blocks.AsSpan(at + 512 + (sector * 512), 512).CopyTo(content.AsSpan((block * BlockSize) + (sector * 512)));
                }
            }

            image.PutEntry(block, (uint)((image.FooterOffset + at) / 512));
        }

        image.Insert(blocks);
        return (image, content);
    }

    private static ImageBytes Hostile(string which)
    {
        ImageBytes image = SoundImage.Dynamic();
        switch (which)
        {
            case "size 2^63 - 1":
                return image.PutFooter(48, (ulong)long.MaxValue);
            case "size 2^62":
                return image.PutFooter(48, 1ul << 62);
            case "fixed size 2^62":
                return SoundImage.Fixed().PutFooter(48, 1ul << 62);
            case "entries 0xFFFFFFFF":
                return image.PutHeader(28, 0xFFFFFFFFu).PutFooter(48, 0xFFFFFFFFul * 4096);
            case "entries 0x40000000":
                return image.PutHeader(28, 0x40000000u);
            case "block 256 MiB":
                return image.PutHeader(32, 256u * 1024 * 1024);
            case "locators of 4 GiB":
                for (int i = 0; i < 8; i++)
                {
                    image.PutLocator(i, 0x57327275, 0xFFFFFE00, 0xFFFFFFF0, 0);
                }

                return image;
            default:
                byte[] batmap = new byte[512];
                "tdbatmap\0\0\0\0\0\0\0\0\xFF\xFF\xFF\xFF"u8.CopyTo(batmap);
                image = ImageBytes.Dynamic(SoundImage.Size).PutFooter(28, "tap\0");
                image.Insert(batmap);
                return image;
        }
    }
}
