using VhdPS.Engine.Files;
using VhdPS.Engine.Format;

namespace VhdPS.Engine.Chains;

/// <summary>What the headers of one file of a forest tell.</summary>
internal sealed class ForestImage
{
    private ForestImage(string path, string realPath, ChainState state, ChainImage? image, string problem, Finding? finding)
    {
        Node = new ForestNode(new ChainLevel(0, path, state, false, problem, finding, []) { Image = image });
        RealPath = realPath;
    }

    public ForestNode Node { get; }

    public string RealPath { get; }

    public FileIdentity Identity { get; private init; }

    /// <summary>The image as one that has a parent; null where it has none, or cannot be read.</summary>
    public ChainChild? Child { get; private init; }

    /// <summary>Reads one file and closes it; what is wrong with it is a state.</summary>
    /// <param name="path">The full path.</param>
    /// <param name="realPaths">Resolves it.</param>
    /// <exception cref="FileNotFoundException">It is gone.</exception>
    public static ForestImage Read(string path, RealPaths realPaths)
    {
        string realPath = realPaths.Resolve(path) ?? path;
        try
        {
            using var file = LocalImageFile.OpenRead(path);
            var image = ChainImage.Read(file);
            Finding? refusal = image.Refusal;
            return new ForestImage(
                path, realPath, refusal is null ? ChainState.Ok : ChainState.Damaged, image, refusal?.Describe() ?? string.Empty, refusal)
            {
                Identity = file.Identity,
                Child = image.HasParent ? new ChainChild(path, image) : null,
            };
        }
        catch (VhdFormatException error)
        {
            return new ForestImage(path, realPath, ChainState.Damaged, null, error.Finding.Describe(), error.Finding);
        }
        catch (IOException error) when (error is not FileNotFoundException)
        {
            return new ForestImage(path, realPath, ChainState.Inaccessible, null, error.Message, null);
        }
    }
}

/// <summary>An image of a forest with its children; at the top also parents that were not found, are others, or close a cycle.</summary>
internal sealed class ForestNode
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
