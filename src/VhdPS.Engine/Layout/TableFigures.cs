namespace VhdPS.Engine.Layout;

/// <summary>What one pass over a table tells.</summary>
/// <param name="AllocatedBlockCount">Blocks in the file.</param>
/// <param name="LastAllocatedBlock">The highest block index in the file, or -1.</param>
/// <param name="FragmentationPercentage">Of the steps from an allocated block to the next, how many of 100 are jumps in the file.</param>
/// <param name="IsAligned">Whether all block data begins on 4 KiB.</param>
public readonly record struct TableFigures(
    int AllocatedBlockCount, int LastAllocatedBlock, int FragmentationPercentage, bool IsAligned);
