using System.Management.Automation;
using VhdPS.Engine.Chains;
using VhdPS.Engine.Disks;
using VhdPS.Engine.Format;

namespace VhdPS.Commands;

/// <summary>Says the state of chains of differencing images: of one image from itself to its root, of a folder the whole forest.</summary>
[Cmdlet(VerbsCommon.Get, "VpcChain", DefaultParameterSetName = LiteralPathSet)]
[OutputType(typeof(VpcChain))]
public sealed class GetVpcChainCommand : VpcReadCommandBase
{
    /// <summary>Of a folder, the images in the folders beneath it, too.</summary>
    [Parameter]
    public SwitchParameter Recurse { get; set; }

    /// <inheritdoc/>
    protected override void ProcessFile(string path)
    {
        if (Directory.Exists(path))
        {
            ReportStep($"{path}: looking for images{(Recurse ? ", in the folders beneath too" : string.Empty)}.");
            if (TryRun(path, () => ReadForest(path), out IReadOnlyList<ForestNode> roots))
            {
                WriteAll(path, TreeLines.ForForest(roots), entry => Write(
                    entry.Node.Level,
                    new VpcChain(path, entry.Node.Level, [.. entry.Node.Children.Select(child => child.Level.Path)], entry.Tree)));
            }
        }
        else if (TryRun(path, () => Describe(path), out IReadOnlyList<ChainLevel> levels))
        {
            WriteAll(path, levels, level => Write(
                level, new VpcChain(path, level, level.Depth == 0 ? [] : [levels[level.Depth - 1].Path], TreeLines.ForChain(level))));
        }
    }

    private void Write(ChainLevel level, VpcChain output)
    {
        foreach (TriedPath tried in level.Tried)
        {
            ReportStep($"{tried.Path}: not taken as parent: {tried.Reason}");
        }

        if (level.Layout is { } layout)
        {
            ReportImage(layout);
        }
        else if (level.RawSizeBytes is { } size)
        {
            ReportRaw(level.Path, size);
        }
        else if (level.Image is { } image)
        {
            ReportStep($"{level.Path}: {image.VhdType} {image.Format} image, disk of {VpcSize.Format(image.SizeBytes)}.");
        }
        else
        {
            ReportStep($"{level.Path}: {level.State}. {level.Problem}".TrimEnd());
        }

        WriteObject(output);
    }

    private IReadOnlyList<ChainLevel> Describe(string path)
    {
        if (SourceFormat == SourceFormat.Raw)
        {
            return ChainInspector.DescribeRaw(path);
        }

        IReadOnlyList<ChainLevel> levels = ChainInspector.Describe(path, ResolveParents());

        // A damaged image has a state; a file that is none has no chain.
        return levels[0].Finding is { Code: FaultCode.NotVhd } finding ? throw new VhdFormatException(path, finding) : levels;
    }

    private IReadOnlyList<ForestNode> ReadForest(string path)
    {
        if (ParentPath is not null)
        {
            throw new ArgumentException($"{path}: -ParentPath names the parent of one image, not of a folder's.");
        }

        return SourceFormat == SourceFormat.Raw
            ? throw new ArgumentException($"{path}: -SourceFormat Raw names the format of one disk, not of a folder's files.")
            : ChainForest.Read(path, Recurse, ResolveParents(), Cancellation);
    }
}
