using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Vhdx;
using static VhdPS.Tests.Vhdx.VhdxBytes;

namespace VhdPS.Tests.Vhdx;

/// <summary>What a disk reads as, against a model that is filled block by block.</summary>
public sealed class VhdxReadTests
{
    [Theory]
    [InlineData(512, false)]
    [InlineData(512, true)]
    [InlineData(4096, false)]
    [InlineData(4096, true)]
    public void RandomDisksReadAsTheModel(int sectorSize, bool hasParent)
    {
        for (int seed = 0; seed < 3; seed++)
        {
            var random = new Random(seed);
            int blockSize = (1 << random.Next(2)) * (int)MiB;
            var image = new VhdxBytes((random.Next(1, 9) * MiB) + (random.Next(256) * 4096), blockSize, sectorSize, hasParent);
            byte[] parent = RandomLog.Noise(random, (int)(image.SizeBytes - MiB + random.Next(0, 2 * (int)MiB)));
            parent.AsSpan(parent.Length / 3, parent.Length / 3).Clear();
            byte[] model = new byte[image.SizeBytes];
            if (hasParent)
            {
                parent.AsSpan(0, Math.Min(parent.Length, model.Length)).CopyTo(model);
            }

            Fill(random, image, model);
            var shown = new ModelParent(parent);
            using VhdxImage disk = VhdxImage.Open(image.File, new VhdxOpenOptions { Parent = shown });
            Assert.Equal((image.SizeBytes, sectorSize, 4096), (disk.SizeBytes, disk.LogicalSectorSize, disk.PhysicalSectorSize));
            byte[] whole = LogReplayTests.Filled(model.Length, 0xEE);
            disk.ReadAt(0, whole);
            Assert.True(model.AsSpan().SequenceEqual(whole), $"seed {seed}");
            for (int i = 0; i < 200; i++)
            {
                int at = random.Next(model.Length), count = random.Next(1, Math.Min(70_000, model.Length - at) + 1);
                byte[] part = LogReplayTests.Filled(count, 0xEE);
                disk.ReadAt(at, part);
                Assert.True(model.AsSpan(at, count).SequenceEqual(part), $"seed {seed}, {count} bytes at {at}");
            }

            AssertExtents(disk, model);
        }
    }

    /// <summary>Extents cover the disk in order, and what is said to be zeros is.</summary>
    private static void AssertExtents(VhdxImage disk, byte[] model)
    {
        long at = 0;
        while (at < disk.SizeBytes)
        {
            VhdxRun extent = disk.FindExtent(at, disk.SizeBytes - at);
            Assert.Equal(at, extent.Offset);
            Assert.InRange(extent.Length, 1, disk.SizeBytes - at);
            ReadOnlySpan<byte> bytes = model.AsSpan((int)at, (int)extent.Length);
            if (extent.Origin == VhdxOrigin.Zero)
            {
                Assert.False(bytes.ContainsAnyExcept((byte)0));
            }
            else if (extent.Origin == VhdxOrigin.File)
            {
                byte[] stored = new byte[extent.Length];
                disk.File.ReadAt(extent.FileOffset, stored);
                Assert.True(bytes.SequenceEqual(stored));
            }

            at = extent.End;
        }
    }

    private static void Fill(Random random, VhdxBytes image, byte[] model)
    {
        for (long block = 0; block < image.BlockCount; block++)
        {
            int at = (int)(block * image.BlockSize);
            Span<byte> part = model.AsSpan(at, (int)Math.Min(image.BlockSize, model.Length - at));
            byte[] data = RandomLog.Noise(random, image.BlockSize);
            switch (random.Next(image.File.Length > 0 ? 7 : 6))
            {
                case 0:
                    break;
                case 1 or 2 or 3:
                    // Undefined, zero, unmapped: never the parent's, whatever place is kept for them.
                    image.PutEntry(image.EntryOffset(block), random.Next(1, 4), random.Next(2) * 100 * MiB);
                    part.Clear();
                    break;
                case 4:
                    image.PutEntry(image.EntryOffset(block), 5);
                    part.Clear();
                    break;
                case 5 when IsChild(image):
                    bool[] isPresent = RandomBits(random, image.BlockSize / image.SectorSize);
                    image.AddPartialBlock(block, isPresent, data);
                    for (int i = 0; i < part.Length; i++)
                    {
                        part[i] = isPresent[i / image.SectorSize] ? data[i] : part[i];
                    }

                    break;
                default:
                    image.AddBlock(block, data);
                    data.AsSpan(0, part.Length).CopyTo(part);
                    break;
            }
        }
    }

    private static bool IsChild(VhdxBytes image)
    {
        byte[] flags = new byte[4];
        image.File.ReadAt(MetadataOffset + 65540, flags);
        return (flags[0] & 2) != 0;
    }

    private static bool[] RandomBits(Random random, int count)
    {
        bool[] bits = new bool[count];
        for (int at = 0; at < count;)
        {
            int run = Math.Min(count - at, random.Next(3) == 0 ? random.Next(1, 5) : random.Next(1, 300));
            bits.AsSpan(at, run).Fill(random.Next(2) == 0);
            at += run;
        }

        return bits;
    }

    [Fact]
    public void WithoutAParentOnlyWhatIsTheParentsCannotBeRead()
    {
        var image = new VhdxBytes(4 * MiB, hasParent: true);
        image.AddBlock(1, LogReplayTests.Filled((int)MiB, 7));
        using VhdxImage disk = VhdxImage.Open(image.File);
        disk.ReadAt(MiB, new byte[MiB]);
        var error = Assert.Throws<VhdFormatException>(() => disk.ReadAt(MiB - 1, new byte[2]));
        Assert.Equal(FaultCode.ParentNotFound, error.Finding.Code);
        Assert.Equal(new VhdxRun(0, MiB, VhdxOrigin.Parent, -1), disk.FindExtent(0, 4 * MiB));
    }

    [Theory]
    [InlineData(4, 6L << 20, FaultCode.VhdxBlockStateInvalid)]
    [InlineData(7, 4L << 20, FaultCode.VhdxBlockStateInvalid)]
    [InlineData(6, 0L, FaultCode.VhdxBlockInStructure)]
    [InlineData(6, 1L << 20, FaultCode.VhdxBlockInStructure)]
    [InlineData(6, 2L << 20, FaultCode.VhdxBlockInStructure)]
    [InlineData(6, 3L << 20, FaultCode.VhdxBlockInStructure)]
    [InlineData(6, 5L << 20, FaultCode.VhdxBlockPastEnd)]
    [InlineData(6, 1L << 50, FaultCode.VhdxBlockPastEnd)]
    [InlineData(6, long.MinValue, FaultCode.VhdxBlockPastEnd)]
    [InlineData(6, -(1L << 20), FaultCode.VhdxBlockPastEnd)]
    public void ABlockWhosePlaceCannotBeIsRefusedAlone(int state, long fileOffset, FaultCode code)
    {
        var image = new VhdxBytes(4 * MiB);
        image.AddBlock(0, LogReplayTests.Filled((int)MiB, 7));
        image.PutEntry(image.EntryOffset(2), state, fileOffset);
        using VhdxImage disk = VhdxImage.Open(image.File);
        disk.ReadAt(0, new byte[2 * MiB]);
        disk.ReadAt(3 * MiB, new byte[MiB]);
        Finding finding = Assert.Throws<VhdFormatException>(() => disk.ReadAt(3 * MiB - 1, new byte[1])).Finding;
        Assert.Equal((code, VhdStructure.BlockAllocationTable), (finding.Code, finding.Structure));
        Assert.Equal((image.EntryOffset(2), 2L), (finding.FileOffset!.Value, finding.BlockIndex!.Value));
        Assert.Throws<VhdFormatException>(() => disk.FindExtent(2 * MiB, 1));
        Assert.Throws<VhdFormatException>(() => disk.Prefetch(0, 4 * MiB));
    }

    [Theory]
    [InlineData(0, 0L, FaultCode.VhdxBitmapMissing)]
    [InlineData(3, 5L << 20, FaultCode.VhdxBitmapStateInvalid)]
    [InlineData(7, 5L << 20, FaultCode.VhdxBitmapStateInvalid)]
    [InlineData(6, 1L << 20, FaultCode.VhdxBlockInStructure)]
    [InlineData(6, 9L << 20, FaultCode.VhdxBlockPastEnd)]
    public void APartialBlockNeedsItsBitmap(int state, long fileOffset, FaultCode code)
    {
        var image = new VhdxBytes(4 * MiB, hasParent: true);
        image.AddPartialBlock(1, new bool[2048], new byte[MiB]);
        image.PutEntry(image.BitmapEntryOffset(0), state, fileOffset);
        using VhdxImage disk = VhdxImage.Open(image.File, new VhdxOpenOptions { Parent = new ModelParent(new byte[4 * MiB]) });
        disk.ReadAt(0, new byte[MiB]);
        Finding finding = Assert.Throws<VhdFormatException>(() => disk.ReadAt(MiB, new byte[1])).Finding;
        Assert.Equal((code, image.BitmapEntryOffset(0), 1L), (finding.Code, finding.FileOffset!.Value, finding.BlockIndex!.Value));
        Assert.Throws<VhdFormatException>(() => disk.CountPresent(1));
    }

    [Fact]
    public void TheLastBlockMayBeInTheFileOnlyAsFarAsTheDiskGoes()
    {
        var image = new VhdxBytes(MiB + 8192);
        long at = image.AddBlock(1, LogReplayTests.Filled(8192, 5));
        image.File.SetLength(at + 8192);
        using VhdxImage disk = VhdxImage.Open(image.File.Reopen());
        byte[] read = new byte[8192];
        disk.ReadAt(MiB, read);
        Assert.Equal(LogReplayTests.Filled(8192, 5), read);
        image.File.SetLength(at + 8191);
        using VhdxImage cut = VhdxImage.Open(image.File.Reopen());
        Assert.Equal(FaultCode.VhdxBlockPastEnd, Assert.Throws<VhdFormatException>(() => cut.ReadAt(MiB, read)).Finding.Code);
    }

    [Fact]
    public void AFileThatBecomesShorterIsAnErrorNotZeros()
    {
        var image = new VhdxBytes(2 * MiB);
        image.AddBlock(0);
        long at = image.AddBlock(1);
        using VhdxImage disk = VhdxImage.Open(image.File.Reopen());
        image.File.SetLength(at + 4096);
        disk.ReadAt(0, new byte[MiB]);
        var error = Assert.Throws<ImageIOException>(() => disk.ReadAt(MiB, new byte[8192]));
        Assert.Equal((ImageIOOperation.Read, at), (error.Operation, error.FileOffset!.Value));
        image.File.SetLength(TableOffset);
        using VhdxImage other = VhdxImage.Open(new VhdxBytes(2 * MiB).File);
        Assert.Throws<ArgumentOutOfRangeException>(() => other.ReadAt(2 * MiB, new byte[1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => other.ReadAt(-1, new byte[1]));
    }

    /// <summary>The table of a disk of 64 TiB has 512 MiB, and is looked up without being in memory.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void ADiskOf64TiBIsLookedUpInLittleMemory(int state)
    {
        var image = new VhdxBytes(64L << 40);
        long[] blocks = [0, 4095, 4096, 8191, 1L << 20, (64L << 20) - 1];
        if (state != 0)
        {
            byte[] entries = new byte[1 << 16];
            for (int i = 0; i < entries.Length; i += 8)
            {
                entries[i] = (byte)state;
            }

            // Only a part of the table, in the test's own memory.
            for (long at = TableOffset; at < TableOffset + (8 * MiB); at += entries.Length)
            {
                image.File.WriteAt(at, entries);
            }
        }

        foreach (long block in blocks)
        {
            image.AddBlock(block, BitConverter.GetBytes(block + 1));
        }

        using VhdxImage disk = VhdxImage.Open(image.File);
        long before = GC.GetAllocatedBytesForCurrentThread();
        var found = new List<long>();
        for (long at = 0; at < disk.SizeBytes;)
        {
            VhdxRun run = disk.FindExtent(at, disk.SizeBytes - at);
            if (run.Origin == VhdxOrigin.File)
            {
                Assert.Equal((0, MiB), (run.Offset % MiB, run.Length));
                found.Add(run.Offset / MiB);
            }

            at = run.End;
        }

        Assert.Equal(blocks, found);
        byte[] read = new byte[8];
        var random = new Random(1);
        for (int i = 0; i < 2000; i++)
        {
            long block = i % 2 == 0 ? blocks[random.Next(blocks.Length)] : random.NextInt64(64L << 20);
            disk.ReadAt(block * MiB, read);
            Assert.Equal(blocks.Contains(block) ? block + 1 : 0, BitConverter.ToInt64(read));
        }

        Assert.Equal(disk.SizeBytes, disk.EnumerateBlocks().Sum(run => run.BlockCount * MiB));

        // Each page that is read is let go again: what is kept at a time is 8 MiB.
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 1700 * MiB);
    }

    [Fact]
    public void ReadsMayRunSideBySide()
    {
        var random = new Random(1);
        var image = new VhdxBytes(200 * MiB, hasParent: true);
        byte[] model = new byte[image.SizeBytes];
        for (int block = 0; block < image.BlockCount; block += 3)
        {
            byte[] data = LogReplayTests.Filled((int)MiB, (byte)(block + 1));
            image.AddPartialBlock(block, [.. Enumerable.Range(0, 2048).Select(sector => sector % 5 == block % 5)], data);
            for (int sector = block % 5; sector < 2048; sector += 5)
            {
                data.AsSpan(0, 512).CopyTo(model.AsSpan((block * (int)MiB) + (sector * 512)));
            }
        }

        using VhdxImage disk = VhdxImage.Open(image.File, new VhdxOpenOptions { Parent = new ModelParent(new byte[1000]) });
        Parallel.For(0, 400, i =>
        {
            int at = new Random(i).Next(model.Length - 100_000);
            byte[] read = new byte[100_000];
            disk.ReadAt(at, read);
            Assert.True(model.AsSpan(at, read.Length).SequenceEqual(read));
        });
    }

    [Fact]
    public void BlocksAreListedInRuns()
    {
        var image = new VhdxBytes(10 * MiB, hasParent: true);
        long first = image.AddBlock(1);
        image.AddBlock(2);
        image.AddPartialBlock(3, new bool[2048], new byte[MiB]);
        image.AddBlock(5);
        image.PutEntry(image.EntryOffset(6), 2);
        image.PutEntry(image.EntryOffset(7), 2);
        image.PutEntry(image.EntryOffset(8), 6, long.MinValue);
        using VhdxImage disk = VhdxImage.Open(image.File);
        Assert.Equal(
            [
                new(0, 1, PayloadState.NotPresent, -1), new(1, 2, PayloadState.FullyPresent, first),
                new(3, 1, PayloadState.PartiallyPresent, first + (2 * MiB)),
                new(4, 1, PayloadState.NotPresent, -1), new(5, 1, PayloadState.FullyPresent, first + (4 * MiB)),
                new(6, 2, PayloadState.Zero, -1),
                new(8, 1, PayloadState.FullyPresent, -1), new(9, 1, PayloadState.NotPresent, -1),
            ],
            disk.EnumerateBlocks());
        Assert.Equal((0L, MiB), (disk.CountPresent(3), disk.CountPresent(1)));
        Assert.Equal([new(VhdStructure.SectorBitmap, first + (3 * MiB), MiB)], disk.EnumerateBitmaps());
    }

    [Fact]
    public void WhatWillBeReadIsToldToFileAndParent()
    {
        var image = new VhdxBytes(3 * MiB, hasParent: true);
        image.AddBlock(1);
        var parent = new ModelParent(new byte[(2 * MiB) + 100]);
        using VhdxImage disk = VhdxImage.Open(image.File, new VhdxOpenOptions { Parent = parent });
        disk.Prefetch(100, 100 * MiB);
        Assert.Equal([(100, MiB - 100), (2 * MiB, 100)], parent.Prefetched);
    }

    /// <summary>A hole in the table's own file is passed in one step; what lies after it is found.</summary>
    [Fact]
    public void HolesOfTheTableArePassed()
    {
        using var folder = new TempFolder();
        var image = new VhdxBytes(1L << 40);
        long at = image.AddBlock(900_000, [1, 2, 3]);
        string path = folder["sparse.vhdx"];
        using (LocalImageFile file = LocalImageFile.CreateNew(path))
        {
            file.SetLength(image.File.Length);
            byte[] page = new byte[4096];
            for (long offset = 0; offset < image.File.Length; offset += page.Length)
            {
                image.File.ReadAt(offset, page);
                if (page.AsSpan().ContainsAnyExcept((byte)0))
                {
                    file.WriteAt(offset, page);
                }
            }
        }

        using VhdxImage disk = VhdxImage.Open(LocalImageFile.OpenRead(path));
        Assert.Equal(new VhdxRun(0, 900_000 * MiB, VhdxOrigin.Zero, -1), disk.FindExtent(0, disk.SizeBytes));
        Assert.Equal(new VhdxRun(900_000 * MiB, MiB, VhdxOrigin.File, at), disk.FindExtent(900_000 * MiB, 2 * MiB));
        Assert.Equal(disk.SizeBytes, disk.FindExtent(900_001 * MiB, disk.SizeBytes - (900_001 * MiB)).End);
    }
}
