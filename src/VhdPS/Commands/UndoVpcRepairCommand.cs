using System.Management.Automation;
using VhdPS.Engine.Operations;

namespace VhdPS.Commands;

/// <summary>Brings a repaired image back byte for byte with the undo file that the repair wrote, and deletes that file.</summary>
[Cmdlet(VerbsCommon.Undo, "VpcRepair", DefaultParameterSetName = PathSet, SupportsShouldProcess = true)]
public sealed class UndoVpcRepairCommand : VpcPathCommandBase
{
    /// <summary>The undo file; by default the image's name with ".undo" behind it.</summary>
    /// <remarks>By property name in one set only: bound in both it would leave the object itself to be taken for a path.</remarks>
    [Parameter(ParameterSetName = PathSet)]
    [Parameter(ParameterSetName = LiteralPathSet, ValueFromPipelineByPropertyName = true)]
    [Alias("UndoPath")]
    [ValidateNotNullOrEmpty]
    public string? Backup { get; set; }

    /// <summary>Where the undo file of an image is when nothing else is said.</summary>
    internal static string DefaultUndoPath(string path) => path + ".undo";

    /// <inheritdoc/>
    protected override void ProcessFile(string path)
    {
        if (!TryRun(path, () => ResolveUndoPath(path), out string undoPath) || !ShouldProcess(path, $"Undo the repair with '{undoPath}'"))
        {
            return;
        }

        if (TryRun(path, () => UndoOperation.Run(path, undoPath), out UndoRecord record))
        {
            TellEdits(path, record.Phases);
            TellStep($"{path}: as it was before the repair, {record.OldLength} bytes; '{undoPath}' is deleted.");
        }
    }

    private string ResolveUndoPath(string path)
    {
        string undoPath = DefaultUndoPath(path);
        if (Backup is null)
        {
            return undoPath;
        }

        string named = new PathResolver(SessionState.Path).ResolveLiteral(Backup);
        return Directory.Exists(named) ? System.IO.Path.Combine(named, System.IO.Path.GetFileName(undoPath)) : named;
    }
}
