using System.Management.Automation;
using System.Text;
using VhdPS.Engine.Chains;
using VhdPS.Engine.Disks;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;

namespace VhdPS.Commands;

/// <summary>Draws where the blocks of an image lie in its file against where they lie on its disk.</summary>
[Cmdlet(VerbsCommon.Show, "VpcMap", DefaultParameterSetName = LiteralPathSet, SupportsShouldProcess = true)]
[OutputType(typeof(VpcMap), typeof(FileInfo))]
public sealed class ShowVpcMapCommand : VpcReadCommandBase
{
    private readonly HashSet<string> _taken = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>An SVG file to make in place of the picture on the screen, or a folder for one of each image.</summary>
    [Parameter(Position = 1)]
    [ValidateNotNullOrEmpty]
    public string? OutFile { get; set; }

    /// <summary>Reads the bitmaps too, so that partly written blocks show.</summary>
    [Parameter]
    public SwitchParameter Detailed { get; set; }

    /// <summary>Which of the two sizes in the footer holds; by default the creator decides.</summary>
    [Parameter]
    [SingleValue]
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
        if (OutFile is not null && !TryRun(path, () => TargetPath(path, OutFile), out target))
        {
            return;
        }

        if (target is not null && !TryRun(path, () => ThrowIfInTheWay(path, target)))
        {
            return;
        }

        if (!TryRun(path, () => Draw(path), out DrawnMap drawn))
        {
            return;
        }

        ReportSource(drawn.Source);
        if (drawn.WhyNoPartitions is { } why)
        {
            ReportStep($"{path}: no partitions are drawn, for the disk is in part that of parents: {why}");
        }

        if (target is null)
        {
            WriteObject(drawn.Map);
        }
        else if (ShouldProcess(target, $"Draw a map of '{path}'") && TryRun(path, () => Write(target, drawn.Map)))
        {
            _taken.Add(target);
            WriteObject(ProviderItem(target));
        }
    }

    /// <summary>Where a map goes; one file takes one map, of all images of the pipeline.</summary>
    private string TargetPath(string path, string outFile)
    {
        string target = new PathResolver(SessionState.Path).ResolveLiteral(outFile);
        if (Directory.Exists(target) || System.IO.Path.EndsInDirectorySeparator(outFile))
        {
            target = System.IO.Path.Combine(target, System.IO.Path.ChangeExtension(System.IO.Path.GetFileName(path), ".svg"));
        }

        return _taken.Contains(target)
            ? throw new ArgumentException($"{target}: drawn from another image just now; name a folder for more than one.")
            : target;
    }

    private readonly record struct DrawnMap(VpcMap Map, SourceFacts Source, string? WhyNoPartitions);

    private DrawnMap Draw(string path)
    {
        using DiskSource source = DiskSource.Open(
            path, SourceFormat, new VhdOpenOptions { SizeRule = SizeRule, Force = Salvage, OwnBlocksOnly = true });
        IEnumerable<BlockRun> runs = source.FindBlocks(Detailed ? BlockDetail.Bitmaps : BlockDetail.Table);
        MapRaster raster = MapRaster.Draw(source, runs, Cancellation);
        string? whyNoPartitions = null;
        IReadOnlyList<MapPartition> partitions = source.ImageType == VhdType.Differencing
            ? FindInChain(path, out whyNoPartitions)
            : MapPartition.Find(source, Cancellation);
        return new DrawnMap(
            new VpcMap(source, source.MeasureBlocks(), raster, partitions), SourceFacts.Of(source), whyNoPartitions);
    }

    /// <summary>The partitions of a disk that is in part that of parents. The map is of the image alone and is drawn without them too,
    /// unless the caller has named the parent.</summary>
    private IReadOnlyList<MapPartition> FindInChain(string path, out string? whyNot)
    {
        whyNot = null;
        ParentPolicy parents = ResolveParents();
        try
        {
            using DiskSource disk = DiskSource.Open(
                path, SourceFormat, new VhdOpenOptions { SizeRule = SizeRule, Force = Salvage, Parents = parents });
            return MapPartition.Read(disk, Cancellation);
        }
        catch (Exception error) when (ParentPath is null && error is IOException or UnauthorizedAccessException)
        {
            whyNot = error.Message;
            return [];
        }
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
