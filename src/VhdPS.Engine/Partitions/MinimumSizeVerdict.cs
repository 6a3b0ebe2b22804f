namespace VhdPS.Engine.Partitions;

/// <summary>Whether a disk's table says how small the disk can become.</summary>
internal enum MinimumSizeVerdict
{
    /// <summary>It does.</summary>
    Known,

    /// <summary>There is no table, and nothing is recognised on the disk.</summary>
    NoTable,

    /// <summary>There is no table, and a file system begins at the first sector: it would have to shrink first.</summary>
    WholeDisk,

    /// <summary>The table is of a kind that is not read, or describes nothing.</summary>
    TableUnknown,

    /// <summary>The table is damaged, or describes what does not lie in the disk.</summary>
    TableDamaged,

    /// <summary>Windows dynamic disks keep their database at the end of the disk.</summary>
    Managed,
}
