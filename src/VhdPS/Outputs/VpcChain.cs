using VhdPS.Engine.Chains;
using VhdPS.Engine.Format;

namespace VhdPS;

/// <summary>One image of a chain, or of the forest of a folder.</summary>
public sealed class VpcChain
{
    internal VpcChain(string chainPath, ChainLevel level, IReadOnlyList<string> children, string tree)
    {
        bool isFile =
            level.State is ChainState.Ok or ChainState.IdMismatch or ChainState.Cycle or ChainState.Damaged or ChainState.Inaccessible;
        ChainPath = chainPath;
        Path = isFile || children.Count == 0 ? level.Path : PlaceBeside(children[0], level.Path);
        StoredPath = isFile ? null : level.Path;
        Orphans = new([.. isFile ? [] : children]);
        Depth = level.Depth;
        State = level.State;
        IsRaw = level.IsRaw;
        Problem = PrintableText.Escape(level.Problem);
        TriedPath = new([.. level.Tried]);
        SameIdPath = new(level.SameIdPaths as IList<string> ?? [.. level.SameIdPaths]);
        Tree = tree;
        if (level.TimeStampNote is { } note)
        {
            TimeStampNote = note.Describe();
        }

        Size = level.RawSizeBytes;
        FileSize = level.RawSizeBytes;
        if (level.Image is not { } image || image.Vhd is { StoredFooter: null })
        {
            return;
        }

        VhdFormat = image.Format;
        VhdType = image.VhdType;
        Size = image.SizeBytes;
        FileSize = image.FileLength;
        UniqueId = image.Id;
        ParentUniqueId = image.ParentId;
    }

    /// <summary>The image, or the folder, that was asked about.</summary>
    public string ChainPath { get; }

    /// <summary>The file; for a parent that was not found or not followed its place beside the child.</summary>
    public string Path { get; }

    /// <summary>The path with its provider.</summary>
    public string PSPath => PathResolver.ProviderPrefix + Path;

    /// <summary>The file's name, as it is.</summary>
    public string Name => VpcPlace.NameOf(Path);

    /// <summary>The path that the child stores for a parent that was not found or not followed; null for a file.</summary>
    public string? StoredPath { get; }

    /// <summary>The images whose parent was not found here; empty for a file.</summary>
    public VpcList<string> Orphans { get; }

    /// <summary>
    /// Of a chain: 0 for the image asked about, 1 for its parent. Of a folder: 0 for an image without parent, 1 for its children.
    /// </summary>
    public int Depth { get; }

    /// <summary>How the image was found.</summary>
    public ChainState State { get; }

    /// <summary>VHD or VHDX; null where it could not be read, and for a raw disk.</summary>
    public VhdFormat? VhdFormat { get; }

    /// <summary>Fixed, dynamic or differencing; null where it could not be read, and for a raw disk.</summary>
    public VhdType? VhdType { get; }

    /// <summary>The virtual size in bytes; null where it could not be read.</summary>
    public long? Size { get; }

    /// <summary>Length of the file in bytes; null where it could not be read.</summary>
    public long? FileSize { get; }

    /// <summary>The identity that children name, of a VHDX its DataWriteGuid; null where it could not be read.</summary>
    public Guid? UniqueId { get; }

    /// <summary>The parent's unique id as the image stores it; null for an image without parent.</summary>
    public Guid? ParentUniqueId { get; }

    /// <summary>Whether it is taken for a raw disk.</summary>
    public bool IsRaw { get; }

    /// <summary>What is wrong, human-readable; empty where nothing is.</summary>
    public string Problem { get; }

    /// <summary>Paths that were tried in vain before this one, and why each was not taken.</summary>
    public VpcList<TriedPath> TriedPath { get; }

    /// <summary>Other images of the folder with the same unique id.</summary>
    public VpcList<string> SameIdPath { get; }

    /// <summary>That the file's time is another than the one that the child stores; null where they agree.</summary>
    public string? TimeStampNote { get; }

    /// <summary>The name with the lines of the tree before it.</summary>
    public string Tree { get; }

    /// <summary>Never what an image stores: a path out of a file must not reach a command that deletes.</summary>
    private static string PlaceBeside(string child, string stored) => System.IO.Path.Combine(
        System.IO.Path.GetDirectoryName(child)!, stored[(stored.LastIndexOfAny(['/', '\\']) + 1)..]);

    /// <inheritdoc/>
    public override string ToString() => PrintableText.Escape($"{Path} ({State})");
}
