using System.Buffers.Binary;
using System.Text;

namespace VhdPS.Engine.Partitions.FileSystems;

/// <summary>An attribute in a record of the master file table. Source: linux-ntfs documentation, "Attributes".</summary>
/// <param name="Record">The record's bytes.</param>
/// <param name="At">Where the attribute begins in the record.</param>
/// <param name="Length">Its bytes.</param>
internal readonly record struct NtfsAttribute(byte[] Record, int At, int Length)
{
    public const uint StandardInformation = 0x10;
    public const uint AttributeList = 0x20;
    public const uint FileName = 0x30;
    public const uint VolumeName = 0x60;
    public const uint VolumeInformation = 0x70;
    public const uint Data = 0x80;
    public const uint IndexRoot = 0x90;
    public const uint IndexAllocation = 0xA0;
    public const uint End = 0xFFFF_FFFF;

    /// <summary>The least bytes of an attribute: the header of a resident one.</summary>
    public const int MinLength = 24;

    private const int NonResidentLength = 64;

    public uint Type => BinaryPrimitives.ReadUInt32LittleEndian(Bytes);

    public bool IsResident => Bytes[8] == 0;

    public bool HasName => Bytes[9] != 0;

    /// <summary>Bits for compressed (1), encrypted (0x4000) and sparse (0x8000).</summary>
    public ushort Flags => BinaryPrimitives.ReadUInt16LittleEndian(Bytes[12..]);

    /// <summary>The name; empty where it has none or it does not lie in the attribute.</summary>
    public string Name
    {
        get
        {
            int length = Bytes[9] * 2, at = BinaryPrimitives.ReadUInt16LittleEndian(Bytes[10..]);
            return at + length <= Length ? Encoding.Unicode.GetString(Bytes.Slice(at, length)) : string.Empty;
        }
    }

    /// <summary>The value of a resident attribute; empty where it does not lie in the attribute.</summary>
    public ReadOnlySpan<byte> Value
    {
        get
        {
            uint length = BinaryPrimitives.ReadUInt32LittleEndian(Bytes[16..]);
            int at = BinaryPrimitives.ReadUInt16LittleEndian(Bytes[20..]);
            return IsResident && at <= Length && length <= (uint)(Length - at) ? Bytes.Slice(at, (int)length) : default;
        }
    }

    /// <summary>The first cluster of a non-resident attribute that this part of it describes.</summary>
    public long FirstVcn => BinaryPrimitives.ReadInt64LittleEndian(Bytes[16..]);

    public long LastVcn => BinaryPrimitives.ReadInt64LittleEndian(Bytes[24..]);

    public long DataSize => BinaryPrimitives.ReadInt64LittleEndian(Bytes[48..]);

    /// <summary>Bytes that were ever written; what follows reads as zeros.</summary>
    public long InitializedSize => BinaryPrimitives.ReadInt64LittleEndian(Bytes[56..]);

    private ReadOnlySpan<byte> Bytes => Record.AsSpan(At, Length);

    /// <summary>Where a non-resident attribute lies; null where that cannot be right.</summary>
    public List<ClusterRun>? DecodeRuns(long clusterCount)
    {
        if (IsResident || Length < NonResidentLength)
        {
            return null;
        }

        int at = BinaryPrimitives.ReadUInt16LittleEndian(Bytes[32..]);
        if (at < NonResidentLength || at >= Length || FirstVcn < 0 || FirstVcn > clusterCount)
        {
            return null;
        }

        return NtfsMappingPairs.Decode(Bytes[at..], FirstVcn, clusterCount) is { } runs
            && (runs.Count == 0 ? FirstVcn : runs[^1].EndVcn) == LastVcn + 1
            ? runs
            : null;
    }
}
