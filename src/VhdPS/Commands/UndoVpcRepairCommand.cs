using System.Management.Automation;
using VhdPS.Engine.Operations.Repair;

namespace VhdPS.Commands;

/// <summary>Brings a repaired image back byte for byte with the undo file that the repair wrote, and deletes that file.</summary>
[Cmdlet(VerbsCommon.Undo, "VpcRepair", DefaultParameterSetName = LiteralPathSet, SupportsShouldProcess = true)]
public sealed class UndoVpcRepairCommand : VpcPathCommandBase
{
    /// <summary>The undo file; by default the image's name with ".undo" after it.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Alias("UndoPath")]
    [ValidateNotNullOrEmpty]
    public string? Backup { get; set; }

    /// <inheritdoc/>
    protected override void ProcessFile(string path)
    {
        if (!TryRun(path, () => UndoPath.Resolve(new PathResolver(SessionState.Path), path, Backup), out string undoPath)
            || !TryRun(path, () => UndoOperation.Check(path, undoPath))
            || !ShouldProcess(path, $"Undo the repair with '{undoPath}'"))
        {
            return;
        }

        if (TryNameChildren(path, out _)
            && TryRun(path, () => UndoOperation.Run(path, undoPath), out UndoRecord record))
        {
            ReportEdits(path, record.Phases);
            ReportStep($"{path}: as it was before the repair, {record.OldLength} bytes; '{undoPath}' is deleted.");
        }
    }
}
