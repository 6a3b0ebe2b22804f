using VhdPS.Engine.Format;
using static System.FormattableString;

namespace VhdPS.Engine.Layout;

/// <summary>Facts about a whole table that take one pass, or one sort.</summary>
internal static class TableScan
{
    /// <summary>The first two blocks, by their place in the file, that share bytes; null where none do. O(n log n).</summary>
    public static Finding? FindOverlap(ImageLayout layout, BlockAllocationTable table) => FindOverlaps(layout, table).FirstOrDefault();

    /// <summary>All pairs of neighbours in the file that share bytes, by their place in the file.</summary>
    public static IEnumerable<Finding> FindOverlaps(ImageLayout layout, BlockAllocationTable table)
    {
        if (IsAscending(table.Entries, layout.BlockSpan / VhdSpec.SectorSize))
        {
            yield break;
        }

        ulong[] byPlace = SortByPlace(table);
        for (int i = 1; i < byPlace.Length; i++)
        {
            if (EntryOf(byPlace[i]) - EntryOf(byPlace[i - 1]) < layout.BlockSpan / VhdSpec.SectorSize)
            {
                yield return OverlapFinding(layout, byPlace[i - 1], byPlace[i]);
            }
        }
    }

    /// <summary>A block and its table entry as <see cref="SortByPlace"/> gives them.</summary>
    internal static ulong Place(int blockIndex, uint entry) => ((ulong)entry << 32) | (uint)blockIndex;

    /// <summary>The table entry of a block as <see cref="SortByPlace"/> gives it.</summary>
    internal static uint EntryOf(ulong placed) => (uint)(placed >> 32);

    /// <summary>The index of a block as <see cref="SortByPlace"/> gives it.</summary>
    internal static int BlockOf(ulong placed) => (int)(placed & uint.MaxValue);

    /// <summary>The finding about two neighbours that share bytes, each an entry in the upper and a block index in the lower 32
    /// bits.</summary>
    internal static Finding OverlapFinding(ImageLayout layout, ulong beforePlaced, ulong placed)
    {
        uint before = EntryOf(beforePlaced), entry = EntryOf(placed);
        int beforeBlock = BlockOf(beforePlaced), block = BlockOf(placed);
        return entry == before
            ? layout.EntryFinding(
                FaultCode.BatEntryDuplicate, block, entry, "a place of its own", Invariant($"has the same place as block {beforeBlock}"))
            : layout.EntryFinding(
                FaultCode.BlocksOverlap, block, entry, Invariant($"at least offset {ImageLayout.BitmapOffset(before) + layout.BlockSpan}"),
                Invariant($"overlaps block {beforeBlock}"));
    }

    /// <summary>The blocks in use by their place in the file: entry in the upper, block index in the lower 32 bits.</summary>
    public static ulong[] SortByPlace(BlockAllocationTable table)
    {
        ulong[] byPlace = new ulong[table.CountAllocated()];
        int count = 0;
        ReadOnlySpan<uint> entries = table.Entries;
        for (int blockIndex = 0; blockIndex < entries.Length; blockIndex++)
        {
            if (entries[blockIndex] != VhdSpec.UnusedEntry)
            {
                byPlace[count++] = Place(blockIndex, entries[blockIndex]);
            }
        }

        Array.Sort(byPlace);
        return byPlace;
    }

    /// <summary>Counts what <see cref="TableFigures"/> says, in one pass over the table.</summary>
    public static TableFigures Measure(ImageLayout layout, BlockAllocationTable table)
    {
        long step = layout.BlockSpan / VhdSpec.SectorSize;
        int allocated = 0, jumps = 0, last = -1;
        bool isAligned = true;
        long previous = -1;
        ReadOnlySpan<uint> entries = table.Entries;
        for (int blockIndex = 0; blockIndex < entries.Length; blockIndex++)
        {
            uint entry = entries[blockIndex];
            if (entry == VhdSpec.UnusedEntry)
            {
                continue;
            }

            // A gap for alignment between neighbours is no fragmentation.
            bool follows = previous < 0
                || (entry >= previous + step && entry < previous + step + (VhdSpec.DataAlignment / VhdSpec.SectorSize));
            jumps += follows ? 0 : 1;
            isAligned &= layout.DataOffset(entry) % VhdSpec.DataAlignment == 0;
            previous = entry;
            last = blockIndex;
            allocated++;
        }

        return new TableFigures(allocated, last, allocated < 2 ? 0 : (int)Math.Round(100.0 * jumps / (allocated - 1)), isAligned);
    }

    private static bool IsAscending(ReadOnlySpan<uint> entries, long step)
    {
        long least = 0;
        foreach (uint entry in entries)
        {
            if (entry == VhdSpec.UnusedEntry)
            {
                continue;
            }

            if (entry < least)
            {
                return false;
            }

            least = entry + step;
        }

        return true;
    }
}

/// <summary>What one pass over a table says.</summary>
/// <param name="AllocatedBlockCount">Blocks in the file.</param>
/// <param name="LastAllocatedBlock">The highest block index in the file, or -1.</param>
/// <param name="FragmentationPercentage">Of the steps from an allocated block to the next, how many of 100 are jumps in the file.</param>
/// <param name="IsAligned">Whether all block data begins on 4 KiB.</param>
internal readonly record struct TableFigures(
    int AllocatedBlockCount, int LastAllocatedBlock, int FragmentationPercentage, bool IsAligned);
