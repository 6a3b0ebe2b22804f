namespace VhdPS.Engine.Partitions;

/// <summary>The kind of a disk's partition table.</summary>
public enum PartitionStyle
{
    /// <summary>There is no table: the disk is empty, or a file system begins at its first sector.</summary>
    None,

    /// <summary>A master boot record, with or without an extended partition.</summary>
    Mbr,

    /// <summary>A GUID partition table.</summary>
    Gpt,

    /// <summary>A table of a kind that is recognised and not read.</summary>
    Other,
}
