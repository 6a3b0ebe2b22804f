using System.Globalization;

namespace VhdPS.Engine.Partitions;

/// <summary>What a partition is meant for: a byte in an MBR, a GUID in a GPT.</summary>
/// <param name="Name">The common name; "Unknown" where there is none.</param>
/// <param name="Code">The byte, in an MBR.</param>
/// <param name="Id">The GUID, in a GPT.</param>
public sealed record PartitionType(string Name, byte? Code, Guid? Id)
{
    /// <summary>The byte that marks each partition of a Windows dynamic disk in an MBR.</summary>
    public const byte DynamicDiskCode = 0x42;

    /// <summary>The type of a disk without a table.</summary>
    public static readonly PartitionType None = new("None", null, null);

    /// <summary>The byte as two digits, or the GUID in upper case; empty where there is neither.</summary>
    public string Value => Code is { } code
        ? code.ToString("X2", CultureInfo.InvariantCulture)
        : Id is { } id ? id.ToString().ToUpperInvariant() : string.Empty;

    /// <summary>Whether it is an extended partition's: 05, 0F or 85.</summary>
    public bool IsExtended => Code is 0x05 or 0x0F or 0x85;

    /// <summary>Whether volumes of a disk manager lie in it in an order that the table does not show: Windows dynamic disks, Storage
    /// Spaces, Linux RAID.</summary>
    public bool IsManaged => Code is DynamicDiskCode or 0xFD || (Id is { } id && PartitionTypeNames.IsManaged(id));

    /// <summary>The type of an MBR's entry.</summary>
    public static PartitionType FromCode(byte code) => PartitionTypeNames.Of(code);

    /// <summary>The type of a GPT's entry.</summary>
    public static PartitionType FromId(Guid id) => PartitionTypeNames.Of(id);

    /// <inheritdoc/>
    public override string ToString() => Name;
}
