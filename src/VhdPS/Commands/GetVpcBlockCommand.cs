using System.Management.Automation;
using VhdPS.Engine.Chains;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;

namespace VhdPS.Commands;

/// <summary>Says where the blocks of an image lie in its file, or the sectors of a chain in its files.</summary>
[Cmdlet(VerbsCommon.Get, "VpcBlock", DefaultParameterSetName = PathSet)]
[OutputType(typeof(VpcBlock))]
public sealed class GetVpcBlockCommand : VpcDiskCommandBase
{
    /// <summary>The blocks to tell about; by default all.</summary>
    [Parameter(Position = 1)]
    [ValidateNotNullOrEmpty]
    [ValidateRange(0, long.MaxValue)]
    public long[] Block { get; set; } = [];

    /// <summary>Only blocks that are in a file.</summary>
    [Parameter]
    public SwitchParameter Allocated { get; set; }

    /// <summary>Reads the bitmaps too, and says how many sectors of each run are written.</summary>
    [Parameter]
    public SwitchParameter Detailed { get; set; }

    /// <summary>Follows the chain of parents and says, sector by sector, which file holds what.</summary>
    [Parameter]
    public SwitchParameter Chain { get; set; }

    /// <summary>Which of the two sizes in the footer holds; by default the creator decides.</summary>
    [Parameter]
    public SizeRule SizeRule { get; set; }

    /// <summary>Reads what can be read of a damaged image.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    protected override void ProcessFile(string path)
    {
        if (!TryRun(path, () => VhdImage.Open(path, Options()), out VhdImage image))
        {
            return;
        }

        using (image)
        {
            ReportImage(image.Layout);
            ReportFindings(path, image.Layout.Findings);
            WriteAll(path, Blocks(image));
        }
    }

    private VhdOpenOptions Options() => new() { SizeRule = SizeRule, Force = Force, Parents = ResolveParents() };

    private IEnumerable<VpcBlock> Blocks(VhdImage image)
    {
        IEnumerable<BlockRun> runs = Block.Length == 0
            ? Runs(image, 0, long.MaxValue)
            : Block.SelectMany(block => Runs(image, Checked(image, block), 1));
        foreach (BlockRun run in runs)
        {
            Cancellation.ThrowIfCancellationRequested();
            if (!Allocated || run.FileOffset >= 0)
            {
                yield return new VpcBlock(image.Path, run);
            }
        }
    }

    private IEnumerable<BlockRun> Runs(VhdImage image, long first, long count) =>
        Chain ? BlockMap.OfChain(image, first, count)
        : Detailed ? BlockMap.Detailed(image, first, count)
        : BlockMap.FromTable(image, first, count);

    private static long Checked(VhdImage image, long block)
    {
        long count = image.Map.Table is null ? 1 : image.Layout.BlockCount;
        return block < count
            ? block
            : throw new ArgumentException($"{image.Path}: there is no block {block}: the disk has {count}, counted from 0.");
    }
}
