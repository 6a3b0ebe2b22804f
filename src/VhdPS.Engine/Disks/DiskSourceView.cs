using VhdPS.Engine.Chains;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Engine.Layout;

namespace VhdPS.Engine.Disks;

/// <summary>The disk of another source, changed in the reading: what a source says of its file it says as well. The other source stays
/// its owner's.</summary>
/// <param name="inner">The other source.</param>
internal abstract class DiskSourceView(DiskSource inner) : DiskSource(inner)
{
    public override long SizeBytes => Inner.SizeBytes;

    public override int LogicalSectorSize => Inner.LogicalSectorSize;

    public override int PhysicalSectorSize => Inner.PhysicalSectorSize;

    public override VhdFormat? ImageFormat => Inner.ImageFormat;

    public override VhdType? ImageType => Inner.ImageType;

    public override int? BlockSize => Inner.BlockSize;

    public override long BlockCount => Inner.BlockCount;

    public override IReadOnlyList<LostRange> LostRanges => Inner.LostRanges;

    public override IReadOnlyList<Finding> Findings => Inner.Findings;

    internal override ImageLayout? Layout => Inner.Layout;

    internal override ChainImage? Image => Inner.Image;

    internal override IEnumerable<string> FilePaths => Inner.FilePaths;

    /// <summary>The other source.</summary>
    protected DiskSource Inner { get; } = inner;

    public override void ThrowIfChanged() => Inner.ThrowIfChanged();

    public override IEnumerable<BlockRun> FindBlocks(BlockDetail detail, long firstBlock = 0, long count = long.MaxValue) =>
        Inner.FindBlocks(detail, firstBlock, count);

    internal override TableFigures? MeasureBlocks() => Inner.MeasureBlocks();

    private protected override ChainRun FindRun(long sector, int count) => new(sector, count, SectorOrigin.File, Path, -1);
}
