using VhdPS.Engine.Operations.Repair;

namespace VhdPS;

/// <summary>What Repair-VpcImage would do.</summary>
public sealed class VpcRepairPlan : VpcPlan
{
    internal VpcRepairPlan(string imagePath, string changes, RepairPlan plan, string? undoPath)
        : base(imagePath, changes)
    {
        Repairs = plan.Steps.Count(step => step.Outcome == RepairOutcome.Repair);
        Left = plan.Steps.Count - Repairs;
        FileSizeBefore = plan.OldLength;
        FileSizeAfter = plan.NewLength;
        UndoPath = undoPath;
        BytesWritten = plan.Phases.SelectMany(phase => phase.Edits).Sum(edit => (long)edit.NewBytes.Length);
        long undoBytes = undoPath is null ? 0 : plan.Phases.SelectMany(phase => phase.Edits).Sum(edit => (long)edit.OldBytes.Length);
        FreeSpaceNeeded = Math.Max(0, plan.NewLength - plan.OldLength) + undoBytes;
    }

    /// <summary>How many findings would be repaired.</summary>
    public int Repairs { get; }

    /// <summary>How many findings would stay as they are.</summary>
    public int Left { get; }

    /// <summary>Length of the file now, in bytes.</summary>
    public long FileSizeBefore { get; }

    /// <summary>Length of the file afterwards, in bytes.</summary>
    public long FileSizeAfter { get; }

    /// <summary>The undo file that would be written; null for none.</summary>
    public string? UndoPath { get; }
}
