using System.Buffers.Binary;

namespace VhdPS.Engine.Partitions.FileSystems;

/// <summary>
/// The first 512 bytes of a FAT volume. All numbers are little-endian. Source: Microsoft, "FAT File System Specification"
/// (fatgen103).
/// </summary>
internal sealed class FatBootSector
{
    /// <summary>Bytes that are read.</summary>
    public const int Size = 512;

    /// <summary>The most clusters that FAT32 has.</summary>
    public const long MaxClusterCount = 0x0FFF_FFF5;

    private const int MaxFat12Clusters = 4084;
    private const int MaxFat16Clusters = 65524;
    private const int DirectoryEntrySize = 32;

    private readonly byte[] _bytes;

    private FatBootSector(byte[] bytes) => _bytes = bytes;

    /// <summary>The parameters that say where things lie, as the backup of FAT32 must have them.</summary>
    public ReadOnlySpan<byte> Parameters => _bytes.AsSpan(11, IsFat32 ? 41 : 25);

    public int BytesPerSector => ReadUInt16(11);

    public int SectorsPerCluster => _bytes[13];

    public int ClusterSize => BytesPerSector * SectorsPerCluster;

    public int ReservedSectorCount => ReadUInt16(14);

    /// <summary>How many copies of the table there are.</summary>
    public int FatCount => _bytes[16];

    /// <summary>Entries of the root folder; 0 for FAT32.</summary>
    public int RootEntryCount => ReadUInt16(17);

    /// <summary>Sectors of the volume.</summary>
    public long SectorCount => ReadUInt16(19) != 0 ? ReadUInt16(19) : ReadUInt32(32);

    public byte Media => _bytes[21];

    /// <summary>Whether the sectors of a table are stored in 32 bits, which makes it FAT32.</summary>
    public bool IsFat32 => ReadUInt16(22) == 0;

    /// <summary>Sectors of one copy of the table.</summary>
    public long FatSectorCount => IsFat32 ? ReadUInt32(36) : ReadUInt16(22);

    /// <summary>FAT32: bit 7 says that only one copy of the table is kept up.</summary>
    public ushort ExtendedFlags => IsFat32 ? ReadUInt16(40) : (ushort)0;

    public ushort Fat32Version => IsFat32 ? ReadUInt16(42) : (ushort)0;

    /// <summary>FAT32: the first cluster of the root folder.</summary>
    public uint RootCluster => IsFat32 ? ReadUInt32(44) : 0;

    /// <summary>FAT32: the sector of what is known of free clusters.</summary>
    public int InformationSector => IsFat32 ? ReadUInt16(48) : 0;

    /// <summary>FAT32: the sector of the boot sector's backup.</summary>
    public int BackupSector => IsFat32 ? ReadUInt16(50) : 0;

    /// <summary>Bits that Linux sets while the volume is mounted (1) and after an error (2).</summary>
    public byte StateBits => _bytes[IsFat32 ? 65 : 37];

    public uint? Serial => _bytes[ExtendedAt] is 0x28 or 0x29 ? ReadUInt32(ExtendedAt + 1) : null;

    /// <summary>The label in the boot sector, where it has one; the root folder's is the better one.</summary>
    public ReadOnlySpan<byte> Label => _bytes[ExtendedAt] == 0x29 ? _bytes.AsSpan(ExtendedAt + 5, 11) : default;

    /// <summary>Whether BitLocker To Go keeps an encrypted volume under the few files that this one shows.</summary>
    public bool IsBitLocker => BitLockerHeader.HasToGoId(_bytes);

    public long RootSectorCount => (((long)RootEntryCount * DirectoryEntrySize) + BytesPerSector - 1) / BytesPerSector;

    /// <summary>The first sector of a copy of the table.</summary>
    public long FatSector(int copy) => ReservedSectorCount + (copy * FatSectorCount);

    /// <summary>The first sector of the root folder of FAT12 and FAT16.</summary>
    public long RootSector => FatSector(FatCount);

    /// <summary>The first sector of cluster 2.</summary>
    public long DataSector => RootSector + RootSectorCount;

    /// <summary>Whole clusters of the volume; they are counted from 2.</summary>
    public long ClusterCount => Math.Max(0, SectorCount - DataSector) / SectorsPerCluster;

    public FileSystemKind Kind => IsFat32 ? FileSystemKind.Fat32
        : ClusterCount <= MaxFat12Clusters ? FileSystemKind.Fat12 : FileSystemKind.Fat16;

    /// <summary>Takes a copy of 512 bytes; null where they are not a FAT boot sector.</summary>
    public static FatBootSector? Parse(ReadOnlySpan<byte> bytes)
    {
        // A jump, 55 AA, and a media byte: what is cheapest to ask and an MBR most seldom has.
        if (!MasterBootRecord.HasSignature(bytes) || bytes[0] is not (0xEB or 0xE9) || bytes[21] is not (>= 0xF8 or 0xF0))
        {
            return null;
        }

        var boot = new FatBootSector(bytes[..Size].ToArray());
        return boot.IsPlausible() ? boot : null;
    }

    private int ExtendedAt => IsFat32 ? 66 : 38;

    private bool IsPlausible()
    {
        if (BytesPerSector is < 512 or > 4096 || !int.IsPow2(BytesPerSector) || SectorsPerCluster == 0 || !int.IsPow2(SectorsPerCluster)
            || ReservedSectorCount == 0 || FatCount is 0 or > 4 || FatSectorCount == 0 || IsFat32 != (RootEntryCount == 0))
        {
            return false;
        }

        long entryBits = IsFat32 ? 32 : Kind == FileSystemKind.Fat12 ? 12 : 16;
        return ClusterCount > 0
            && ClusterCount <= (IsFat32 ? MaxClusterCount : MaxFat16Clusters)
            && (ClusterCount + 2) * entryBits <= FatSectorCount * BytesPerSector * 8
            && (!IsFat32 || (RootCluster >= 2 && RootCluster < ClusterCount + 2));
    }

    private ushort ReadUInt16(int at) => BinaryPrimitives.ReadUInt16LittleEndian(_bytes.AsSpan(at));

    private uint ReadUInt32(int at) => BinaryPrimitives.ReadUInt32LittleEndian(_bytes.AsSpan(at));
}
