using VhdPS.Engine.Chains;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Engine.Layout;
using VhdPS.Tests.Crash;

namespace VhdPS.Tests.Chains;

public sealed class ChainReadTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1, "Fixed")]
    [InlineData(2, "Dynamic")]
    [InlineData(3, "Raw")]
    [InlineData(4, "Dynamic")]
    [InlineData(5, "Raw")]
    [InlineData(6, "Fixed")]
    [InlineData(7, "Dynamic")]
    [InlineData(8, "Dynamic")]
    public void RandomChainsReadAsTheirModel(int seed, string rootKind)
    {
        var random = new Random(seed);
        var model = new ChainModel(_folder, random, random.Next(1, 20_000), rootKind);
        for (int depth = 1; depth <= 6; depth++)
        {
            if (depth > 1)
            {
                model.AddChild();
                model.AssertReads(3);
                model.WriteRandomly(12);
            }

            if (!model.IsRootRaw || depth > 1)
            {
                model.AssertReads(12);
            }
        }
    }

    [Fact]
    public void SmallerParentReadsAsZerosBeyondItsEnd()
    {
        string root = Write("root.vhd", ImageBytes(ImageKind.Fixed, 64 * 512, "r"));
        string middle = Write("middle.vhd", ImageBytes(ImageKind.Child, 32 * 512, "m", "r"));
        string leaf = Write("leaf.vhd", ImageBytes(ImageKind.Child, 96 * 512, "l", "m"));
        byte[] expected = new byte[96 * 512];
        File.ReadAllBytes(root).AsSpan(0, 32 * 512).CopyTo(expected);
        Assert.Equal(expected, ReadAll(leaf));

        // Sector by sector through the window's path as well: a hole in the middle's place.
        Assert.NotEmpty(middle);
        using VhdImage image = VhdImage.Open(leaf);
        Assert.Equal(SectorOrigin.Zero, ChainMap.Find(image, 40, 1).Origin);
        Assert.Equal((root, 31L * 512), (ChainMap.Find(image, 31, 1).Path, ChainMap.Find(image, 31, 1).FileOffset));
    }

    [Fact]
    public void LargerParentIsCutToTheChildsSize()
    {
        string root = Write("root.vhd", ImageBytes(ImageKind.Fixed, 64 * 512, "r"));
        string leaf = Write("leaf.vhd", ImageBytes(ImageKind.Child, 16 * 512, "l", "r"));
        Assert.Equal(File.ReadAllBytes(root)[..(16 * 512)], ReadAll(leaf));
    }

    [Fact]
    public void ParentOfOddSizeEndsInsideItsLastSector()
    {
        byte[] parent = ImageBytes(ImageKind.Fixed, 64 * 512, "r");
        Format.ImageBytes odd = Format.ImageBytes.Fixed(64 * 512).PutFooter(68, Id("r").ToByteArray(bigEndian: true))
            .PutFooter(48, (64UL * 512) - 100);
        Assert.NotEqual(parent, odd.Bytes);
        Write("root.vhd", odd.Bytes);
        string leaf = Write("leaf.vhd", ImageBytes(ImageKind.Child, 64 * 512, "l", "r"));
        byte[] expected = odd.Bytes[..(64 * 512)];
        expected.AsSpan((64 * 512) - 100).Clear();
        Assert.Equal(expected, ReadAll(leaf));
    }

    [Fact]
    public void GeometryOfAParentDoesNotCutWhatTheChildSees()
    {
        // The parent alone has the size of its geometry; the child was made with its current size.
        Format.ImageBytes parent = Format.ImageBytes.Fixed(200 * 512)
            .PutFooter(68, Id("r").ToByteArray(bigEndian: true)).PutFooter(28, "vpc ");
        string root = Write("root.vhd", parent.Bytes);
        using (VhdImage alone = VhdImage.Open(root))
        {
            Assert.Equal(2 * 4 * 17, alone.SectorCount);
        }

        string leaf = Write("leaf.vhd", ImageBytes(ImageKind.Child, 200 * 512, "l", "r"));
        Assert.Equal(parent.Bytes[..(200 * 512)], ReadAll(leaf));
    }

    [Fact]
    public void MisplacedBlockOfAParentMattersOnlyWhereItIsNeeded()
    {
        Format.ImageBytes parent = Format.ImageBytes.Dynamic(16 * 4096).AddBlock(0, 0x11).AddBlock(1, 0x22);
        parent.PutFooter(68, Id("r").ToByteArray(bigEndian: true)).PutEntry(1, 0x00FF_0000);
        Write("root.vhd", parent.Bytes);
        Format.ImageBytes child = Child(16 * 4096, "l", "r").AddBlock(0, 0x33, [0x55]).AddBlock(1, 0x44);
        string leaf = Write("leaf.vhd", child.Bytes);
        byte[] read = new byte[2 * 4096];
        using (VhdImage image = VhdImage.Open(leaf))
        {
            image.ReadSectors(0, read);
        }

        Assert.Equal(
            [.. Enumerable.Range(0, 16).Select(sector => (byte)(sector >= 8 ? 0x44 : sector % 2 == 0 ? 0x11 : 0x33))],
            read.Where((_, i) => i % 512 == 0));

        string other = Write("other.vhd", Child(16 * 4096, "o", "r").AddBlock(0, 0x33, [0x55]).AddBlock(1, 0x44, [0xFE]).Bytes);
        using VhdImage hurt = VhdImage.Open(other);
        var error = Assert.Throws<VhdFormatException>(() => hurt.ReadSectors(0, read));
        Assert.Equal((FaultCode.BatEntryPastEnd, _folder["root.vhd"]), (error.Finding.Code, error.Path));
    }

    [Fact]
    public void InformationNeedsNoParentAndNorDoesAWrite()
    {
        string leaf = Write("leaf.vhd", Child(16 * 4096, "l", "gone").AddBlock(2, 0x77).Bytes);
        byte[] sector = new byte[512];
        using (VhdImage image = VhdImage.Open(leaf, new VhdOpenOptions { ForWriting = true }))
        {
            image.WriteSectors(0, sector);
            image.ReadSectors(0, sector);
            image.ReadSectors(2 * 8, sector);
            Assert.Equal(0x77, sector[0]);
            var error = Assert.Throws<VhdFormatException>(() => image.ReadSectors(1, sector));
            Assert.Equal(FaultCode.ParentNotFound, error.Finding.Code);
        }

        using VhdImage again = VhdImage.Open(leaf);
        again.ReadSectors(0, sector);
        Assert.Equal(new byte[512], sector);
    }

    [Fact]
    public void ReadsRunOnSeveralThreads()
    {
        var model = new ChainModel(_folder, new Random(99), 9000, "Dynamic");
        for (int i = 0; i < 3; i++)
        {
            model.AddChild();
            model.WriteRandomly(10);
        }

        using VhdImage image = VhdImage.Open(model.Path);
        Parallel.For(0, 64, i =>
        {
            int sector = i * 130, count = 130 + i;
            byte[] buffer = new byte[count * 512];
            image.ReadSectors(sector, buffer);
            Assert.True(buffer.AsSpan().SequenceEqual(model.Content.AsSpan(sector * 512, buffer.Length)), $"range {i} differs");
        });
    }

    [Fact]
    public void LargeReadsOfScatteredSectorsRunOnSeveralThreads()
    {
        ChainModel model = MakeScattered(4096);
        using VhdImage image = VhdImage.Open(model.Path);
        Parallel.For(0, 48, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i =>
        {
            int sector = i * 13, count = 1100 + (i * 37);
            byte[] buffer = new byte[count * 512];
            image.ReadSectors(sector, buffer);
            Assert.True(buffer.AsSpan().SequenceEqual(model.Content.AsSpan(sector * 512, buffer.Length)), $"range {i} differs");
        });
    }

    [Fact]
    public void FailedReadOfAPartEndsTheWholeReadAndNotTheNext()
    {
        ChainModel model = MakeScattered(4096);
        byte[] buffer = new byte[model.Content.Length];
        int failures = 0;
        for (int failAt = 6; failAt < 40; failAt++)
        {
            using var image = VhdImage.Open(new UnreadableImageFile(LocalImageFile.OpenRead(model.Path), failAt));
            try
            {
                image.ReadSectors(0, buffer);
            }
            catch (ImageIOException error)
            {
                Assert.Equal(model.Path, error.Path);
                failures++;
                image.ReadSectors(0, buffer);
            }

            Assert.True(buffer.AsSpan().SequenceEqual(model.Content), $"the disk differs after failure {failAt}");
        }

        Assert.True(failures > 10, $"only {failures} reads failed");
    }

    [Fact]
    public void ReadOfScatteredSectorsAllocatesNothing()
    {
        var model = new ChainModel(_folder, new Random(5), 8192, "Dynamic");
        model.AddChild();
        using (VhdImage child = VhdImage.Open(model.Path, new VhdOpenOptions { ForWriting = true }))
        {
            for (int sector = 0; sector < 8192; sector += 2)
            {
                child.WriteSectors(sector, new byte[512]);
            }
        }

        using VhdImage image = VhdImage.Open(model.Path);
        byte[] buffer = new byte[1024 * 1024];
        for (int i = 0; i < 4; i++)
        {
            image.ReadSectors(i * 2048, buffer);
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 4; i++)
        {
            image.ReadSectors(i * 2048, buffer);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [SampleFact]
    public void ChildThatWindowsMadeFindsItsParentBesideIt()
    {
        string folder = Repository.Samples!;
        using VhdImage child = VhdImage.Open(Path.Combine(folder, "win8-child.vhd"));
        using VhdImage parent = VhdImage.Open(Path.Combine(folder, "win8.vhd"));
        Assert.Equal(parent.SectorCount, child.SectorCount);
        byte[] fromChild = new byte[1024 * 1024], fromParent = new byte[1024 * 1024];
        for (long sector = 0; sector < child.SectorCount; sector += 2048)
        {
            int length = (int)Math.Min(2048, child.SectorCount - sector) * 512;
            child.ReadSectors(sector, fromChild.AsSpan(0, length));
            parent.ReadSectors(sector, fromParent.AsSpan(0, length));
            Assert.True(fromParent.AsSpan(0, length).SequenceEqual(fromChild.AsSpan(0, length)));
        }

        Assert.Equal(
            [(0, "win8-child.vhd", ChainState.Ok), (1, "win8.vhd", ChainState.Ok)],
            ChainInspector.Describe(child.Path).Select(level => (level.Depth, Path.GetFileName(level.Path), level.State)));
    }

    private enum ImageKind
    {
        Fixed,
        Child,
    }

    private static Guid Id(string name) => ChainBytes.Id(name);

    private static Format.ImageBytes Child(long size, string id, string parent) => ChainBytes.Child(size, id, parent, "root.vhd");

    private static byte[] ImageBytes(ImageKind kind, int size, string id, string? parent = null) => kind == ImageKind.Fixed
        ? Format.ImageBytes.Fixed(size).PutFooter(68, Id(id).ToByteArray(bigEndian: true)).Bytes
        : ChainBytes.Child(size, id, parent!, parent == "r" ? "root.vhd" : "middle.vhd").Bytes;

    private static byte[] ReadAll(string path)
    {
        using VhdImage image = VhdImage.Open(path);
        byte[] bytes = new byte[image.SectorCount * 512];
        image.ReadSectors(0, bytes);
        return bytes;
    }

    private string Write(string name, byte[] bytes) => _folder.Write(name, bytes);

    private ChainModel MakeScattered(int sectorCount)
    {
        var model = new ChainModel(_folder, new Random(17), sectorCount, "Dynamic");
        model.WriteRandomly(20);
        model.AddChild();
        using VhdImage child = VhdImage.Open(model.Path, new VhdOpenOptions { ForWriting = true });
        for (int sector = 0; sector < sectorCount; sector += 2)
        {
            Span<byte> data = model.Content.AsSpan(sector * 512, 512);
            data.Fill((byte)sector);
            child.WriteSectors(sector, data);
        }

        return model;
    }
}
