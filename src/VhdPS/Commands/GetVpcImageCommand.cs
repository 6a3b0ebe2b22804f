using System.Management.Automation;
using VhdPS.Engine.Chains;
using VhdPS.Engine.Disks;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Layout;
using VhdPS.Engine.Vhdx;

namespace VhdPS.Commands;

/// <summary>Says what an image is, how large, and how it lies in its file.</summary>
[Cmdlet(VerbsCommon.Get, "VpcImage", DefaultParameterSetName = LiteralPathSet)]
[OutputType(typeof(VpcImage))]
public sealed class GetVpcImageCommand : VpcPathCommandBase
{
    /// <summary>What the file is read as: an image, or a raw disk. Never guessed.</summary>
    [Parameter]
    [SingleValue]
    public SourceFormat SourceFormat { get; set; }

    /// <summary>Which of the two sizes in the footer holds; by default the creator decides.</summary>
    [Parameter]
    [SingleValue]
    public SizeRule SizeRule { get; set; }

    /// <summary>Describes a damaged image as far as it can be read.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Files that are read at once; what is written keeps their order.</summary>
    [Parameter]
    [ValidateRange(1, MaxFilesAtOnce)]
    public int ThrottleLimit { get; set; } = 1;

    /// <inheritdoc/>
    private protected override int FilesAtOnce => ThrottleLimit;

    /// <inheritdoc/>
    protected override void ProcessFile(string path) => Work(path, "Reading", (_, _) => Describe(path), Write);

    private readonly record struct DescribedImage(VpcImage Image, ImageLayout? Layout = null, VhdxDescription? Vhdx = null);

    private void Write(DescribedImage described)
    {
        if (described.Vhdx is { } vhdx)
        {
            ReportImage(vhdx);
            ReportFindings(vhdx.Path, vhdx.Findings);
        }
        else if (described.Layout is { } layout)
        {
            ReportImage(layout);
            ReportFindings(layout.Path, layout.Findings);
        }
        else
        {
            ReportRaw(described.Image.Path, described.Image.Size);
        }

        WriteObject(described.Image);
    }

    private DescribedImage Describe(string path)
    {
        if (SourceFormat == SourceFormat.Raw)
        {
            using DiskSource disk = DiskSource.Open(path, SourceFormat, new VhdOpenOptions { Force = Force });
            return new DescribedImage(VpcImage.Describe(disk));
        }

        using var file = LocalImageFile.OpenRead(path);
        if (FormatProbe.Of(file) == VhdFormat.Vhdx)
        {
            var vhdx = VhdxDescription.Read(file, Force);
            return new DescribedImage(VpcImage.Describe(file, vhdx), Vhdx: vhdx);
        }

        var layout = ImageLayout.Read(file, new LayoutOptions { SizeRule = SizeRule, Force = Force });
        return layout.FindBlockingFinding(forWriting: false) is { } refusal
            ? throw new VhdFormatException(path, refusal)
            : new DescribedImage(VpcImage.Describe(file, layout), layout);
    }
}
