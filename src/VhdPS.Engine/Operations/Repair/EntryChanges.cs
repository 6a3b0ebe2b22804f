using System.Collections;

namespace VhdPS.Engine.Operations.Repair;

/// <summary>New values of table entries, a few bytes each: a file can have millions that are to be dropped.</summary>
internal sealed class EntryChanges(int blockCount) : IEnumerable<KeyValuePair<int, uint>>
{
    private const int PageEntries = 1024;

    private readonly Page?[] _pages = new Page?[(blockCount + PageEntries - 1) / PageEntries];

    /// <summary>The blocks whose entry changes, in ascending order.</summary>
    public IEnumerable<int> Keys => this.Select(change => change.Key);

    /// <summary>The new entries in the order of their blocks.</summary>
    public IEnumerable<uint> Values => this.Select(change => change.Value);

    /// <summary>The new entry of a block.</summary>
    public uint this[int blockIndex]
    {
        set
        {
            Page page = _pages[blockIndex / PageEntries] ??= new Page();
            page.IsChanged[blockIndex % PageEntries] = true;
            page.Entries[blockIndex % PageEntries] = value;
        }
    }

    /// <summary>Leaves the entry of a block as it is.</summary>
    public void Remove(int blockIndex)
    {
        if (_pages[blockIndex / PageEntries] is { } page)
        {
            page.IsChanged[blockIndex % PageEntries] = false;
        }
    }

    /// <summary>The changes in the order of their blocks.</summary>
    public IEnumerator<KeyValuePair<int, uint>> GetEnumerator()
    {
        for (int pageIndex = 0; pageIndex < _pages.Length; pageIndex++)
        {
            if (_pages[pageIndex] is not { } page)
            {
                continue;
            }

            for (int i = 0; i < PageEntries; i++)
            {
                if (page.IsChanged[i])
                {
                    yield return new((pageIndex * PageEntries) + i, page.Entries[i]);
                }
            }
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private sealed class Page
    {
        public bool[] IsChanged { get; } = new bool[PageEntries];

        public uint[] Entries { get; } = new uint[PageEntries];
    }
}
