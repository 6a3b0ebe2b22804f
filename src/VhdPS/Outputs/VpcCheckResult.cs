using VhdPS.Engine.Checking;
using VhdPS.Engine.Format;

namespace VhdPS;

/// <summary>What a check found in one image.</summary>
public sealed class VpcCheckResult : VpcObject
{
    internal VpcCheckResult(CheckReport report)
        : base(report.Path)
    {
        For = report.Target;
        IsValid = report.IsValid;
        Errors = report.ErrorCount;
        Warnings = report.WarningCount;
        Notes = report.NoteCount;
        Findings = new(
            [.. report.Findings.OrderByDescending(finding => finding.Severity).Select(finding => new VpcFinding(report.Path, finding))]);
        Rules = new([.. report.Verdicts.Select(verdict => new VpcRuleVerdict(verdict))]);
        SizeSeen = new([.. report.ReaderSizes]);
        LeakedBytes = report.LeakedBytes;
    }

    /// <summary>Whose rules were judged besides the format's.</summary>
    public CheckTarget For { get; }

    /// <summary>Whether no finding is an error.</summary>
    public bool IsValid { get; }

    /// <summary>How many findings are errors: data is lost, doubtful or not reachable, or a rule is broken.</summary>
    public long Errors { get; }

    /// <summary>How many are warnings: something departs from the specification, and the data can be read.</summary>
    public long Warnings { get; }

    /// <summary>How many are notes.</summary>
    public long Notes { get; }

    /// <summary>The code of the gravest finding; empty where there is none.</summary>
    public string Gravest => Findings.Count > 0 ? Findings[0].Code : string.Empty;

    /// <summary>
    /// The findings, the gravest first; of one code at most 100, a run of blocks being one, and one that says how many there are.
    /// </summary>
    public VpcList<VpcFinding> Findings { get; }

    /// <summary>The rules of the program or service that was asked for, kept or not.</summary>
    public VpcList<VpcRuleVerdict> Rules { get; }

    /// <summary>The virtual size that each known program sees.</summary>
    public VpcList<ReaderSize> SizeSeen { get; }

    /// <summary>Bytes of the file that belong to no block and no structure.</summary>
    public long LeakedBytes { get; }

    /// <inheritdoc/>
    public override string ToString() =>
        PrintableText.Escape($"{Path}: {(IsValid ? "valid" : "not valid")}, {Errors} errors, {Warnings} warnings, {Notes} notes");
}
