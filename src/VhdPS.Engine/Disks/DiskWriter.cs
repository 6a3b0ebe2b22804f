using VhdPS.Engine.Files;

namespace VhdPS.Engine.Disks;

/// <summary>Puts a disk into a new, empty file. Zeros are not written: what is never written reads as zeros.</summary>
internal abstract class DiskWriter(ImageFile file)
{
    /// <summary>Bytes of the disk that are read and written by one request.</summary>
    public const int ChunkSize = 1024 * 1024;

    /// <summary>The new file.</summary>
    public ImageFile File { get; } = file;

    /// <summary>Bytes of the units that are copied; every block lies in one unit.</summary>
    public abstract long UnitSize { get; }

    /// <summary>Bytes that lie before a chunk in its buffer.</summary>
    public virtual int HeadroomBytes => 0;

    /// <summary>Whether small holes of the source may be read as if they were data.</summary>
    public virtual bool MergesHoles => true;

    /// <summary>Shares extents with the source; null where everything is copied.</summary>
    public ExtentSharing? Sharing
    {
        get => Fresh.Sharing;
        init => Fresh = new FreshRanges(File, value);
    }

    /// <summary>Whether the data is read to find zeros, which are not written; else all that is not known to be zeros is data.</summary>
    public bool FindsZeros { get; init; } = true;

    /// <summary>Bytes of data that the new file has: shared or copied.</summary>
    public long WrittenBytes => Fresh.DataBytes;

    /// <summary>Those of them that were copied.</summary>
    public long CopiedBytes => Fresh.CopiedBytes;

    /// <summary>Prepares the file.</summary>
    public abstract void Begin();

    /// <summary>Copies a unit. Units may be copied on several threads at once.</summary>
    /// <param name="source">The disk.</param>
    /// <param name="unit">The unit.</param>
    /// <param name="buffer">Headroom before the chunk, and the chunk; the headroom's bytes are left as the writer wants them.</param>
    /// <param name="stopping">Ends the copy between requests.</param>
    public abstract void CopyUnit(DiskSource source, DiskUnit unit, byte[] buffer, CancellationToken stopping);

    /// <summary>Sets up a buffer before its first use.</summary>
    public virtual void PrepareBuffer(byte[] buffer)
    {
    }

    /// <summary>Writes the structures, when all units are in the file.</summary>
    public abstract void Complete();

    /// <summary>Puts data of a disk into ranges where nothing has been written.</summary>
    protected FreshRanges Fresh { get; private init; } = new(file, sharing: null);
}

/// <summary>What a disk is written as.</summary>
public enum DiskFormat
{
    /// <summary>A dynamic image: blocks that hold data, and a table.</summary>
    Dynamic,

    /// <summary>A fixed image: the disk's bytes and a footer.</summary>
    Fixed,

    /// <summary>The disk's bytes and nothing else.</summary>
    Raw,

    /// <summary>A differencing image: what differs from a parent.</summary>
    Differencing,
}
