using VhdPS.Engine.Vhdx;

namespace VhdPS.Tests.Vhdx;

public sealed class ChunkMapTests
{
    private const long MiB = 1 << 20;

    /// <summary>Against a table that is laid out entry by entry.</summary>
    [Theory]
    [InlineData(256, 512)]
    [InlineData(256, 4096)]
    [InlineData(32, 512)]
    public void EntriesLieAsTheSpecificationLaysThem(int blockMiB, int sectorSize)
    {
        long blockSize = blockMiB * MiB, ratio = (1L << 23) * sectorSize / blockSize;
        foreach (long blocks in new[] { 0, 1, 2, ratio - 1, ratio, ratio + 1, (3 * ratio) - 1, 3 * ratio, (3 * ratio) + 5 })
        {
            foreach (bool hasParent in new[] { false, true })
            {
                long size = Math.Max(0, (blocks * blockSize) - (blocks == 0 ? 0 : 512));
                var map = new ChunkMap(size, (int)blockSize, sectorSize, hasParent);
                Assert.Equal((ratio, blocks), (map.BlocksPerChunk, map.BlockCount));
                long entry = 0, last = -1;
                for (long block = 0; block < blocks; block++)
                {
                    Assert.Equal(entry, map.PayloadEntry(block));
                    Assert.Equal((block / ratio, block % ratio), (map.ChunkOf(block), map.BlockInChunk(block)));
                    Assert.Equal(block, map.FirstBlockFrom(entry));
                    last = entry++;
                    if (block % ratio == ratio - 1)
                    {
                        Assert.Equal(entry, map.BitmapEntry(block / ratio));
                        Assert.Equal(block + 1, map.FirstBlockFrom(entry));
                        entry++;
                    }
                }

                long chunks = (blocks + ratio - 1) / ratio;
                Assert.Equal(chunks, map.ChunkCount);
                Assert.Equal(hasParent ? chunks * (ratio + 1) : last + 1, map.EntryCount);
            }
        }
    }

    [Fact]
    public void TheLargestTableIsCounted()
    {
        var map = new ChunkMap(64L << 40, (int)MiB, 512, hasParent: true);
        Assert.Equal((4096, 64L << 20, 16384L), (map.BlocksPerChunk, map.BlockCount, map.ChunkCount));
        Assert.Equal((64L << 20) + 16384, map.EntryCount);
        Assert.Equal(map.EntryCount - 1, map.BitmapEntry(16383));
    }
}
