using System.Management.Automation;
using VhdPS.Engine.Format;
using VhdPS.Engine.Storage;

namespace VhdPS.Commands;

/// <summary>Checks images from end to end: structures, sizes, table, chain, and on request bitmaps and the rules of a program or service.</summary>
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

    /// <inheritdoc/>
    protected override void ProcessFile(string path)
    {
        if (TryRun(path, () => Check(path), out CheckReport report))
        {
            if (report.Layout is { } layout)
            {
                TellImage(layout);
            }

            WriteObject(Quiet ? report.IsValid : new VpcCheckResult(report));
        }
    }

    private CheckReport Check(string path)
    {
        using CommandProgress progress = BeginProgress("Checking", path);
        return ImageChecker.Check(
            path,
            new CheckOptions { Target = For, Full = Full, Now = DateTime.UtcNow, SizeRule = SizeRule, Parents = ResolveParents() },
            progress,
            Cancellation);
    }
}
