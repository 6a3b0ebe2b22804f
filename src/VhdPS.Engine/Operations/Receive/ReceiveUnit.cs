using VhdPS.Engine.Pages;

namespace VhdPS.Engine.Operations.Receive;

/// <summary>A stretch of a blob that one step receives.</summary>
/// <param name="Offset">Bytes from the start of the disk, a multiple of the unit's size.</param>
/// <param name="End">The first byte past the last range.</param>
/// <param name="Ranges">What is there, or what changed, in ascending order.</param>
internal sealed record ReceiveUnit(long Offset, long End, IReadOnlyList<PageRange> Ranges);

/// <summary>Cuts a list of page ranges into units.</summary>
internal static class ReceiveWalk
{
    /// <summary>Bytes of a unit: what one request reads at most.</summary>
    public const int UnitBytes = PageBlob.MaxRequestBytes;

    /// <summary>The units of all ranges of the first <paramref name="length"/> bytes, in ascending order.</summary>
    public static IEnumerable<ReceiveUnit> Units(IEnumerable<PageRange> ranges, long length)
    {
        var parts = new List<PageRange>();
        long unit = -1;
        foreach (PageRange range in ranges)
        {
            long end = Math.Min(range.End, length);
            for (long at = range.Offset; at < end;)
            {
                if (at / UnitBytes != unit)
                {
                    if (parts.Count > 0)
                    {
                        yield return new ReceiveUnit(unit * UnitBytes, parts[^1].End, [.. parts]);
                        parts.Clear();
                    }

                    unit = at / UnitBytes;
                }

                long partEnd = Math.Min(end, (unit + 1) * UnitBytes);
                parts.Add(new PageRange(at, partEnd - at, range.IsCleared));
                at = partEnd;
            }
        }

        if (parts.Count > 0)
        {
            yield return new ReceiveUnit(unit * UnitBytes, parts[^1].End, [.. parts]);
        }
    }

    /// <summary>The requests for a unit: ranges that are there, joined where what lies between costs less than a request.</summary>
    public static IEnumerable<(long Offset, long End)> Reads(ReceiveUnit unit, int joinedGap)
    {
        long start = 0, end = -1;
        foreach (PageRange range in unit.Ranges)
        {
            if (range.IsCleared)
            {
                continue;
            }

            if (end >= 0 && range.Offset - end >= joinedGap)
            {
                yield return (start, end);
                end = -1;
            }

            start = end < 0 ? range.Offset : start;
            end = range.End;
        }

        if (end >= 0)
        {
            yield return (start, end);
        }
    }
}
