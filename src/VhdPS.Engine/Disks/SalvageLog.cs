namespace VhdPS.Engine.Disks;

/// <summary>The ranges of a disk that were lost, noted by several threads in any order.</summary>
internal sealed class SalvageLog
{
    private readonly object _gate = new();
    private readonly SortedDictionary<long, LostRange> _ranges = [];

    /// <summary>Notes a range; one that was noted before counts once.</summary>
    public void Add(long sector, long sectorCount, string why)
    {
        lock (_gate)
        {
            if (!_ranges.TryGetValue(sector, out LostRange known) || known.SectorCount < sectorCount)
            {
                _ranges[sector] = new LostRange(sector, sectorCount, why);
            }
        }
    }

    /// <summary>The ranges in the order of the disk; neighbours that were lost for one reason are one.</summary>
    public IReadOnlyList<LostRange> ToList()
    {
        lock (_gate)
        {
            var merged = new List<LostRange>();
            foreach (LostRange range in _ranges.Values)
            {
                if (merged.Count > 0 && merged[^1] is var last && last.Sector + last.SectorCount >= range.Sector && last.Why == range.Why)
                {
                    long end = Math.Max(last.Sector + last.SectorCount, range.Sector + range.SectorCount);
                    merged[^1] = last with { SectorCount = end - last.Sector };
                }
                else
                {
                    merged.Add(range);
                }
            }

            return merged;
        }
    }
}
