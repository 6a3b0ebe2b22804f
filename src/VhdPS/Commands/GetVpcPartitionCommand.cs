using System.Management.Automation;
using VhdPS.Engine.Chains;
using VhdPS.Engine.Disks;
using VhdPS.Engine.Format;
using VhdPS.Engine.Partitions;

namespace VhdPS.Commands;

/// <summary>Lists the partitions of a disk, whatever holds it, with the file systems in them.</summary>
[Cmdlet(VerbsCommon.Get, "VpcPartition", DefaultParameterSetName = LiteralPathSet)]
[OutputType(typeof(VpcPartition))]
public sealed class GetVpcPartitionCommand : VpcSourceCommandBase
{
    /// <summary>Disks that are read at once; the partitions keep their order.</summary>
    [Parameter]
    [ValidateRange(1, MaxFilesAtOnce)]
    public int ThrottleLimit { get; set; } = 1;

    /// <inheritdoc/>
    private protected override int FilesAtOnce => ThrottleLimit;

    /// <inheritdoc/>
    protected override void ProcessFile(string path)
    {
        if (TryRun(path, Options, HandOutAll, out VhdOpenOptions options))
        {
            Work(path, "Reading", (_, cancellation) => Read(path, options, cancellation), result => Write(path, result));
        }
    }

    private readonly record struct ReadDisk(DiskContent Content, SourceFacts Source, IReadOnlyList<LostRange> LostRanges);

    private ReadDisk Read(string path, VhdOpenOptions options, CancellationToken cancellation)
    {
        using DiskSource source = Open(path, options, cancellation);
        var content = DiskContent.Read(new DiskSourceReader(source), countsFreeSpace: true, cancellation);
        return new ReadDisk(content, SourceFacts.Of(source), source.LostRanges);
    }

    private void Write(string path, ReadDisk disk)
    {
        ReportSource(disk.Source);
        ReportLost(path, disk.LostRanges);
        ReportTable(path, disk.Content.Table);
        ReportFindings(path, disk.Content.Findings);
        foreach (PartitionContent content in disk.Content.Partitions)
        {
            WriteObject(new VpcPartition(path, content));
        }
    }

    private void ReportTable(string path, PartitionTable table)
    {
        string kind = table.Style switch
        {
            PartitionStyle.None when table.Partitions.Count > 0 => "no partition table; a file system begins at its first sector",
            PartitionStyle.None => "no partition table, and nothing is recognised on it",
            PartitionStyle.Other => $"a table of a kind that is not read: {table.OtherKind}",
            PartitionStyle.Gpt => $"a GPT with {table.Partitions.Count} partitions, id {table.DiskId}",
            _ => $"an MBR with {table.Partitions.Count} partitions, id {table.DiskId}",
        };
        ReportStep($"{path}: the disk has {kind}; sectors of {table.SectorSize} bytes.");
    }

    private void ReportFindings(string path, IEnumerable<PartitionFinding> findings)
    {
        foreach (PartitionFinding finding in findings)
        {
            if (finding.Severity == Severity.Note)
            {
                ReportStep($"{path}: {finding.Describe()}");
            }
            else
            {
                WriteWarning($"{path}: {finding.Describe()}");
            }
        }
    }
}
