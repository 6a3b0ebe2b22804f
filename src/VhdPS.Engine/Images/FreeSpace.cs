using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Layout;

namespace VhdPS.Engine.Images;

/// <summary>Looks for free space between the structures and blocks of an image.</summary>
internal static class FreeSpace
{
    /// <summary>File offset of the first free place of <paramref name="length"/> bytes on a sector boundary below the footer; null where
    /// there is none.</summary>
    /// <param name="file">The image; blocks in it that no entry names count as taken.</param>
    /// <param name="layout">Its layout.</param>
    /// <param name="table">Its table.</param>
    /// <param name="length">Bytes that are wanted.</param>
    /// <param name="isGivenUp">Structures whose place counts as free.</param>
    public static long? Find(
        ImageFile file, ImageLayout layout, BlockAllocationTable table, long length, Func<StructureExtent, bool> isGivenUp)
    {
        IEnumerable<(long Start, long End)> structures = layout.Occupied
            .Where(extent => !isGivenUp(extent)).Select(extent => (extent.FileOffset, extent.End));
        IEnumerable<(long Start, long End)> blocks = TableScan.SortByPlace(table)
            .Select(placed => ImageLayout.BitmapOffset(TableScan.EntryOf(placed)))
            .Concat(LostBlocks.Find(file, layout, table, CancellationToken.None))
            .Select(bitmapOffset => (bitmapOffset, bitmapOffset + layout.BlockSpan));
        var wholeTable = (layout.TableOffset, layout.Header!.EntriesEnd);
        long at = 0;
        foreach ((long start, long end) in structures.Append(wholeTable).Concat(blocks).Order())
        {
            if (start - at >= length)
            {
                return at;
            }

            at = Math.Max(at, VhdSpec.RoundUp(end, VhdSpec.SectorSize));
        }

        return layout.DataEnd - at >= length ? at : null;
    }

    /// <summary>Where the footer is, or after the space of a last block that is short in the file.</summary>
    public static long FindEnd(ImageLayout layout, BlockAllocationTable table)
    {
        long blocksEnd = BlockAllocator.FindEnd(layout, table);
        return blocksEnd > layout.DataEnd && blocksEnd <= layout.DataEnd + layout.BlockSpan
            ? blocksEnd
            : VhdSpec.RoundUp(layout.DataEnd, VhdSpec.SectorSize);
    }
}
