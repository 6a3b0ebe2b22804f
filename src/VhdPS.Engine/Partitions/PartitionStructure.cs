namespace VhdPS.Engine.Partitions;

/// <summary>The parts of a disk that a finding about its partitions can be about.</summary>
public enum PartitionStructure
{
    /// <summary>The disk as a whole.</summary>
    Disk,

    /// <summary>The first 512 bytes of the disk.</summary>
    MasterBootRecord,

    /// <summary>The boot record of a logical partition.</summary>
    ExtendedBootRecord,

    /// <summary>The GPT header at sector 1.</summary>
    GptHeader,

    /// <summary>The entries that the header at sector 1 names.</summary>
    GptEntries,

    /// <summary>The GPT header at the end.</summary>
    GptBackupHeader,

    /// <summary>The entries that the header at the end names.</summary>
    GptBackupEntries,

    /// <summary>A partition.</summary>
    Partition,

    /// <summary>The file system in a partition.</summary>
    FileSystem,
}
