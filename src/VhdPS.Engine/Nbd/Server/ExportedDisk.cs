namespace VhdPS.Engine.Nbd.Server;

/// <summary>
/// A disk as a server sees it: what it must be able to do, whatever holds it. <see cref="Read"/>, <see cref="FindExtent"/>
/// and <see cref="Prefetch"/> run on several threads at once, beside no other method; every other runs alone.
/// </summary>
public abstract class ExportedDisk : IDisposable
{
    /// <summary>The file, or what else it is, for messages.</summary>
    public abstract string Path { get; }

    /// <summary>The disk's size in bytes.</summary>
    public abstract long SizeBytes { get; }

    /// <summary>Bytes of a sector: a power of two from 512 to 4096. All offsets and lengths below are multiples of it.</summary>
    public virtual int SectorSize => 512;

    /// <summary>Bytes that are given back as a whole: a power of two, at least a sector.</summary>
    public virtual int BlockSize => SectorSize;

    /// <summary>Whether the disk cannot be written.</summary>
    public abstract bool IsReadOnly { get; }

    /// <summary>Fills <paramref name="buffer"/> from <paramref name="offset"/>; past the end, in the last sector, with zeros.</summary>
    public abstract void Read(long offset, Span<byte> buffer);

    /// <summary>Writes all of <paramref name="data"/> at <paramref name="offset"/>.</summary>
    public abstract void Write(long offset, ReadOnlySpan<byte> data);

    /// <summary>Makes a range read as zeros.</summary>
    /// <param name="offset">Bytes from the start of the disk.</param>
    /// <param name="length">Bytes.</param>
    /// <param name="mayDiscard">Whether the range may give its space back.</param>
    public abstract void Zero(long offset, long length, bool mayDiscard);

    /// <summary>Gives the space of a range back where that can be done; what it then reads as is not said.</summary>
    public abstract void Discard(long offset, long length);

    /// <summary>Returns when everything that was written is on the medium and can be found there.</summary>
    public abstract void Flush();

    /// <summary>What lies at <paramref name="offset"/> and how far that goes, looking at tables and holes only.</summary>
    /// <param name="offset">Bytes from the start of the disk.</param>
    /// <param name="length">The most bytes that are wanted, at least a sector.</param>
    public abstract ExportedExtent FindExtent(long offset, long length);

    /// <summary>Tells the system that a range will be read soon.</summary>
    public virtual void Prefetch(long offset, long length)
    {
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Flushes what is left to flush and closes the disk.</summary>
    protected abstract void Dispose(bool disposing);
}
