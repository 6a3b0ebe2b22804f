using System.Management.Automation;
using System.Text;
using VhdPS.Engine.Chains;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Engine.Layout;

namespace VhdPS.Commands;

/// <summary>Draws where the blocks of an image lie in its file against where they lie on its disk.</summary>
[Cmdlet(VerbsCommon.Show, "VpcMap", DefaultParameterSetName = PathSet, SupportsShouldProcess = true)]
[OutputType(typeof(VpcMap), typeof(FileInfo))]
public sealed class ShowVpcMapCommand : VpcPathCommandBase
{
    /// <summary>An SVG file to make in place of the picture on the screen.</summary>
    [Parameter(Position = 1)]
    [ValidateNotNullOrEmpty]
    public string? OutFile { get; set; }

    /// <summary>Reads the bitmaps too, so that partly written blocks show.</summary>
    [Parameter]
    public SwitchParameter Detailed { get; set; }

    /// <summary>Which of the two sizes in the footer holds; by default the creator decides.</summary>
    [Parameter]
    public SizeRule SizeRule { get; set; }

    /// <summary>Replaces an existing file, never the image itself.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Draws what can be read of a damaged image.</summary>
    [Parameter]
    public SwitchParameter Salvage { get; set; }

    /// <inheritdoc/>
    protected override void ProcessFile(string path)
    {
        string? target = null;
        if (OutFile is not null && !TryRun(path, () => new PathResolver(SessionState.Path).ResolveLiteral(OutFile), out target))
        {
            return;
        }

        if (target is not null && !TryRun(path, () => ThrowIfInTheWay(path, target)))
        {
            return;
        }

        if (!TryRun(path, () => Draw(path), out (VpcMap Map, ImageLayout Layout) drawn))
        {
            return;
        }

        ReportImage(drawn.Layout);
        ReportFindings(path, drawn.Layout.Findings);
        if (target is null)
        {
            WriteObject(drawn.Map);
        }
        else if (ShouldProcess(target, $"Draw a map of '{path}'") && TryRun(path, () => Write(target, drawn.Map)))
        {
            WriteObject(new FileInfo(target));
        }
    }

    private (VpcMap Map, ImageLayout Layout) Draw(string path)
    {
        using VhdImage image = VhdImage.Open(path, new VhdOpenOptions { SizeRule = SizeRule, Force = Salvage });
        TableFigures? figures = image.Map.Table is { } table ? TableScan.Measure(image.Layout, table) : null;
        IEnumerable<BlockRun> runs = Detailed ? BlockMap.Detailed(image) : BlockMap.FromTable(image);
        return (new VpcMap(image, figures, MapRaster.Draw(image, runs, Cancellation)), image.Layout);
    }

    private void ThrowIfInTheWay(string path, string target)
    {
        using var file = LocalImageFile.OpenRead(path);
        ReplacementFile.ThrowIfInTheWay(target, Force, file.Identity);
    }

    private void Write(string target, VpcMap map)
    {
        using var file = ReplacementFile.Begin(target, Force);
        file.File.WriteAt(0, Encoding.UTF8.GetBytes(MapSvg.Draw(map)));
        file.Commit();
    }
}
