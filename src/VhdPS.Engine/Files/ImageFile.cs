namespace VhdPS.Engine.Files;

/// <summary>
/// The one seam to the operating system: positional, synchronous access to the bytes of one open file. Tests put doubles
/// in its place. Reads, flushes, and writes of ranges that do not touch, may run on several threads at once;
/// nothing else may.
/// </summary>
internal abstract class ImageFile : IDisposable
{
    /// <summary>The path that the file was opened by, for messages and for looking beside it.</summary>
    public abstract string Path { get; }

    /// <summary>Whether the file was opened for writing.</summary>
    public abstract bool CanWrite { get; }

    /// <summary>Length in bytes.</summary>
    public abstract long Length { get; }

    /// <summary>Bytes that the file takes on the medium; less than <see cref="Length"/> where it has holes.</summary>
    public abstract long SizeOnDisk { get; }

    /// <summary>Windows' attributes of the file, such as sparse, compressed and encrypted; null on other systems.</summary>
    public virtual FileAttributes? WindowsAttributes => null;

    /// <summary>When the file was last written to, UTC, as far as the system says.</summary>
    public virtual DateTime LastWriteTime => default;

    /// <summary>Whether another program has changed or replaced the file since it was opened, as far as the system says.</summary>
    internal virtual bool HasChanged => false;

    /// <summary>What distinguishes this file from every other, whatever its path.</summary>
    public abstract FileIdentity Identity { get; }

    /// <summary>Holds the reading of this file back, and of its parents that are opened for it; null for as fast as can be.</summary>
    public virtual RateLimit? RateLimit { get; set; }

    /// <summary>Fills <paramref name="buffer"/> from <paramref name="fileOffset"/>.</summary>
    /// <returns>Bytes read: less than asked only at the end of the file.</returns>
    /// <exception cref="ImageIOException">The read failed.</exception>
    public abstract int ReadAt(long fileOffset, Span<byte> buffer);

    /// <summary>Writes all of <paramref name="data"/> at <paramref name="fileOffset"/>, growing the file where needed.</summary>
    /// <exception cref="ImageIOException">The write failed; any part of it may be in the file.</exception>
    public abstract void WriteAt(long fileOffset, ReadOnlySpan<byte> data);

    /// <summary>Cuts the file or grows it with zeros.</summary>
    /// <exception cref="ImageIOException">The length could not be set.</exception>
    public abstract void SetLength(long length);

    /// <summary>Returns when all earlier writes and lengths are on the medium.</summary>
    /// <exception cref="ImageIOException">The medium did not take them.</exception>
    public abstract void Flush();

    /// <summary>
    /// The next range at or after <paramref name="fileOffset"/> that is not a hole. Where the file system does not tell,
    /// everything up to the end of the file is data.
    /// </summary>
    /// <returns>False where only a hole follows.</returns>
    public virtual bool TryFindData(long fileOffset, out long dataOffset, out long dataEnd)
    {
        dataOffset = fileOffset;
        dataEnd = Length;
        return fileOffset < dataEnd;
    }

    /// <summary>Makes a range read as zeros and gives its space back; false where the file system cannot.</summary>
    public virtual bool TryPunchHole(long fileOffset, long length) => false;

    /// <summary>
    /// Informs the operating system that all of a range, now a hole or after the end, is about to be written. A hint: that
    /// there is no free space for it is reported by the write.
    /// </summary>
    public virtual void Reserve(long fileOffset, long length)
    {
    }

    /// <summary>
    /// The file of the machine that has these bytes, unchanged and at the same offsets, if it is kept from writers; null where
    /// there is none.
    /// </summary>
    internal virtual LocalImageFile? ShareSource => null;

    /// <summary>
    /// Gives a range of this file the extents of a range of another, so that both have them until one is written to. What was
    /// not on the medium yet in the source's range is before this returns; that the target has it is certain after its flush.
    /// </summary>
    /// <param name="source">The other file.</param>
    /// <param name="sourceOffset">Bytes from the start of it, a multiple of the file system's cluster.</param>
    /// <param name="length">Bytes, a multiple of the cluster, all in the source.</param>
    /// <param name="fileOffset">Bytes from the start of this file, a multiple of the cluster; the file grows where needed.</param>
    /// <returns>Null where it is done; else why not, human-readable, and what the range holds is not known.</returns>
    internal virtual string? TryShare(LocalImageFile source, long sourceOffset, long length, long fileOffset) => "it is no file of a disk";

    /// <summary>Informs the operating system that a range will be read soon.</summary>
    public virtual void Prefetch(long fileOffset, long length)
    {
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Closes the file.</summary>
    protected abstract void Dispose(bool disposing);
}

/// <summary>A file's volume and number on it, or its full path where the system gives neither.</summary>
/// <param name="Volume">The volume's number.</param>
/// <param name="FileNumberHigh">Upper half of the file's number.</param>
/// <param name="FileNumberLow">Lower half of the file's number (the inode).</param>
/// <param name="FullPath">Empty where the numbers are known.</param>
internal readonly record struct FileIdentity(ulong Volume, ulong FileNumberHigh, ulong FileNumberLow, string FullPath);
