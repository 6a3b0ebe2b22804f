namespace VhdPS.Engine.Pages;

/// <summary>Adjacent pages of a blob.</summary>
/// <param name="Offset">Bytes from the start of the blob.</param>
/// <param name="Length">Bytes.</param>
/// <param name="IsCleared">Whether the pages were there in an earlier snapshot and are no more; else they are there.</param>
public readonly record struct PageRange(long Offset, long Length, bool IsCleared)
{
    /// <summary>The first byte past it.</summary>
    public long End => Offset + Length;
}

/// <summary>Part of a list of ranges, in ascending order as the service gave them.</summary>
/// <param name="Ranges">The ranges.</param>
/// <param name="Marker">Where the next part begins; null at the end of the list.</param>
public sealed record PageRangeSegment(IReadOnlyList<PageRange> Ranges, string? Marker);
