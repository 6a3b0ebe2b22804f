using System.Buffers.Binary;

namespace VhdPS.Engine.Partitions.FileSystems;

/// <summary>btrfs's superblock at 64 KiB, little-endian. Source: btrfs documentation, "On-disk format", "Superblock".</summary>
internal static class BtrfsSuperblock
{
    /// <summary>Where it lies in the partition.</summary>
    public const int Offset = 64 * 1024;

    /// <summary>Bytes that are read of it.</summary>
    public const int Size = 1024;

    public static FileSystemDescription? Identify(ReadOnlySpan<byte> bytes)
    {
        if (!bytes[64..].StartsWith("_BHRfS_M"u8) || BinaryPrimitives.ReadUInt64LittleEndian(bytes[48..]) != Offset)
        {
            return null;
        }

        ulong total = BinaryPrimitives.ReadUInt64LittleEndian(bytes[112..]), used = BinaryPrimitives.ReadUInt64LittleEndian(bytes[120..]);
        ulong deviceCount = BinaryPrimitives.ReadUInt64LittleEndian(bytes[136..]);

        // Of several devices the figures are the whole file system's, not this one's.
        bool isKnown = deviceCount == 1 && used <= total && total <= long.MaxValue;
        uint sectorSize = BinaryPrimitives.ReadUInt32LittleEndian(bytes[144..]);
        return new FileSystemDescription(FileSystemKind.Btrfs)
        {
            Label = StoredText.Decode(bytes.Slice(299, 256)),
            Uuid = StoredText.Uuid(bytes[32..]),
            SizeBytes = isKnown ? (long)total : null,
            FreeBytes = isKnown ? (long)(total - used) : null,
            ClusterSizeBytes = sectorSize is >= 512 and <= 65536 ? (int)sectorSize : null,
        };
    }
}
