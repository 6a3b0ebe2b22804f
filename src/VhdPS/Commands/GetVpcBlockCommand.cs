using System.Management.Automation;
using VhdPS.Engine.Chains;
using VhdPS.Engine.Disks;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;

namespace VhdPS.Commands;

/// <summary>Says where the blocks of an image lie in its file, or the sectors of a chain in its files.</summary>
[Cmdlet(VerbsCommon.Get, "VpcBlock", DefaultParameterSetName = LiteralPathSet)]
[OutputType(typeof(VpcBlock))]
public sealed class GetVpcBlockCommand : VpcReadCommandBase
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
    [SingleValue]
    public SizeRule SizeRule { get; set; }

    /// <summary>Reads what can be read of a damaged image.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    protected override void ProcessFile(string path)
    {
        if (!TryRun(path, () => DiskSource.Open(path, SourceFormat, Options()), out DiskSource source))
        {
            return;
        }

        using (source)
        {
            ReportSource(source);
            WriteAll(path, Blocks(source), Write);
        }
    }

    /// <summary>A run of a chain has a view of its own, which tells the owner: without the chain there is only one.</summary>
    private void Write(VpcBlock block)
    {
        if (Chain)
        {
            PSObject.AsPSObject(block).TypeNames.Insert(0, "VhdPS.VpcBlock#Chain");
        }

        WriteObject(block);
    }

    private VhdOpenOptions Options() => new() { SizeRule = SizeRule, Force = Force, Parents = ResolveParents(), OwnBlocksOnly = !Chain };

    private IEnumerable<VpcBlock> Blocks(DiskSource source)
    {
        IEnumerable<BlockRun> runs = Block.Length == 0
            ? source.FindBlocks(Detail)
            : Block.SelectMany(block => source.FindBlocks(Detail, Checked(source, block), 1));
        foreach (BlockRun run in runs)
        {
            Cancellation.ThrowIfCancellationRequested();
            if (!Allocated || run.FileOffset >= 0)
            {
                yield return new VpcBlock(source.Path, run, source.LogicalSectorSize);
            }
        }
    }

    private BlockDetail Detail => Chain ? BlockDetail.Chain : Detailed ? BlockDetail.Bitmaps : BlockDetail.Table;

    private static long Checked(DiskSource source, long block) => block < source.BlockCount
        ? block
        : throw new ArgumentException(
            $"{source.Path}: there is no block {block}: the disk has {source.BlockCount}, counted from 0.");
}
