using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Layout;
using static System.FormattableString;

namespace VhdPS.Engine.Checking;

/// <summary>Keeps blocks that no table entry names from being dropped with their file, or with the space between the blocks.</summary>
internal static class LostBlockGuard
{
    /// <summary>Refuses an image that has such blocks; a fixed one has none.</summary>
    /// <exception cref="VhdOperationException">It has.</exception>
    public static void ThrowIfAny(ImageFile file, ImageLayout layout, CancellationToken cancellation = default)
    {
        if (layout.Header is not null)
        {
            ThrowIfAny(file, layout, SectorMap.ReadTable(file, layout), cancellation);
        }
    }

    /// <summary>The same for an image whose table has been read.</summary>
    /// <param name="file">The image.</param>
    /// <param name="layout">Its layout.</param>
    /// <param name="table">Its table; null for a fixed image, which has no blocks.</param>
    /// <param name="cancellation">Stops the search.</param>
    /// <exception cref="VhdOperationException">It has.</exception>
    public static void ThrowIfAny(
        ImageFile file, ImageLayout layout, BlockAllocationTable? table, CancellationToken cancellation)
    {
        if (table is null)
        {
            return;
        }

        // Beside an entry that names no place for a block, a block of zeros may be the one that it named.
        ulong[] byPlace = [.. TableScan.SortByPlace(table).Where(placed => IsPlaced(layout, placed))];
        bool isDamaged = byPlace.Length < table.CountAllocated();
        IReadOnlyList<long> lost = LostBlocks.Find(file, layout, byPlace, isDamaged, cancellation);
        if (lost.Count > 0)
        {
            throw new VhdOperationException(
                layout.Path, OperationError.LostBlocksPresent,
                Invariant($"blocks with data lie in the file that no table entry names: {lost.Count}, the first at offset {lost[0]}."));
        }
    }

    private static bool IsPlaced(ImageLayout layout, ulong placed) =>
        layout.CheckEntry(TableScan.BlockOf(placed), TableScan.EntryOf(placed)) is null;
}
