using VhdPS.Engine.Disks;
using VhdPS.Engine.Format;

namespace VhdPS.Engine.Operations.Convert;

/// <summary>
/// A disk of which nothing is left out that a parent has: only where both are known to be zeros it is. Zeros of the disk hide what
/// the parent has there. Both disks stay their owners'.
/// </summary>
/// <param name="inner">The disk.</param>
/// <param name="parent">The parent's.</param>
internal sealed class ChildContent(DiskSource inner, DiskSource parent) : DiskSourceView(inner)
{
    private readonly DiskSource _parent = parent;

    internal override string? ShareRefusal => "what differs from a parent is looked for sector by sector";

    private long ParentEnd => _parent.SectorCount * VhdSpec.SectorSize;

    public override void ThrowIfChanged()
    {
        base.ThrowIfChanged();
        _parent.ThrowIfChanged();
    }

    public override DiskExtent FindExtent(long offset)
    {
        DiskExtent own = Inner.FindExtent(offset);
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
        return Inner.CountDataBytes(offset, endOffset) + (offset < end ? _parent.CountDataBytes(offset, end) : 0);
    }

    public override void Prefetch(long offset, long length)
    {
        Inner.Prefetch(offset, length);
        long inside = Math.Min(length, ParentEnd - offset);
        if (inside > 0)
        {
            _parent.Prefetch(offset, inside);
        }
    }

    private protected override void ReadInside(long offset, Span<byte> buffer) => Inner.ReadAt(offset, buffer);
}
