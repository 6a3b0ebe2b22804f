namespace VhdPS.Engine.Partitions.FreeSpace;

/// <summary>Whether the free space of a partition is known, or why not. What is not known is left as it is.</summary>
public enum FreeSpaceVerdict
{
    /// <summary>It is known.</summary>
    Known,

    /// <summary>Nothing is recognised in the partition.</summary>
    NotRecognized,

    /// <summary>The map of this file system is not read.</summary>
    NotSupported,

    /// <summary>A feature is in use whose meaning for the map is not known, or known and not handled.</summary>
    FeatureUnsupported,

    /// <summary>The file system was not unmounted, or has errors.</summary>
    NotClean,

    /// <summary>An operating system is stopped and expects the disk as it left it.</summary>
    Hibernated,

    /// <summary>Shadow copies may need clusters that are free now.</summary>
    ShadowCopies,

    /// <summary>A checksum of the superblock, a descriptor or the map is not that of the bytes.</summary>
    ChecksumMismatch,

    /// <summary>Copies of the same structure, or of the map, differ.</summary>
    CopiesDiffer,

    /// <summary>The map contradicts what is known to be in use, or itself.</summary>
    Inconsistent,

    /// <summary>The file system does not lie wholly in its partition, or the partition in the disk.</summary>
    PastEnd,

    /// <summary>The partition shares sectors with another or with the table, or the table is damaged.</summary>
    TableDamaged,

    /// <summary>A disk manager spreads volumes over partitions: Windows dynamic disks, Storage Spaces, Linux RAID.</summary>
    Managed,

    /// <summary>The signatures of more than one file system are there.</summary>
    Ambiguous,

    /// <summary>A part of the map cannot be read from the image.</summary>
    Unreadable,
}
