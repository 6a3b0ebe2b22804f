using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Layout;

namespace VhdPS.Engine.Images;

internal sealed partial class BlockAllocator
{
    private readonly SortedSet<int> _freed = [];

    /// <summary>Bytes of the bitmaps of blocks that wait to leave the table.</summary>
    public long FreedBitmapBytes => (long)_freed.Count * _layout.BitmapSize;

    /// <summary>
    /// Makes a block read as zeros, or in a child as its parent, and gives its place back: data zeroed and bitmap cleared now,
    /// whichever of the two comes first on the medium; the entry dropped by the next flush, between two syncs. Only after that
    /// the place is used for another block, or the file cut before it. A write to the block before the flush keeps it.
    /// </summary>
    public void Free(int blockIndex)
    {
        if (_freed.Contains(blockIndex))
        {
            return;
        }

        uint entry = _map.Table![blockIndex];
        long bitmapOffset = ImageLayout.BitmapOffset(entry), dataOffset = _layout.DataOffset(entry);

        // QUIRK(DiscUtils): a short last block has the footer in its tail.
        long dataEnd = Math.Max(
            dataOffset + ((long)_layout.SectorsInBlock(blockIndex) * VhdSpec.SectorSize),
            Math.Min(dataOffset + _layout.BlockSize, _footerOffset));
        _batmap?.Clear(blockIndex);
        ZeroFill.Discard(_file, dataOffset, dataEnd);
        _file.WriteAt(bitmapOffset, new byte[_layout.BitmapSize]);
        _map.Bitmaps!.SetEmpty(blockIndex);
        _freed.Add(blockIndex);
    }

    /// <summary>Keeps a block of which something is written after all.</summary>
    public void Keep(int blockIndex) => _freed.Remove(blockIndex);

    /// <summary>Drops the entries of freed blocks from the table in memory.</summary>
    /// <returns>The places that are free when the table is on the medium.</returns>
    private List<long> DropFreed()
    {
        var places = new List<long>(_freed.Count);
        foreach (int blockIndex in _freed)
        {
            places.Add(ImageLayout.BitmapOffset(_map.Table![blockIndex]));
            _map.Table[blockIndex] = VhdSpec.UnusedEntry;
            _map.Bitmaps!.Forget(blockIndex);
            _dirtyTableSectors.Add(blockIndex / EntriesPerSector);
        }

        return places;
    }

    /// <summary>Takes the places of blocks that the table on the medium names no more; a last one shortens the file.</summary>
    private void Release(List<long> places)
    {
        places.ForEach(_free.Add);
        if (places.Max() + _layout.BlockSpan < _end)
        {
            return;
        }

        long end = FindEnd(_layout, _map.Table!);
        if (LostBlocks.IsAnyAfter(_file, _layout, _map.Table!, end, _footerOffset))
        {
            // I8
            return;
        }

        _end = end;
        _free.CutAt(_end);
        var footers = new FooterWriter(_file, _layout.Footer, _footerOffset);
        footers.CutTo(_end);
        _footerOffset = footers.EndOffset;
    }

    /// <summary>Writes a block into a place that is zeros from end to end.</summary>
    private void FillFree(long bitmapOffset, int sectorInBlock, ReadOnlySpan<byte> data) =>
        _file.WriteAt(bitmapOffset + _layout.BitmapSize + ((long)sectorInBlock * VhdSpec.SectorSize), data);
}
