using VhdPS.Engine.Format;

namespace VhdPS.Engine.Disks;

/// <summary>Cuts disks into units and leaves out those that are known to be zeros.</summary>
internal static class DiskWalk
{
    private const long PageSize = 4096;

    // A hole smaller than this is read through: a second request costs more than its zeros.
    private const long MergedHole = 32 * 1024;

    /// <summary>The units in which a disk may have data; the one ahead is announced to the system.</summary>
    /// <param name="source">The disk.</param>
    /// <param name="unitSize">Bytes, a multiple of 4096.</param>
    /// <param name="mergesHoles">Whether small holes between data count as data, which saves requests.</param>
    /// <param name="announces">False where the data will not be read: the system would read it all the same.</param>
    public static IEnumerable<DiskUnit> Units(DiskSource source, long unitSize, bool mergesHoles = true, bool announces = true)
    {
        DiskUnit? previous = null;
        foreach (DiskUnit unit in Enumerate(source, unitSize, mergesHoles ? MergedHole : 1))
        {
            foreach (DiskExtent extent in announces ? unit.Data : [])
            {
                source.Prefetch(extent.Offset, extent.Length);
            }

            if (previous is not null)
            {
                yield return previous;
            }

            previous = unit;
        }

        if (previous is not null)
        {
            yield return previous;
        }
    }

    private static IEnumerable<DiskUnit> Enumerate(DiskSource source, long unitSize, long mergedHole)
    {
        long diskEnd = source.SectorCount * VhdSpec.SectorSize;
        var data = new List<DiskExtent>();
        long number = 0, offset = 0;
        for (long at = 0; at < diskEnd;)
        {
            DiskExtent extent = source.FindExtent(at);
            while (extent.Length > 0)
            {
                long unitEnd = Math.Min(diskEnd, offset + unitSize);
                long partEnd = Math.Min(extent.End, unitEnd);
                if (!extent.IsZero)
                {
                    Add(data, extent.Offset, partEnd, unitEnd, mergedHole);
                }
                else if (data.Count == 0)
                {
                    // Nothing yet: the whole extent is passed in one step.
                    partEnd = extent.End;
                }

                if (partEnd >= unitEnd)
                {
                    if (data.Count > 0)
                    {
                        yield return new DiskUnit(number++, offset, unitEnd, [.. data]);
                        data.Clear();
                    }

                    offset = partEnd - (partEnd % unitSize);
                }

                extent = extent with { Offset = partEnd, Length = extent.End - partEnd };
            }

            at = extent.Offset;
        }
    }

    /// <summary>Adds a part, widened to whole pages of the unit and joined with the one before it where little lies between.</summary>
    private static void Add(List<DiskExtent> data, long start, long end, long unitEnd, long mergedHole)
    {
        start -= start % PageSize;
        end = Math.Min(unitEnd, VhdSpec.RoundUp(end, PageSize));
        if (data.Count > 0 && start - data[^1].End < mergedHole)
        {
            start = data[^1].Offset;
            data.RemoveAt(data.Count - 1);
        }

        data.Add(new DiskExtent(start, end - start, IsZero: false));
    }
}

/// <summary>A stretch of a disk that is worked on at a time.</summary>
/// <param name="Number">0 for the first that has data, counted up.</param>
/// <param name="Offset">Bytes from the start of the disk; a multiple of the unit's size.</param>
/// <param name="End">The first byte after it; at most the end of the disk, rounded up to a sector.</param>
/// <param name="Data">What may hold data, in ascending order; the rest is zeros.</param>
internal sealed record DiskUnit(long Number, long Offset, long End, DiskExtent[] Data);
