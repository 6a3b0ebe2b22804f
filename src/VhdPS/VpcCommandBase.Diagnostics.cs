using System.Management.Automation;
using VhdPS.Engine.Disks;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Layout;
using VhdPS.Engine.Operations.Repair;
using VhdPS.Engine.Vhdx;

namespace VhdPS;

/// <summary>What a cmdlet says besides its output: steps as verbose text, places in files as debug text, faults as warnings.</summary>
public abstract partial class VpcCommandBase
{
    private const int MostLostShown = 20;

    private bool? _isVerbose;
    private bool? _isDebug;

    /// <summary>Whether anyone wants steps or places: only then a file is looked at for nothing else.</summary>
    private protected bool IsDiagnosing => IsVerbose || (_isDebug ??= IsWanted("Debug"));

    private bool IsVerbose => _isVerbose ??= IsWanted("Verbose");

    /// <summary>Says a step as verbose text.</summary>
    /// <remarks>Asked for by -Debug alone, PowerShell would stop at every line of verbose text and ask whether to go on.</remarks>
    internal void ReportStep(string text)
    {
        if (IsVerbose)
        {
            WriteVerbose(text);
        }
    }

    /// <summary>Says what an image is, and where its structures lie in its file.</summary>
    private protected void ReportImage(ImageLayout layout)
    {
        if (!IsDiagnosing)
        {
            return;
        }

        if (layout.StoredFooter is { } footer)
        {
            string blocks = layout.BlockSize > 0 ? $", {layout.BlockCount} blocks of {VpcSize.Format(layout.BlockSize)}" : string.Empty;
            ReportStep(
                $"{layout.Path}: {layout.VhdType} image, disk of {VpcSize.Format(layout.Size.SizeBytes)} ({layout.Size.SizeBytes} bytes by "
                    + $"{layout.Size}), file of {layout.FileLength} bytes{blocks}.");
            WriteDebug($"{layout.Path}: {layout.StoredFooterStructure} at {VpcFileOffset.Format(footer.FileOffset)} is valid.");
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

    /// <summary>Says what a VHDX is, and where its structures lie in its file.</summary>
    private protected void ReportImage(VhdxDescription image)
    {
        if (!IsDiagnosing)
        {
            return;
        }

        ReportStep(
            $"{image.Path}: {image.VhdType} VHDX image, disk of {VpcSize.Format(image.SizeBytes)} ({image.SizeBytes} bytes in sectors of "
                + $"{image.LogicalSectorSize}), file of {image.FileLength} bytes, {image.BlockCount} blocks of "
                + $"{VpcSize.Format(image.BlockSize)}, log {image.LogState}.");
        foreach ((VhdStructure structure, long fileOffset, long length) in image.Structures)
        {
            WriteDebug($"{image.Path}: {structure} at {VpcFileOffset.Format(fileOffset)}, {length} bytes.");
        }
    }

    /// <summary>Says the same of a file that the engine opens or made by itself; what it is not, the work itself reports.</summary>
    private protected void ReportFile(string path)
    {
        if (!IsDiagnosing)
        {
            return;
        }

        ImageLayout? layout = null;
        VhdxDescription? vhdx = null;
        try
        {
            using var file = LocalImageFile.OpenRead(path);
            vhdx = FormatProbe.Of(file) == VhdFormat.Vhdx ? VhdxDescription.Read(file, force: true) : null;
            layout = vhdx is null ? ImageLayout.Read(file) : null;
        }
        catch (Exception exception) when (ErrorRecords.TryMake(exception, path) is not null)
        {
            ReportStep($"{path}: no image that can be described: {exception.Message}");
            return;
        }

        if (vhdx is not null)
        {
            ReportImage(vhdx);
        }
        else
        {
            ReportImage(layout!);
        }
    }

    /// <summary>Says of an open source of a disk, and what is wrong with it.</summary>
    private protected void ReportSource(DiskSource source) => ReportSource(SourceFacts.Of(source));

    /// <summary>Says of a source of a disk, and what is wrong with it.</summary>
    private protected void ReportSource(SourceFacts source)
    {
        if (source.Format != VhdFormat.Vhdx)
        {
            ReportSource(source.Path, source.Layout, source.SizeBytes);
            return;
        }

        ReportFile(source.Path);
        ReportFindings(source.Path, source.Findings);
    }

    /// <summary>Says of a source of a disk, and what is wrong with it.</summary>
    private protected void ReportSource(string path, ImageLayout? layout, long sizeBytes)
    {
        if (layout is null)
        {
            ReportRaw(path, sizeBytes);
        }
        else
        {
            ReportImage(layout);
            ReportFindings(path, layout.Findings);
        }
    }

    /// <summary>Warns of what could not be read of a damaged disk, and says what stands in its place.</summary>
    private protected void ReportLost(string path, IReadOnlyList<LostRange> ranges, byte fill = 0)
    {
        string bytes = fill == 0 ? "zeros are" : $"bytes of 0x{fill:X2} are";
        foreach (LostRange lost in ranges.Take(MostLostShown))
        {
            string sectors = lost.SectorCount == 1 ? $"sector {lost.Sector}" : $"{lost.SectorCount} sectors from {lost.Sector} on";
            WriteWarning($"{path}: {sectors} could not be read, {bytes} in their place: {lost.Why}");
        }

        if (ranges.Count > MostLostShown)
        {
            long sectors = ranges.Skip(MostLostShown).Sum(lost => lost.SectorCount);
            WriteWarning($"{path}: {ranges.Count - MostLostShown} more ranges with {sectors} sectors could not be read.");
        }
    }

    /// <summary>Says where changes of a file are, before they are made or after.</summary>
    private protected void ReportEdits(string path, IEnumerable<RepairPhase> phases)
    {
        if (!IsDiagnosing)
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

    /// <summary>Says where sectors are.</summary>
    private protected void ReportSectors(VpcSector sectors)
    {
        if (IsDiagnosing)
        {
            WriteDebug(sectors is { FileOffset: { } fileOffset, OriginPath: { } file }
                ? $"{file}: {sectors} at {VpcFileOffset.Format(fileOffset)}."
                : $"{sectors.Path}: {sectors} in no file.");
        }
    }

    /// <summary>Says of a file that is read as a raw disk.</summary>
    private protected void ReportRaw(string path, long sizeBytes)
    {
        if (IsDiagnosing)
        {
            ReportStep($"{path}: raw disk of {VpcSize.Format(sizeBytes)} ({sizeBytes} bytes).");
            WriteDebug($"{path}: sector 0 at {VpcFileOffset.Format(0)}.");
        }
    }

    /// <summary>Says what is wrong with an image that could be used all the same: warnings as such, notes as verbose text.</summary>
    private protected void ReportFindings(string path, IEnumerable<Finding> findings)
    {
        foreach (Finding finding in findings)
        {
            if (finding.Severity == Severity.Note)
            {
                ReportStep($"{path}: {finding.Describe()}");
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
