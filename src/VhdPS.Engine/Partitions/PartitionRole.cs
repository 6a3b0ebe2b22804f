namespace VhdPS.Engine.Partitions;

/// <summary>What a partition is to its table.</summary>
public enum PartitionRole
{
    /// <summary>An entry of the master boot record, or of a GUID partition table.</summary>
    Primary,

    /// <summary>The entry of the master boot record that logical partitions lie in.</summary>
    Extended,

    /// <summary>An entry of an extended boot record.</summary>
    Logical,

    /// <summary>The whole disk, which has no table.</summary>
    WholeDisk,
}
