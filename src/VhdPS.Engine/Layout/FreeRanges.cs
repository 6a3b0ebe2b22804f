using VhdPS.Engine.Format;


namespace VhdPS.Engine.Layout;

/// <summary>Hands out the places between structures and blocks that hold a whole block, from the start of the file on.</summary>
internal sealed class FreeRanges
{
    private readonly ImageLayout _layout;
    private readonly ulong[] _byPlace;
    private readonly StructureExtent[] _structures;
    private readonly bool _isAligned;
    private readonly bool _isPacked;
    private int _nextBlock;
    private int _nextStructure;
    private long _at;

    /// <summary>Takes the blocks in use by their place in the file, as <see cref="TableScan.SortByPlace"/> gives them.</summary>
    /// <param name="layout">The image.</param>
    /// <param name="byPlace">The blocks.</param>
    /// <param name="isAligned">Whether all data lies on 4 KiB and is to stay so; if not, a gap is used that fits a block only
    /// without.</param>
    /// <param name="isPacked">Whether the places follow each other without gaps, where data does not all lie on 4 KiB anyway: as many
    /// blocks go back as were there before.</param>
    public FreeRanges(ImageLayout layout, ulong[] byPlace, bool isAligned, bool isPacked = false)
    {
        _layout = layout;
        _byPlace = byPlace;
        _isAligned = isAligned;
        _isPacked = isPacked && !isAligned;
        _structures = [.. layout.Occupied.OrderBy(extent => extent.FileOffset)];
        if (byPlace.Length > 0)
        {
            // Between the structures at the front there may be free space, but some checkers take a block there for damage.
            long firstBlock = ImageLayout.BitmapOffset(TableScan.EntryOf(byPlace[0]));
            _at = _structures.Where(extent => extent.FileOffset < firstBlock).Select(extent => extent.End).DefaultIfEmpty(0).Max();
        }
    }

    /// <summary>The first place not yet given out that ends at or below <paramref name="limit"/>.</summary>
    public bool TryTake(long limit, out long bitmapOffset)
    {
        while (_at < limit)
        {
            (long start, long end) = Peek(limit);
            if (TryPlace(Math.Min(start, limit), out bitmapOffset))
            {
                _at = bitmapOffset + _layout.BlockSpan;
                return true;
            }

            _at = Math.Max(_at, end);
            Advance(start);
        }

        bitmapOffset = -1;
        return false;
    }

    private bool TryPlace(long end, out long bitmapOffset)
    {
        bitmapOffset = VhdSpec.RoundUp(_at + _layout.BitmapSize, VhdSpec.DataAlignment) - _layout.BitmapSize;
        if (_isPacked || (bitmapOffset + _layout.BlockSpan > end && !_isAligned))
        {
            bitmapOffset = VhdSpec.RoundUp(_at, VhdSpec.SectorSize);
        }

        return bitmapOffset + _layout.BlockSpan <= end;
    }

    /// <summary>The next extent in the file that is taken.</summary>
    private (long Start, long End) Peek(long limit)
    {
        (long Start, long End) next = (limit, limit);
        if (_nextBlock < _byPlace.Length && ImageLayout.BitmapOffset(TableScan.EntryOf(_byPlace[_nextBlock])) is var block
            && block < next.Start)
        {
            next = (block, block + _layout.BlockSpan);
        }

        if (_nextStructure < _structures.Length && _structures[_nextStructure].FileOffset < next.Start)
        {
            next = (_structures[_nextStructure].FileOffset, _structures[_nextStructure].End);
        }

        return next;
    }

    private void Advance(long start)
    {
        if (_nextStructure < _structures.Length && _structures[_nextStructure].FileOffset == start)
        {
            _nextStructure++;
        }
        else if (_nextBlock < _byPlace.Length && ImageLayout.BitmapOffset(TableScan.EntryOf(_byPlace[_nextBlock])) == start)
        {
            _nextBlock++;
        }
    }
}
