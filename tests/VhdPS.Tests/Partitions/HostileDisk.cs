using VhdPS.Engine.Partitions;

namespace VhdPS.Tests.Partitions;

/// <summary>A disk in memory whose bytes stay, with some sectors replaced: what a mutation costs does not depend on the disk's
/// size.</summary>
internal sealed class HostileDisk(byte[] bytes) : IDiskReader
{
    private readonly Dictionary<long, byte[]> _replaced = [];

    public long SizeBytes { get; set; } = bytes.Length;

    public int LogicalSectorSize { get; set; } = 512;

    /// <summary>Bytes that were read.</summary>
    public long ReadBytes { get; private set; }

    public void ReadAt(long offset, Span<byte> buffer)
    {
        Assert.True(offset >= 0 && offset % 512 == 0 && buffer.Length % 512 == 0 && offset <= SizeBytes,
            $"{buffer.Length} bytes are read at {offset}");
        ReadBytes += buffer.Length;
        int inside = (int)Math.Clamp(Math.Min(bytes.Length, SizeBytes) - offset, 0, buffer.Length);
        bytes.AsSpan((int)Math.Min(offset, bytes.Length), inside).CopyTo(buffer);
        buffer[inside..].Clear();
        foreach ((long sector, byte[] replaced) in _replaced)
        {
            long at = (sector * 512) - offset;
            if (at >= 0 && at < inside)
            {
                replaced.CopyTo(buffer[(int)at..]);
            }
        }
    }

    /// <summary>Bytes of the disk as they are now.</summary>
    public byte[] Read(long offset, int length)
    {
        byte[] result = new byte[length];
        for (int i = 0; i < length; i++)
        {
            long at = offset + i;
            result[i] = _replaced.TryGetValue(at / 512, out byte[]? sector) ? sector[at % 512] : at < bytes.Length ? bytes[at] : (byte)0;
        }

        return result;
    }

    /// <summary>Replaces bytes.</summary>
    public void Write(long offset, ReadOnlySpan<byte> data)
    {
        for (int i = 0; i < data.Length; i++)
        {
            long at = offset + i;
            if (at >= bytes.Length)
            {
                return;
            }

            if (!_replaced.TryGetValue(at / 512, out byte[]? sector))
            {
                sector = bytes.AsSpan((int)(at / 512 * 512), 512).ToArray();
                _replaced.Add(at / 512, sector);
            }

            sector[at % 512] = data[i];
        }
    }
}
