using System.Collections;

namespace VhdPS.Engine.Chains;

/// <summary>All paths of a list but one: the others of each of many files, which share one list.</summary>
/// <param name="paths">All paths, in order, each once.</param>
/// <param name="own">The index of the one that is left out.</param>
internal sealed class OtherPaths(string[] paths, int own) : IList<string>, IReadOnlyList<string>
{
    /// <summary>All paths, as they were given.</summary>
    public string[] All => paths;

    public int Count => paths.Length - 1;

    public bool IsReadOnly => true;

    public string this[int index]
    {
        get => index >= 0 && index < Count
            ? paths[index < own ? index : index + 1]
            : throw new ArgumentOutOfRangeException(nameof(index));
        set => throw new NotSupportedException();
    }

    public int IndexOf(string item)
    {
        int index = Array.IndexOf(paths, item);
        return index == own ? -1 : index > own ? index - 1 : index;
    }

    public bool Contains(string item) => IndexOf(item) >= 0;

    public void CopyTo(string[] array, int arrayIndex)
    {
        Array.Copy(paths, 0, array, arrayIndex, own);
        Array.Copy(paths, own + 1, array, arrayIndex + own, Count - own);
    }

    public IEnumerator<string> GetEnumerator()
    {
        for (int i = 0; i < paths.Length; i++)
        {
            if (i != own)
            {
                yield return paths[i];
            }
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public void Add(string item) => throw new NotSupportedException();

    public void Clear() => throw new NotSupportedException();

    public void Insert(int index, string item) => throw new NotSupportedException();

    public bool Remove(string item) => throw new NotSupportedException();

    public void RemoveAt(int index) => throw new NotSupportedException();
}
