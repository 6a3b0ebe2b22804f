using System.Management.Automation;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Layout;

namespace VhdPS.Commands;

/// <summary>Says what an image is, how large, and how it lies in its file.</summary>
[Cmdlet(VerbsCommon.Get, "VpcImage", DefaultParameterSetName = PathSet)]
[OutputType(typeof(VpcImage))]
public sealed class GetVpcImageCommand : VpcPathCommandBase
{
    /// <summary>Which of the two sizes in the footer holds; by default the creator decides.</summary>
    [Parameter]
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

    private void Write((VpcImage Image, ImageLayout Layout) described)
    {
        ReportImage(described.Layout);
        ReportFindings(described.Layout.Path, described.Layout.Findings);
        WriteObject(described.Image);
    }

    private (VpcImage Image, ImageLayout Layout) Describe(string path)
    {
        using var file = LocalImageFile.OpenRead(path);
        var layout = ImageLayout.Read(file, new LayoutOptions { SizeRule = SizeRule, Force = Force });
        return layout.FindBlockingFinding(forWriting: false) is { } refusal
            ? throw new VhdFormatException(path, refusal)
            : (VpcImage.Describe(file, layout), layout);
    }
}
