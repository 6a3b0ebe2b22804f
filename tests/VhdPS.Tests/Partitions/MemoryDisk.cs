using VhdPS.Engine.Partitions;

namespace VhdPS.Tests.Partitions;

/// <summary>A disk in memory that proves how it is read: whole sectors, at no place below zero.</summary>
internal sealed class MemoryDisk(byte[] bytes, int logicalSectorSize = 512) : IDiskReader
{
    public byte[] Bytes { get; } = bytes;

    public long SizeBytes => Bytes.Length;

    public int LogicalSectorSize { get; } = logicalSectorSize;

    /// <summary>Bytes that were read.</summary>
    public long ReadBytes { get; private set; }

    public void ReadAt(long offset, Span<byte> buffer)
    {
        Assert.True(offset >= 0 && offset % 512 == 0 && buffer.Length % 512 == 0, $"{buffer.Length} bytes are read at {offset}");
        ReadBytes += buffer.Length;
        int inside = (int)Math.Clamp(Bytes.Length - offset, 0, buffer.Length);
        if (inside > 0)
        {
            Bytes.AsSpan((int)offset, inside).CopyTo(buffer);
        }

        buffer[inside..].Clear();
    }
}
