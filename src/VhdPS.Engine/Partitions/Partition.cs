namespace VhdPS.Engine.Partitions;

/// <summary>One partition as its table describes it. Sectors are logical sectors of the disk.</summary>
/// <param name="Number">As other tools count: 1 to 4 and from 5 on for logical ones, the entry's place in a GPT, 0 for a disk without a
/// table.</param>
/// <param name="Style">The kind of table.</param>
/// <param name="Type">What it is meant for.</param>
/// <param name="StartSector">Its first sector.</param>
/// <param name="SectorCount">Its sectors.</param>
/// <param name="SectorSize">Bytes in a sector.</param>
public sealed record Partition(int Number, PartitionStyle Style, PartitionType Type, long StartSector, long SectorCount, int SectorSize)
{
    /// <summary>What it is to its table.</summary>
    public PartitionRole Role { get; init; }

    /// <summary>The name that a GPT stores; empty elsewhere.</summary>
    public string Name { get; init; } = string.Empty;

    /// <summary>The id that a GPT stores.</summary>
    public Guid? UniqueId { get; init; }

    /// <summary>The attribute bits that a GPT stores.</summary>
    public ulong Attributes { get; init; }

    /// <summary>Whether it is marked as active in an MBR, or as bootable by a legacy BIOS in a GPT (attribute bit 2).</summary>
    public bool IsBootable { get; init; }

    /// <summary>The first sector past it.</summary>
    public long EndSector => StartSector + SectorCount;

    /// <summary>Bytes from the start of the disk.</summary>
    public long Offset => StartSector * SectorSize;

    /// <summary>Its size in bytes.</summary>
    public long SizeBytes => SectorCount * SectorSize;

    /// <summary>The first byte past it.</summary>
    public long EndOffset => Offset + SizeBytes;
}
