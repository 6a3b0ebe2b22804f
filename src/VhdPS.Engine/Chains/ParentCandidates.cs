namespace VhdPS.Engine.Chains;

/// <summary>A path that may be the parent.</summary>
/// <param name="FullPath">Full, with <c>.</c> and <c>..</c> taken out.</param>
/// <param name="BaseFolder">The folder from which names are matched in another case too.</param>
/// <param name="IsAsStored">Whether it is what the file names, not a guess made from it.</param>
internal readonly record struct ParentCandidate(string FullPath, string BaseFolder, bool IsAsStored);

/// <summary>Turns what an image stores about its parent into paths, the most literal first. Asks nothing of the file system.</summary>
internal static class ParentCandidates
{
    /// <summary>The candidates, each path once.</summary>
    /// <param name="stored">What the image stores.</param>
    /// <param name="childFolders">The folder of the image: the real one, then the one that its path names.</param>
    /// <param name="searchFolders">Folders given by the caller.</param>
    /// <param name="tried">Receives the stored paths that are not followed in any case.</param>
    public static IReadOnlyList<ParentCandidate> List(
        IReadOnlyList<StoredParentPath> stored, IReadOnlyList<string> childFolders, IReadOnlyList<string> searchFolders,
            List<TriedPath> tried)
    {
        var candidates = new List<ParentCandidate>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        void Add(string baseFolder, string path, bool isAsStored)
        {
            string full;
            try
            {
                full = Path.GetFullPath(path, baseFolder);
            }
            catch (Exception error) when (error is ArgumentException or PathTooLongException or NotSupportedException)
            {
                tried.Add(new TriedPath(path, "is no path of this system"));
                return;
            }

            if (full.StartsWith(@"\\.\", StringComparison.Ordinal))
            {
                // QUIRK(windows): a name such as NUL becomes a device in any folder.
                tried.Add(new TriedPath(path, "names a device"));
            }
            else if (seen.Add(full))
            {
                candidates.Add(new ParentCandidate(full, baseFolder, isAsStored));
            }
        }

        foreach (StoredParentPath path in stored)
        {
            switch (path.Kind)
            {
                case StoredPathKind.Relative:
                    foreach (string folder in childFolders)
                    {
                        Add(folder, path.LocalPath, isAsStored: true);
                    }

                    break;
                case StoredPathKind.Absolute:
                    Add(childFolders[0], path.LocalPath, isAsStored: true);
                    break;
                default:
                    tried.Add(new TriedPath(path.Text, WhyNotFollowed(path.Kind)));
                    break;
            }
        }

        foreach (string folder in searchFolders)
        {
            foreach (StoredParentPath path in stored.Where(path => path.Kind == StoredPathKind.Relative))
            {
                Add(folder, path.LocalPath, isAsStored: false);
            }
        }

        foreach (string folder in childFolders.Concat(searchFolders))
        {
            foreach (StoredParentPath path in stored)
            {
                Add(folder, path.LastName, isAsStored: false);
            }
        }

        return candidates;
    }

    private static string WhyNotFollowed(StoredPathKind kind) => kind switch
    {
        StoredPathKind.Network => "is on another machine; network paths in a file are never followed",
        StoredPathKind.Device => "names a device; device paths in a file are never followed",
        _ => "is a path of another system; its last name is looked for beside the image",
    };
}
