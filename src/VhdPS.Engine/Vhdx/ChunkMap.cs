using System.Numerics;

namespace VhdPS.Engine.Vhdx;

/// <summary>
/// Which entries of the block allocation table belong to which blocks: after the entries of a chunk's payload blocks comes one
/// for the chunk's bitmap block.
/// </summary>
public readonly struct ChunkMap
{
    private readonly int _ratioShift;

    /// <summary>The map of a disk.</summary>
    /// <param name="sizeBytes">The virtual size, at most 64 TiB.</param>
    /// <param name="blockSize">Bytes of a payload block, a power of two from 1 to 256 MiB.</param>
    /// <param name="logicalSectorSize">512 or 4096.</param>
    /// <param name="hasParent">Whether the disk has a parent: then the last chunk has its bitmap entry too.</param>
    public ChunkMap(long sizeBytes, int blockSize, int logicalSectorSize, bool hasParent)
    {
        BlocksPerChunk = (int)(VhdxSpec.SectorsPerChunk * logicalSectorSize / blockSize);
        _ratioShift = BitOperations.Log2((uint)BlocksPerChunk);
        BlockCount = (sizeBytes + blockSize - 1) / blockSize;
        ChunkCount = (BlockCount + BlocksPerChunk - 1) >> _ratioShift;
        EntryCount = BlockCount == 0 ? 0
            : hasParent ? ChunkCount * (BlocksPerChunk + 1L)
            : BlockCount + ((BlockCount - 1) >> _ratioShift);
    }

    /// <summary>Payload blocks of a chunk: the specification's chunk ratio.</summary>
    public int BlocksPerChunk { get; }

    /// <summary>Payload blocks of the disk.</summary>
    public long BlockCount { get; }

    /// <summary>Chunks of the disk, which are the bitmap blocks of a differencing image.</summary>
    public long ChunkCount { get; }

    /// <summary>Entries that the table has to have.</summary>
    public long EntryCount { get; }

    /// <summary>The chunk of a payload block.</summary>
    public long ChunkOf(long blockIndex) => blockIndex >> _ratioShift;

    /// <summary>The place of a payload block among those of its chunk.</summary>
    public int BlockInChunk(long blockIndex) => (int)(blockIndex & (BlocksPerChunk - 1));

    /// <summary>The table's entry of a payload block.</summary>
    public long PayloadEntry(long blockIndex) => blockIndex + (blockIndex >> _ratioShift);

    /// <summary>The table's entry of a chunk's bitmap block.</summary>
    public long BitmapEntry(long chunkIndex) => ((chunkIndex + 1) << _ratioShift) + chunkIndex;

    /// <summary>The first payload block whose entry is at or after an entry of the table.</summary>
    public long FirstBlockFrom(long entryIndex)
    {
        long chunkIndex = entryIndex / (BlocksPerChunk + 1L);
        return (chunkIndex << _ratioShift) + Math.Min(entryIndex % (BlocksPerChunk + 1L), BlocksPerChunk);
    }
}
