using VhdPS.Engine.Checking;
using VhdPS.Engine.Format;

namespace VhdPS.Engine.Operations.Repair;

/// <summary>What a repair would do to one file, down to the bytes.</summary>
public sealed class RepairPlan
{
    internal RepairPlan(CheckReport report, IReadOnlyList<RepairStep> steps, IReadOnlyList<RepairPhase> phases)
    {
        Report = report;
        Steps = steps;
        Phases = phases;
    }

    /// <summary>The check that it stands on.</summary>
    public CheckReport Report { get; }

    /// <summary>A step for each finding.</summary>
    public IReadOnlyList<RepairStep> Steps { get; }

    /// <summary>The changes in their order.</summary>
    internal IReadOnlyList<RepairPhase> Phases { get; }

    /// <summary>Whether there is anything to change.</summary>
    public bool HasChanges => Phases.Count > 0;

    /// <summary>Length of the file when it was looked at, in bytes.</summary>
    public long OldLength => Report.Layout?.FileLength ?? 0;

    /// <summary>Length of the file after the repair, in bytes.</summary>
    public long NewLength => Phases.SelectMany(phase => phase.Edits).Aggregate(OldLength, (length, edit) => edit.LengthAfter(length));
}

/// <summary>One finding and what becomes of it.</summary>
/// <param name="Finding">What was found.</param>
/// <param name="Outcome">What becomes of it.</param>
/// <param name="Description">What is done and by which evidence, or why nothing is.</param>
public sealed record RepairStep(Finding Finding, RepairOutcome Outcome, string Description);

/// <summary>What a repair makes of one finding.</summary>
public enum RepairOutcome
{
    /// <summary>It is repaired.</summary>
    Repair,

    /// <summary>It can be repaired, and was not asked for.</summary>
    NotSelected,

    /// <summary>The file does not prove what would be right, so it stays as it is.</summary>
    NotProven,

    /// <summary>Repair has no means for it.</summary>
    NotRepairable,
}
