using System.Buffers.Binary;
using VhdPS.Engine.Partitions.FileSystems;

namespace VhdPS.Engine.Partitions.FreeSpace;

/// <summary>The restart pages of $LogFile: two copies, of which the one with the higher sequence number is the last that was
/// written.</summary>
internal static class NtfsLog
{
    private const int DefaultPageSize = 4096;
    private const int MaxPageSize = 64 * 1024;
    private const int AreaHeaderSize = 48;
    private const ushort NoClient = 0xFFFF;
    private const ushort CleanFlag = 2;

    /// <summary>Whether the last restart page says that nothing is open, so that all changes were written.</summary>
    public static bool IsClosed(ClusterStream log)
    {
        if (ReadPage(log, 0) is not { } first)
        {
            return false;
        }

        // Pages of another size come at the place that the first one says.
        Page? second = ReadPage(log, first.Size);
        return second is null ? false : second.Value.Sequence > first.Sequence ? second.Value.IsClosed : first.IsClosed;
    }

    private static Page? ReadPage(ClusterStream log, int at)
    {
        byte[] bytes = new byte[DefaultPageSize];
        if (!log.TryRead(at, bytes) || !bytes.AsSpan().StartsWith("RSTR"u8))
        {
            return null;
        }

        uint size = BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(16));
        if (size is < 512 or > MaxPageSize || !uint.IsPow2(size))
        {
            return null;
        }

        bytes = new byte[size];
        if (!log.TryRead(at, bytes) || !NtfsRecord.TryRestore(bytes))
        {
            return null;
        }

        int area = BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(24));
        if (area + AreaHeaderSize > size)
        {
            return null;
        }

        ReadOnlySpan<byte> restart = bytes.AsSpan(area);
        ulong sequence = BinaryPrimitives.ReadUInt64LittleEndian(restart);
        ushort clientsInUse = BinaryPrimitives.ReadUInt16LittleEndian(restart[12..]);
        ushort flags = BinaryPrimitives.ReadUInt16LittleEndian(restart[14..]);
        return new Page((int)size, sequence, clientsInUse == NoClient || (flags & CleanFlag) != 0);
    }

    private readonly record struct Page(int Size, ulong Sequence, bool IsClosed);
}
