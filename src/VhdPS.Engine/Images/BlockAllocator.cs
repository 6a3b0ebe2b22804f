using System.Buffers;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Layout;

namespace VhdPS.Engine.Images;

/// <summary>
/// Puts new blocks into an image and publishes them so that a crash at any moment loses nothing that was flushed:
/// <list type="bullet">
/// <item>I1: a valid footer exists at every moment: the copy at 0, and at the end except while an allocation is in flight.</item>
/// <item>I2: a table entry is written only after its bitmap and data have been flushed.</item>
/// <item>I3: no block overlaps a structure or another block; the end of data is computed from all of these.</item>
/// <item>I4: an entry that does not fit into 32 bits is refused before any write.</item>
/// <item>I5: a bit of a bitmap is published only after its sector's data.</item>
/// <item>I6: a block's place is used again, or cut off, only when the table on the medium does not name it any more.</item>
/// <item>I7: a new block has no bitmap before the flush that publishes it, so that a crash leaves nothing that looks like a block
/// whose entry was lost.</item>
/// <item>I8: nothing is put over a block with data that no entry names, nor is the file cut before it.</item>
/// </list>
/// </summary>
internal sealed partial class BlockAllocator
{
    private const int EntriesPerSector = VhdSpec.SectorSize / VhdSpec.TableEntrySize;
    private const int ZeroChunk = 1024 * 1024;

    private readonly ImageFile _file;
    private readonly ImageLayout _layout;
    private readonly SectorMap _map;
    private readonly SortedSet<int> _dirtyTableSectors = [];
    private readonly HashSet<int> _unpublished = [];
    private readonly Finding? _lastPastEnd;
    private readonly BatmapWriter? _batmap;
    private readonly FreePlaces _free;
    private long _end;
    private long _footerOffset;

    public BlockAllocator(ImageFile file, ImageLayout layout, SectorMap map)
    {
        _file = file;
        _layout = layout;
        _map = map;
        _footerOffset = layout.DataEnd;
        _end = FindEnd(layout, map.Table!);
        if (LostBlocks.IsAnyAfter(file, layout, map.Table!, _end, layout.DataEnd))
        {
            // I8
            _end = VhdSpec.RoundUp(layout.DataEnd, VhdSpec.SectorSize);
        }

        _free = new FreePlaces(file, layout, map.Table!, _end);
        _lastPastEnd = CheckLast(layout, map.Table!);
        _batmap = layout.VhdType == VhdType.Differencing ? BatmapWriter.Find(file, layout) : null;
    }

    /// <summary>Whether a flush has table entries or bitmaps to publish.</summary>
    public bool HasUnpublished => _freed.Count > 0 || _dirtyTableSectors.Count > 0 || _map.Bitmaps!.Dirty.Count > 0;

    /// <summary>The first byte after all blocks and structures but the footer (I3).</summary>
    public static long FindEnd(ImageLayout layout, BlockAllocationTable table)
    {
        int last = FindLast(table);
        long blocksEnd = last < 0 ? 0 : ImageLayout.BitmapOffset(table[last]) + layout.BlockSpan;
        return VhdSpec.RoundUp(Math.Max(layout.OccupiedEnd, blocksEnd), VhdSpec.SectorSize);
    }

    /// <summary>Refuses to make <paramref name="blockCount"/> blocks where they would not all have a place.</summary>
    public void ThrowIfNoFreeSpace(long blockCount)
    {
        if (blockCount > 0 && _lastPastEnd is { } finding)
        {
            // Before the place that the entry names a block would fill it up; after it the file would grow to there.
            throw new VhdFormatException(_layout.Path, finding);
        }

        long end = _end;
        for (long made = 0; made < blockCount; made++)
        {
            (long bitmapOffset, _, end) = PlaceAfter(end);
            if (bitmapOffset / VhdSpec.SectorSize >= VhdSpec.UnusedEntry && !_free.Contains(blockCount - made))
            {
                // I4
                throw new VhdOperationException(
                    _layout.Path, OperationError.ImageFull,
                        $"the image is full: a new block would lie at offset {bitmapOffset}, and a table entry reaches to 2 TiB.");
            }
        }
    }

    /// <summary>
    /// Makes a block that holds <paramref name="data"/> from <paramref name="sectorInBlock"/> on. Of a dynamic image all bits
    /// are set and the rest is zeros; of a differencing image only the bits of the given sectors. On failure the file's
    /// length, its footer and the table in memory are as they were.
    /// </summary>
    public void Allocate(int blockIndex, int sectorInBlock, ReadOnlySpan<byte> data)
    {
        ThrowIfNoFreeSpace(1);
        byte[]? freshBitmap = null;
        if (_layout.VhdType == VhdType.Differencing)
        {
            freshBitmap = new byte[_layout.BitmapSize];
            SectorBitmap.SetRange(freshBitmap, sectorInBlock, data.Length / VhdSpec.SectorSize);
        }

        if (_free.TryTake(out long bitmapOffset))
        {
            FillFree(bitmapOffset, sectorInBlock, data);
            _batmap?.Clear(blockIndex);
        }
        else
        {
            bitmapOffset = Append(blockIndex, sectorInBlock, data);
        }

        _map.SetAllocated(blockIndex, (uint)(bitmapOffset / VhdSpec.SectorSize));
        _unpublished.Add(blockIndex);
        _dirtyTableSectors.Add(blockIndex / EntriesPerSector);
        if (freshBitmap is null)
        {
            _map.Bitmaps!.SetFull(blockIndex);
        }
        else
        {
            _map.Bitmaps!.SetFresh(blockIndex, freshBitmap);
        }
    }

    /// <summary>Sync, publish bitmaps and entries and drop those of freed blocks, sync.</summary>
    public void Flush()
    {
        if (!HasUnpublished)
        {
            _file.Flush();
            return;
        }

        BitmapCache bitmaps = _map.Bitmaps!;
        WriteFullBitmaps();
        WriteBitmaps(bitmaps.Dirty.Where(_unpublished.Contains));
        _file.Flush();

        // I2, I5: from here on everything that the entries and bits stand for is on the medium.
        WriteBitmaps(bitmaps.Dirty.Where(blockIndex => !_unpublished.Contains(blockIndex)));
        List<long> freedPlaces = DropFreed();
        WriteTable();
        _file.Flush();
        _unpublished.Clear();
        _dirtyTableSectors.Clear();
        bitmaps.SetPublished();
        _freed.Clear();

        // I6
        if (freedPlaces.Count > 0)
        {
            Release(freedPlaces);
        }
    }

    /// <summary>Makes a block after all others; on failure the file's length and its footer are as they were.</summary>
    /// <returns>File offset of its bitmap.</returns>
    private long Append(int blockIndex, int sectorInBlock, ReadOnlySpan<byte> data)
    {
        (long bitmapOffset, long dataOffset, long blockEnd) = PlaceAfter(_end);
        long oldLength = _file.Length, oldFooterOffset = _footerOffset;
        try
        {
            if (blockEnd > _footerOffset)
            {
                // I1: the new footer first; it also makes the file long enough, with zeros in between.
                _file.WriteAt(blockEnd, _layout.Footer.Bytes);
                _footerOffset = blockEnd;
            }

            // QUIRK(DiscUtils): a short last block has the old footer in its tail, which must not stay there as data.
            Zero(oldFooterOffset, Math.Min(_end, oldLength));
            Fill(dataOffset, sectorInBlock, data, Math.Min(oldLength, blockEnd));

            // The map may say "full" of a block that is not there yet; it must not when the entry is published.
            _batmap?.Clear(blockIndex);
        }
        catch
        {
            RollBack(oldLength, oldFooterOffset);
            throw;
        }

        _end = blockEnd;
        return bitmapOffset;
    }

    private (long BitmapOffset, long DataOffset, long End) PlaceAfter(long end)
    {
        long dataOffset = VhdSpec.RoundUp(end + _layout.BitmapSize, VhdSpec.DataAlignment);
        foreach (StructureExtent extent in _layout.LocatorsPastEnd)
        {
            long bitmapOffset = dataOffset - _layout.BitmapSize;
            if (bitmapOffset >= extent.FileOffset && bitmapOffset < extent.End)
            {
                // I3
                dataOffset = VhdSpec.RoundUp(extent.End + _layout.BitmapSize, VhdSpec.DataAlignment);
            }
        }

        return (dataOffset - _layout.BitmapSize, dataOffset, dataOffset + _layout.BlockSize);
    }

    private static Finding? CheckLast(ImageLayout layout, BlockAllocationTable table)
    {
        int last = FindLast(table);
        Finding? finding = last < 0 ? null : layout.CheckEntry(last, table[last]);
        return finding?.Code == FaultCode.BatEntryPastEnd ? finding : null;
    }

    /// <summary>The block whose place is the highest; -1 where none has one.</summary>
    private static int FindLast(BlockAllocationTable table)
    {
        int last = -1;
        ReadOnlySpan<uint> entries = table.Entries;
        for (int blockIndex = 0; blockIndex < entries.Length; blockIndex++)
        {
            if (entries[blockIndex] != VhdSpec.UnusedEntry && (last < 0 || entries[blockIndex] > entries[last]))
            {
                last = blockIndex;
            }
        }

        return last;
    }

    /// <summary>Writes data; whatever the file held before and after it, up to the end of the block, is overwritten with zeros.</summary>
    private void Fill(long dataOffset, int sectorInBlock, ReadOnlySpan<byte> data, long staleEnd)
    {
        long dataStart = dataOffset + ((long)sectorInBlock * VhdSpec.SectorSize);
        Zero(_end, Math.Min(dataStart, staleEnd));
        _file.WriteAt(dataStart, data);
        Zero(dataStart + data.Length, staleEnd);
    }

    private void Zero(long from, long end)
    {
        if (from >= end)
        {
            return;
        }

        byte[] zeros = ArrayPool<byte>.Shared.Rent((int)Math.Min(ZeroChunk, end - from));
        try
        {
            Array.Clear(zeros);
            for (long at = from; at < end;)
            {
                int length = (int)Math.Min(Math.Min(ZeroChunk, zeros.Length), end - at);
                _file.WriteAt(at, zeros.AsSpan(0, length));
                at += length;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(zeros);
        }
    }

    private void RollBack(long oldLength, long oldFooterOffset)
    {
        _footerOffset = oldFooterOffset;
        try
        {
            if (_layout.Footers.End is not null)
            {
                _file.WriteAt(oldFooterOffset, _layout.Footer.Bytes[.._layout.Footers.End.Footer.StoredLength]);
            }

            _file.SetLength(oldLength);
        }
        catch (IOException)
        {
            // The first error is the one to report; the copy of the footer at 0 still holds (I1).
        }
    }

    /// <summary>Writes the bitmaps of new blocks that have every bit set (I7).</summary>
    private void WriteFullBitmaps()
    {
        byte[]? full = null;
        foreach (int blockIndex in _unpublished)
        {
            uint entry = _map.Table![blockIndex];
            if (_map.Bitmaps!.Get(blockIndex, entry) is null)
            {
                if (full is null)
                {
                    full = new byte[_layout.BitmapSize];
                    full.AsSpan().Fill(0xFF);
                }

                _file.WriteAt(ImageLayout.BitmapOffset(entry), full);
            }
        }
    }

    private void WriteBitmaps(IEnumerable<int> blocks)
    {
        foreach (int blockIndex in blocks)
        {
            uint entry = _map.Table![blockIndex];
            if (_map.Bitmaps!.Get(blockIndex, entry) is { } bitmap)
            {
                _file.WriteAt(ImageLayout.BitmapOffset(entry), bitmap);
            }
        }
    }

    private void WriteTable()
    {
        byte[] sector = new byte[VhdSpec.SectorSize];
        foreach (int tableSector in _dirtyTableSectors)
        {
            int first = tableSector * EntriesPerSector;
            int count = Math.Min(EntriesPerSector, _map.Table!.Count - first);
            Span<byte> bytes = sector.AsSpan(0, count * VhdSpec.TableEntrySize);
            _map.Table.Encode(first, bytes);
            _file.WriteAt(_layout.TableOffset + ((long)tableSector * VhdSpec.SectorSize), bytes);
        }
    }
}
