namespace VhdPS.Engine.Partitions.FreeSpace;

/// <summary>Ranges of clusters, sorted and apart from each other.</summary>
internal sealed class ClusterRanges
{
    private readonly List<(long Start, long End)> _ranges = [];

    /// <summary>The ranges.</summary>
    public IReadOnlyList<(long Start, long End)> All => _ranges;

    /// <summary>Adds a range; it must not be asked before <see cref="Sort"/>.</summary>
    public void Add(long start, long count)
    {
        // Most structures of a file system lie one after the other.
        if (_ranges.Count > 0 && _ranges[^1].End == start)
        {
            _ranges[^1] = (_ranges[^1].Start, start + count);
        }
        else if (count > 0)
        {
            _ranges.Add((start, start + count));
        }
    }

    /// <summary>Sorts the ranges and joins adjacent ones.</summary>
    /// <returns>False where two share a cluster.</returns>
    public bool Sort()
    {
        _ranges.Sort();
        int kept = 0;
        for (int i = 1; i < _ranges.Count; i++)
        {
            if (_ranges[i].Start < _ranges[kept].End)
            {
                return false;
            }

            if (_ranges[i].Start == _ranges[kept].End)
            {
                _ranges[kept] = (_ranges[kept].Start, _ranges[i].End);
            }
            else
            {
                _ranges[++kept] = _ranges[i];
            }
        }

        if (_ranges.Count > 0)
        {
            _ranges.RemoveRange(kept + 1, _ranges.Count - kept - 1);
        }

        return true;
    }

    /// <summary>The ranges that share clusters with another, cut to it.</summary>
    public IEnumerable<(long Start, long End)> Within(long start, long end)
    {
        int index = _ranges.BinarySearch((start, long.MaxValue));
        index = index < 0 ? ~index : index;
        for (int i = Math.Max(0, index - 1); i < _ranges.Count && _ranges[i].Start < end; i++)
        {
            if (_ranges[i].End > start)
            {
                yield return (Math.Max(start, _ranges[i].Start), Math.Min(end, _ranges[i].End));
            }
        }
    }
}
