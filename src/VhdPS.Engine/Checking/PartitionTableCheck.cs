using VhdPS.Engine.Chains;
using VhdPS.Engine.Disks;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Partitions;
using static System.FormattableString;

namespace VhdPS.Engine.Checking;

/// <summary>
/// What is wrong with the partition table of the disk in an image, and with the first structures of the file systems in its partitions. It
/// is the guest's data, which the image keeps whatever it says: never an error of the image.
/// </summary>
internal static class PartitionTableCheck
{
    /// <summary>Reads the table and what its partitions begin with. Of a disk that cannot be read other findings tell.</summary>
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

        var found = new List<PartitionFinding>();
        try
        {
            var open = new VhdOpenOptions { SizeRule = options.SizeRule, Parents = options.Parents ?? ParentPolicy.Default };
            using var source = DiskSource.Open(new NonOwningImageFile(file), SourceFormat.Vhd, open);
            found.AddRange(Find(source));
        }
        catch (Exception error) when (error is VhdFormatException || (needsParents && error is IOException or UnauthorizedAccessException))
        {
            return;
        }

        found.ForEach(finding => log.Add(ToFinding(finding)));
    }

    /// <summary>Reads the table and what its partitions begin with from a disk that is open.</summary>
    /// <exception cref="VhdFormatException">A sector cannot be found.</exception>
    /// <exception cref="ImageIOException">The file could not be read.</exception>
    public static void Judge(DiskSource source, FindingLog log)
    {
        foreach (PartitionFinding finding in Find(source))
        {
            log.Add(ToFinding(finding));
        }
    }

    private static IEnumerable<PartitionFinding> Find(DiskSource source) =>
        DiskContent.Read(new DiskSourceReader(source), countsFreeSpace: false).Findings;

    private static Finding ToFinding(PartitionFinding finding)
    {
        (FaultCode code, VhdStructure structure) = (finding.Structure, finding.Severity) switch
        {
            (PartitionStructure.FileSystem, _) => (FaultCode.FileSystemInvalid, VhdStructure.FileSystem),
            (_, Severity.Note) => (FaultCode.PartitionTableUnusual, VhdStructure.PartitionTable),
            _ => (FaultCode.PartitionTableInvalid, VhdStructure.PartitionTable),
        };
        string place = finding.DiskOffset is { } offset ? Invariant($" at offset {offset} of the disk") : string.Empty;
        string subject = structure == VhdStructure.FileSystem && finding.PartitionNumber is > 0 and { } number
            ? Invariant($"Partition {number}: ")
            : string.Empty;
        return new Finding(
            code, structure, null, finding.Expected, finding.Actual, $"{finding.Code}{place}: {subject}{finding.Message}");
    }
}
