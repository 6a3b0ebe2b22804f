using System.Management.Automation;
using VhdPS.Engine.Checking;
using VhdPS.Engine.Disks;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Operations.Repair;

namespace VhdPS.Commands;

/// <summary>
/// Checks images from end to end: structures, sizes, table, chain, and on request bitmaps and the rules of a program or service.
/// </summary>
[Cmdlet(VerbsDiagnostic.Test, "VpcImage", DefaultParameterSetName = LiteralPathSet)]
[OutputType(typeof(VpcCheckResult), typeof(bool))]
public sealed class TestVpcImageCommand : VpcReadCommandBase
{
    /// <summary>The programs or services whose rules are judged besides the format's, each with a result of its own.</summary>
    [Parameter]
    [EachValue]
    [ValidateNotNullOrEmpty]
    public CheckTarget[] For { get; set; } = [];

    /// <summary>Also reads every bitmap, the data that bitmaps say is not there, and the disk's partition table and file systems.</summary>
    [Parameter]
    public SwitchParameter Full { get; set; }

    /// <summary>Only whether there is no error.</summary>
    [Parameter]
    public SwitchParameter Quiet { get; set; }

    /// <summary>Which of the two sizes in the footer holds; by default the creator decides.</summary>
    [Parameter]
    [SingleValue]
    public SizeRule SizeRule { get; set; }

    /// <summary>Files that are read at once; what is written keeps their order.</summary>
    [Parameter]
    [ValidateRange(1, MaxFilesAtOnce)]
    public int ThrottleLimit { get; set; } = 1;

    /// <summary>The most bytes that are read from disks a second, all files together; 0 for as fast as can be.</summary>
    [Parameter]
    [ByteSize]
    [ValidateRange(0, long.MaxValue)]
    public long RateLimit { get; set; }

    /// <summary>Does the work in a thread job, which is emitted; location and preferences go along.</summary>
    [Parameter]
    public SwitchParameter AsJob { get; set; }

    /// <inheritdoc/>
    private protected override bool IsJob => AsJob;

    /// <inheritdoc/>
    private protected override int FilesAtOnce => ThrottleLimit;

    /// <inheritdoc/>
    protected override void ProcessFile(string path)
    {
        if (TryRun(path, Options, HandOutAll, out CheckOptions options))
        {
            Work(path, "Checking", (progress, cancellation) => Check(path, options, progress, cancellation), Write);
        }
    }

    private CheckReport[] Check(string path, CheckOptions options, IProgress<WorkProgress> progress, CancellationToken cancellation) =>
        [.. (For.Length == 0 ? [CheckTarget.Any] : For.Distinct()).Select(
            target => SourceFormat == SourceFormat.Raw
                ? RawDiskCheck.Check(path, options with { Target = target })
                : RepairOutlook.Check(path, options with { Target = target }, progress, cancellation))];

    private void Write(CheckReport[] reports)
    {
        if (reports[0].Layout is { } layout)
        {
            ReportImage(layout);
        }

        if (Quiet)
        {
            WriteObject(Array.TrueForAll(reports, report => report.IsValid));
            return;
        }

        foreach (CheckReport report in reports)
        {
            WriteObject(new VpcCheckResult(report));
        }
    }

    private CheckOptions Options() => new()
    {
        Full = Full,
        PartitionTable = Full,
        Now = DateTime.UtcNow,
        SizeRule = SizeRule,
        RateLimit = LimitTo(RateLimit),
        Parents = ResolveParents(),
    };
}
