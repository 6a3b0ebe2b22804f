using System.Buffers.Binary;

namespace VhdPS.Engine.Partitions.FileSystems;

/// <summary>The first 512 bytes of an exFAT volume. All numbers are little-endian. Source: Microsoft, "exFAT file system
/// specification".</summary>
internal sealed class ExFatBootSector
{
    /// <summary>Bytes that are read.</summary>
    public const int Size = 512;

    /// <summary>Sectors of a boot region; the last has the checksum of the others, and the backup follows.</summary>
    public const int RegionSectorCount = 12;

    private const uint MaxClusterCount = 0xFFFF_FFF5;

    private readonly byte[] _bytes;

    private ExFatBootSector(byte[] bytes) => _bytes = bytes;

    public static ReadOnlySpan<byte> Signature => "EXFAT   "u8;

    public ulong VolumeSectorCount => BinaryPrimitives.ReadUInt64LittleEndian(_bytes.AsSpan(72));

    public uint FatSector => ReadUInt32(80);

    public uint FatSectorCount => ReadUInt32(84);

    /// <summary>The first sector of cluster 2.</summary>
    public uint HeapSector => ReadUInt32(88);

    /// <summary>Clusters of the volume; they are counted from 2.</summary>
    public uint ClusterCount => ReadUInt32(92);

    public uint RootCluster => ReadUInt32(96);

    public uint Serial => ReadUInt32(100);

    public byte MajorRevision => _bytes[105];

    /// <summary>Bit 0: the second table and bitmap are used; 1: dirty; 2: media failure.</summary>
    public ushort VolumeFlags => BinaryPrimitives.ReadUInt16LittleEndian(_bytes.AsSpan(106));

    public int BytesPerSector => 1 << _bytes[108];

    public int ClusterSize => 1 << (_bytes[108] + _bytes[109]);

    public int FatCount => _bytes[110];

    /// <summary>Takes a copy of 512 bytes; null where they are not an exFAT boot sector or its sizes are none.</summary>
    public static ExFatBootSector? Parse(ReadOnlySpan<byte> bytes)
    {
        if (!bytes[3..].StartsWith(Signature) || !MasterBootRecord.HasSignature(bytes))
        {
            return null;
        }

        var boot = new ExFatBootSector(bytes[..Size].ToArray());
        return boot.IsPlausible() ? boot : null;
    }

    private bool IsPlausible()
    {
        if (_bytes[108] is < 9 or > 12 || _bytes[109] > 25 - _bytes[108] || _bytes.AsSpan(11, 53).ContainsAnyExcept((byte)0))
        {
            return false;
        }

        ulong sectorsPerCluster = 1UL << _bytes[109];
        ulong fatBytes = ((ulong)ClusterCount + 2) * sizeof(uint);
        return FatCount is 1 or 2
            && VolumeSectorCount <= long.MaxValue / 4096
            && FatSector >= 2 * RegionSectorCount
            && (ulong)FatSectorCount * (ulong)BytesPerSector >= fatBytes
            && HeapSector >= FatSector + ((ulong)FatSectorCount * (ulong)FatCount)
            && ClusterCount is > 0 and <= MaxClusterCount
            && HeapSector + (ClusterCount * sectorsPerCluster) <= VolumeSectorCount
            && RootCluster >= 2 && RootCluster - 2 < ClusterCount;
    }

    private uint ReadUInt32(int at) => BinaryPrimitives.ReadUInt32LittleEndian(_bytes.AsSpan(at));
}
