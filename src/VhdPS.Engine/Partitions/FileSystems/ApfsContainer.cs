using System.Buffers.Binary;

namespace VhdPS.Engine.Partitions.FileSystems;

/// <summary>The superblock of an APFS container, little-endian. Source: Apple, "Apple File System Reference", nx_superblock_t.</summary>
internal static class ApfsContainer
{
    public static FileSystemDescription? Identify(ReadOnlySpan<byte> bytes)
    {
        uint blockSize = BinaryPrimitives.ReadUInt32LittleEndian(bytes[36..]);
        ulong blockCount = BinaryPrimitives.ReadUInt64LittleEndian(bytes[40..]);
        if (!bytes[32..].StartsWith("NXSB"u8) || blockSize is < 4096 or > 65536 || !uint.IsPow2(blockSize)
            || blockCount > long.MaxValue / 65536)
        {
            return null;
        }

        return new FileSystemDescription(FileSystemKind.Apfs)
        {
            Uuid = StoredText.Uuid(bytes[72..]),
            SizeBytes = (long)blockCount * blockSize,
            ClusterSizeBytes = (int)blockSize,
        };
    }
}
