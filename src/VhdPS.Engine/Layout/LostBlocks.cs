using System.Buffers;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;

namespace VhdPS.Engine.Layout;

/// <summary>
/// Finds blocks that lie in the file and that no table entry names: an entry that was changed by damage leaves one, and so does
/// a write that was interrupted before its entry was there. Which of the two it was the file does not say, so each counts as
/// data.
/// </summary>
internal sealed class LostBlocks
{
    /// <summary>The most places that are looked at, so that a large file of small gaps takes no hours.</summary>
    private const int MaxPlaces = 16 * 1024;

    private const int ChunkSize = 256 * 1024;

    private readonly ImageFile _file;
    private readonly ImageLayout _layout;
    private readonly bool _isDamaged;

    /// <summary>Whether the writer of the image puts data on 4 KiB: elsewhere lies data then, which may look like a bitmap.</summary>
    private readonly bool _isAligned;
    private readonly CancellationToken _cancellation;
    private readonly byte[] _bitmap;
    private readonly List<long> _found = [];
    private int _placeCount;

    private LostBlocks(ImageFile file, ImageLayout layout, bool isDamaged, bool isAligned, CancellationToken cancellation)
    {
        _file = file;
        _layout = layout;
        _isDamaged = isDamaged;
        _isAligned = isAligned;
        _cancellation = cancellation;
        _bitmap = new byte[layout.BitmapSize];
    }

    /// <summary>File offsets of the bitmaps of lost blocks, in the order of the file.</summary>
    /// <param name="file">The image.</param>
    /// <param name="layout">Its layout, with a block size.</param>
    /// <param name="byPlace">The blocks whose entries are valid, as <see cref="TableScan.SortByPlace"/> gives them.</param>
    /// <param name="isDamaged">Whether another entry is damaged: then a block of zeros may be the one that it named.</param>
    /// <param name="cancellation">Stops the search.</param>
    public static IReadOnlyList<long> Find(
        ImageFile file, ImageLayout layout, IReadOnlyList<ulong> byPlace, bool isDamaged, CancellationToken cancellation)
    {
        bool isAligned = byPlace.Count > 0 && byPlace.All(
            placed => (ImageLayout.BitmapOffset(TableScan.EntryOf(placed)) + layout.BitmapSize) % VhdSpec.DataAlignment == 0);
        var search = new LostBlocks(file, layout, isDamaged, isAligned, cancellation);
        foreach ((long start, long end) in FileGaps.Find(layout, byPlace))
        {
            search.SearchGap(VhdSpec.RoundUp(start, VhdSpec.SectorSize), end);
        }

        search._found.Sort();
        return search._found;
    }

    /// <summary>The same for an image whose table was read and whose entries are all valid.</summary>
    public static IReadOnlyList<long> Find(
        ImageFile file, ImageLayout layout, BlockAllocationTable table, CancellationToken cancellation) =>
        Find(file, layout, TableScan.SortByPlace(table), isDamaged: false, cancellation);

    /// <summary>Whether one lies after all blocks of a table.</summary>
    /// <param name="file">The image.</param>
    /// <param name="layout">Its layout, with a block size.</param>
    /// <param name="table">Its table.</param>
    /// <param name="start">File offset of the first byte after all blocks and structures.</param>
    /// <param name="footerOffset">Where the footer at the end begins now.</param>
    public static bool IsAnyAfter(ImageFile file, ImageLayout layout, BlockAllocationTable table, long start, long footerOffset)
    {
        if (footerOffset - start < layout.BitmapSize + VhdSpec.SectorSize)
        {
            return false;
        }

        bool isAligned = TableScan.Measure(layout, table).IsAligned;
        var search = new LostBlocks(file, layout, isDamaged: false, isAligned, CancellationToken.None);
        search.SearchGap(start, footerOffset);
        return search._found.Count > 0;
    }

    private void SearchGap(long start, long end)
    {
        long span = _layout.BlockSpan;
        long blockCount = Math.Max(1, (end - start) / span);

        // As long as so many blocks, with the space that the boundary of their data may take: then what lies there are blocks.
        bool isFilled = end - start <= blockCount * (span + VhdSpec.DataAlignment) + VhdSpec.DataAlignment;
        int foundBefore = _found.Count;
        long packed = start, aligned = Align(start);
        while (IsInFile(Math.Min(packed, aligned), end) && _placeCount < MaxPlaces)
        {
            long place = Math.Min(packed, aligned);
            if (IsBlock(place, end, isFilled && (place == aligned || !_isAligned)))
            {
                _found.Add(place);
                packed = place + span;
                aligned = Align(packed);
                continue;
            }

            packed += place == packed ? span : 0;
            aligned = place == aligned ? Align(aligned + span) : aligned;
        }

        for (long place = end - span; _found.Count == foundBefore && place >= start && _placeCount < MaxPlaces; place -= span)
        {
            if (IsBlock(place, end, isFilled))
            {
                _found.Add(place);
                return;
            }
        }
    }

    private long Align(long place) =>
        VhdSpec.RoundUp(place + _layout.BitmapSize, VhdSpec.DataAlignment) - _layout.BitmapSize;

    /// <summary>Whether a block would be whole there; the disk's last block may be short at the end of the file.</summary>
    private bool IsInFile(long place, long end) =>
        end - place >= _layout.BlockSpan || (end == _layout.DataEnd && end - place >= _layout.BitmapSize
            + ((long)Math.Max(1, _layout.SectorsInBlock(_layout.BlockCount - 1)) * VhdSpec.SectorSize));

    private bool IsBlock(long place, long end, bool isFilled)
    {
        if (!IsInFile(place, end))
        {
            return false;
        }

        _cancellation.ThrowIfCancellationRequested();
        _placeCount++;
        if (_file.ReadAt(place, _bitmap) < _bitmap.Length || _bitmap.AsSpan().IndexOfAnyExcept((byte)0) < 0
            || HardDiskFooter.Parse(_bitmap.AsSpan(0, VhdSpec.SectorSize)).HasCookie)
        {
            return false;
        }

        return (isFilled || IsBitmapOfBlock(place)) && (_isDamaged || HasData(place, end));
    }

    /// <summary>In a longer stretch a bitmap must look like one: full, or nothing but zeros under its clear bits.</summary>
    private bool IsBitmapOfBlock(long place)
    {
        int run = SectorBitmap.RunLength(_bitmap, 0, _layout.SectorsPerBlock, out bool isSet);
        if (run == _layout.SectorsPerBlock)
        {
            return isSet;
        }

        if (_layout.VhdType != VhdType.Dynamic)
        {
            return false;
        }

        byte[] shown = new byte[_bitmap.Length];
        new HiddenData(_file, _layout).Find(0, (uint)(place / VhdSpec.SectorSize), _bitmap, shown, _cancellation);
        return SectorBitmap.CountSet(shown, _layout.SectorsInBlock(0)) == 0;
    }

    /// <summary>Whether a sector that the bitmap shows holds anything but zeros; in a child zeros hide what the parent holds.</summary>
    private bool HasData(long place, long end)
    {
        long dataOffset = place + _layout.BitmapSize;
        int count = (int)Math.Min(_layout.SectorsPerBlock, (end - dataOffset) / VhdSpec.SectorSize);
        byte[] data = ArrayPool<byte>.Shared.Rent(ChunkSize);
        try
        {
            for (int sector = 0; sector < count;)
            {
                int run = SectorBitmap.RunLength(_bitmap, sector, count - sector, out bool isSet);
                long from = dataOffset + ((long)sector * VhdSpec.SectorSize);
                if (isSet && (_layout.VhdType == VhdType.Differencing
                    || HasData(from, from + ((long)run * VhdSpec.SectorSize), data.AsSpan(0, ChunkSize))))
                {
                    return true;
                }

                sector += run;
            }

            return false;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(data);
        }
    }

    private bool HasData(long from, long end, Span<byte> buffer)
    {
        while (from < end && _file.TryFindData(from, out long data, out _) && data < end)
        {
            _cancellation.ThrowIfCancellationRequested();
            from = Math.Max(from, data);
            Span<byte> bytes = buffer[..(int)Math.Min(buffer.Length, end - from)];
            if (bytes[.._file.ReadAt(from, bytes)].IndexOfAnyExcept((byte)0) >= 0)
            {
                return true;
            }

            from += bytes.Length;
        }

        return false;
    }
}
