using System.Buffers.Binary;
using System.Globalization;

namespace VhdPS.Engine.Partitions.FileSystems;

/// <summary>What marks a member of a RAID of Linux's md driver. Source: Linux, include/uapi/linux/raid/md_p.h.</summary>
internal static class RaidSuperblock
{
    private const uint Magic = 0xA92B_4EFC;
    private const int Size = 256;
    private const int Version12At = 4096;
    private const int OldReserved = 64 * 1024;
    private const int NewReserved = 8 * 1024;
    private const int NewAlignment = 4096;

    /// <summary>Looks for versions 1.1 and 1.2 in the first 8 KiB of a partition.</summary>
    public static FileSystemDescription? Identify(ReadOnlySpan<byte> head) =>
        Matches(head, out FileSystemDescription? info) || Matches(head[Version12At..], out info) ? info : null;

    /// <summary>Looks for versions 0.90 and 1.0, which lie at the end, where the file system in front looks as if it stood alone.</summary>
    public static FileSystemDescription? IdentifyAtEnd(DiskWindow window)
    {
        Span<byte> bytes = stackalloc byte[Size];
        long old = (window.Length / OldReserved * OldReserved) - OldReserved;
        long at = (window.Length - NewReserved) / NewAlignment * NewAlignment;
        return (window.TryRead(at, bytes) && Matches(bytes, out FileSystemDescription? info))
            || (window.TryRead(old, bytes) && Matches(bytes, out info))
            ? info
            : null;
    }

    private static bool Matches(ReadOnlySpan<byte> bytes, out FileSystemDescription? info)
    {
        uint version = BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
        bool matches = BinaryPrimitives.ReadUInt32LittleEndian(bytes) == Magic && version <= 1;
        info = !matches ? null : new FileSystemDescription(FileSystemKind.LinuxRaid)
        {
            Version = version.ToString(CultureInfo.InvariantCulture),
            Uuid = version == 1 ? StoredText.Uuid(bytes[16..]) : string.Empty,
            Label = version == 1 ? StoredText.Decode(bytes.Slice(32, 32)) : string.Empty,
        };
        return matches;
    }
}
