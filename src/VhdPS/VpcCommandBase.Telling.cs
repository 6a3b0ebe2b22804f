using System.Management.Automation;
using VhdPS.Engine.Format;
using VhdPS.Engine.Operations;
using VhdPS.Engine.Storage;

namespace VhdPS;

/// <summary>What a cmdlet tells besides its output: steps as verbose text, places in files as debug text, faults as warnings.</summary>
public abstract partial class VpcCommandBase
{
    private bool? _tellsSteps;
    private bool? _tellsPlaces;

    /// <summary>Whether anyone wants steps or places: only then a file is looked at for nothing else.</summary>
    private protected bool IsTelling => TellsSteps || (_tellsPlaces ??= IsWanted("Debug"));

    private bool TellsSteps => _tellsSteps ??= IsWanted("Verbose");

    /// <summary>Tells a step as verbose text.</summary>
    /// <remarks>Asked for by -Debug alone, PowerShell would stop at every line of verbose text and ask whether to go on.</remarks>
    internal void TellStep(string text)
    {
        if (TellsSteps)
        {
            WriteVerbose(text);
        }
    }

    /// <summary>Tells what an image is, and where its structures lie in its file.</summary>
    private protected void TellImage(ImageLayout layout)
    {
        if (!IsTelling)
        {
            return;
        }

        if (layout.StoredFooter is { } footer)
        {
            string blocks = layout.BlockSize > 0 ? $", {layout.BlockCount} blocks of {VpcSize.Format(layout.BlockSize)}" : string.Empty;
            TellStep(
                $"{layout.Path}: {layout.VhdType} image, disk of {VpcSize.Format(layout.Size.SizeBytes)} "
                    + $"({layout.Size.SizeBytes} bytes by {layout.Size}), file of {layout.FileLength} bytes{blocks}.");
            WriteDebug($"{layout.Path}: {layout.StoredFooterStructure} at {VpcFileOffset.Format(footer.FileOffset)} holds.");
        }

        foreach (StructureExtent extent in layout.Structures)
        {
            WriteDebug($"{layout.Path}: {extent.Structure} at {VpcFileOffset.Format(extent.FileOffset)}, {extent.UsedLength} bytes.");
        }

        if (layout.Footers.End is { } end)
        {
            WriteDebug($"{layout.Path}: {VhdStructure.Footer} at {VpcFileOffset.Format(end.FileOffset)}, {end.Footer.StoredLength} bytes.");
        }
    }

    /// <summary>Tells the same of a file that the engine opens or made by itself; what it is not, the work itself reports.</summary>
    private protected void TellFile(string path)
    {
        if (!IsTelling)
        {
            return;
        }

        ImageLayout layout;
        try
        {
            using var file = LocalImageFile.OpenRead(path);
            layout = ImageLayout.Read(file);
        }
        catch (Exception exception) when (ErrorRecords.TryMake(exception, path) is not null)
        {
            TellStep($"{path}: no image that can be described: {exception.Message}");
            return;
        }

        TellImage(layout);
    }

    /// <summary>Tells of an open source of a disk, and what is wrong with it.</summary>
    private protected void TellSource(DiskSource source) => TellSource(source.Path, source.Layout, source.SizeBytes);

    /// <summary>Tells of a source of a disk, and what is wrong with it.</summary>
    private protected void TellSource(string path, ImageLayout? layout, long sizeBytes)
    {
        if (layout is null)
        {
            TellRaw(path, sizeBytes);
        }
        else
        {
            TellImage(layout);
            TellFindings(path, layout.Findings);
        }
    }

    /// <summary>Tells where changes of a file are, before they are made or after.</summary>
    private protected void TellEdits(string path, IEnumerable<RepairPhase> phases)
    {
        if (!IsTelling)
        {
            return;
        }

        foreach (FileEdit edit in phases.SelectMany(phase => phase.Edits))
        {
            WriteDebug(edit.IsCut
                ? $"{path}: {edit.OldBytes.Length} bytes cut off at {VpcFileOffset.Format(edit.FileOffset)}."
                : $"{path}: {edit.NewBytes.Length} bytes changed at {VpcFileOffset.Format(edit.FileOffset)}.");
        }
    }

    /// <summary>Tells where sectors are.</summary>
    private protected void TellSectors(VpcSector sectors)
    {
        if (IsTelling)
        {
            WriteDebug(sectors is { FileOffset: { } fileOffset, OriginPath: { } file }
                ? $"{file}: {sectors} at {VpcFileOffset.Format(fileOffset)}."
                : $"{sectors.Path}: {sectors} in no file.");
        }
    }

    /// <summary>Tells of a file that is read as a raw disk.</summary>
    private protected void TellRaw(string path, long sizeBytes)
    {
        if (IsTelling)
        {
            TellStep($"{path}: raw disk of {VpcSize.Format(sizeBytes)} ({sizeBytes} bytes).");
            WriteDebug($"{path}: sector 0 at {VpcFileOffset.Format(0)}.");
        }
    }

    /// <summary>Tells what is wrong with an image that could be used all the same: warnings as such, notes as verbose text.</summary>
    private protected void TellFindings(string path, IEnumerable<Finding> findings)
    {
        foreach (Finding finding in findings)
        {
            if (finding.Severity == Severity.Note)
            {
                TellStep($"{path}: {finding.Describe()}");
            }
            else
            {
                WriteWarning($"{path}: {finding.Describe()}");
            }
        }
    }

    private bool IsWanted(string stream) => MyInvocation.BoundParameters.TryGetValue(stream, out object? given)
        ? LanguagePrimitives.IsTrue(given)
        : GetVariableValue(stream + "Preference") is { } preference
            && LanguagePrimitives.TryConvertTo(preference, out ActionPreference action)
            && action is not (ActionPreference.SilentlyContinue or ActionPreference.Ignore);
}
