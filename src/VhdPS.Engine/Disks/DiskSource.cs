using VhdPS.Engine.Chains;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Engine.Layout;
using VhdPS.Engine.Nbd;
using VhdPS.Engine.Nbd.Client;

namespace VhdPS.Engine.Disks;

/// <summary>
/// A virtual disk that is read, whatever holds it: an image of any type, or a raw file. Where it has no data is known
/// without reading. <see cref="ReadAt"/> may run on several threads at once; nothing else may.
/// </summary>
public abstract class DiskSource : IDisposable
{
    private readonly ImageFile _file;
    private readonly long _length;
    private readonly DateTime _lastWriteTime;
    private readonly bool _ownsFile = true;

    private protected DiskSource(ImageFile file)
    {
        _file = file;
        _length = file.Length;
        _lastWriteTime = file.LastWriteTime;
    }

    /// <summary>Shows the disk of another source in another way; the other stays its owner's.</summary>
    private protected DiskSource(DiskSource inner)
    {
        _file = inner._file;
        _length = inner._length;
        _lastWriteTime = inner._lastWriteTime;
        _ownsFile = false;
    }

    /// <summary>The file.</summary>
    public string Path => _file.Path;

    /// <summary>The file and those of its parents that were opened for it.</summary>
    internal virtual IEnumerable<string> FilePaths => [Path];

    /// <summary>What distinguishes the file from every other.</summary>
    internal FileIdentity Identity => _file.Identity;

    /// <summary>Length of the file in bytes.</summary>
    public long FileSize => _length;

    /// <summary>Bytes that the file takes on the medium.</summary>
    public long SizeOnDisk => _file.SizeOnDisk;

    /// <summary>The disk's size in bytes; of a raw file its length, which may be not a whole number of sectors.</summary>
    public abstract long SizeBytes { get; }

    /// <summary>
    /// The disk in sectors of 512 bytes, whatever its own; the last is filled up with zeros where the size is not a whole number
    /// of them.
    /// </summary>
    public long SectorCount => VhdSpec.SectorsFor(SizeBytes);

    /// <summary>Bytes of a sector as the disk shows it, 512 or 4096.</summary>
    public virtual int LogicalSectorSize => VhdSpec.SectorSize;

    /// <summary>Bytes of a sector as the disk recommends to write it, 512 or 4096.</summary>
    public virtual int PhysicalSectorSize => VhdSpec.SectorSize;

    /// <summary>The disk in sectors of its own size, the last of which may be short.</summary>
    public long LogicalSectorCount => (SizeBytes / LogicalSectorSize) + (SizeBytes % LogicalSectorSize == 0 ? 0 : 1);

    /// <summary>The format of the file; null for a raw disk.</summary>
    public virtual VhdFormat? ImageFormat => Layout is null ? null : VhdFormat.Vhd;

    /// <summary>Fixed, dynamic or differencing; null for a raw disk.</summary>
    public virtual VhdType? ImageType => Layout?.VhdType;

    /// <summary>Bytes in a block; null where the disk lies in one piece.</summary>
    public virtual int? BlockSize => Layout is { BlockSize: > 0 and var blockSize } ? blockSize : null;

    /// <summary>Blocks of the disk, 1 where it lies in one piece.</summary>
    public virtual long BlockCount => 1;

    /// <summary>Where everything lies in a VHD; null for every other source.</summary>
    internal abstract ImageLayout? Layout { get; }

    /// <summary>What of a damaged image was lost so far and filled, in the order of the disk; empty unless opened by force.</summary>
    public virtual IReadOnlyList<LostRange> LostRanges => [];

    /// <summary>What departs from the format's specification, as far as opening looks.</summary>
    public virtual IReadOnlyList<Finding> Findings => Layout?.Findings ?? [];

    /// <summary>Which image it is to its children; null for a raw disk.</summary>
    internal virtual ChainImage? Image => Layout is { } layout ? ChainImage.Of(layout) : null;

    /// <summary>Opens what a path names for reading, shared with other readers.</summary>
    /// <exception cref="FileNotFoundException">There is none.</exception>
    /// <exception cref="ImageInUseException">A writer has it open.</exception>
    /// <exception cref="VhdFormatException">It is to be an image and is none that can be read.</exception>
    public static DiskSource Open(string path, SourceFormat format, VhdOpenOptions? options = null) =>
        DiskSources.Open(path, format, options ?? VhdOpenOptions.Default);

    /// <summary>Reads an open file and owns it from then on, also when it is refused.</summary>
    /// <exception cref="VhdFormatException">It is to be an image and is none that can be read.</exception>
    internal static DiskSource Open(ImageFile file, SourceFormat format, VhdOpenOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(file);
        return DiskSources.Open(file, format, options ?? VhdOpenOptions.Default);
    }

    /// <summary>Connects to a disk that an NBD server offers.</summary>
    /// <param name="uri">Its address.</param>
    /// <param name="options">How the server is trusted and waited for.</param>
    /// <param name="cancellation">Makes what waits for the server fail, for as long as the source is open.</param>
    /// <exception cref="NbdException">The address is no NBD URI, no server answers there, or it refuses or is not trusted.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static DiskSource Connect(string uri, NbdClientOptions? options = null, CancellationToken cancellation = default) =>
        DiskSources.Connect(uri, options, limit: null, cancellation);

    /// <summary>What lies at <paramref name="offset"/> and how far that goes, looking at tables and holes only.</summary>
    /// <param name="offset">A multiple of 512, less than the size.</param>
    /// <exception cref="VhdFormatException">The block there cannot be found.</exception>
    public abstract DiskExtent FindExtent(long offset);

    /// <summary>Fills <paramref name="buffer"/> from <paramref name="offset"/>; after the end of the disk with zeros.</summary>
    /// <param name="offset">A multiple of 512, at most the size rounded up to a sector.</param>
    /// <param name="buffer">A whole number of sectors.</param>
    /// <exception cref="VhdFormatException">A sector cannot be found.</exception>
    /// <exception cref="ImageIOException">The file could not be read.</exception>
    public void ReadAt(long offset, Span<byte> buffer)
    {
        int inside = (int)Math.Clamp((SectorCount * VhdSpec.SectorSize) - offset, 0, buffer.Length);
        if (inside > 0)
        {
            ReadInside(offset, buffer[..inside]);
        }

        buffer[inside..].Clear();
    }

    /// <summary>
    /// How many bytes of a range may hold data, from the table or the holes alone: exact enough for progress and free space, and
    /// the parts of a disk add up to the whole.
    /// </summary>
    public abstract long CountDataBytes(long offset, long endOffset);

    /// <summary>Informs the system that a range will be read soon.</summary>
    public abstract void Prefetch(long offset, long length);

    /// <summary>The disk as a stream of bytes, for reading.</summary>
    /// <param name="leaveOpen">Whether the source stays open when the stream is closed.</param>
    public Stream OpenStream(bool leaveOpen = false) => new DiskStream(new Bytes(this), ownsDisk: !leaveOpen);

    /// <summary>Says in runs where blocks of the disk lie.</summary>
    /// <param name="detail">How closely is looked.</param>
    /// <param name="firstBlock">The first block.</param>
    /// <param name="count">Blocks; what passes the end of the disk is left out.</param>
    /// <exception cref="VhdFormatException">A block cannot be found, or the chain cannot be followed.</exception>
    public abstract IEnumerable<BlockRun> FindBlocks(BlockDetail detail, long firstBlock = 0, long count = long.MaxValue);

    /// <summary>How the blocks lie; null where the disk has none.</summary>
    /// <exception cref="ImageIOException">The table could not be read.</exception>
    internal virtual TableFigures? MeasureBlocks() => null;

    /// <summary>Places in the file that are not the disk's: bytes from the start of the file, and bytes.</summary>
    public virtual IEnumerable<(long FileOffset, long Length)> FindStructures() => [];

    /// <summary>The longest run of sectors that lie in one file, or in none, and its bytes.</summary>
    /// <param name="sector">The first sector, of the disk's own size.</param>
    /// <param name="count">The most sectors that are wanted, at least 1; none past the end of the disk.</param>
    /// <param name="data">The run's bytes.</param>
    /// <exception cref="ArgumentException">A sector is not on the disk.</exception>
    /// <exception cref="VhdFormatException">A sector cannot be found.</exception>
    /// <exception cref="ImageIOException">A file could not be read.</exception>
    internal virtual ChainRun ReadRun(long sector, int count, out byte[] data)
    {
        ThrowIfPastEnd(sector, count);
        ChainRun run = FindRun(sector, count);
        data = new byte[run.Count * LogicalSectorSize];
        ReadAt(sector * LogicalSectorSize, data);
        return run;
    }

    /// <summary>Refuses a range that is not on the disk.</summary>
    /// <param name="sector">The first sector, of the disk's own size.</param>
    /// <param name="count">Sectors.</param>
    /// <exception cref="ArgumentOutOfRangeException">A sector of the range is not on the disk.</exception>
    public void ThrowIfPastEnd(long sector, long count) => SectorRange.ThrowIfPastEnd(Path, LogicalSectorCount, sector, count);

    /// <summary>Refuses an image with which a virtual machine's state is saved.</summary>
    /// <exception cref="VhdOperationException">One is.</exception>
    public void ThrowIfStateSaved()
    {
        if (Layout is { Footer.SavedState: not 0 })
        {
            throw new VhdOperationException(
                Path, OperationError.StateSaved, "the state of a virtual machine is saved with the image.")
            { IsOverridable = true };
        }
    }

    /// <summary>Refuses a result whose source was changed while it was read.</summary>
    /// <exception cref="ImageInUseException">
    /// The file's, or a parent's, identity, length or time of the last write are not what they were.
    /// </exception>
    public virtual void ThrowIfChanged()
    {
        if (_file.HasChanged || _file.LastWriteTime != _lastWriteTime || _file.Length != _length)
        {
            throw new ImageInUseException(Path, forWriting: false);
        }
    }

    /// <summary>The file that is read.</summary>
    internal ImageFile File => _file;

    /// <summary>Whether there is a file that can be deleted.</summary>
    internal bool IsDeletable => _file is LocalImageFile;

    /// <summary>Deletes the file that was read, not a link that led to it, and closes it.</summary>
    /// <exception cref="ImageInUseException">Another file has taken its place.</exception>
    /// <exception cref="ImageIOException">It could not be deleted.</exception>
    internal void DeleteFile()
    {
        if (_file is LocalImageFile file)
        {
            file.Delete();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Closes the file.</summary>
    protected virtual void Dispose(bool disposing)
    {
        if (disposing && _ownsFile)
        {
            _file.Dispose();
        }
    }

    /// <summary>The longest run of sectors of the disk's own size that lie in one file, or in none; all are on the disk.</summary>
    private protected abstract ChainRun FindRun(long sector, int count);

    /// <summary>Where bytes of the disk lie, for sharing them. May be asked on several threads at once.</summary>
    /// <param name="offset">A multiple of 512, less than the size.</param>
    /// <param name="length">The most bytes that are wanted, at most to the end of the disk's last sector.</param>
    /// <exception cref="VhdFormatException">A sector cannot be found.</exception>
    internal virtual StoredRun FindStored(long offset, long length) => StoredRun.Unshared(length);

    /// <summary>The file that sharing is tried with; null where none is.</summary>
    internal LocalImageFile? ShareSource => ShareRefusal is null ? _file.ShareSource : null;

    /// <summary>Why nothing is shared with the file, human-readable; null where nothing speaks against it.</summary>
    internal virtual string? ShareRefusal => _file.ShareSource is null ? "the source is no file that is kept from changes" : null;

    /// <summary>Reads sectors of 512 bytes of the disk.</summary>
    private protected abstract void ReadInside(long offset, Span<byte> buffer);

    /// <summary>Turns a stretch of the file into an extent of whole sectors; what is in doubt counts as data.</summary>
    private protected static DiskExtent Extent(SparseRanges holes, long offset, long length, long fileOffset)
    {
        bool isZero = holes.IsHole(fileOffset, out long stretchEnd);
        long stretch = stretchEnd - fileOffset;
        if (isZero && stretch < length)
        {
            stretch -= stretch % VhdSpec.SectorSize;
            isZero = stretch > 0;
        }

        stretch = Math.Max(stretch, VhdSpec.SectorSize);
        return new DiskExtent(offset, stretch >= length ? length : VhdSpec.RoundUp(stretch, VhdSpec.SectorSize), isZero);
    }

    /// <summary>Bytes of a range of the file that are not holes.</summary>
    private protected static long CountData(SparseRanges holes, long fileOffset, long end)
    {
        long count = 0;
        for (long at = fileOffset; at < end;)
        {
            bool isHole = holes.IsHole(at, out long stretchEnd);
            stretchEnd = Math.Min(stretchEnd, end);
            count += isHole ? 0 : stretchEnd - at;
            at = stretchEnd;
        }

        return count;
    }

    private sealed class Bytes(DiskSource source) : IDiskBytes
    {
        public long SizeBytes => source.SizeBytes;

        public int UnitSize => VhdSpec.SectorSize;

        public bool CanWrite => false;

        public void Read(long offset, Span<byte> buffer) => source.ReadAt(offset, buffer);

        public void Write(long offset, ReadOnlySpan<byte> data) => throw new NotSupportedException();

        public void Flush()
        {
        }

        public void Close() => source.Dispose();
    }
}

/// <summary>Adjacent bytes of a disk that are known to be zeros without reading them, or are not.</summary>
/// <param name="Offset">Bytes from the start of the disk.</param>
/// <param name="Length">Bytes, at least one sector.</param>
/// <param name="IsZero">Whether they are certain to be zeros; if not, they may still be.</param>
public readonly record struct DiskExtent(long Offset, long Length, bool IsZero)
{
    /// <summary>The first byte after it.</summary>
    public long End => Offset + Length;
}

/// <summary>How closely is looked where blocks lie.</summary>
public enum BlockDetail
{
    /// <summary>By the table alone.</summary>
    Table,

    /// <summary>By table and bitmaps.</summary>
    Bitmaps,

    /// <summary>Sector by sector, through the whole chain.</summary>
    Chain,
}

/// <summary>What a file is to be read as. A raw disk is never taken for an image nor an image for a raw disk: a guest can write
/// either.</summary>
public enum SourceFormat
{
    /// <summary>An image, VHD or VHDX by its content.</summary>
    Vhd,

    /// <summary>The bytes of the disk and nothing else.</summary>
    Raw,
}
