namespace VhdPS.Engine.Chains;

/// <summary>An image of a forest with its children; at the top also parents that were not found, are others, or close a cycle.</summary>
public sealed class ForestNode
{
    private readonly List<ForestNode> _children = [];

    internal ForestNode(ChainLevel level) => Level = level;

    /// <summary>The image; its depth counts from the top of the tree.</summary>
    public ChainLevel Level { get; internal set; }

    /// <summary>The images that name it as their parent, by path.</summary>
    public IReadOnlyList<ForestNode> Children => _children;

    internal void Add(ForestNode child) => _children.Add(child);

    internal void Remove(ForestNode child) => _children.Remove(child);

    internal void SortChildren() => _children.Sort((one, other) => string.CompareOrdinal(one.Level.Path, other.Level.Path));
}
