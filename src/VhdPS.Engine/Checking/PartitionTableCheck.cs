using VhdPS.Engine.Chains;
using VhdPS.Engine.Disks;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Partitions;
using static System.FormattableString;

namespace VhdPS.Engine.Checking;

/// <summary>
/// What is wrong with the partition table of the disk in an image. It is the guest's data, which the image keeps whatever it says: never
/// an error of the image.
/// </summary>
internal static class PartitionTableCheck
{
    /// <summary>Reads the table; of a disk that cannot be read, which other findings say, nothing is said.</summary>
    /// <param name="file">The image's file, which stays open.</param>
    /// <param name="needsParents">Whether the image is a differencing one, whose disk is that of a whole chain.</param>
    /// <param name="options">Where parents may be, and which size holds.</param>
    /// <param name="log">Takes the findings.</param>
    public static void Run(ImageFile file, bool needsParents, CheckOptions options, FindingLog log)
    {
        if (needsParents && options.Parents is null)
        {
            return;
        }

        PartitionTable table;
        try
        {
            var open = new VhdOpenOptions { SizeRule = options.SizeRule, Parents = options.Parents ?? ParentPolicy.Default };
            using var source = DiskSource.Open(new NonOwningImageFile(file), SourceFormat.Vhd, open);
            table = PartitionTable.Read(new DiskSourceReader(source));
        }
        catch (Exception error) when (error is VhdFormatException || (needsParents && error is IOException or UnauthorizedAccessException))
        {
            return;
        }

        foreach (PartitionFinding finding in table.Findings)
        {
            log.Add(ToFinding(finding));
        }
    }

    private static Finding ToFinding(PartitionFinding finding)
    {
        FaultCode code = finding.Severity == Severity.Note ? FaultCode.PartitionTableUnusual : FaultCode.PartitionTableInvalid;
        string place = finding.DiskOffset is { } offset ? Invariant($" at offset {offset} of the disk") : string.Empty;
        return new Finding(
            code, VhdStructure.PartitionTable, null, finding.Expected, finding.Actual, $"{finding.Code}{place}: {finding.Message}");
    }
}
