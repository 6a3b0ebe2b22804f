namespace VhdPS.Engine.Partitions.FileSystems;

/// <summary>What is recognised in a partition: file systems, and what holds other file systems.</summary>
public enum FileSystemKind
{
    /// <summary>What the partition begins with cannot be read.</summary>
    Unknown,

    /// <summary>NTFS.</summary>
    Ntfs,

    /// <summary>exFAT.</summary>
    ExFat,

    /// <summary>FAT with entries of 12 bits.</summary>
    Fat12,

    /// <summary>FAT with entries of 16 bits.</summary>
    Fat16,

    /// <summary>FAT with entries of 32 bits.</summary>
    Fat32,

    /// <summary>ext2.</summary>
    Ext2,

    /// <summary>ext3: ext2 with a journal.</summary>
    Ext3,

    /// <summary>ext4.</summary>
    Ext4,

    /// <summary>A journal of an ext3 or ext4 on another disk.</summary>
    ExtJournal,

    /// <summary>XFS.</summary>
    Xfs,

    /// <summary>btrfs.</summary>
    Btrfs,

    /// <summary>A physical volume of Linux's logical volume manager.</summary>
    Lvm,

    /// <summary>A volume that LUKS encrypts.</summary>
    Luks,

    /// <summary>A volume that BitLocker encrypts.</summary>
    BitLocker,

    /// <summary>Linux swap space.</summary>
    Swap,

    /// <summary>ReFS.</summary>
    ReFs,

    /// <summary>An APFS container.</summary>
    Apfs,

    /// <summary>A member of a RAID of Linux.</summary>
    LinuxRaid,
}
