using System.Buffers.Binary;
using VhdPS.Engine.Format;
using VhdPS.Engine.Partitions.FileSystems;

namespace VhdPS.Engine.Partitions.FreeSpace;

/// <summary>A group descriptor of ext2, ext3 and ext4. Source: Linux, "ext4 Disk Layout", "Block Group Descriptors".</summary>
/// <param name="BlockBitmap">The block of the map of blocks.</param>
/// <param name="InodeBitmap">The block of the map of inodes.</param>
/// <param name="InodeTable">The first block of the inodes.</param>
/// <param name="FreeBlockCount">Blocks that the map calls free.</param>
/// <param name="BitmapChecksum">The checksum of the map of blocks; 32 bits, or 16 where the descriptor has 32 bytes.</param>
/// <param name="Flags">Bit 1: the map of blocks was never written, and only the group's metadata is in use.</param>
internal readonly record struct ExtGroup(
    long BlockBitmap, long InodeBitmap, long InodeTable, uint FreeBlockCount, uint BitmapChecksum, ushort Flags)
{
    private const int ChecksumAt = 30;
    private const int WideSize = 64;
    private const ushort BlocksUninitializedFlag = 2;

    /// <summary>Whether the map of blocks is not written.</summary>
    public bool IsUninitialized => (Flags & BlocksUninitializedFlag) != 0;

    /// <summary>Takes a descriptor as it is.</summary>
    public static ExtGroup Parse(ReadOnlySpan<byte> bytes)
    {
        bool isWide = bytes.Length >= WideSize;
        uint Low(ReadOnlySpan<byte> from, int at) => BinaryPrimitives.ReadUInt32LittleEndian(from[at..]);
        uint Half(ReadOnlySpan<byte> from, int at) => BinaryPrimitives.ReadUInt16LittleEndian(from[at..]);
        long Block(ReadOnlySpan<byte> from, int lowAt, int highAt) =>
            unchecked((long)(Low(from, lowAt) | (isWide ? (ulong)Low(from, highAt) << 32 : 0)));
        return new ExtGroup(
            Block(bytes, 0, 0x20), Block(bytes, 4, 0x24), Block(bytes, 8, 0x28),
            Half(bytes, 12) | (isWide ? Half(bytes, 0x2C) << 16 : 0),
            Half(bytes, 24) | (isWide ? Half(bytes, 0x38) << 16 : 0),
            BinaryPrimitives.ReadUInt16LittleEndian(bytes[18..]));
    }

    /// <summary>Whether the descriptor's checksum, where the file system has one, is that of its bytes.</summary>
    public static bool IsChecksumValid(ReadOnlySpan<byte> bytes, uint group, ExtSuperblock superblock)
    {
        ushort stored = BinaryPrimitives.ReadUInt16LittleEndian(bytes[ChecksumAt..]);
        if (superblock.HasMetadataChecksum)
        {
            uint crc = Crc32C.Append(Crc32C.Append(superblock.ChecksumSeed, group), bytes[..ChecksumAt]);
            Span<byte> zeros = [0, 0];
            crc = Crc32C.Append(Crc32C.Append(crc, zeros), bytes[(ChecksumAt + 2)..]);
            return stored == (ushort)(crc & 0xFFFF);
        }

        if (!superblock.HasGroupChecksum)
        {
            return true;
        }

        Span<byte> number = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(number, group);
        ushort sum = Crc16.Append(Crc16.Append(ushort.MaxValue, superblock.UuidBytes), number);
        sum = Crc16.Append(Crc16.Append(sum, bytes[..ChecksumAt]), bytes[(ChecksumAt + 2)..]);
        return stored == sum;
    }

    /// <summary>Whether another copy says that the group's structures lie in the same places.</summary>
    public bool IsPlacedLike(ExtGroup other) =>
        BlockBitmap == other.BlockBitmap && InodeBitmap == other.InodeBitmap && InodeTable == other.InodeTable;
}
