using System.Management.Automation;
using VhdPS.Engine.Chains;
using VhdPS.Engine.Checking;
using VhdPS.Engine.Format;
using VhdPS.Engine.Operations.Repair;

namespace VhdPS.Commands;

/// <summary>
/// Repairs what the image itself proves, writes the old bytes to an undo file first, and says of every finding what became of it.
/// </summary>
[Cmdlet(VerbsDiagnostic.Repair, "VpcImage", DefaultParameterSetName = LiteralPathSet, SupportsShouldProcess = true)]
[OutputType(typeof(VpcRepairResult), typeof(VpcRepairPlan))]
public sealed class RepairVpcImageCommand : VpcPathCommandBase
{
    /// <summary>The faults to repair; by default all that can be.</summary>
    [Parameter]
    [EachValue]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(FaultCodeCompleter))]
    public FaultCode[]? Code { get; set; }

    /// <summary>The undo file, or a folder for it; by default the image's name with ".undo" after it.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Backup { get; set; }

    /// <summary>Writes no undo file.</summary>
    [Parameter]
    public SwitchParameter NoBackup { get; set; }

    /// <summary>Looks for blocks that no table entry names, and enters those whose order in the file says which they are.</summary>
    [Parameter]
    public SwitchParameter RebuildTable { get; set; }

    /// <summary>How sure the place of a found block must be.</summary>
    [Parameter]
    [SingleValue]
    public RebuildConfidence LeastConfidence { get; set; } = RebuildConfidence.Medium;

    /// <summary>The id that an image without one gets; by default a random one.</summary>
    [Parameter]
    public Guid UniqueId { get; set; }

    /// <summary>Which of the two sizes in the footer holds; by default the creator decides.</summary>
    [Parameter]
    [SingleValue]
    public SizeRule SizeRule { get; set; }

    /// <summary>Does the work in a thread job, which is emitted; location and preferences go along.</summary>
    [Parameter]
    public SwitchParameter AsJob { get; set; }

    /// <inheritdoc/>
    private protected override bool IsJob => AsJob;

    /// <inheritdoc/>
    protected override void ProcessFile(string path)
    {
        if (!TryRun(path, () => Plan(path), out RepairPlan plan)
            || !TryRun<string?>(path, () => ChooseUndoPath(path), out string? undoPath))
        {
            return;
        }

        if (plan.Report.Layout is { } layout)
        {
            ReportImage(layout);
        }

        ReportEdits(path, plan.Phases);
        IReadOnlyList<string> children = [];
        if (plan.HasChanges)
        {
            if (!TryNameChildren(path, out children))
            {
                return;
            }

            if (undoPath is not null && !TryRun(path, () => RepairOperation.ThrowIfUndoFileExists(undoPath)))
            {
                return;
            }

            string[] lines = [.. Describe(plan, undoPath)];
            if (!ShouldProcess(path, "Repair", lines))
            {
                EmitPlan(() => new VpcRepairPlan(path, string.Join(' ', lines), plan, undoPath));
                return;
            }

            if (!TryRun(path, () => RepairOperation.Run(path, plan, undoPath)))
            {
                return;
            }

            ReportStep(
                undoPath is null ? $"{path}: repaired; there is no undo file." : $"{path}: repaired; the old bytes are in '{undoPath}'.");
        }
        else
        {
            ReportStep($"{path}: there is nothing that can be repaired.");
            undoPath = null;
        }

        if (TryRun(path, () => CheckAgain(path), out CheckReport after))
        {
            WriteObject(new VpcRepairResult(path, plan, undoPath, after, children));
        }
    }

    private static IEnumerable<string> Describe(RepairPlan plan, string? undoPath)
    {
        IEnumerable<string> lines = plan.Steps
            .Where(step => step.Outcome == RepairOutcome.Repair)
            .GroupBy(step => step.Finding.Code)
            .Select(kind => Describe(kind.Key, [.. kind]));
        if (plan.NewLength != plan.OldLength)
        {
            lines = lines.Append($"The file gets {plan.NewLength} bytes, from {plan.OldLength}.");
        }

        return lines.Append(undoPath is null ? "No undo file is written." : $"The old bytes go to '{undoPath}'.");
    }

    /// <summary>One line for all findings of a kind: of a table there can be thousands.</summary>
    private static string Describe(FaultCode code, RepairStep[] steps)
    {
        string place = steps[0].Finding.FileOffset is { } at ? $" at {at}" : string.Empty;
        string more = steps.Length > 1 ? $" ({steps.Length} of them; this is the first)" : string.Empty;
        return $"{code}{place}: {steps[0].Description}{more}";
    }

    private RepairPlan Plan(string path)
    {
        if (NoBackup && Backup is not null)
        {
            throw new ArgumentException($"{path}: give -Backup or -NoBackup, not both.");
        }

        using CommandProgress progress = BeginProgress("Examining", path);
        return RepairOperation.Plan(
            path,
            new RepairOptions
            {
                Codes = Code,
                UniqueId = IsGiven(nameof(UniqueId)) ? UniqueId : Guid.NewGuid(),
                RebuildTable = RebuildTable,
                LeastConfidence = LeastConfidence,
                SizeRule = SizeRule,
            },
            progress,
            Cancellation);
    }

    private CheckReport CheckAgain(string path)
    {
        using CommandProgress progress = BeginProgress("Checking", path);
        var options = new CheckOptions { Full = true, SizeRule = SizeRule, Parents = ParentPolicy.Default };
        return ImageChecker.Check(path, options, progress, Cancellation);
    }

    private string? ChooseUndoPath(string path) =>
        NoBackup ? null : UndoPath.Resolve(new PathResolver(SessionState.Path), path, Backup);
}
