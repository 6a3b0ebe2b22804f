using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Layout;

namespace VhdPS.Engine.Images;

/// <summary>
/// Places for blocks between others that no table entry names and that are zeros from end to end: in such a place nothing can
/// lie that a damaged table has lost. Those that the file had when it was opened are looked at when the first is wanted.
/// </summary>
internal sealed class FreePlaces
{
    /// <summary>After so many gaps with something in them no more are looked at: they may be gigabytes of lost blocks.</summary>
    private const int MaxRejectedCount = 1000;

    private readonly ImageFile _file;
    private readonly ImageLayout _layout;
    private readonly SortedSet<long> _known = [];
    private readonly FreeRanges? _gaps;
    private long _limit;
    private int _rejectedCount;

    /// <summary>Takes a table before this handle changes it.</summary>
    /// <param name="file">The file.</param>
    /// <param name="layout">Its layout.</param>
    /// <param name="table">Its table, in which no two blocks overlap.</param>
    /// <param name="end">File offset of the first byte after all blocks.</param>
    public FreePlaces(ImageFile file, ImageLayout layout, BlockAllocationTable table, long end)
    {
        _file = file;
        _layout = layout;
        _limit = end;
        int allocated = table.CountAllocated();
        if (allocated > 0 && end - layout.TableOffset - (allocated * layout.BlockSpan) >= layout.BlockSpan)
        {
            _gaps = new FreeRanges(layout, TableScan.SortByPlace(table), TableScan.Measure(layout, table).IsAligned);
        }
    }

    /// <summary>Takes a place that is zeros from end to end and that the table on the medium does not name any more.</summary>
    public void Add(long bitmapOffset) => _known.Add(bitmapOffset);

    /// <summary>Forgets the places that end after <paramref name="end"/>, where the file is going to be cut off.</summary>
    public void CutAt(long end)
    {
        _limit = Math.Min(_limit, end);
        _known.RemoveWhere(bitmapOffset => bitmapOffset + _layout.BlockSpan > end);
    }

    /// <summary>Gives the place that is nearest to the start of the file; false where there is none.</summary>
    /// <exception cref="ImageIOException">The file could not be read.</exception>
    public bool TryTake(out long bitmapOffset)
    {
        if (!Contains(1))
        {
            bitmapOffset = -1;
            return false;
        }

        bitmapOffset = _known.Min;
        _known.Remove(bitmapOffset);
        return true;
    }

    /// <summary>Whether there are so many places.</summary>
    /// <exception cref="ImageIOException">The file could not be read.</exception>
    public bool Contains(long count)
    {
        while (_known.Count < count && _rejectedCount < MaxRejectedCount && _gaps is not null
            && _gaps.TryTake(_limit, out long bitmapOffset))
        {
            if (ZeroFill.IsClear(_file, bitmapOffset, bitmapOffset + _layout.BitmapSize)
                && ZeroFill.IsClear(_file, bitmapOffset + _layout.BitmapSize, bitmapOffset + _layout.BlockSpan))
            {
                _known.Add(bitmapOffset);
            }
            else
            {
                _rejectedCount++;
            }
        }

        return _known.Count >= count;
    }
}
