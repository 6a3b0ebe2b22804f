namespace VhdPS.Engine.Disks;

/// <summary>What a disk is written as.</summary>
public enum DiskFormat
{
    /// <summary>A dynamic image: blocks that hold data, and a table.</summary>
    Dynamic,

    /// <summary>A fixed image: the disk's bytes and a footer.</summary>
    Fixed,

    /// <summary>The disk's bytes and nothing else.</summary>
    Raw,
}
