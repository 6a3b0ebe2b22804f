namespace VhdPS.Engine.Partitions;

/// <summary>A virtual disk as partition tables and file systems lie on it, whatever holds it.</summary>
public interface IDiskReader
{
    /// <summary>The disk's size in bytes.</summary>
    public long SizeBytes { get; }

    /// <summary>Bytes in a logical sector, 512 or 4096; 0 where nobody knows, as of a raw file: the table then says it.</summary>
    public int LogicalSectorSize { get; }

    /// <summary>Fills <paramref name="buffer"/> from <paramref name="offset"/>; past the end of the disk with zeros. Threads may call it
    /// at once.</summary>
    /// <param name="offset">Bytes from the start of the disk, a multiple of 512.</param>
    /// <param name="buffer">A multiple of 512 bytes.</param>
    public void ReadAt(long offset, Span<byte> buffer);
}
