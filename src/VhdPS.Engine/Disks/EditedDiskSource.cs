using VhdPS.Engine.Format;

namespace VhdPS.Engine.Disks;

/// <summary>
/// The disk of another source as it is to be: with another end, with bytes in place of some of its own, and with ranges that count as
/// zeros. The other source stays its owner's.
/// </summary>
internal sealed class EditedDiskSource : DiskSourceView
{
    private readonly DiskEdit[] _edits;
    private readonly ZeroedRanges? _zeroed;

    /// <param name="inner">The disk as it is.</param>
    /// <param name="sizeBytes">The size that it is to have, at least its own.</param>
    /// <param name="edits">What takes the place of its bytes; no two share any.</param>
    /// <param name="zeroed">What counts as zeros and is not in an edit; null for nothing.</param>
    public EditedDiskSource(DiskSource inner, long sizeBytes, IEnumerable<DiskEdit> edits, ZeroedRanges? zeroed = null)
        : base(inner)
    {
        _edits = [.. edits.OrderBy(edit => edit.Offset)];
        _zeroed = zeroed;
        SizeBytes = Math.Max(sizeBytes, inner.SizeBytes);
    }

    public override long SizeBytes { get; }

    internal override string? ShareRefusal => "the partition table moves, or free space becomes zeros";

    private long InnerEnd => Inner.SectorCount * VhdSpec.SectorSize;

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

        DiskExtent extent = Inner.FindExtent(offset);
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
        long count = offset < InnerEnd ? Inner.CountDataBytes(offset, Math.Min(endOffset, InnerEnd)) : 0;
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
            Inner.Prefetch(offset, inside);
        }
    }

    private protected override void ReadInside(long offset, Span<byte> buffer)
    {
        if (offset < InnerEnd)
        {
            Inner.ReadAt(offset, buffer);
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
