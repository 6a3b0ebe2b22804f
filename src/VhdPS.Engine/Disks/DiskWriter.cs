using VhdPS.Engine.Files;

namespace VhdPS.Engine.Disks;

/// <summary>Puts a disk into a new, empty file. Zeros are not written: what is never written reads as zeros.</summary>
internal abstract class DiskWriter(ImageFile file)
{
    /// <summary>Bytes of the disk that are read and written by one request.</summary>
    public const int ChunkSize = 1024 * 1024;

    // Below this, reserving the place costs more than it saves.
    private const int LeastReserved = 256 * 1024;

    private long _writtenBytes;

    /// <summary>The new file.</summary>
    public ImageFile File { get; } = file;

    /// <summary>Bytes of the units that are copied; every block lies in one unit.</summary>
    public abstract long UnitSize { get; }

    /// <summary>Bytes that lie before a chunk in its buffer.</summary>
    public virtual int HeadroomBytes => 0;

    /// <summary>Whether small holes of the source may be read as if they were data.</summary>
    public virtual bool MergesHoles => true;

    /// <summary>Bytes of data that were written.</summary>
    public long WrittenBytes => Interlocked.Read(ref _writtenBytes);

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

    /// <summary>Writes bytes where nothing has been written.</summary>
    protected void WriteFresh(long fileOffset, ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length >= LeastReserved)
        {
            File.Reserve(fileOffset, bytes.Length);
        }

        File.WriteAt(fileOffset, bytes);
    }

    /// <summary>Counts data that was written.</summary>
    protected void Count(long bytes) => Interlocked.Add(ref _writtenBytes, bytes);
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
}
