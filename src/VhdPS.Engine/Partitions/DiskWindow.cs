using System.Buffers;

namespace VhdPS.Engine.Partitions;

/// <summary>A range of a disk that is read at any byte: nothing outside of it is ever read.</summary>
/// <param name="Disk">The disk.</param>
/// <param name="Offset">Bytes from the start of the disk, a multiple of 512.</param>
/// <param name="Length">Bytes.</param>
internal readonly record struct DiskWindow(IDiskReader Disk, long Offset, long Length)
{
    /// <summary>What a disk is read in: every logical sector size is a multiple of it.</summary>
    public const int Unit = 512;

    /// <summary>The whole disk.</summary>
    public static DiskWindow Whole(IDiskReader disk) => new(disk, 0, disk.SizeBytes);

    /// <summary>Fills a buffer from <paramref name="at"/> (bytes from the window's start).</summary>
    /// <returns>False where not all of it lies in the window; the buffer is then undefined.</returns>
    public bool TryRead(long at, Span<byte> buffer)
    {
        if (at < 0 || at > Length - buffer.Length)
        {
            return false;
        }

        long start = Offset + at;
        int lead = (int)(start % Unit);
        if (lead == 0 && buffer.Length % Unit == 0)
        {
            Disk.ReadAt(start, buffer);
            return true;
        }

        int whole = (lead + buffer.Length + Unit - 1) / Unit * Unit;
        byte[] rented = ArrayPool<byte>.Shared.Rent(whole);
        Disk.ReadAt(start - lead, rented.AsSpan(0, whole));
        rented.AsSpan(lead, buffer.Length).CopyTo(buffer);
        ArrayPool<byte>.Shared.Return(rented);
        return true;
    }
}
