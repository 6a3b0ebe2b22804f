using VhdPS.Engine.Checking;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Layout;

namespace VhdPS.Engine.Operations.Repair;

/// <summary>
/// A check that says of each finding whether a repair of this very file would correct it, as a plan of that repair has it, and
/// not whether it could of some file.
/// </summary>
public static class RepairOutlook
{
    /// <summary>Checks a file of the machine. Changes nothing.</summary>
    /// <exception cref="FileNotFoundException">There is none.</exception>
    /// <exception cref="VhdFormatException">The path names no regular file.</exception>
    /// <exception cref="ImageInUseException">A writer has it open.</exception>
    /// <exception cref="ImageIOException">The file could not be read.</exception>
    public static CheckReport Check(
        string path, CheckOptions? options = null, IProgress<WorkProgress>? progress = null, CancellationToken cancellation = default)
    {
        using var file = LocalImageFile.OpenRead(path);
        file.RateLimit = options?.RateLimit;
        return Check(file, options, progress, cancellation);
    }

    /// <summary>Checks an open file. Changes nothing.</summary>
    /// <exception cref="ImageIOException">The file could not be read.</exception>
    internal static CheckReport Check(
        ImageFile file, CheckOptions? options = null, IProgress<WorkProgress>? progress = null, CancellationToken cancellation = default)
    {
        options ??= new CheckOptions();
        return Judge(file, ImageChecker.Check(file, options, progress, cancellation), options.SizeRule, cancellation);
    }

    private static CheckReport Judge(ImageFile file, CheckReport report, SizeRule sizeRule, CancellationToken cancellation)
    {
        Finding[] judged = [.. report.Findings.Where(
            finding => FaultCatalog.Of(finding.Code).IsRepairable && !IsOfBitmap(finding))];
        if (judged.Length == 0 || report.Layout is null)
        {
            return report with { Findings = [.. report.Findings.Select(finding => WithBitmaps(finding, report.Layout))] };
        }

        // A repair looks neither at parents nor at a target's rules.
        Finding[] own = [.. report.Findings.Where(finding => !IsOfOthers(finding))];
        CheckReport asRepair = report with
        {
            Findings = own,
            ErrorCount = report.ErrorCount - report.Findings.Count(finding => IsOfOthers(finding) && finding.Severity == Severity.Error),
        };
        var options = new RepairOptions
        {
            Codes = [.. judged.Select(finding => finding.Code).Distinct()],
            UniqueId = Guid.NewGuid(),
            SizeRule = sizeRule,
        };
        var outcomes = new Dictionary<Finding, RepairOutcome>(ReferenceEqualityComparer.Instance);
        foreach (RepairStep step in new RepairPlanner(file, asRepair, options).Run(cancellation).Steps)
        {
            outcomes[step.Finding] = step.Outcome;
        }

        return report with
        {
            Findings = [.. report.Findings.Select(finding => WithOutcome(finding, outcomes, report.Layout))],
        };
    }

    private static Finding WithOutcome(Finding finding, Dictionary<Finding, RepairOutcome> outcomes, ImageLayout? layout) =>
        FaultCatalog.Of(finding.Code).IsRepairable && !IsOfBitmap(finding) && outcomes.TryGetValue(finding, out RepairOutcome outcome)
            ? finding with
            {
                IsRepairable = outcome is RepairOutcome.Repair or RepairOutcome.NotSelected,
                NeedsRebuild = outcome == RepairOutcome.NotSelected,
            }
            : WithBitmaps(finding, layout);

    /// <summary>Bitmaps would be read once more only to say the same.</summary>
    private static Finding WithBitmaps(Finding finding, ImageLayout? layout) =>
        IsOfBitmap(finding) && finding.IsRepairable && layout is { StoredFooter: not null }
            ? finding with { IsRepairable = BitmapRepair.CanRepair(layout) }
            : finding;

    private static bool IsOfBitmap(Finding finding) => finding.Code == FaultCode.BitmapStale;

    private static bool IsOfOthers(Finding finding) =>
        finding.Code is >= FaultCode.ParentNotFound and <= FaultCode.VirtualPcFooterUnsound;
}
