namespace VhdPS.Engine.Images;

/// <summary>What a file holds of a block.</summary>
public enum BlockState
{
    /// <summary>The block, or all its sectors where bitmaps were read.</summary>
    Allocated,

    /// <summary>Some of the block's sectors.</summary>
    Partial,

    /// <summary>Nothing: it reads as zeros.</summary>
    Zero,

    /// <summary>Nothing: it reads as the parent's.</summary>
    Parent,
}

/// <summary>Adjacent blocks, or sectors of a chain, of one state that follow on each other in one file.</summary>
/// <param name="Path">The file that holds them, or does not.</param>
/// <param name="Block">The first block; 0 for a fixed disk, which counts as one block.</param>
/// <param name="Count">Blocks that the run has a part in, at least 1.</param>
/// <param name="Sector">The first virtual sector.</param>
/// <param name="SectorCount">Sectors on the disk.</param>
/// <param name="State">What the file holds.</param>
/// <param name="FileOffset">Bytes from the start of the file to the data; -1 where there is none.</param>
/// <param name="FileStride">Bytes in the file from the data of one block to that of the next; 0 where the run has only one.</param>
/// <param name="WrittenSectorCount">Sectors whose bits are set; null where the bitmaps were not read.</param>
public readonly record struct BlockRun(
    string Path, long Block, long Count, long Sector, long SectorCount, BlockState State, long FileOffset, long FileStride, long? WrittenSectorCount);
