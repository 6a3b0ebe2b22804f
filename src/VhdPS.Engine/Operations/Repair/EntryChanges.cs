using System.Collections;
using VhdPS.Engine.Format;
using VhdPS.Engine.Layout;

namespace VhdPS.Engine.Operations.Repair;

/// <summary>New values of table entries; a bit each for those that are to be dropped, of which a file can have millions.</summary>
internal sealed class EntryChanges(int blockCount) : IEnumerable<KeyValuePair<int, uint>>
{
    private readonly BlockSet _changed = new(blockCount);
    private readonly Dictionary<int, uint> _used = [];

    /// <summary>The blocks whose entry changes, in ascending order.</summary>
    public IEnumerable<int> Keys => _changed;

    /// <summary>Those of the new entries that name a place.</summary>
    public IEnumerable<uint> UsedValues => _used.Values;

    /// <summary>The new entry of a block.</summary>
    public uint this[int blockIndex]
    {
        set
        {
            _changed.Add(blockIndex);
            if (value == VhdSpec.UnusedEntry)
            {
                _used.Remove(blockIndex);
            }
            else
            {
                _used[blockIndex] = value;
            }
        }
    }

    /// <summary>Leaves the entry of a block as it is.</summary>
    public void Remove(int blockIndex)
    {
        _changed.Remove(blockIndex);
        _used.Remove(blockIndex);
    }

    /// <summary>The changes in the order of their blocks.</summary>
    public IEnumerator<KeyValuePair<int, uint>> GetEnumerator()
    {
        foreach (int blockIndex in _changed)
        {
            yield return new(blockIndex, _used.GetValueOrDefault(blockIndex, VhdSpec.UnusedEntry));
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
