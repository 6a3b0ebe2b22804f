using static System.FormattableString;

namespace VhdPS.Engine.Disks;

/// <summary>The ranges of a disk that were lost, noted by several threads in any order. Memory is bounded.</summary>
internal sealed class SalvageLog
{
    /// <summary>So many ranges are kept apart; those past them count as one from the first of them to the last.</summary>
    private const int MaxRanges = 256 * 1024;

    private readonly object _gate = new();
    private readonly SortedDictionary<long, LostRange> _byStart = [];
    private readonly Dictionary<long, long> _startByEnd = [];
    private LostRange? _rest;

    /// <summary>Notes a range; one that was noted before counts once, and neighbours that were lost for one reason are one.</summary>
    public void Add(long sector, long sectorCount, string why)
    {
        lock (_gate)
        {
            if (_byStart.TryGetValue(sector, out LostRange known) && known.SectorCount >= sectorCount)
            {
                return;
            }

            if (_startByEnd.TryGetValue(sector, out long before) && _byStart[before] is var last && last.Why == why)
            {
                Remove(last);
                (sector, sectorCount) = (before, last.SectorCount + sectorCount);
            }

            if (_byStart.TryGetValue(sector + sectorCount, out LostRange next) && next.Why == why)
            {
                Remove(next);
                sectorCount += next.SectorCount;
            }

            if (_byStart.Count >= MaxRanges)
            {
                AddToRest(sector, sectorCount);
                return;
            }

            _byStart[sector] = new LostRange(sector, sectorCount, why);
            _startByEnd[sector + sectorCount] = sector;
        }
    }

    /// <summary>The ranges in the order of the disk.</summary>
    public IReadOnlyList<LostRange> ToList()
    {
        lock (_gate)
        {
            IEnumerable<LostRange> ranges = _rest is { } rest ? _byStart.Values.Append(rest) : _byStart.Values;
            return [.. ranges.OrderBy(range => range.Sector)];
        }
    }

    private void Remove(LostRange range)
    {
        _byStart.Remove(range.Sector);
        _startByEnd.Remove(range.Sector + range.SectorCount);
    }

    private void AddToRest(long sector, long sectorCount)
    {
        long start = Math.Min(_rest?.Sector ?? sector, sector);
        long end = Math.Max(_rest is { } rest ? rest.Sector + rest.SectorCount : 0, sector + sectorCount);
        _rest = new LostRange(start, end - start, Invariant($"More than {MaxRanges} ranges are lost; some of these sectors were read."));
    }
}
