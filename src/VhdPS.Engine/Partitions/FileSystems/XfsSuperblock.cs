using System.Buffers.Binary;

namespace VhdPS.Engine.Partitions.FileSystems;

/// <summary>XFS's superblock at byte 0, big-endian. Source: "XFS Algorithms and Data Structures", "Superblocks".</summary>
internal static class XfsSuperblock
{
    public static FileSystemDescription? Identify(ReadOnlySpan<byte> bytes)
    {
        uint blockSize = BinaryPrimitives.ReadUInt32BigEndian(bytes[4..]);
        ulong blockCount = BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]);
        if (!bytes.StartsWith("XFSB"u8) || blockSize is < 512 or > 65536 || !uint.IsPow2(blockSize) || blockCount > long.MaxValue / 65536)
        {
            return null;
        }

        ulong freeCount = BinaryPrimitives.ReadUInt64BigEndian(bytes[144..]);
        return new FileSystemDescription(FileSystemKind.Xfs)
        {
            Label = StoredText.Decode(bytes.Slice(108, 12)),
            Uuid = StoredText.Uuid(bytes[32..]),
            SizeBytes = (long)blockCount * blockSize,
            FreeBytes = freeCount <= blockCount ? (long)freeCount * blockSize : null,
            ClusterSizeBytes = (int)blockSize,
        };
    }
}
