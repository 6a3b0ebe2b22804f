using VhdPS.Engine.Chains;
using VhdPS.Engine.Disks;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Engine.Layout;

namespace VhdPS.Engine.Operations.Convert;

/// <summary>
/// A disk of which nothing is left out that a parent has: only where both are known to be zeros it is. Zeros of the disk hide what
/// the parent has there. Both disks stay their owners'.
/// </summary>
/// <param name="inner">The disk.</param>
/// <param name="parent">The parent's.</param>
internal sealed class ChildContent(DiskSource inner, DiskSource parent) : DiskSource(inner)
{
    private readonly DiskSource _inner = inner;
    private readonly DiskSource _parent = parent;

    public override long SizeBytes => _inner.SizeBytes;

    public override int LogicalSectorSize => _inner.LogicalSectorSize;

    public override int PhysicalSectorSize => _inner.PhysicalSectorSize;

    public override VhdFormat? ImageFormat => _inner.ImageFormat;

    public override VhdType? ImageType => _inner.ImageType;

    public override int? BlockSize => _inner.BlockSize;

    public override long BlockCount => _inner.BlockCount;

    public override IReadOnlyList<LostRange> LostRanges => _inner.LostRanges;

    public override IReadOnlyList<Finding> Findings => _inner.Findings;

    internal override ImageLayout? Layout => _inner.Layout;

    internal override ChainImage? Image => _inner.Image;

    internal override string? ShareRefusal => "what differs from a parent is looked for sector by sector";

    internal override IEnumerable<string> FilePaths => _inner.FilePaths;

    private long ParentEnd => _parent.SectorCount * VhdSpec.SectorSize;

    public override void ThrowIfChanged()
    {
        _inner.ThrowIfChanged();
        _parent.ThrowIfChanged();
    }

    public override DiskExtent FindExtent(long offset)
    {
        DiskExtent own = _inner.FindExtent(offset);
        if (offset >= ParentEnd)
        {
            return own;
        }

        DiskExtent parents = _parent.FindExtent(offset);
        bool isZero = own.IsZero && parents.IsZero;

        // Zeros after the parent's end go on for ever, and data of one side is looked at as far as it goes.
        long end = parents.IsZero && parents.End >= ParentEnd ? own.End : Math.Min(own.End, parents.End);
        return own with { Length = end - offset, IsZero = isZero };
    }

    public override long CountDataBytes(long offset, long endOffset)
    {
        long end = Math.Min(endOffset, Math.Min(ParentEnd, SizeBytes));
        return _inner.CountDataBytes(offset, endOffset) + (offset < end ? _parent.CountDataBytes(offset, end) : 0);
    }

    public override void Prefetch(long offset, long length)
    {
        _inner.Prefetch(offset, length);
        long inside = Math.Min(length, ParentEnd - offset);
        if (inside > 0)
        {
            _parent.Prefetch(offset, inside);
        }
    }

    public override IEnumerable<BlockRun> FindBlocks(BlockDetail detail, long firstBlock = 0, long count = long.MaxValue) =>
        _inner.FindBlocks(detail, firstBlock, count);

    internal override TableFigures? MeasureBlocks() => _inner.MeasureBlocks();

    private protected override ChainRun FindRun(long sector, int count) => new(sector, count, SectorOrigin.File, Path, -1);

    private protected override void ReadInside(long offset, Span<byte> buffer) => _inner.ReadAt(offset, buffer);
}
