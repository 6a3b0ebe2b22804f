using VhdPS.Engine.Files;
using VhdPS.Engine.Files.Native;
using VhdPS.Engine.Format;
using VhdPS.Engine.Layout;

namespace VhdPS.Engine.Chains;

/// <summary>
/// Answers which images depend on an image, before it is changed or deleted. Looked at are the image's folder and the search
/// folders with what lies beneath them. Each file is read once, however many images are asked about, as long as it does not
/// change: one index serves a whole batch. What was found is read again before it counts.
/// </summary>
/// <param name="searchFolders">Folders in which children are looked for besides the image's own.</param>
public sealed class ChildIndex(IEnumerable<string>? searchFolders = null)
{
    private const int NamedCount = 5;

    private readonly object _gate = new();
    private readonly string[] _searchFolders = [.. (searchFolders ?? []).Select(Path.GetFullPath)];
    private readonly Dictionary<string, ChildFolder> _folders = new(StringComparer.Ordinal);

    /// <summary>The images that depend on one.</summary>
    /// <param name="path">The image.</param>
    /// <param name="layout">Its layout; without a valid footer it has no id that a child could name.</param>
    /// <param name="identity">Its file.</param>
    /// <param name="folders">Folders besides, without what lies beneath them.</param>
    /// <returns>Differencing images whose parent it is, or may be, and image files that could not be opened.</returns>
    internal IReadOnlyList<DependentImage> Find(string path, ImageLayout layout, FileIdentity identity, IEnumerable<string>? folders = null)
    {
        ArgumentNullException.ThrowIfNull(layout);
        return layout.StoredFooter is null ? [] : Find(path, ChainImage.Of(layout), identity, folders);
    }

    /// <summary>The images that depend on one of either format.</summary>
    internal IReadOnlyList<DependentImage> Find(
        string path, ChainImage image, FileIdentity identity, IEnumerable<string>? folders = null)
    {
        Guid id = image.Id;
        var found = new List<DependentImage>();
        lock (_gate)
        {
            foreach (ChildFolder folder in FoldersFor(path, folders ?? []))
            {
                foreach (DependentImage candidate in folder.Find(id))
                {
                    FileFacts facts = PlatformFile.Current.Stat(candidate.Path);
                    bool isNew = facts.Kind == FileKind.Regular && facts.Identity != identity
                        && found.TrueForAll(other => other.Path != candidate.Path);
                    if (isNew && (candidate.Problem is not null || IsChild(candidate.Path, path, image, identity)))
                    {
                        found.Add(candidate);
                    }
                }
            }
        }

        return found;
    }

    /// <summary>The images that depend on one, however damaged it is; none where it has no footer left.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="VhdFormatException">The path names no regular file.</exception>
    /// <exception cref="ImageIOException">The file could not be read.</exception>
    public IReadOnlyList<DependentImage> Find(string path)
    {
        using var file = LocalImageFile.OpenUnlocked(path);
        return file.Length < VhdSpec.LegacyFooterSize
            ? []
            : Find(path, ImageLayout.Read(file, new LayoutOptions { Force = true }), file.Identity);
    }

    /// <summary>Refuses a change of an image on which others depend.</summary>
    /// <param name="path">The image.</param>
    /// <param name="layout">Its layout.</param>
    /// <param name="identity">Its file.</param>
    /// <param name="consequence">What the change would do, to be read after "depends on this image, ".</param>
    /// <exception cref="VhdOperationException">There is such an image, or a file that may be one and cannot be opened.</exception>
    internal void ThrowIfAny(string path, ImageLayout layout, FileIdentity identity, string consequence) =>
        ThrowIfAny(path, Find(path, layout, identity), consequence);

    /// <summary>Refuses a change of an image of either format on which others depend.</summary>
    internal void ThrowIfAny(string path, ChainImage image, FileIdentity identity, string consequence) =>
        ThrowIfAny(path, Find(path, image, identity), consequence);

    /// <summary>Refuses a change of an image on which others depend.</summary>
    internal static void ThrowIfAny(string path, IReadOnlyList<DependentImage> children, string consequence)
    {
        if (children.Count > 0)
        {
            DependentImage[] certain = [.. children.Where(child => child.Problem is null)];
            string what = certain.Length > 0
                ? $"{Names(certain)} {(certain.Length == 1 ? "depends" : "depend")} on this image, {consequence}."
                : $"{Names(children)} may depend on this image, {consequence}, and cannot be opened: {children[0].Problem}";
            throw new VhdOperationException(path, OperationError.HasChildren, what) { IsOverridable = true };
        }
    }

    private static string Names(IReadOnlyList<DependentImage> children)
    {
        string names = string.Join(", ", children.Take(NamedCount).Select(child => $"'{child.Path}'"));
        return children.Count > NamedCount ? $"{names} and {children.Count - NamedCount} more" : names;
    }

    /// <summary>Reads a file as a child, without a lock: who else has it open does not matter to the question.</summary>
    private bool IsChild(string childPath, string path, ChainImage image, FileIdentity identity)
    {
        try
        {
            using var file = LocalImageFile.OpenUnlocked(childPath);
            var child = ChainImage.Read(file);
            if (!child.HasParent || child.Format != image.Format || !child.IsLinkedTo(image.Id))
            {
                return false;
            }

            // A copy of the chain in the same folder has children of its own: their stored paths lead to the other copy.
            var realPaths = new RealPaths();
            string? ownPath = realPaths.Resolve(Path.GetFullPath(path));
            var finder = new ParentFinder(
                childPath, file.Identity, new ParentPolicy { SearchFolders = _searchFolders }, LayoutOptions.Default, realPaths,
                real => real == ownPath ? image : null);
            using ParentSearch search = finder.Find(new ChainChild(childPath, child));
            return search is not { State: ChainState.Ok, Path: { } parentPath }
                || PlatformFile.Current.Stat(parentPath).Identity == identity;
        }
        catch (FileNotFoundException)
        {
            return false;
        }
        catch (IOException)
        {
            // It was a child when the folder was read, and what it is now is not known.
            return true;
        }
    }

    private IEnumerable<ChildFolder> FoldersFor(string path, IEnumerable<string> folders)
    {
        foreach (string folder in folders.Prepend(Path.GetDirectoryName(Path.GetFullPath(path))!).Select(Path.GetFullPath).Distinct(
            StringComparer.Ordinal))
        {
            yield return FolderAt(folder, recurse: false);
        }

        foreach (string folder in _searchFolders.Where(Directory.Exists))
        {
            yield return FolderAt(folder, recurse: true);
        }
    }

    private ChildFolder FolderAt(string folder, bool recurse)
    {
        string key = (recurse ? "+" : "-") + folder;
        if (!_folders.TryGetValue(key, out ChildFolder? known))
        {
            _folders[key] = known = new ChildFolder(folder, recurse);
        }

        return known;
    }
}
