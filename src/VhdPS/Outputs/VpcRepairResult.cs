using VhdPS.Engine.Checking;
using VhdPS.Engine.Format;
using VhdPS.Engine.Operations.Repair;

namespace VhdPS;

/// <summary>What a repair did to one image.</summary>
public sealed class VpcRepairResult : VpcObject
{
    internal VpcRepairResult(string path, RepairPlan plan, string? undoPath, CheckReport after, IReadOnlyList<string> children)
        : base(path)
    {
        Steps = new([.. plan.Steps.Select(step => new VpcRepairStep(path, step))]);
        Repaired = plan.Steps.Count(step => step.Outcome == RepairOutcome.Repair);
        Left = plan.Steps.Count - Repaired;
        UndoPath = undoPath;
        Children = new([.. children]);
        IsValid = after.IsValid;
        Errors = after.ErrorCount;
        Warnings = after.WarningCount;
    }

    /// <summary>Whether the image has no error now.</summary>
    public bool IsValid { get; }

    /// <summary>How many findings were repaired.</summary>
    public int Repaired { get; }

    /// <summary>How many findings stay as they are.</summary>
    public int Left { get; }

    /// <summary>How many errors the image has now.</summary>
    public long Errors { get; }

    /// <summary>How many warnings the image has now.</summary>
    public long Warnings { get; }

    /// <summary>The file that Undo-VpcRepair brings the image back with; null where there is none.</summary>
    public string? UndoPath { get; }

    /// <summary>Images in the same folder that depend on this one, and files that may and could not be opened; empty where nothing was
    /// changed.</summary>
    public VpcList<string> Children { get; }

    /// <summary>Each finding and what became of it.</summary>
    public VpcList<VpcRepairStep> Steps { get; }

    /// <inheritdoc/>
    public override string ToString() => PrintableText.Escape($"{Path}: {Repaired} repaired, {Left} left");
}
