using System.Collections.Concurrent;
using VhdPS.Engine.Disks;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;

namespace VhdPS.Engine.Operations.Compare;

/// <summary>
/// Compares two disks by content, whatever holds them. What is known to be zeros on both is not read. Zeros after the end
/// of the shorter disk are no difference.
/// </summary>
public static class DiskComparison
{
    private const int UnitSize = 1024 * 1024;

    /// <summary>
    /// Bytes of the sectors in which a comparison counts: those of both disks where they have the same size, else 512.
    /// </summary>
    public static int SectorSizeOf(DiskSource reference, DiskSource difference)
    {
        ArgumentNullException.ThrowIfNull(reference);
        ArgumentNullException.ThrowIfNull(difference);
        return Math.Min(reference.LogicalSectorSize, difference.LogicalSectorSize);
    }

    /// <summary>Sectors in which a comparison counts, of the larger disk.</summary>
    public static long SectorCountOf(DiskSource reference, DiskSource difference)
    {
        int sectorSize = SectorSizeOf(reference, difference);
        return Math.Max(CountOf(reference, sectorSize), CountOf(difference, sectorSize));
    }

    /// <summary>The ranges that differ, in ascending order, as they are found; none touches the next.</summary>
    /// <exception cref="VhdFormatException">A sector cannot be found.</exception>
    /// <exception cref="ImageIOException">A file could not be read.</exception>
    /// <exception cref="ImageInUseException">A file was changed while it was read; what was found so far may be wrong.</exception>
    public static IEnumerable<ComparedRange> FindDifferences(
        DiskSource reference, DiskSource difference, IProgress<WorkProgress>? progress = null, CancellationToken cancellation = default)
    {
        long total = Math.Max(reference.SizeBytes, difference.SizeBytes);
        ComparedRange? open = null;
        var buffers = new ConcurrentBag<byte[]>();
        IEnumerable<(long End, List<ComparedRange> Ranges)> results = OrderedWork.Run(
            Pair(reference, difference), (pair, stopping) =>
                (pair.End, Compare(pair, reference, difference, buffers, stopping)), cancellation);
        foreach ((long end, List<ComparedRange> ranges) in results)
        {
            foreach (ComparedRange range in ranges)
            {
                if (open is { } before && before.EndSector == range.Sector && before.Side == range.Side)
                {
                    open = before with { SectorCount = before.SectorCount + range.SectorCount };
                    continue;
                }

                if (open is { } closed)
                {
                    yield return closed;
                }

                open = range;
            }

            progress?.Report(new WorkProgress(Math.Min(end, total), total));
        }

        reference.ThrowIfChanged();
        difference.ThrowIfChanged();
        if (open is { } last)
        {
            yield return last;
        }
    }

    /// <summary>Puts the ranges that are equal between those that differ.</summary>
    public static IEnumerable<ComparedRange> IncludeEqual(IEnumerable<ComparedRange> differences, long sectorCount)
    {
        long sector = 0;
        foreach (ComparedRange range in differences)
        {
            if (range.Sector > sector)
            {
                yield return new ComparedRange(sector, range.Sector - sector, ComparisonSide.Equal);
            }

            yield return range;
            sector = range.EndSector;
        }

        if (sector < sectorCount)
        {
            yield return new ComparedRange(sector, sectorCount - sector, ComparisonSide.Equal);
        }
    }

    /// <summary>Units of both disks side by side; a side that has no data there has none in the pair.</summary>
    private static IEnumerable<UnitPair> Pair(DiskSource reference, DiskSource difference)
    {
        using IEnumerator<DiskUnit> left = DiskWalk.Units(reference, UnitSize).GetEnumerator();
        using IEnumerator<DiskUnit> right = DiskWalk.Units(difference, UnitSize).GetEnumerator();
        DiskUnit? a = Next(left), b = Next(right);
        while (a is not null || b is not null)
        {
            long offset = Math.Min(a?.Offset ?? long.MaxValue, b?.Offset ?? long.MaxValue);
            DiskUnit? ofReference = a?.Offset == offset ? a : null;
            DiskUnit? ofDifference = b?.Offset == offset ? b : null;
            yield return new UnitPair(
                ofReference?.Data ?? [], ofDifference?.Data ?? [], Math.Max(ofReference?.End ?? 0, ofDifference?.End ?? 0));
            a = ofReference is null ? a : Next(left);
            b = ofDifference is null ? b : Next(right);
        }
    }

    private static DiskUnit? Next(IEnumerator<DiskUnit> units) => units.MoveNext() ? units.Current : null;

    private static List<ComparedRange> Compare(
        UnitPair pair, DiskSource reference, DiskSource difference, ConcurrentBag<byte[]> buffers, CancellationToken stopping)
    {
        stopping.ThrowIfCancellationRequested();
        var ranges = new List<ComparedRange>();
        byte[] buffer = buffers.TryTake(out byte[]? used) ? used : new byte[2 * UnitSize];
        foreach (DiskExtent extent in Union(pair))
        {
            Span<byte> left = buffer.AsSpan(0, (int)extent.Length);
            Span<byte> right = buffer.AsSpan(UnitSize, (int)extent.Length);
            bool isLeft = Overlaps(pair.Reference, extent), isRight = Overlaps(pair.Difference, extent);
            if (isLeft)
            {
                reference.ReadAt(extent.Offset, left);
            }

            if (isRight)
            {
                difference.ReadAt(extent.Offset, right);
            }

            bool isEqual = isLeft && isRight ? left.SequenceEqual(right) : (isLeft ? left : right).IndexOfAnyExcept((byte)0) < 0;
            if (!isEqual)
            {
                (isLeft ? Span<byte>.Empty : left).Clear();
                (isRight ? Span<byte>.Empty : right).Clear();
                AddDifferences(ranges, extent.Offset, left, right, reference, difference);
            }
        }

        buffers.Add(buffer);
        return ranges;
    }

    private static void AddDifferences(
        List<ComparedRange> ranges, long offset, ReadOnlySpan<byte> left, ReadOnlySpan<byte> right, DiskSource reference,
            DiskSource difference)
    {
        int sectorSize = SectorSizeOf(reference, difference);
        long referenceCount = CountOf(reference, sectorSize), differenceCount = CountOf(difference, sectorSize);
        for (int at = 0; at < left.Length;)
        {
            int equal = left[at..].CommonPrefixLength(right[at..]);
            at += equal - (equal % sectorSize);
            if (at >= left.Length)
            {
                break;
            }

            long sector = (offset + at) / sectorSize;
            ComparisonSide side = sector >= differenceCount ? ComparisonSide.Reference
                : sector >= referenceCount ? ComparisonSide.Difference
                : ComparisonSide.Both;
            if (ranges.Count > 0 && ranges[^1].EndSector == sector && ranges[^1].Side == side)
            {
                ranges[^1] = ranges[^1] with { SectorCount = ranges[^1].SectorCount + 1 };
            }
            else
            {
                ranges.Add(new ComparedRange(sector, 1, side));
            }

            at += sectorSize;
        }
    }

    private static long CountOf(DiskSource source, int sectorSize) => (source.SizeBytes + sectorSize - 1) / sectorSize;

    private static bool Overlaps(DiskExtent[] extents, DiskExtent extent) =>
        Array.Exists(extents, other => other.Offset < extent.End && extent.Offset < other.End);

    private static List<DiskExtent> Union(UnitPair pair)
    {
        var union = new List<DiskExtent>();
        foreach (DiskExtent extent in pair.Reference.Concat(pair.Difference).OrderBy(extent => extent.Offset))
        {
            if (union.Count > 0 && extent.Offset <= union[^1].End)
            {
                union[^1] = union[^1] with { Length = Math.Max(union[^1].End, extent.End) - union[^1].Offset };
            }
            else
            {
                union.Add(extent);
            }
        }

        return union;
    }

    private sealed record UnitPair(DiskExtent[] Reference, DiskExtent[] Difference, long End);
}

/// <summary>Adjacent sectors about which a comparison found the same.</summary>
/// <param name="Sector">The first virtual sector, of the size in which the comparison counts.</param>
/// <param name="SectorCount">Sectors, at least 1.</param>
/// <param name="Side">What was found.</param>
public readonly record struct ComparedRange(long Sector, long SectorCount, ComparisonSide Side)
{
    /// <summary>The first sector after it.</summary>
    public long EndSector => Sector + SectorCount;
}

/// <summary>What a comparison found about a range.</summary>
public enum ComparisonSide
{
    /// <summary>Both disks hold the same there.</summary>
    Equal,

    /// <summary>Both disks have these sectors, and they differ.</summary>
    Both,

    /// <summary>Data after the end of the difference disk.</summary>
    Reference,

    /// <summary>Data after the end of the reference disk.</summary>
    Difference,
}
