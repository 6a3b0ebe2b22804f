using System.Management.Automation;
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

    private void Write((VpcImage Image, ImageLayout? Layout, VhdxDescription? Vhdx) described)
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

        WriteObject(described.Image);
    }

    private (VpcImage Image, ImageLayout? Layout, VhdxDescription? Vhdx) Describe(string path)
    {
        using var file = LocalImageFile.OpenRead(path);
        if (FormatProbe.Of(file) == VhdFormat.Vhdx)
        {
            var vhdx = VhdxDescription.Read(file, Force);
            return (VpcImage.Describe(file, vhdx), null, vhdx);
        }

        var layout = ImageLayout.Read(file, new LayoutOptions { SizeRule = SizeRule, Force = Force });
        return layout.FindBlockingFinding(forWriting: false) is { } refusal
            ? throw new VhdFormatException(path, refusal)
            : (VpcImage.Describe(file, layout), layout, null);
    }
}
