using System.Management.Automation;
using VhdPS.Engine.Chains;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;

namespace VhdPS.Commands;

/// <summary>Writes virtual sectors. What was written is on the medium when the cmdlet has ended without an error.</summary>
[Cmdlet(VerbsCommunications.Write, "VpcSector", DefaultParameterSetName = LiteralPathSet, SupportsShouldProcess = true)]
[OutputType(typeof(VpcSector))]
public sealed class WriteVpcSectorCommand : VpcPathCommandBase
{
    private VhdImage? _image;

    /// <summary>The first virtual sector.</summary>
    [Parameter(Mandatory = true, Position = 1, ValueFromPipelineByPropertyName = true)]
    [ValidateRange(0, long.MaxValue)]
    public long Sector { get; set; }

    /// <summary>The bytes: a whole number of sectors of 512.</summary>
    [Parameter(Mandatory = true, Position = 2, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public byte[] Data { get; set; } = [];

    /// <summary>Which of the two sizes in the footer holds; by default the creator decides.</summary>
    [Parameter]
    [SingleValue]
    public SizeRule SizeRule { get; set; }

    /// <summary>Writes although other images depend on this one, whose disks then change.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Emits what was written.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void ProcessFile(string path)
    {
        long count = VhdSpec.SectorsFor(Data.Length);
        string what = count == 1 ? $"Write sector {Sector}" : $"Write {count} sectors from sector {Sector} on";
        if (_image?.Path != path)
        {
            if (!TryRun(path, () => Change(path)))
            {
                return;
            }

            ReportImage(_image!.Layout);
        }

        VhdImage image = _image!;
        if (!TryRun(path, () => image.CheckRequest(Sector, Data.Length))
            || !ShouldProcess(path, what)
            || !TryRun(path, () => image.WriteSectors(Sector, Data)))
        {
            return;
        }

        ReportStep($"{path}: {(count == 1 ? "1 sector" : $"{count} sectors")} from {Sector} on written.");
        if ((PassThru || IsDiagnosing) && TryRun(path, () => ChainMap.Find(image, Sector, count), out ChainRun run))
        {
            var written = new VpcSector(path, run with { Count = count }, Data);
            ReportSectors(written);
            if (PassThru && TryRun(path, Close))
            {
                // A later command of the pipeline finds the image closed, and what was written on the medium.
                WriteObject(written);
            }
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        if (_image is { Path: var path } && TryRun(path, Close))
        {
            ReportStep($"{path}: flushed to the medium.");
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            // After a stop: what was written before is flushed, as far as the medium takes it; no one is left to report to.
            TryClose();
        }

        base.Dispose(disposing);
    }

    /// <summary>The image of one path stays open for all records that name it, with one flush after the last.</summary>
    private void Change(string path)
    {
        Close();
        LocalImageFile file = LocalImageFile.OpenWrite(path);
        VhdImage image = VhdImage.Open(file, new VhdOpenOptions { ForWriting = true, SizeRule = SizeRule });
        try
        {
            if (!Force)
            {
                Children.ThrowIfAny(path, image.Layout, file.Identity, "and would see what is written");
            }
        }
        catch
        {
            image.Dispose();
            throw;
        }

        _image = image;
    }

    private void Close()
    {
        VhdImage? image = _image;
        _image = null;
        image?.Dispose();
    }

    private void TryClose()
    {
        try
        {
            Close();
        }
        catch (IOException)
        {
            // Only reached when EndProcessing was not: the pipeline was stopped, and its caller knows.
        }
    }
}
