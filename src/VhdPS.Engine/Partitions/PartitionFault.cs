namespace VhdPS.Engine.Partitions;

/// <summary>Every fault that a partition table, or what its partitions begin with, can have. A name states the violated fact.</summary>
public enum PartitionFault
{
    /// <summary>The disk has a table of a kind that is not read.</summary>
    TableKindUnsupported,

    /// <summary>The table was made for sectors of another size.</summary>
    TableSectorSizeDiffers,

    /// <summary>An entry's boot flag is neither 00 nor 80.</summary>
    MbrBootFlagInvalid,

    /// <summary>More than one partition is marked as active.</summary>
    MbrSeveralActive,

    /// <summary>The master boot record has more than one extended partition; logical ones are looked for in the first.</summary>
    MbrExtendedDuplicate,

    /// <summary>An extended boot record does not end in 55 AA.</summary>
    ExtendedSignatureMissing,

    /// <summary>The chain of extended boot records comes back to one that was seen before.</summary>
    ExtendedChainLoop,

    /// <summary>The chain of extended boot records is longer than is followed.</summary>
    ExtendedChainTooLong,

    /// <summary>An extended boot record lies outside the extended partition or the disk.</summary>
    ExtendedLinkOutside,

    /// <summary>An extended boot record has more entries than a partition and a link.</summary>
    ExtendedEntryUnexpected,

    /// <summary>A logical partition does not lie in the extended one.</summary>
    LogicalOutsideExtended,

    /// <summary>The disk has a GPT, and no master boot record that protects it.</summary>
    ProtectiveMbrMissing,

    /// <summary>The protective entry does not begin at sector 1.</summary>
    ProtectiveMbrStartDiffers,

    /// <summary>The protective entry covers less than the disk.</summary>
    ProtectiveMbrSizeDiffers,

    /// <summary>The master boot record describes partitions beside the GPT.</summary>
    MbrIsHybrid,

    /// <summary>A GPT's header is left on a disk whose master boot record does not announce one.</summary>
    GptNotAnnounced,

    /// <summary>There is no GPT header at sector 1.</summary>
    GptHeaderMissing,

    /// <summary>There is no GPT header where the backup belongs.</summary>
    GptBackupMissing,

    /// <summary>The backup is not at the end of the disk.</summary>
    GptBackupNotAtEnd,

    /// <summary>The backup would lie past the end of the disk.</summary>
    GptBackupPastEnd,

    /// <summary>A GPT header's CRC is not that of its bytes.</summary>
    GptHeaderCrcMismatch,

    /// <summary>A field of a GPT header has a value that it cannot have.</summary>
    GptHeaderFieldInvalid,

    /// <summary>A GPT header's revision is not 1.0.</summary>
    GptRevisionUnknown,

    /// <summary>The entries are more than are read.</summary>
    GptEntriesTooMany,

    /// <summary>The entries do not lie in the disk.</summary>
    GptEntriesPastEnd,

    /// <summary>The entries overlap a header, or the range that partitions may use.</summary>
    GptEntriesOverlap,

    /// <summary>The CRC of the entries is not the one that the header stores.</summary>
    GptEntriesCrcMismatch,

    /// <summary>Header and backup are both valid and differ.</summary>
    GptCopiesDiffer,

    /// <summary>The range that partitions may use reaches past the end of the disk, or is empty.</summary>
    GptUsableRangeInvalid,

    /// <summary>Two entries have the same unique id.</summary>
    GptUniqueIdDuplicate,

    /// <summary>A partition ends before it begins.</summary>
    PartitionRangeInvalid,

    /// <summary>A partition reaches past the end of the disk.</summary>
    PartitionPastEnd,

    /// <summary>Two partitions share sectors.</summary>
    PartitionsOverlap,

    /// <summary>A partition covers sectors of the table.</summary>
    PartitionOverlapsTable,

    /// <summary>A partition does not lie in the range that the GPT says partitions may use.</summary>
    PartitionOutsideUsableRange,

    /// <summary>A partition does not begin on a whole MiB.</summary>
    PartitionNotAligned,

    /// <summary>A file system is larger than its partition.</summary>
    FileSystemPastEnd,

    /// <summary>A file system's first structure has a value that it cannot have.</summary>
    FileSystemFieldInvalid,

    /// <summary>The checksum of a file system's first structure is not that of its bytes.</summary>
    FileSystemChecksumMismatch,

    /// <summary>A partition has the signatures of more than one file system.</summary>
    FileSystemAmbiguous,

    /// <summary>What a partition begins with cannot be read from the image.</summary>
    FileSystemUnreadable,
}
