using System.Buffers.Binary;

namespace VhdPS.Engine.Partitions;

/// <summary>The 16 bytes that describe a partition in a boot record. What they say of cylinders and heads is not used.</summary>
/// <param name="Index">Its place in the record, 0 to 3.</param>
/// <param name="BootFlag">80 for an active partition, else 00.</param>
/// <param name="TypeCode">What it is meant for.</param>
/// <param name="StartSector">Its first sector, from where the record says that sectors are counted.</param>
/// <param name="SectorCount">Its sectors.</param>
internal readonly record struct MbrEntry(int Index, byte BootFlag, byte TypeCode, uint StartSector, uint SectorCount)
{
    /// <summary>Bytes of an entry.</summary>
    public const int Size = 16;

    internal const byte ProtectiveCode = 0xEE;
    internal const byte ActiveFlag = 0x80;
    internal const int SectorCountAt = 12;

    private const int TypeAt = 4;
    private const int StartAt = 8;

    /// <summary>Whether it describes sectors. Linux does not ask for the type, so an entry of type 00 with sectors counts.</summary>
    public bool IsUsed => SectorCount != 0;

    /// <summary>Whether it announces a GPT.</summary>
    public bool IsProtective => IsUsed && TypeCode == ProtectiveCode;

    /// <summary>Whether logical partitions lie in it.</summary>
    public bool IsExtended => IsUsed && PartitionType.FromCode(TypeCode).IsExtended;

    /// <summary>Whether the boot flag is one of the two that there are.</summary>
    public bool IsBootFlagValid => BootFlag is 0 or ActiveFlag;

    /// <summary>Takes 16 bytes as they are.</summary>
    internal static MbrEntry Parse(ReadOnlySpan<byte> bytes, int index) => new(
        index, bytes[0], bytes[TypeAt],
        BinaryPrimitives.ReadUInt32LittleEndian(bytes[StartAt..]),
        BinaryPrimitives.ReadUInt32LittleEndian(bytes[SectorCountAt..]));
}
