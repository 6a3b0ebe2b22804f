using System.Buffers.Binary;
using VhdPS.Engine.Format;

namespace VhdPS.Engine.Partitions.FileSystems;

/// <summary>
/// The superblock of ext2, ext3 and ext4: 1024 bytes at byte 1024 of the partition. All numbers are little-endian. Source:
/// Linux, "ext4 Data Structures and Algorithms", "The Super Block".
/// </summary>
internal sealed class ExtSuperblock
{
    /// <summary>Bytes of a superblock.</summary>
    public const int Size = 1024;

    /// <summary>Where it lies in the partition.</summary>
    public const int Offset = 1024;

    public const uint CompatJournal = 0x4;
    public const uint CompatSparseSuper2 = 0x200;
    public const uint IncompatFiletype = 0x2;
    public const uint IncompatRecover = 0x4;
    public const uint IncompatJournalDevice = 0x8;
    public const uint IncompatMetaGroups = 0x10;
    public const uint Incompat64Bit = 0x80;
    public const uint IncompatChecksumSeed = 0x2000;
    public const uint ReadOnlySparseSuper = 0x1;
    public const uint ReadOnlyLargeFile = 0x2;
    public const uint ReadOnlyBtreeDirectory = 0x4;
    public const uint ReadOnlyGroupChecksum = 0x10;
    public const uint ReadOnlyBigAlloc = 0x200;
    public const uint ReadOnlyMetadataChecksum = 0x400;
    public const ushort StateClean = 1;

    private const int MagicAt = 56;
    private const ushort Magic = 0xEF53;
    private const int ChecksumAt = 0x3FC;
    private const int MaxLogBlockSize = 6;

    private readonly byte[] _bytes;

    private ExtSuperblock(byte[] bytes) => _bytes = bytes;

    public uint InodeCount => ReadUInt32(0);

    /// <summary>Blocks of the file system, those before the first group included.</summary>
    public ulong BlockCount => Wide(4, 0x150);

    public ulong FreeBlockCount => Wide(12, 0x158);

    /// <summary>The block that the first group begins with: 1 where blocks are of 1024 bytes, else 0.</summary>
    public uint FirstDataBlock => ReadUInt32(20);

    public uint LogBlockSize => ReadUInt32(24);

    public int BlockSize => 1024 << (int)LogBlockSize;

    public uint LogClusterSize => ReadUInt32(28);

    public uint BlocksPerGroup => ReadUInt32(32);

    public uint InodesPerGroup => ReadUInt32(40);

    public ushort State => ReadUInt16(58);

    public uint RevisionLevel => ReadUInt32(76);

    /// <summary>Bytes of an inode.</summary>
    public int InodeSize => RevisionLevel == 0 ? 128 : ReadUInt16(88);

    /// <summary>The group that this copy of the superblock lies in.</summary>
    public ushort GroupNumber => RevisionLevel == 0 ? (ushort)0 : ReadUInt16(90);

    public uint FeatureCompat => RevisionLevel == 0 ? 0 : ReadUInt32(92);

    public uint FeatureIncompat => RevisionLevel == 0 ? 0 : ReadUInt32(96);

    public uint FeatureReadOnly => RevisionLevel == 0 ? 0 : ReadUInt32(100);

    public ReadOnlySpan<byte> UuidBytes => _bytes.AsSpan(104, 16);

    public string Label => StoredText.Decode(_bytes.AsSpan(120, 16));

    /// <summary>Blocks after a copy of the group descriptors that are kept for more of them.</summary>
    public ushort ReservedDescriptorBlockCount => ReadUInt16(206);

    public uint LastOrphan => ReadUInt32(232);

    /// <summary>Bytes of a group descriptor.</summary>
    public int DescriptorSize => Has64Bit ? ReadUInt16(254) : 32;

    /// <summary>The two groups that have a copy of the superblock, where sparse_super2 is set.</summary>
    public (uint First, uint Second) BackupGroups => (ReadUInt32(0x24C), ReadUInt32(0x250));

    public bool Has64Bit => (FeatureIncompat & Incompat64Bit) != 0;

    public bool HasMetadataChecksum => (FeatureReadOnly & ReadOnlyMetadataChecksum) != 0;

    public bool HasGroupChecksum => (FeatureReadOnly & ReadOnlyGroupChecksum) != 0;

    /// <summary>Whether the checksum, where the file system has one, is that of the bytes.</summary>
    public bool IsChecksumValid => !HasMetadataChecksum || StoredChecksum == ComputedChecksum;

    public uint StoredChecksum => ReadUInt32(ChecksumAt);

    public uint ComputedChecksum => Crc32C.Append(Crc32C.Start, _bytes.AsSpan(0, ChecksumAt));

    /// <summary>What every checksum of metadata begins with.</summary>
    public uint ChecksumSeed =>
        (FeatureIncompat & IncompatChecksumSeed) != 0 ? ReadUInt32(0x270) : Crc32C.Append(Crc32C.Start, UuidBytes);

    /// <summary>The kind as blkid tells them apart.</summary>
    public FileSystemKind Kind
    {
        get
        {
            const uint OldReadOnly = ReadOnlySparseSuper | ReadOnlyLargeFile | ReadOnlyBtreeDirectory;
            const uint OldIncompat = IncompatFiletype | IncompatRecover | IncompatMetaGroups;
            if ((FeatureIncompat & IncompatJournalDevice) != 0)
            {
                return FileSystemKind.ExtJournal;
            }

            bool isOld = (FeatureReadOnly & ~OldReadOnly) == 0 && (FeatureIncompat & ~OldIncompat) == 0;
            return !isOld ? FileSystemKind.Ext4 : (FeatureCompat & CompatJournal) != 0 ? FileSystemKind.Ext3 : FileSystemKind.Ext2;
        }
    }

    /// <summary>Takes a copy of 1024 bytes; null where the signature is not there or the block size is none.</summary>
    public static ExtSuperblock? Parse(ReadOnlySpan<byte> bytes)
    {
        if (BinaryPrimitives.ReadUInt16LittleEndian(bytes[MagicAt..]) != Magic)
        {
            return null;
        }

        var superblock = new ExtSuperblock(bytes[..Size].ToArray());
        return superblock.LogBlockSize <= MaxLogBlockSize && superblock.RevisionLevel <= 1 && superblock.BlockCount > 0 ? superblock : null;
    }

    private ulong Wide(int lowAt, int highAt) => ReadUInt32(lowAt) | (Has64Bit ? (ulong)ReadUInt32(highAt) << 32 : 0);

    private ushort ReadUInt16(int at) => BinaryPrimitives.ReadUInt16LittleEndian(_bytes.AsSpan(at));

    private uint ReadUInt32(int at) => BinaryPrimitives.ReadUInt32LittleEndian(_bytes.AsSpan(at));
}
