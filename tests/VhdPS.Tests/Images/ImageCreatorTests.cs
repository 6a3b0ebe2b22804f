using VhdPS.Engine.Chains;
using VhdPS.Engine.Checking;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Engine.Operations.Resize;
using VhdPS.Tests.Checking;

namespace VhdPS.Tests.Images;

/// <summary>What can be asked of a new image besides its size.</summary>
public sealed class ImageCreatorTests : IDisposable
{
    private const long MiB = 1 << 20;

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_disk_grows_to_its_maximum_size_without_moving_a_block()
    {
        const int blockSize = 4096;
        string path = _folder["grows.vhd"], plain = _folder["plain.vhd"];
        NewImage image = New(8 * MiB) with { BlockSize = blockSize };
        ImageCreator.Create(path, image with { MaximumSizeBytes = 64 * MiB });
        ImageCreator.Create(plain, image);
        Assert.Equal((64 - 8) * MiB / blockSize * 4, new FileInfo(path).Length - new FileInfo(plain).Length);
        byte[] block = new byte[blockSize];
        Random.Shared.NextBytes(block);
        foreach (string written in new[] { path, plain })
        {
            Write(written, 0, block);
            Write(written, 2047, block);
        }

        byte[] first = FirstBlock(path);
        foreach (long size in new[] { 9 * MiB, 33 * MiB, 64 * MiB })
        {
            var options = new ResizeOptions(path) { SizeBytes = size };
            Assert.Equal(0, ResizeOperation.Plan(options).MovedBlockCount);
            Assert.Equal(0, ResizeOperation.Run(options).MovedBlockCount);
            Assert.Equal(first, FirstBlock(path));
            Write(path, (int)(size / blockSize) - 1, block);
            using (VhdImage grown = VhdImage.Open(path))
            {
                Assert.Equal((size, 64 * MiB / blockSize), (grown.SectorCount * 512, grown.Layout.Header!.MaxTableEntries));
                Assert.Equal(block, Read(grown, 0, blockSize));
                Assert.Equal(block, Read(grown, 2047, blockSize));
                Assert.Equal(block, Read(grown, (int)(size / blockSize) - 1, blockSize));
            }

            AssertClean(path, size < 64 * MiB);
        }

        Assert.NotEqual(0, ResizeOperation.Run(new ResizeOptions(plain) { SizeBytes = 64 * MiB }).MovedBlockCount);
        AssertClean(plain, hasSpareEntries: false);

        // Past the maximum blocks make way, as in any image; a smaller disk has one entry a block again.
        Assert.NotEqual(0, ResizeOperation.Run(new ResizeOptions(path) { SizeBytes = 100 * MiB }).MovedBlockCount);
        AssertClean(path, hasSpareEntries: false);
        using (VhdImage moved = VhdImage.Open(path))
        {
            Assert.All(
                moved.Map.Table!.Entries.ToArray().Where(entry => entry != VhdSpec.UnusedEntry),
                entry => Assert.Equal(0, moved.Layout.DataOffset(entry) % 4096));
        }

        ResizeOperation.Run(new ResizeOptions(path) { SizeBytes = 8 * MiB, Force = true });
        AssertClean(path, hasSpareEntries: false);
    }

    [Fact]
    public void A_disk_that_shrinks_leaves_nothing_of_the_table_that_it_could_grow_into()
    {
        string path = _folder["shrinks.vhd"];
        ImageCreator.Create(path, New(8 * MiB) with { BlockSize = 4096, MaximumSizeBytes = 64 * MiB });
        Write(path, 0, [7, .. new byte[4095]]);
        ResizeOperation.Run(new ResizeOptions(path) { SizeBytes = 4 * MiB });
        AssertClean(path, hasSpareEntries: false);
        using VhdImage image = VhdImage.Open(path);
        Assert.Equal(4 * MiB / 4096, image.Layout.Header!.MaxTableEntries);
        Assert.Equal(7, Read(image, 0, 512)[0]);
    }

    [Fact]
    public void Entries_in_use_are_not_kept_for_growth()
    {
        string path = _folder["false.vhd"];
        ImageCreator.Create(path, New(8 * MiB) with { BlockSize = 4096, MaximumSizeBytes = 64 * MiB });
        Write(path, 0, [1, .. new byte[4095]]);
        byte[] bytes = File.ReadAllBytes(path);
        bytes[1536 + (5000 * 4)] = 0;
        File.WriteAllBytes(path, bytes);
        ResizeOperation.Run(new ResizeOptions(path) { SizeBytes = 9 * MiB });
        using VhdImage grown = VhdImage.Open(path);
        Assert.Equal(9 * MiB / 4096, grown.Layout.Header!.MaxTableEntries);
        Assert.Equal(1, Read(grown, 0, 512)[0]);
    }

    [Theory]
    [InlineData(VhdType.Dynamic)]
    [InlineData(VhdType.Fixed)]
    public void The_geometry_can_be_given(VhdType type)
    {
        string path = _folder["old.vhd"];
        var geometry = new DiskGeometry(306, 4, 17);
        ImageCreator.Create(path, New(geometry.SizeBytes) with { VhdType = type, Geometry = geometry, CreatorApplication = "vpc " });
        using (VhdImage image = VhdImage.Open(path))
        {
            Assert.Equal((geometry, geometry.SectorCount), (image.Layout.Footer.Geometry, image.SectorCount));
        }

        AssertClean(path, hasSpareEntries: false);
        ImageCreator.Create(_folder["more.vhd"], New(20 * MiB) with { VhdType = type, Geometry = geometry });
        using VhdImage larger = VhdImage.Open(_folder["more.vhd"]);
        Assert.Equal((geometry, 20 * MiB), (larger.Layout.Footer.Geometry, larger.SectorCount * 512));
    }

    [Fact]
    public void Values_that_contradict_each_other_are_refused()
    {
        var geometry = new DiskGeometry(306, 4, 17);
        NewImage[] refused =
        [
            New(10 * MiB) with { Geometry = geometry },
            New(20 * MiB) with { Geometry = geometry, CreatorApplication = "vpc " },
            New(20 * MiB) with { Geometry = default(DiskGeometry) },
            New(20 * MiB) with { Geometry = geometry, GeometryRule = GeometryRule.Chs },
            New(20 * MiB) with { MaximumSizeBytes = 19 * MiB },
            New(20 * MiB) with { MaximumSizeBytes = 40 * MiB, VhdType = VhdType.Fixed },
            New(20 * MiB) with { MaximumSizeBytes = VhdSpec.MaxSize + 512 },
            New(20 * MiB) with { MaximumSizeBytes = VhdSpec.MaxSize, BlockSize = 512 },
        ];
        Assert.All(refused, image => Assert.Throws<ArgumentException>(() => ImageCreator.Create(_folder["none.vhd"], image)));
        Assert.Empty(Directory.GetFileSystemEntries(Path.GetDirectoryName(_folder["none.vhd"])!));
    }

    private static NewImage New(long size) => new(size) { UniqueId = Guid.NewGuid(), TimeStamp = VhdSpec.Epoch };

    private static void Write(string path, int blockIndex, byte[] block)
    {
        using VhdImage image = VhdImage.Open(path, new VhdOpenOptions { ForWriting = true });
        image.WriteSectors((long)blockIndex * (block.Length / 512), block);
    }

    private static byte[] Read(VhdImage image, int blockIndex, int length)
    {
        byte[] read = new byte[length];
        image.ReadSectors((long)blockIndex * image.Layout.BlockSize / 512, read);
        return read;
    }

    /// <summary>The bytes of the first block in the file.</summary>
    private static byte[] FirstBlock(string path)
    {
        using VhdImage image = VhdImage.Open(path);
        long offset = image.Map.Table!.Entries.ToArray().Min() * 512L;
        using FileStream file = File.OpenRead(path);
        file.Position = offset;
        byte[] bytes = new byte[image.Layout.BlockSpan];
        file.ReadExactly(bytes);
        return [.. BitConverter.GetBytes(offset), .. bytes];
    }

    private static void AssertClean(string path, bool hasSpareEntries)
    {
        CheckReport report = Verdict.AssertClean(path);
        Assert.Equal(hasSpareEntries, report.Findings.Any(finding => finding.Code == FaultCode.TableEntriesTooMany));
        Assert.DoesNotContain(report.Findings, finding => finding.Code == FaultCode.BlockLost);
    }
}
