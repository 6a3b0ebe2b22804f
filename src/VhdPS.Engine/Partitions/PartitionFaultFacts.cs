using VhdPS.Engine.Format;


namespace VhdPS.Engine.Partitions;

/// <summary>How much a fault of a partition table matters wherever it is found.</summary>
internal static class PartitionFaultFacts
{
    /// <summary>The severity of a fault.</summary>
    public static Severity SeverityOf(PartitionFault code) => code switch
    {
        PartitionFault.PartitionNotAligned
            or PartitionFault.MbrIsHybrid
            or PartitionFault.GptNotAnnounced
            or PartitionFault.ProtectiveMbrSizeDiffers
            or PartitionFault.TableKindUnsupported => Severity.Note,
        PartitionFault.ExtendedSignatureMissing
            or PartitionFault.ExtendedChainLoop
            or PartitionFault.ExtendedChainTooLong
            or PartitionFault.ExtendedLinkOutside
            or PartitionFault.LogicalOutsideExtended
            or PartitionFault.GptHeaderMissing
            or PartitionFault.GptBackupMissing
            or PartitionFault.GptBackupPastEnd
            or PartitionFault.GptHeaderCrcMismatch
            or PartitionFault.GptHeaderFieldInvalid
            or PartitionFault.GptEntriesTooMany
            or PartitionFault.GptEntriesPastEnd
            or PartitionFault.GptEntriesOverlap
            or PartitionFault.GptEntriesCrcMismatch
            or PartitionFault.GptUsableRangeInvalid
            or PartitionFault.PartitionRangeInvalid
            or PartitionFault.PartitionPastEnd
            or PartitionFault.PartitionsOverlap
            or PartitionFault.PartitionOverlapsTable
            or PartitionFault.PartitionOutsideUsableRange
            or PartitionFault.FileSystemPastEnd
            or PartitionFault.FileSystemUnreadable
            or PartitionFault.TableSectorSizeDiffers => Severity.Error,
        _ => Severity.Warning,
    };
}
