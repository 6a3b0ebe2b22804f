namespace VhdPS.Engine.Nbd.Client;

/// <summary>Which bytes of a range have come; each may come once, in any order.</summary>
internal sealed class CoveredRange(int length)
{
    private const int MaxGapCount = 64 * 1024;

    // Nearly every server sends from the start to the end: what comes in that order is one number.
    private int _end;
    private SortedList<int, int>? _later;

    /// <summary>Whether all of it has come.</summary>
    public bool IsWhole => _end == length;

    /// <summary>Adds a part; false where some of it has come before, or the parts are too many to keep.</summary>
    public bool TryAdd(int start, int count)
    {
        if (start < _end || count > length - start)
        {
            return false;
        }

        if (_later is null && start == _end)
        {
            _end += count;
            return true;
        }

        _later ??= [];
        if (_later.Count >= MaxGapCount || !IsFree(_later, start, count))
        {
            return false;
        }

        _later.Add(start, start + count);
        while (_later.Count > 0 && _later.GetKeyAtIndex(0) == _end)
        {
            _end = _later.GetValueAtIndex(0);
            _later.RemoveAt(0);
        }

        return true;
    }

    private static bool IsFree(SortedList<int, int> parts, int start, int count)
    {
        // The first part that ends past the start must begin at or past the end.
        int low = 0, high = parts.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            (low, high) = parts.GetValueAtIndex(middle) <= start ? (middle + 1, high) : (low, middle);
        }

        return low == parts.Count || parts.GetKeyAtIndex(low) >= start + count;
    }
}
