using VhdPS.Engine.Images;
using VhdPS.Tests.Chains;
using VhdPS.Tests.Format;

namespace VhdPS.Tests.Images;

/// <summary>The runs that tell where blocks lie.</summary>
public sealed class BlockMapTests : IDisposable
{
    private const int Size = 16 * 4096;

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void BlocksThatFollowOnEachOtherAreOneRun()
    {
        ImageBytes bytes = ImageBytes.Dynamic((15 * 4096) + 512).AddBlock(2, 1).AddBlock(3, 2).AddBlock(4, 3);
        int first = bytes.FooterOffset - (3 * 4608) + 512;
        bytes.AddBlock(7, 4).AddBlock(6, 5).AddBlock(15, 6);
        using VhdImage image = VhdImage.Open(bytes.ToFile());
        Assert.Equal(
            [
                Run(0, 2, BlockState.Zero, -1, 0),
                Run(2, 3, BlockState.Allocated, first, 4608),
                Run(5, 1, BlockState.Zero, -1, 0),
                Run(6, 1, BlockState.Allocated, first + (4 * 4608), 0),
                Run(7, 1, BlockState.Allocated, first + (3 * 4608), 0),
                Run(8, 7, BlockState.Zero, -1, 0),
                Run(15, 1, BlockState.Allocated, first + (5 * 4608), 0) with { SectorCount = 1 },
            ],
            BlockMap.FromTable(image));
        Assert.Equal([Run(3, 2, BlockState.Allocated, first + 4608, 4608)], BlockMap.FromTable(image, 3, 2));
        Assert.Equal(13, BlockMap.FromTable(image, 3).Sum(run => run.Count));
        Assert.Empty(BlockMap.FromTable(image, 16));
        Assert.Empty(BlockMap.FromTable(image, 3, 0));
    }

    [Fact]
    public void BitmapsTellPartlyWrittenBlocksApart()
    {
        ImageBytes bytes = ImageBytes.Differencing(Size).AddBlock(0, 1).AddBlock(1, 1).AddBlock(2, 1, [0xA0]).AddBlock(3, 1, []);
        using VhdImage image = VhdImage.Open(bytes.ToFile());
        BlockRun[] runs = [.. BlockMap.Detailed(image)];
        Assert.Equal([BlockState.Allocated, BlockState.Partial, BlockState.Parent, BlockState.Parent], runs.Select(run => run.State));
        Assert.Equal([16, 2, 0, 0], runs.Select(run => run.WrittenSectorCount!.Value));
        Assert.Equal([2, 1, 1, 12], runs.Select(run => run.Count));
        Assert.True(runs[2].FileOffset > 0);
        Assert.Equal(-1, runs[3].FileOffset);
        Assert.Equal([BlockState.Allocated, BlockState.Parent], BlockMap.FromTable(image).Select(run => run.State));
    }

    [Fact]
    public void FixedDiskIsOneRun()
    {
        using VhdImage image = VhdImage.Open(ImageBytes.Fixed().ToFile());
        Assert.Equal([new BlockRun("memory.vhd", 0, 1, 0, 128, BlockState.Allocated, 0, 0, null)], BlockMap.FromTable(image));
        Assert.Equal(128, Assert.Single(BlockMap.Detailed(image)).WrittenSectorCount);
        Assert.Equal([new BlockRun("memory.vhd", 0, 1, 0, 128, BlockState.Allocated, 0, 0, 128)], BlockMap.OfChain(image));
    }

    [Fact]
    public void BlockWithAnImpossibleEntryIsDamagedAndTheOthersFollow()
    {
        // Block 1 past the end, 2 in the table, 3 past the end, 5 whole.
        ImageBytes bytes = ImageBytes.Dynamic().AddBlock(0, 1).AddBlock(5, 2);
        bytes.PutEntry(1, 0x00FF_0000).PutEntry(2, 3).PutEntry(3, 0xFFFF_FFFE);
        using VhdImage image = VhdImage.Open(bytes.ToFile());
        (BlockState, long, long)[] expected =
        [
            (BlockState.Allocated, 0, 1), (BlockState.Damaged, 1, 3), (BlockState.Zero, 4, 1), (BlockState.Allocated, 5, 1),
            (BlockState.Zero, 6, 10),
        ];
        Assert.Equal(expected, BlockMap.FromTable(image).Select(run => (run.State, run.Block, run.Count)));
        Assert.Equal(expected, BlockMap.Detailed(image).Select(run => (run.State, run.Block, run.Count)));
        Assert.Equal(expected, BlockMap.OfChain(image).Select(run => (run.State, run.Block, run.Count)));
        Assert.All(
            BlockMap.OfChain(image).Where(run => run.State == BlockState.Damaged),
            run => Assert.Equal((-1L, 24L, 0L), (run.FileOffset, run.SectorCount, run.WrittenSectorCount)));
    }

    [Fact]
    public void OfAChainTheDamagedFileIsNamed()
    {
        // The parent's block 2 is damaged; the child has the first half of it.
        ImageBytes parent = ImageBytes.Dynamic().AddBlock(1, 1).PutEntry(2, 0x00FF_0000);
        parent.PutFooter(68, ImageBytes.ParentUniqueId.ToByteArray(bigEndian: true));
        string parentPath = _folder.Write("parent.vhd", parent.Bytes);
        string path = _folder.Write("child.vhd", ImageBytes.Differencing().AddBlock(2, 7, [0xF0]).Bytes);
        using VhdImage image = VhdImage.Open(path);
        Assert.Equal(
            [
                (BlockState.Zero, path, 0L, 8L), (BlockState.Allocated, parentPath, 8, 8), (BlockState.Allocated, path, 16, 4),
                (BlockState.Damaged, parentPath, 20, 4), (BlockState.Zero, path, 24, 104),
            ],
            BlockMap.OfChain(image).Select(run => (run.State, run.Path, run.Sector, run.SectorCount)));
    }

    [Theory]
    [InlineData(11)]
    [InlineData(12)]
    [InlineData(13)]
    public void RunsOfAChainCoverTheDiskAndNameTheFileThatHoldsIt(int seed)
    {
        var random = new Random(seed);
        var model = new ChainModel(_folder, random, random.Next(3000, 9000), "Dynamic");
        for (int i = 0; i < 3; i++)
        {
            model.AddChild();
            model.WriteRandomly(8);
        }

        using VhdImage image = VhdImage.Open(model.Path);
        long next = 0;
        BlockRun previous = default;
        foreach (BlockRun run in BlockMap.OfChain(image))
        {
            Assert.Equal(next, run.Sector);
            Assert.Equal(
                (run.Sector / image.Layout.SectorsPerBlock, (run.Sector + run.SectorCount - 1) / image.Layout.SectorsPerBlock),
                (run.Block, run.Block + run.Count - 1));
            byte[] bytes = new byte[run.SectorCount * 512];
            if (run.State == BlockState.Allocated)
            {
                using var handle = File.OpenHandle(run.Path);
                RandomAccess.Read(handle, bytes, run.FileOffset);
            }

            Assert.True(bytes.AsSpan().SequenceEqual(model.Content.AsSpan((int)run.Sector * 512, bytes.Length)));
            Assert.False(previous.State == BlockState.Zero && run.State == BlockState.Zero && next > 0);
            next += run.SectorCount;
            previous = run;
        }

        Assert.Equal(image.SectorCount, next);
        long first = image.Layout.SectorsPerBlock;
        Assert.Equal(Math.Clamp(image.SectorCount - first, 0, 2 * first), BlockMap.OfChain(image, 1, 2).Sum(run => run.SectorCount));
    }

    private static BlockRun Run(long block, long count, BlockState state, long fileOffset, long stride) =>
        new("memory.vhd", block, count, block * 8, count * 8, state, fileOffset, stride, null);
}
