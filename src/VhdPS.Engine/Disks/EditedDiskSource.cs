using VhdPS.Engine.Chains;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Engine.Layout;

namespace VhdPS.Engine.Disks;

/// <summary>
/// The disk of another source as it is to be: with another end, with bytes in place of some of its own, and with ranges that count as
/// zeros. The other source stays its owner's.
/// </summary>
internal sealed class EditedDiskSource : DiskSource
{
    private readonly DiskSource _inner;
    private readonly DiskEdit[] _edits;
    private readonly ZeroedRanges? _zeroed;

    /// <param name="inner">The disk as it is.</param>
    /// <param name="sizeBytes">The size that it is to have, at least its own.</param>
    /// <param name="edits">What takes the place of its bytes; no two share any.</param>
    /// <param name="zeroed">What counts as zeros and is not in an edit; null for nothing.</param>
    public EditedDiskSource(DiskSource inner, long sizeBytes, IEnumerable<DiskEdit> edits, ZeroedRanges? zeroed = null)
        : base(inner)
    {
        _inner = inner;
        _edits = [.. edits.OrderBy(edit => edit.Offset)];
        _zeroed = zeroed;
        SizeBytes = Math.Max(sizeBytes, inner.SizeBytes);
    }

    public override long SizeBytes { get; }

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

    internal override string? ShareRefusal => "the partition table moves, or free space becomes zeros";

    internal override IEnumerable<string> FilePaths => _inner.FilePaths;

    private long InnerEnd => _inner.SectorCount * VhdSpec.SectorSize;

    public override void ThrowIfChanged() => _inner.ThrowIfChanged();

    public override DiskExtent FindExtent(long offset)
    {
        long limit = SectorCount * VhdSpec.SectorSize;
        foreach (DiskEdit edit in _edits)
        {
            if (edit.Offset > offset)
            {
                limit = Math.Min(limit, edit.Offset);
                break;
            }

            if (edit.End > offset)
            {
                return new DiskExtent(offset, edit.End - offset, IsZero: false);
            }
        }

        if (offset >= InnerEnd)
        {
            return new DiskExtent(offset, limit - offset, IsZero: true);
        }

        DiskExtent extent = _inner.FindExtent(offset);
        long end = Math.Min(extent.End, limit);
        if (extent.IsZero || _zeroed is null)
        {
            return new DiskExtent(offset, end - offset, extent.IsZero);
        }

        bool isZeroed = _zeroed.IsZeroed(offset, out long zeroedEnd);
        return new DiskExtent(offset, Math.Min(zeroedEnd, isZeroed ? limit : end) - offset, isZeroed);
    }

    public override long CountDataBytes(long offset, long endOffset)
    {
        long count = offset < InnerEnd ? _inner.CountDataBytes(offset, Math.Min(endOffset, InnerEnd)) : 0;
        foreach (DiskEdit edit in _edits)
        {
            count += Math.Max(0, Math.Min(edit.End, endOffset) - Math.Max(Math.Max(edit.Offset, offset), InnerEnd));
        }

        return count;
    }

    public override void Prefetch(long offset, long length)
    {
        long inside = Math.Min(length, InnerEnd - offset);
        if (inside > 0)
        {
            _inner.Prefetch(offset, inside);
        }
    }

    public override IEnumerable<BlockRun> FindBlocks(BlockDetail detail, long firstBlock = 0, long count = long.MaxValue) =>
        _inner.FindBlocks(detail, firstBlock, count);

    internal override TableFigures? MeasureBlocks() => _inner.MeasureBlocks();

    private protected override ChainRun FindRun(long sector, int count) => new(sector, count, SectorOrigin.File, Path, -1);

    private protected override void ReadInside(long offset, Span<byte> buffer)
    {
        if (offset < InnerEnd)
        {
            _inner.ReadAt(offset, buffer);
            _zeroed?.Clear(offset, buffer);
        }
        else
        {
            buffer.Clear();
        }

        long bufferEnd = offset + buffer.Length;
        foreach (DiskEdit edit in _edits)
        {
            long start = Math.Max(edit.Offset, offset), end = Math.Min(edit.End, bufferEnd);
            if (start < end)
            {
                edit.Bytes.Span[(int)(start - edit.Offset)..(int)(end - edit.Offset)].CopyTo(buffer[(int)(start - offset)..]);
            }
        }
    }
}
