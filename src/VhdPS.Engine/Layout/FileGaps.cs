namespace VhdPS.Engine.Layout;

/// <summary>The stretches of a file before its footer that no structure, no table entry and no block takes.</summary>
internal static class FileGaps
{
    /// <summary>File offsets, start and end, in the order of the file.</summary>
    /// <param name="layout">The image.</param>
    /// <param name="byPlace">Blocks in the file, as <see cref="TableScan.SortByPlace"/> gives them; they may overlap.</param>
    public static IEnumerable<(long Start, long End)> Find(ImageLayout layout, IReadOnlyList<ulong> byPlace)
    {
        // Entries past the disk's last block are the table's too, whatever they say.
        (long Start, long End)[] occupied =
        [
            .. layout.Occupied.Select(extent => (extent.FileOffset, extent.End))
                .Append((layout.TableOffset, layout.Header?.EntriesEnd ?? layout.TableOffset)).Order(),
        ];
        long cursor = 0;
        int structure = 0;
        foreach (ulong placed in byPlace)
        {
            long start = ImageLayout.BitmapOffset(TableScan.EntryOf(placed));
            for (; structure < occupied.Length && occupied[structure].Start <= start; structure++)
            {
                if (occupied[structure].Start > cursor)
                {
                    yield return (cursor, occupied[structure].Start);
                }

                cursor = Math.Max(cursor, occupied[structure].End);
            }

            if (start > cursor)
            {
                yield return (cursor, start);
            }

            cursor = Math.Max(cursor, start + layout.BlockSpan);
        }

        for (; structure < occupied.Length; structure++)
        {
            if (occupied[structure].Start > cursor)
            {
                yield return (cursor, Math.Min(occupied[structure].Start, layout.DataEnd));
            }

            cursor = Math.Max(cursor, occupied[structure].End);
        }

        if (layout.DataEnd > cursor)
        {
            yield return (cursor, layout.DataEnd);
        }
    }
}
