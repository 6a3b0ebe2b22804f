using VhdPS.Engine.Chains;
using VhdPS.Engine.Checking;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Engine.Layout;
using VhdPS.Tests.Files;
using VhdPS.Tests.Format;

namespace VhdPS.Tests.Images;

/// <summary>Blocks that are given back, and what becomes of their places.</summary>
public sealed class ZeroingTests
{
    private const int BlockSize = 4096;
    private const int BlockSectors = BlockSize / 512;

    private static readonly VhdOpenOptions Writing = new() { ForWriting = true };

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void TheLastBlockShortensTheFile(bool isDiscard)
    {
        MemoryImageFile file = Blocks(0, 1).ToFile();
        long length = file.Length;
        using (VhdImage image = VhdImage.Open(file.Reopen(), Writing))
        {
            image.WriteSectors(5 * BlockSectors, Data(7, BlockSectors));
            image.Flush();
            Assert.True(file.Length > length);
            Discard(image, 5, isDiscard);
            Assert.NotEqual(length, file.Length);
            image.Flush();
            Assert.Equal(length, file.Length);

            // Once more, into the same place.
            image.WriteSectors(6 * BlockSectors, Data(8, 1));
        }

        AssertSound(file, (0, 1), (1, 2), (6, 8));
    }

    [Fact]
    public void APlaceIsUsedAgainOnlyAfterAFlush()
    {
        MemoryImageFile file = Blocks(0, 1, 2).ToFile();
        uint[] places = Places(file);
        using (VhdImage image = VhdImage.Open(file.Reopen(), Writing))
        {
            image.DiscardSectors(1 * BlockSectors, BlockSectors);
            image.WriteSectors(8 * BlockSectors, Data(9, 1));
            image.Flush();
            image.WriteSectors(9 * BlockSectors, Data(10, 1));
            image.Flush();
        }

        uint[] after = Places(file);
        Assert.Equal(VhdSpec.UnusedEntry, after[1]);
        Assert.True(after[8] > places[2]);
        Assert.Equal(places[1], after[9]);
        AssertSound(file, (0, 1), (2, 3), (8, 9), (9, 10));
    }

    [Fact]
    public void APlaceThatIsGivenBackIsZerosFromEndToEnd()
    {
        MemoryImageFile file = Blocks(0, 1, 2).ToFile();
        long place = Places(file)[1] * 512L, length = file.Length;
        using (VhdImage image = VhdImage.Open(file.Reopen(), Writing))
        {
            image.DiscardSectors(1 * BlockSectors, BlockSectors);
            image.DiscardSectors(1 * BlockSectors, BlockSectors);
            image.Flush();
        }

        Assert.Equal(length, file.Length);
        Assert.False(file.ToArray().AsSpan((int)place, 512 + BlockSize).ContainsAnyExcept((byte)0));
        AssertSound(file, (0, 1), (2, 3));
    }

    [Theory]
    [InlineData(-1, true)]
    [InlineData(0, false)]
    [InlineData(511, false)]
    [InlineData(512, false)]
    [InlineData(4607, false)]
    public void AGapIsFreeOnlyWhereItIsZerosFromEndToEnd(int dirtyByte, bool isUsed)
    {
        ImageBytes bytes = Blocks(0);
        byte[] gap = new byte[512 + BlockSize];
        if (dirtyByte >= 0)
        {
            gap[dirtyByte] = 1;
        }

        int gapAt = bytes.Insert(gap);
        MemoryImageFile file = bytes.AddBlock(1, 2).ToFile();
        byte[] before = file.ToArray();
        using (VhdImage image = VhdImage.Open(file.Reopen(), Writing))
        {
            image.WriteSectors(2 * BlockSectors, Data(3, 1));
        }

        Assert.Equal(isUsed, Places(file)[2] == gapAt / 512);
        Assert.Equal(isUsed, file.Length == before.Length);
        if (!isUsed)
        {
            Assert.True(file.ToArray().AsSpan(gapAt, gap.Length).SequenceEqual(gap));
        }

        AssertSound(file, (0, 1), (1, 2), (2, 3));
    }

    [Fact]
    public void AWriteBeforeTheFlushKeepsTheBlock()
    {
        MemoryImageFile file = Blocks(0, 1).ToFile();
        uint place = Places(file)[0];
        using (VhdImage image = VhdImage.Open(file.Reopen(), Writing))
        {
            image.ZeroSectors(0, BlockSectors);
            image.WriteSectors(3, Data(9, 1));
            image.Flush();
            byte[] read = new byte[BlockSize];
            image.ReadSectors(0, read);
            Assert.Equal(Expected([0, 0, 0, 9, 0, 0, 0, 0]), read);
        }

        Assert.Equal(place, Places(file)[0]);
        Assert.Empty(ImageChecker.Check(file.Reopen(), new CheckOptions { Full = true }).Findings);
    }

    [Fact]
    public void AChildKeepsWhatHidesItsParentAndGivesTheRestBack()
    {
        using var folder = new TempFolder();
        string parent = folder["parent.vhd"];
        folder.Write("parent.vhd", ImageBytes.Dynamic().AddBlock(1, 0x55).Bytes);
        var options = new VhdOpenOptions
        {
            ForWriting = true,
            Parents = new ParentPolicy { ParentPath = parent, IgnoreIdMismatch = true },
        };
        MemoryImageFile file = ImageBytes.Differencing().AddBlock(1, 1).AddBlock(2, 2).ToFile();
        using (VhdImage image = VhdImage.Open(file.Reopen(), options))
        {
            // Block 0 is in neither, 1 in both, 2 in the child, 3 in neither; of 1 the parent shows nothing afterwards.
            image.ZeroSectors(0, 4 * BlockSectors);
            image.Flush();
            byte[] disk = new byte[4 * BlockSize];
            disk.AsSpan().Fill(0xEE);
            image.ReadSectors(0, disk);
            Assert.False(disk.AsSpan().ContainsAnyExcept((byte)0));
        }

        uint[] places = Places(file);
        Assert.NotEqual(VhdSpec.UnusedEntry, places[1]);
        Assert.All(new[] { 0, 2, 3 }, blockIndex => Assert.Equal(VhdSpec.UnusedEntry, places[blockIndex]));
    }

    [Fact]
    public void AChildStoresZerosWhereOnlyItsParentHasData()
    {
        using var folder = new TempFolder();
        folder.Write("parent.vhd", ImageBytes.Dynamic().AddBlock(1, 0x55).Bytes);
        var parents = new ParentPolicy { ParentPath = folder["parent.vhd"], IgnoreIdMismatch = true };
        MemoryImageFile file = ImageBytes.Differencing().ToFile();
        using (VhdImage image = VhdImage.Open(file.Reopen(), new VhdOpenOptions { ForWriting = true, Parents = parents }))
        {
            // Discarded sectors that the child does not hold stay the parent's.
            image.DiscardSectors(BlockSectors, BlockSectors);
            Assert.False(image.Map.Table!.Entries.ContainsAnyExcept(VhdSpec.UnusedEntry));
            image.ZeroSectors(BlockSectors + 2, 3);
        }

        using VhdImage child = VhdImage.Open(file.Reopen(), new VhdOpenOptions { Parents = parents });
        byte[] read = new byte[BlockSize];
        child.ReadSectors(BlockSectors, read);
        Assert.Equal(Expected([0x55, 0x55, 0, 0, 0, 0x55, 0x55, 0x55]), read);
    }

    [Fact]
    public void AnyFailedChangeLeavesAnImageThatIsValid()
    {
        for (int failAt = 0; ; failAt++)
        {
            MemoryImageFile file = Blocks(0, 1, 2).ToFile();
            var recorder = new RecordingImageFile(file.Reopen()) { FailAt = failAt, StaysBroken = failAt % 2 == 0 };
            bool isDone = Try(recorder);
            if (isDone)
            {
                Assert.True(failAt > 6, "too few changes");
                return;
            }

            CheckReport report = ImageChecker.Check(file.Reopen(), new CheckOptions { Full = true });
            Assert.True(
                report.IsValid, $"change {failAt}: {string.Join('\n', report.Findings.Select(finding => finding.Describe()))}");
            using VhdImage image = VhdImage.Open(file.Reopen());
            byte[] read = new byte[BlockSize];
            image.ReadSectors(0, read);
            Assert.Equal(Data(1, BlockSectors), read);
            image.ReadSectors(BlockSectors, read);
            Assert.Equal(-1, read.AsSpan().IndexOfAnyExcept((byte)0, (byte)2));
        }
    }

    [Fact]
    public void RequestsThatCannotBeDoneChangeNothing()
    {
        MemoryImageFile file = Blocks(0, 1).PutEntry(2, 0x00FFFFFF).ToFile();
        byte[] before = file.ToArray();
        using (VhdImage reading = VhdImage.Open(file.Reopen()))
        {
            Assert.Throws<VhdOperationException>(() => reading.ZeroSectors(0, 1));
            Assert.Throws<VhdOperationException>(() => reading.DiscardSectors(0, 1));
        }

        using (VhdImage image = VhdImage.Open(file.Reopen(), Writing))
        {
            Assert.Throws<ArgumentOutOfRangeException>(() => image.ZeroSectors(0, -1));
            Assert.Throws<ArgumentOutOfRangeException>(() => image.ZeroSectors(127, 2));
            Assert.Throws<ArgumentOutOfRangeException>(() => image.DiscardSectors(long.MaxValue, 1));
            Assert.Throws<VhdFormatException>(() => image.DiscardSectors(0, 3 * BlockSectors));
            image.ZeroSectors(128, 0);
        }

        Assert.Equal(before, file.ToArray());
        VhdImage closed = VhdImage.Open(file.Reopen(), Writing);
        closed.Dispose();
        Assert.Throws<ObjectDisposedException>(() => closed.ZeroSectors(0, 1));
    }

    [UnixFact]
    public void SpaceGoesBackToTheFileSystem()
    {
        using var folder = new TempFolder();
        string path = folder["disk.vhd"];
        ImageCreator.Create(path, new NewImage(64 * 1024 * 1024)
        {
            UniqueId = Guid.NewGuid(),
            TimeStamp = new DateTime(2024, 1, 1, 0, 0, 0, DateTimeKind.Utc),
        });
        long empty = new FileInfo(path).Length;
        using (VhdImage image = VhdImage.Open(path, Writing))
        {
            image.WriteSectors(0, Data(1, 32 * 1024));
            image.Flush();
            long full = image.File.SizeOnDisk;
            image.ZeroSectors(0, 16 * 1024);
            image.Flush();
            Assert.True(image.File.SizeOnDisk <= full - (7 * 1024 * 1024), $"{image.File.SizeOnDisk} of {full} bytes");
            image.ZeroSectors(16 * 1024, 16 * 1024);
        }

        Assert.Equal(empty, new FileInfo(path).Length);
        Assert.Empty(ImageChecker.Check(path, new CheckOptions { Full = true }).Findings);
    }

    [UnixTheory]
    [InlineData(true)]
    [InlineData(false)]
    public void SpaceIsGivenBackOnlyWhereThatIsAllowed(bool mayDiscard)
    {
        using var folder = new TempFolder();
        string path = folder["disk.vhd"];
        ImageCreator.Create(path, new NewImage(4 * 1024 * 1024) { UniqueId = Guid.NewGuid(), TimeStamp = VhdSpec.Epoch });
        using (VhdImage image = VhdImage.Open(path, Writing))
        {
            image.WriteSectors(0, Data(1, 4096));
            image.Flush();
            long full = image.File.SizeOnDisk;
            image.ZeroSectors(1024, 2048, mayDiscard);
            image.Flush();
            long given = full - image.File.SizeOnDisk;
            Assert.True(mayDiscard ? given >= 1000 * 1024 : given <= 0, $"{given} bytes are given back");
            byte[] read = new byte[4096 * 512];
            image.ReadSectors(0, read);
            Assert.Equal([.. Data(1, 1024), .. Data(0, 2048), .. Data(1, 1024)], read);
        }

        Assert.Empty(ImageChecker.Check(path, new CheckOptions { Full = true }).Findings);
    }

    private static bool Try(RecordingImageFile recorder)
    {
        try
        {
            using VhdImage image = VhdImage.Open(recorder, Writing);
            image.DiscardSectors(2 * BlockSectors, BlockSectors);
            image.Flush();
            image.ZeroSectors(BlockSectors, BlockSectors);
            image.Flush();
            image.WriteSectors(3 * BlockSectors, Data(9, 1));
            image.Flush();
            return !recorder.HasFailed;
        }
        catch (ImageIOException)
        {
            return false;
        }
    }

    private static void Discard(VhdImage image, int blockIndex, bool isDiscard)
    {
        if (isDiscard)
        {
            image.DiscardSectors(blockIndex * BlockSectors, BlockSectors);
        }
        else
        {
            image.ZeroSectors(blockIndex * BlockSectors, BlockSectors);
        }
    }

    /// <summary>A disk of 16 blocks, of which some are filled with their number and one.</summary>
    private static ImageBytes Blocks(params int[] blocks)
    {
        ImageBytes image = ImageBytes.Dynamic();
        foreach (int blockIndex in blocks)
        {
            image.AddBlock(blockIndex, (byte)(blockIndex + 1));
        }

        return image;
    }

    private static byte[] Data(byte fill, int sectorCount) => [.. Enumerable.Repeat(fill, sectorCount * 512)];

    private static byte[] Expected(byte[] fills) => [.. fills.SelectMany(fill => Enumerable.Repeat(fill, 512))];

    private static uint[] Places(MemoryImageFile file) =>
        SectorMap.ReadTable(file.Reopen(), ImageLayout.Read(file.Reopen())).Entries.ToArray();

    /// <summary>A full check finds nothing worse than free space, and the first byte of each block is what it has to be.</summary>
    private static void AssertSound(MemoryImageFile file, params (int Block, byte Fill)[] fills)
    {
        CheckReport report = ImageChecker.Check(file.Reopen(), new CheckOptions { Full = true });
        Assert.DoesNotContain(report.Findings, finding => finding.Severity != Severity.Note);
        using VhdImage image = VhdImage.Open(file.Reopen());
        byte[] disk = new byte[16 * BlockSize];
        image.ReadSectors(0, disk);
        for (int blockIndex = 0; blockIndex < 16; blockIndex++)
        {
            byte expected = fills.FirstOrDefault(fill => fill.Block == blockIndex).Fill;
            Assert.Equal(expected, disk[blockIndex * BlockSize]);
        }
    }
}
