using System.Management.Automation;
using VhdPS.Engine.Checking;
using VhdPS.Engine.Format;
using VhdPS.Engine.Operations.Repair;

namespace VhdPS.Commands;

/// <summary>
/// Checks images from end to end: structures, sizes, table, chain, and on request bitmaps and the rules of a program or service.
/// </summary>
[Cmdlet(VerbsDiagnostic.Test, "VpcImage", DefaultParameterSetName = PathSet)]
[OutputType(typeof(VpcCheckResult), typeof(bool))]
public sealed class TestVpcImageCommand : VpcDiskCommandBase
{
    /// <summary>The program or service whose rules are judged besides the format's.</summary>
    [Parameter]
    public CheckTarget For { get; set; }

    /// <summary>Also reads every bitmap, and the data that bitmaps say is not there.</summary>
    [Parameter]
    public SwitchParameter Full { get; set; }

    /// <summary>Only whether there is no error.</summary>
    [Parameter]
    public SwitchParameter Quiet { get; set; }

    /// <summary>Which of the two sizes in the footer holds; by default the creator decides.</summary>
    [Parameter]
    public SizeRule SizeRule { get; set; }

    /// <summary>Files that are read at once; what is written keeps their order.</summary>
    [Parameter]
    [ValidateRange(1, MaxFilesAtOnce)]
    public int ThrottleLimit { get; set; } = 1;

    /// <inheritdoc/>
    private protected override int FilesAtOnce => ThrottleLimit;

    /// <inheritdoc/>
    protected override void ProcessFile(string path)
    {
        if (TryRun(path, Options, HandOutAll, out CheckOptions options))
        {
            Work(path, "Checking", (progress, cancellation) => RepairOutlook.Check(path, options, progress, cancellation), Write);
        }
    }

    private void Write(CheckReport report)
    {
        if (report.Layout is { } layout)
        {
            ReportImage(layout);
        }

        WriteObject(Quiet ? report.IsValid : new VpcCheckResult(report));
    }

    private CheckOptions Options() =>
        new() { Target = For, Full = Full, Now = DateTime.UtcNow, SizeRule = SizeRule, Parents = ResolveParents() };
}
