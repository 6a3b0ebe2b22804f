using VhdPS.Engine.Disks;


namespace VhdPS.Engine.Partitions;

/// <summary>A disk source, read as a disk with partitions.</summary>
/// <param name="source">The source; the caller closes it.</param>
/// <param name="logicalSectorSize">512 or 4096; 0 where nobody knows, as of a raw file.</param>
internal sealed class DiskSourceReader(DiskSource source, int logicalSectorSize = 0) : IDiskReader
{
    /// <inheritdoc/>
    public long SizeBytes => source.SizeBytes;

    /// <inheritdoc/>
    public int LogicalSectorSize => logicalSectorSize == 0 && source.ImageFormat is not null ? source.LogicalSectorSize : logicalSectorSize;

    /// <inheritdoc/>
    public void ReadAt(long offset, Span<byte> buffer) => source.ReadAt(offset, buffer);
}
