using VhdPS.Engine.Format;

namespace VhdPS.Engine.Storage;

/// <summary>
/// Tells where virtual sectors lie: the only place where table and bitmaps are turned into file offsets. Runs cover a
/// request exactly and in order and never pass the end of a block. Look-ups may run on several threads at once.
/// </summary>
public sealed class SectorMap
{
    private readonly ImageLayout _layout;
    private readonly bool _ignoreBitmap;
    private readonly bool[] _isPlaceKnown;

    internal SectorMap(ImageFile file, ImageLayout layout, bool ignoreBitmap)
    {
        _layout = layout;
        _ignoreBitmap = ignoreBitmap && layout.VhdType == VhdType.Dynamic;
        _isPlaceKnown = new bool[layout.BlockCount];
        if (layout.Header is null)
        {
            return;
        }

        Table = ReadTable(file, layout);
        Bitmaps = new BitmapCache(file, layout);
    }

    /// <summary>The table; null for a fixed image.</summary>
    public BlockAllocationTable? Table { get; }

    /// <summary>The bitmaps; null for a fixed image.</summary>
    internal BitmapCache? Bitmaps { get; }

    /// <summary>Reads the entries of the disk's blocks from the file.</summary>
    public static BlockAllocationTable ReadTable(ImageFile file, ImageLayout layout) =>
        BlockAllocationTable.Read(layout.BlockCount, bytes => file.ReadAt(layout.TableOffset, bytes));

    /// <summary>The longest run of one origin from <paramref name="sector"/> on.</summary>
    /// <param name="sector">The first virtual sector, less than the disk's count.</param>
    /// <param name="count">The most sectors that are wanted, at least 1.</param>
    /// <exception cref="VhdFormatException">The block's entry names no place for a block.</exception>
    public SectorRun Find(long sector, long count)
    {
        if (Table is null)
        {
            return FindFixed(sector, count);
        }

        int blockIndex = (int)(sector / _layout.SectorsPerBlock);
        int sectorInBlock = (int)(sector % _layout.SectorsPerBlock);
        int length = (int)Math.Min(count, _layout.SectorsPerBlock - sectorInBlock);
        uint entry = Table[blockIndex];
        SectorOrigin absent = _layout.VhdType == VhdType.Differencing ? SectorOrigin.Parent : SectorOrigin.Zero;
        if (entry == VhdSpec.UnusedEntry)
        {
            return new SectorRun(sector, length, absent, -1);
        }

        ThrowIfMisplaced(blockIndex, entry);
        long fileOffset = _layout.DataOffset(entry) + ((long)sectorInBlock * VhdSpec.SectorSize);
        if (_ignoreBitmap || Bitmaps!.Get(blockIndex, entry) is not { } bitmap)
        {
            return new SectorRun(sector, length, SectorOrigin.File, fileOffset);
        }

        int run = SectorBitmap.RunLength(bitmap, sectorInBlock, length, out bool isSet);
        return isSet ? new SectorRun(sector, run, SectorOrigin.File, fileOffset) : new SectorRun(sector, run, absent, -1);
    }

    /// <summary>Enters the place of a block that this handle has made.</summary>
    internal void SetAllocated(int blockIndex, uint entry)
    {
        Table![blockIndex] = entry;
        _isPlaceKnown[blockIndex] = true;
    }

    /// <summary>Refuses the block whose entry names no place for a block.</summary>
    internal void ThrowIfMisplaced(int blockIndex, uint entry)
    {
        if (_isPlaceKnown[blockIndex])
        {
            return;
        }

        if (_layout.CheckEntry(blockIndex, entry) is { } finding)
        {
            throw new VhdFormatException(_layout.Path, finding);
        }

        _isPlaceKnown[blockIndex] = true;
    }

    private SectorRun FindFixed(long sector, long count)
    {
        long fileOffset = sector * VhdSpec.SectorSize;
        long inFile = VhdSpec.SectorsFor(Math.Max(0, _layout.DataEnd - fileOffset));
        return inFile > 0
            ? new SectorRun(sector, Math.Min(count, inFile), SectorOrigin.File, fileOffset)
            : new SectorRun(sector, count, SectorOrigin.Zero, -1);
    }
}
