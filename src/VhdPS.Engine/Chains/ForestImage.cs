using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Layout;


namespace VhdPS.Engine.Chains;

/// <summary>What the headers of one file of a forest tell.</summary>
internal sealed class ForestImage
{
    private ForestImage(string path, string realPath, ChainState state, ImageLayout? layout, string problem, Finding? finding)
    {
        Node = new ForestNode(new ChainLevel(0, path, state, layout, false, problem, finding, []));
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
            ImageLayout layout = ImageLayout.Read(file);
            Finding? refusal = layout.FindBlockingFinding(forWriting: false);
            bool hasParent = layout is { StoredFooter: not null, VhdType: VhdType.Differencing, Header: not null };
            return new ForestImage(path, realPath, refusal is null ? ChainState.Ok : ChainState.Damaged, layout, refusal?.Describe() ?? string.Empty, refusal)
            {
                Identity = file.Identity,
                Child = hasParent ? new ChainChild(path, layout, StoredParentPath.ReadAll(file, layout.Header!)) : null,
            };
        }
        catch (VhdFormatException error)
        {
            return new ForestImage(path, realPath, ChainState.Damaged, null, error.Finding.Describe(), error.Finding);
        }
        catch (Exception error) when (error is UnauthorizedAccessException or (IOException and not FileNotFoundException))
        {
            return new ForestImage(path, realPath, ChainState.Inaccessible, null, error.Message, null);
        }
    }
}
