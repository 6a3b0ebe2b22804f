using VhdPS.Engine.Chains;
using VhdPS.Engine.Disks;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;

namespace VhdPS.Engine.Checking;

/// <summary>
/// The check of a raw disk. It has no structures of its own and no rules of a target to keep: what can be wrong with it is its
/// partition table, and file systems that are larger than their partitions.
/// </summary>
internal static class RawDiskCheck
{
    /// <summary>Checks a raw file or a device.</summary>
    /// <exception cref="FileNotFoundException">There is none.</exception>
    /// <exception cref="VhdOperationException">It is a device that is mounted for writing.</exception>
    /// <exception cref="ImageInUseException">A writer has it open.</exception>
    /// <exception cref="ImageIOException">It could not be read.</exception>
    public static CheckReport Check(string path, CheckOptions options)
    {
        if (options.Target != CheckTarget.Any)
        {
            throw new ArgumentException($"{path}: {options.Target} takes no raw disk, so there are no rules to judge; convert it first.");
        }

        var log = new FindingLog(options.FindingLimit);
        using DiskSource source = DiskSource.Open(path, SourceFormat.Raw, new VhdOpenOptions { RateLimit = options.RateLimit });
        if (options.PartitionTable)
        {
            PartitionTableCheck.Judge(source, log);
        }

        return new CheckReport
        {
            Path = source.Path,
            Target = options.Target,
            Findings = log.Close(),
            ErrorCount = log.Count(Severity.Error),
            WarningCount = log.Count(Severity.Warning),
            NoteCount = log.Count(Severity.Note),
            Verdicts = [],
            ReaderSizes = [],
            Layout = null,
            LeakedBytes = 0,
        };
    }
}
