using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Layout;


namespace VhdPS.Engine.Chains;

/// <summary>One image of a chain, or a raw disk, as a source of sectors. Look-ups and reads may run on several threads.</summary>
internal sealed class DiskLevel : IDisposable
{
    private readonly ImageFile _file;
    private readonly Lazy<SectorMap>? _map;
    private readonly int _lastSectorBytes;
    private readonly long _dataEnd;
    private readonly int _sectorsPerBlock;

    /// <summary>An image; its table is read when the first of its sectors is looked up.</summary>
    public DiskLevel(ImageFile file, ImageLayout layout, string path, bool ignoreBitmap, bool readsCutBlocks = false)
        : this(file, path, layout)
    {
        _map = new Lazy<SectorMap>(() => new SectorMap(file, layout, ignoreBitmap, readsCutBlocks));
    }

    /// <summary>The image that is open as a disk.</summary>
    public DiskLevel(ImageFile file, ImageLayout layout, SectorMap map)
        : this(file, file.Path, layout)
    {
        _map = new Lazy<SectorMap>(map);
    }

    /// <summary>A raw disk: the file's bytes are the disk's.</summary>
    public DiskLevel(ImageFile file, string path)
    {
        _file = file;
        _dataEnd = file.Length;
        Path = path;
        SectorCount = VhdSpec.SectorsFor(file.Length);
    }

    private DiskLevel(ImageFile file, string path, ImageLayout layout)
    {
        _file = file;
        _lastSectorBytes = (int)(layout.Size.SizeBytes % VhdSpec.SectorSize);
        _dataEnd = layout.BlockCount == 0 ? layout.DataEnd : long.MaxValue;
        Path = path;
        SectorCount = layout.SectorCount;
        BlockCount = layout.BlockCount;
        _sectorsPerBlock = layout.SectorsPerBlock;
    }

    /// <summary>The file as it was found.</summary>
    public string Path { get; }

    /// <summary>Virtual sectors.</summary>
    public long SectorCount { get; }

    /// <summary>Table entries that the level keeps in memory.</summary>
    public long BlockCount { get; }

    /// <summary>The longest run of one origin; after the end of the disk zeros.</summary>
    public SectorRun Find(long sector, long count)
    {
        if (sector >= SectorCount)
        {
            return new SectorRun(sector, count, SectorOrigin.Zero, -1);
        }

        long inside = Math.Min(count, SectorCount - sector);
        return _map?.Value.Find(sector, inside)
            ?? new SectorRun(sector, inside, SectorOrigin.File, sector * VhdSpec.SectorSize);
    }

    /// <summary>Sectors from <paramref name="sector"/> to the end of its block, at most <paramref name="count"/>.</summary>
    public long CountInBlock(long sector, long count) =>
        _sectorsPerBlock == 0 ? count : Math.Min(count, _sectorsPerBlock - (sector % _sectorsPerBlock));

    /// <summary>Sectors from <paramref name="sector"/> on, at most <paramref name="count"/>, of a block whose entry names no place for
    /// one; 0 where the block can be read.</summary>
    public long CountMisplaced(long sector, long count) =>
        sector >= SectorCount ? 0 : _map?.Value.CountMisplaced(sector, Math.Min(count, SectorCount - sector)) ?? 0;

    /// <summary>Sets a bit, bit 7 of byte 0 first, for each sector that this file holds; after the end of the disk none.</summary>
    /// <param name="sector">The first sector, a multiple of 8; its bit is the first.</param>
    /// <param name="count">Sectors.</param>
    /// <param name="wanted">The sectors that matter.</param>
    /// <param name="mask">Whole bytes of bits, cleared before.</param>
    public void AddPresence(long sector, int count, ReadOnlySpan<byte> wanted, Span<byte> mask)
    {
        int inside = (int)Math.Clamp(SectorCount - sector, 0, count);
        if (inside == 0)
        {
            return;
        }

        if (_map is null)
        {
            SectorBitmap.SetRange(mask, 0, inside);
        }
        else
        {
            _map.Value.AddPresence(sector, inside, wanted, mask);
        }
    }

    /// <summary>Sectors from <paramref name="sector"/> on whose places follow on each other in the file, at most <paramref
    /// name="count"/>.</summary>
    public int PlaceOf(long sector, int count, out long fileOffset)
    {
        if (_map is null)
        {
            fileOffset = sector * VhdSpec.SectorSize;
            return (int)Math.Min(count, SectorCount - sector);
        }

        return _map.Value.PlaceOf(sector, count, out fileOffset);
    }

    /// <summary>The file, if others may share its bytes; null where they may not.</summary>
    public LocalImageFile? ShareSource => _file.ShareSource;

    /// <summary>File offset before which the file's bytes are those of the run's sectors; what follows reads as zeros.</summary>
    public long EndOfStored(SectorRun run)
    {
        long sectors = _lastSectorBytes != 0 && run.Sector + run.Count == SectorCount ? run.Count - 1 : run.Count;
        return Math.Min(Math.Min(_dataEnd, _file.Length), run.FileOffset + (sectors * VhdSpec.SectorSize));
    }

    /// <summary>Reads sectors that lie together in the file from <paramref name="fileOffset"/> on.</summary>
    public void Read(long sector, long fileOffset, Span<byte> buffer)
    {
        // A last block that is short in the file, and the last sector of a disk without blocks, read as zeros after what is there.
        int held = (int)Math.Min(buffer.Length, _dataEnd - fileOffset);
        buffer[_file.ReadAt(fileOffset, buffer[..held])..].Clear();
        if (_lastSectorBytes != 0 && sector + (buffer.Length / VhdSpec.SectorSize) == SectorCount)
        {
            buffer[^(VhdSpec.SectorSize - _lastSectorBytes)..].Clear();
        }
    }

    /// <summary>Refuses a result that was read from a file which is no longer what it was when it was opened.</summary>
    /// <exception cref="ImageInUseException">Another program has changed or replaced it.</exception>
    public void ThrowIfChanged()
    {
        if (_file.HasChanged)
        {
            throw new ImageInUseException(Path, forWriting: false);
        }
    }

    public void Dispose() => _file.Dispose();
}
