using System.Globalization;
using VhdPS.Engine.Partitions.FileSystems;

namespace VhdPS.Engine.Partitions;

/// <summary>A disk's partition table as it was found: whatever is wrong with it is a finding, never an exception.</summary>
public sealed record PartitionTable
{
    internal PartitionTable(long diskSizeBytes, int sectorSize)
    {
        DiskSizeBytes = diskSizeBytes;
        SectorSize = sectorSize;
    }

    /// <summary>The disk's size in bytes.</summary>
    public long DiskSizeBytes { get; init; }

    /// <summary>Bytes in a logical sector, 512 or 4096.</summary>
    public int SectorSize { get; init; }

    /// <summary>Whole sectors of the disk.</summary>
    public long SectorCount => DiskSizeBytes / SectorSize;

    /// <summary>The kind of table.</summary>
    public PartitionStyle Style { get; init; }

    /// <summary>The name of a table of another kind; empty elsewhere.</summary>
    public string OtherKind { get; init; } = string.Empty;

    /// <summary>The partitions in the order of the table; of a disk without a table, the whole disk where a file system is recognised on
    /// it.</summary>
    public IReadOnlyList<Partition> Partitions { get; init; } = [];

    /// <summary>What is wrong with the table, and what is worth knowing.</summary>
    public IReadOnlyList<PartitionFinding> Findings { get; init; } = [];

    /// <summary>The master boot record, also the protective one of a GPT; null where there is none.</summary>
    internal MasterBootRecord? Mbr { get; init; }

    /// <summary>Both copies of the GPT; null where there is none.</summary>
    internal GuidPartitionTable? Gpt { get; init; }

    /// <summary>Whether the master boot record describes partitions beside a GPT.</summary>
    public bool IsHybrid => Style == PartitionStyle.Gpt && Mbr is { IsHybrid: true };

    /// <summary>The disk's id as sfdisk writes it: a GUID in upper case, or 0x and eight digits; empty where there is none.</summary>
    public string DiskId => Style switch
    {
        PartitionStyle.Gpt when Gpt?.Used is { } copy => copy.Header.DiskId.ToString().ToUpperInvariant(),
        PartitionStyle.Mbr when Mbr is not null => string.Create(CultureInfo.InvariantCulture, $"0x{Mbr.DiskId:x8}"),
        _ => string.Empty,
    };

    /// <summary>Whether the table's own structures are whole, so that what is not listed is not there.</summary>
    public bool IsWhole { get; init; }

    /// <summary>The sectors of the boot records of logical partitions.</summary>
    internal IReadOnlyList<long> ExtendedBootRecords { get; init; } = [];

    /// <summary>The file system that begins at the first sector of a disk without a table.</summary>
    internal FileSystemDescription? WholeDisk { get; init; }

    /// <summary>Reads the table of a disk.</summary>
    public static PartitionTable Read(IDiskReader disk)
    {
        ArgumentNullException.ThrowIfNull(disk);
        return PartitionTableReader.Read(disk);
    }
}
