namespace VhdPS.Engine.Partitions.FileSystems;

/// <summary>A file system as its first structures describe it.</summary>
/// <param name="Kind">What it is.</param>
public sealed record FileSystemDescription(FileSystemKind Kind)
{
    /// <summary>The version, where it has one that matters.</summary>
    public string Version { get; init; } = string.Empty;

    /// <summary>The label as stored; empty where there is none.</summary>
    public string Label { get; init; } = string.Empty;

    /// <summary>The id, written as the system of the file system writes it; empty where there is none.</summary>
    public string Uuid { get; init; } = string.Empty;

    /// <summary>Bytes that it takes of its partition; null where that is not known.</summary>
    public long? SizeBytes { get; init; }

    /// <summary>Bytes that it calls free; null where that is not known.</summary>
    public long? FreeBytes { get; init; }

    /// <summary>Bytes that it does not call free; null where that is not known.</summary>
    public long? UsedBytes => SizeBytes is { } size && FreeBytes is { } free && free <= size ? size - free : null;

    /// <summary>Bytes of the unit in which it gives out space; null where that is not known.</summary>
    public int? ClusterSizeBytes { get; init; }

    /// <summary>Whether an operating system is stopped in it and expects all file systems of the disk as it left them.</summary>
    public bool IsHibernated { get; init; }

    /// <summary>What is wrong with its first structures.</summary>
    public IReadOnlyList<PartitionFinding> Findings { get; init; } = [];

    /// <summary>The usual name.</summary>
    public string Name => Kind switch
    {
        FileSystemKind.Ntfs => "NTFS",
        FileSystemKind.ExFat => "exFAT",
        FileSystemKind.Fat12 => "FAT12",
        FileSystemKind.Fat16 => "FAT16",
        FileSystemKind.Fat32 => "FAT32",
        FileSystemKind.Ext2 => "ext2",
        FileSystemKind.Ext3 => "ext3",
        FileSystemKind.Ext4 => "ext4",
        FileSystemKind.ExtJournal => "ext journal",
        FileSystemKind.Xfs => "XFS",
        FileSystemKind.Btrfs => "btrfs",
        FileSystemKind.Lvm => "LVM",
        FileSystemKind.Luks => "LUKS",
        FileSystemKind.BitLocker => "BitLocker",
        FileSystemKind.Swap => "swap",
        FileSystemKind.ReFs => "ReFS",
        FileSystemKind.Apfs => "APFS",
        FileSystemKind.LinuxRaid => "Linux RAID",
        _ => Kind.ToString(),
    };

    /// <inheritdoc/>
    public override string ToString() => Name;
}
