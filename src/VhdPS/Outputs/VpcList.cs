using System.Collections.ObjectModel;

namespace VhdPS;

/// <summary>A list in an output that reads as its elements: in a column of a report, where another would print its type.</summary>
/// <remarks>It has an indexer: what the compiler makes for an interface, PowerShell cannot index.</remarks>
public sealed class VpcList<T> : ReadOnlyCollection<T>
{
    internal VpcList(IList<T> elements)
        : base(elements)
    {
    }

    /// <inheritdoc/>
    public override string ToString() => string.Join("; ", this);
}
