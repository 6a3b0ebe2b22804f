using VhdPS.Engine.Checking;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;

namespace VhdPS.Engine.Operations.Repair;

/// <summary>Weighs each finding of a check and gathers the changes that the file proves.</summary>
internal sealed class RepairPlanner(ImageFile file, CheckReport report, RepairOptions options)
{
    public RepairPlan Run(CancellationToken cancellation)
    {
        if (report.Layout is not { StoredFooter: not null } layout)
        {
            return new RepairPlan(report, [
                .. report.Findings.Select(finding => new RepairStep(finding, RepairOutcome.NotProven, "No footer is left to go by."))], []);
        }

        // Without the entry whose block has a footer in its data that footer would count, and with it another disk.
        bool isTableKept = layout.Footers.IsEndInBlock;
        RepairOptions tableOptions = isTableKept ? options with { RebuildTable = false } : options;
        var table = new TableRepair(file, layout, tableOptions, code => !isTableKept && IsSelected(code), [
            .. report.Findings.Where(finding => finding.Code == FaultCode.BlockLost).Select(finding => finding.FileOffset ?? -1)
                .Where(offset => offset >= 0)]);
        table.Decide(cancellation);
        var footers = new FooterRepair(file, layout, options, IsSelected, table);
        footers.Decide();
        var header = new HeaderRepair(file, report, IsSelected);
        header.Decide();
        var bitmaps = new BitmapRepair(file, layout, IsSelected);
        bool isSound = footers.IsProven && header.IsProven;
        if (isSound)
        {
            bitmaps.Decide(table, cancellation);
        }

        var steps = new List<RepairStep>();
        foreach (Finding finding in report.Findings.Where(finding => !table.IsReported(finding)))
        {
            RepairDecision? decision = footers.Of(finding)
                ?? (footers.IsProven ? header.Of(finding) : RepairDecision.NotProven("The footer must be valid first."))
                ?? (isSound ? table.Of(finding) ?? bitmaps.Of(finding) : RepairDecision.NotProven(
                    "The footer or the header must be valid first."));
            steps.Add(ToStep(finding, decision));
        }

        // A header that is sealed again, or a footer restored, is read first before anything else is built on it.
        IEnumerable<RepairPhase> phases = isSound
            ? [.. footers.Phases(), .. header.Phases(), .. table.Phases(), .. bitmaps.Phases(), .. footers.CutPhases()]
            : footers.IsProven ? [.. footers.Phases(), .. header.Phases(), .. footers.CutPhases()] : [];
        RepairPhase[] changes = [.. phases.Where(phase => phase.Edits.Count > 0)];
        IReadOnlyList<RepairStep> all = [.. steps, .. table.RebuildSteps];
        return changes.Length > 0 && AddsErrors(changes, cancellation)
            ? new RepairPlan(report, [.. all.Select(Refused)], [])
            : new RepairPlan(report, all, changes);
    }

    private static RepairStep Refused(RepairStep step) => step.Outcome != RepairOutcome.Repair ? step : step with
    {
        Outcome = RepairOutcome.NotProven,
        Description = "With all that would be repaired the image would have more errors than it has now.",
    };

    /// <summary>Whether the image would have more errors than now; where little of it could be read, more is seen of course.</summary>
    private bool AddsErrors(IReadOnlyList<RepairPhase> changes, CancellationToken cancellation)
    {
        if (report.Findings.Any(finding => finding.Effect is FaultEffect.Unreadable or FaultEffect.UnreadableUnlessForced))
        {
            return false;
        }

        var after = new ImageAfterRepair(file, changes);
        return ImageChecker.Check(after, new CheckOptions { SizeRule = options.SizeRule }, null, cancellation).ErrorCount
            > report.ErrorCount;
    }

    private bool IsSelected(FaultCode code) => options.Codes is null || options.Codes.Contains(code);

    private RepairStep ToStep(Finding finding, RepairDecision? decision)
    {
        if (decision is not { } made)
        {
            return new RepairStep(finding, RepairOutcome.NotRepairable, string.Empty);
        }

        return made.Outcome == RepairOutcome.Repair && !IsSelected(finding.Code)
            ? new RepairStep(finding, RepairOutcome.NotSelected, "Not asked for.")
            : new RepairStep(finding, made.Outcome, made.Description);
    }
}

/// <summary>What becomes of a finding, and why.</summary>
internal readonly record struct RepairDecision(RepairOutcome Outcome, string Description)
{
    /// <summary>It is repaired, by the evidence that <paramref name="description"/> names.</summary>
    public static RepairDecision Repair(string description) => new(RepairOutcome.Repair, description);

    /// <summary>It is repaired where the table is rebuilt, which was not asked for.</summary>
    public static RepairDecision OnRebuild(string description) => new(RepairOutcome.NotSelected, description);

    /// <summary>It stays.</summary>
    public static RepairDecision NotProven(string description) => new(RepairOutcome.NotProven, description);
}
