using System.Buffers.Binary;
using System.Globalization;

namespace VhdPS.Engine.Partitions.FileSystems;

/// <summary>The first 512 bytes of an NTFS volume. All numbers are little-endian. Source: Microsoft, "BIOS Parameter Block" of NTFS;
/// linux-ntfs documentation, "$Boot".</summary>
internal sealed class NtfsBootSector
{
    /// <summary>Bytes that are read.</summary>
    public const int Size = 512;

    private const int MaxClusterSize = 2 * 1024 * 1024;

    private readonly byte[] _bytes;

    private NtfsBootSector(byte[] bytes) => _bytes = bytes;

    public static ReadOnlySpan<byte> Signature => "NTFS    "u8;

    /// <summary>What the backup in the last sector must have alike: everything that says where things lie.</summary>
    public ReadOnlySpan<byte> Parameters => _bytes.AsSpan(11, 73);

    public int BytesPerSector => BinaryPrimitives.ReadUInt16LittleEndian(_bytes.AsSpan(11));

    /// <summary>Sectors in a cluster: a number, or from 0x80 on a negative power of two.</summary>
    public int SectorsPerCluster => _bytes[13] <= 0x80 ? _bytes[13] : 1 << Math.Min(30, 256 - _bytes[13]);

    public long ClusterSize => (long)BytesPerSector * SectorsPerCluster;

    /// <summary>Sectors of the volume, without the backup boot sector after it.</summary>
    public long SectorCount => BinaryPrimitives.ReadInt64LittleEndian(_bytes.AsSpan(40));

    /// <summary>Whole clusters of the volume: what the bitmap describes.</summary>
    public long ClusterCount => SectorCount / SectorsPerCluster;

    /// <summary>The first cluster of the master file table.</summary>
    public long MftCluster => BinaryPrimitives.ReadInt64LittleEndian(_bytes.AsSpan(48));

    /// <summary>The first cluster of the mirror of its first records.</summary>
    public long MirrorCluster => BinaryPrimitives.ReadInt64LittleEndian(_bytes.AsSpan(56));

    /// <summary>Bytes of a record of the master file table.</summary>
    public long RecordSize => SizeAt(64);

    /// <summary>Bytes of an index block.</summary>
    public long IndexBlockSize => SizeAt(68);

    public ulong Serial => BinaryPrimitives.ReadUInt64LittleEndian(_bytes.AsSpan(72));

    public string SerialText => Serial.ToString("X16", CultureInfo.InvariantCulture);

    /// <summary>Takes a copy of 512 bytes; null where they are not an NTFS boot sector or its sizes are none.</summary>
    public static NtfsBootSector? Parse(ReadOnlySpan<byte> bytes)
    {
        if (!bytes[3..].StartsWith(Signature))
        {
            return null;
        }

        var boot = new NtfsBootSector(bytes[..Size].ToArray());
        return boot.IsPlausible() ? boot : null;
    }

    private bool IsPlausible()
    {
        // Bytes that FAT uses and NTFS keeps zero: reserved sectors, FATs, root entries, sectors, sectors per FAT.
        bool isFatPartZero = !_bytes.AsSpan(14, 7).ContainsAnyExcept((byte)0) && _bytes[22] == 0 && _bytes[23] == 0
            && !_bytes.AsSpan(32, 4).ContainsAnyExcept((byte)0);
        return isFatPartZero
            && BytesPerSector is >= 512 and <= 4096 && int.IsPow2(BytesPerSector)
            && _bytes[13] != 0 && int.IsPow2(SectorsPerCluster) && ClusterSize <= MaxClusterSize
            && SectorCount > 0 && SectorCount <= long.MaxValue / BytesPerSector && ClusterCount > 0
            && RecordSize is >= 512 and <= 65536 && long.IsPow2(RecordSize)
            && IndexBlockSize is >= 512 and <= MaxClusterSize && long.IsPow2(IndexBlockSize)
            && MftCluster > 0 && MftCluster < ClusterCount
            && MirrorCluster > 0 && MirrorCluster < ClusterCount;
    }

    /// <summary>A size in clusters, or as a negative power of two in bytes.</summary>
    private long SizeAt(int at)
    {
        sbyte value = unchecked((sbyte)_bytes[at]);
        return value > 0 ? value * ClusterSize : 1L << Math.Min(30, -value);
    }
}
