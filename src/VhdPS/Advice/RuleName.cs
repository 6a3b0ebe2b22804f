using VhdPS.Engine.Format;

namespace VhdPS;

/// <summary>Names rules by what they want: a fault is named by what is wrong, and that it is met would read as its opposite.</summary>
internal static class RuleName
{
    /// <summary>The name of the rule that a fault breaks.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The fault breaks no rule of a program or service.</exception>
    public static string Of(FaultCode rule) => rule switch
    {
        FaultCode.AzureTypeNotFixed => "AzureFixed",
        FaultCode.AzureSizeNotWholeMebibytes => "AzureSizeWholeMebibytes",
        FaultCode.AzureFileLengthMismatch => "AzureFileLength",
        FaultCode.AzureFooterNotAtEnd => "AzureFooterAtEnd",
        FaultCode.AzureFooterChecksumMismatch => "AzureFooterChecksum",
        FaultCode.AzureSizeOutOfRange => "AzureSizeInRange",
        FaultCode.AzureSizeSeenDiffers => "AzureSizeSeen",
        FaultCode.AzureTableEntriesTooMany => "AzureTableEntryCount",
        FaultCode.AzureDiskTooLargeToBoot => "AzureSizeBoots",
        FaultCode.AzureDiskTooLargeForBlob => "AzureSizeFitsBlob",
        FaultCode.HyperVSizeOutOfRange => "HyperVSizeInRange",
        FaultCode.HyperVBlockSizeUnknown => "HyperVBlockSize",
        FaultCode.HyperVFileSparse => "HyperVFileNotSparse",
        FaultCode.HyperVFileHasHoles => "HyperVFileWithoutHoles",
        FaultCode.HyperVFooterUnsound => "HyperVFooter",
        FaultCode.HyperVUniqueIdNull => "HyperVUniqueId",
        FaultCode.HyperVNextOffsetPresent => "HyperVNextOffset",
        FaultCode.HyperVTableEntriesMismatch => "HyperVTableEntryCount",
        FaultCode.HyperVSizeSeenDiffers => "HyperVSizeSeen",
        FaultCode.VirtualPcSizeOutOfRange => "VirtualPcSizeInRange",
        FaultCode.VirtualPcBlockSizeUnknown => "VirtualPcBlockSize",
        FaultCode.VirtualPcSizeSeenDiffers => "VirtualPcSizeSeen",
        FaultCode.VirtualPcFooterUnsound => "VirtualPcFooter",
        FaultCode.VhdxInsteadOfVhd => "VhdImage",
        _ => throw new ArgumentOutOfRangeException(nameof(rule), rule, "The fault breaks no rule."),
    };
}
