using System.IO.Enumeration;
using VhdPS.Engine.Files;
using VhdPS.Engine.Layout;

namespace VhdPS.Engine.Chains;

/// <summary>The images of a folder as the trees that their parents make of them; by headers alone, each file read once.</summary>
internal static class ChainForest
{
    /// <summary>Reads the images of a folder: files named .vhd, .avhd, .vhdx or .avhdx. Folders that are links are not entered.</summary>
    /// <param name="folder">The folder; a parent anywhere beneath it is found, too.</param>
    /// <param name="recurse">Whether to read the folders beneath it.</param>
    /// <param name="policy">Where else parents may be.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <returns>The tops of the trees, by path.</returns>
    /// <exception cref="DirectoryNotFoundException">The folder is not there.</exception>
    public static IReadOnlyList<ForestNode> Read(
        string folder, bool recurse, ParentPolicy? policy = null, CancellationToken cancellation = default)
    {
        policy ??= ParentPolicy.Default;
        var growing = new Growing(policy with { SearchFolders = [folder, .. policy.SearchFolders] });
        growing.AddAll([.. ImagesIn(folder, recurse).Order(StringComparer.Ordinal)], cancellation);
        growing.Link(cancellation);
        return growing.Finish();
    }

    private static FileSystemEnumerable<string> ImagesIn(string folder, bool recurse) =>
        new(
            Path.GetFullPath(folder),
            (ref FileSystemEntry entry) => entry.ToFullPath(),
            new EnumerationOptions { RecurseSubdirectories = recurse, AttributesToSkip = 0, IgnoreInaccessible = true })
        {
            ShouldIncludePredicate = (ref FileSystemEntry entry) => !entry.IsDirectory && ImageName.IsDiskImage(entry.ToFullPath()),
            ShouldRecursePredicate = (ref FileSystemEntry entry) => (entry.Attributes & FileAttributes.ReparsePoint) == 0,
        };

    private sealed class Growing(ParentPolicy policy)
    {
        private readonly List<ForestImage> _images = [];
        private readonly RealPaths _realPaths = new();
        private readonly FolderNames _folderNames = new();
        private readonly Dictionary<string, ForestImage> _byRealPath =
            new(OperatingSystem.IsLinux() ? StringComparer.Ordinal : StringComparer.OrdinalIgnoreCase);
        private readonly Dictionary<(ChainState State, string Path, Guid Id), ForestNode> _broken = [];
        private readonly Dictionary<ForestNode, ForestNode> _parents = [];

        /// <summary>Reads images on all processors: most of the time of a small file goes to the system's calls.</summary>
        public void AddAll(string[] paths, CancellationToken cancellation)
        {
            var images = new ForestImage?[paths.Length];
            Parallel.For(
                0, paths.Length, new ParallelOptions { CancellationToken = cancellation }, index => images[index] = TryRead(paths[index]));
            foreach (ForestImage? image in images)
            {
                Add(image);
            }
        }

        /// <summary>Looks for the parent of each image; parents outside the folder are added on the way.</summary>
        public void Link(CancellationToken cancellation)
        {
            for (int i = 0; i < _images.Count; i++)
            {
                cancellation.ThrowIfCancellationRequested();
                if (_images[i].Child is { } child)
                {
                    Link(_images[i], child);
                }
            }
        }

        public List<ForestNode> Finish()
        {
            NoteSameIds();
            var reached = new HashSet<ForestNode>();
            List<ForestNode> roots = [.. _images.Select(image => image.Node).Where(node => !_parents.ContainsKey(node)), .. _broken.Values];
            roots.ForEach(root => Walk(root, reached));
            foreach (ForestNode node in _images.Select(image => image.Node).Where(node => !reached.Contains(node)))
            {
                // Only images that go round in a circle are left: each circle is cut above its first image.
                if (reached.Contains(node))
                {
                    continue;
                }

                ForestNode parent = _parents[node];
                parent.Remove(node);
                var top = new ForestNode(
                    parent.Level with { State = ChainState.Cycle, Problem = $"'{parent.Level.Path}' is an ancestor of itself." });
                top.Add(node);
                roots.Add(top);
                Walk(top, reached);
            }

            return [.. roots.OrderBy(root => root.Level.Path, StringComparer.Ordinal).ThenBy(root => root.Level.State)];
        }

        /// <summary>Sets depths and order, and enters each node of a tree as reached.</summary>
        private static void Walk(ForestNode root, HashSet<ForestNode> reached)
        {
            var waiting = new Stack<(ForestNode Node, int Depth)>([(root, 0)]);
            while (waiting.TryPop(out (ForestNode Node, int Depth) next))
            {
                reached.Add(next.Node);
                next.Node.Level = next.Node.Level with { Depth = next.Depth };
                next.Node.SortChildren();
                foreach (ForestNode child in next.Node.Children)
                {
                    waiting.Push((child, next.Depth + 1));
                }
            }
        }

        private ForestImage? TryRead(string path)
        {
            try
            {
                return ForestImage.Read(path, _realPaths);
            }
            catch (FileNotFoundException)
            {
                // Gone since the folder was listed, or a link to nothing.
                return null;
            }
        }

        private ForestImage? Add(ForestImage? image)
        {
            if (image is not null)
            {
                _images.Add(image);
                _byRealPath.TryAdd(image.RealPath, image);
            }

            return image;
        }

        private void Link(ForestImage image, ChainChild child)
        {
            var finder = new ParentFinder(
                child.Path, image.Identity, policy, LayoutOptions.Default, _realPaths, real =>
                    _byRealPath.GetValueOrDefault(real)?.Node.Level.Image,
                _folderNames);
            using ParentSearch search = finder.Find(child);
            ForestNode? parent = null;
            if (search is { State: ChainState.Ok, IsRaw: false, Path: { } path })
            {
                parent = (_byRealPath.GetValueOrDefault(_realPaths.Resolve(path) ?? path) ?? Add(TryRead(path)))?.Node;
            }

            parent ??= Broken(search, child);
            parent.Add(image.Node);
            _parents[image.Node] = parent;
        }

        private ForestNode Broken(ParentSearch search, ChainChild child)
        {
            string path = search.Path ?? child.ParentName;
            (ChainState, string, Guid) key = (search.State, path, child.Image.ParentId!.Value);
            if (!_broken.TryGetValue(key, out ForestNode? node))
            {
                _broken[key] = node = new ForestNode(new ChainLevel(
                    0, path, search.State, search.IsRaw, search.Finding?.Describe() ?? search.Error?.Message
                        ?? string.Empty, search.Finding, search.Tried)
                {
                    Image = search.Image,
                    Error = search.Error,
                });
            }

            return node;
        }

        private void NoteSameIds()
        {
            IEnumerable<IGrouping<Guid, ForestImage>> sameIds = _byRealPath.Values
                .Where(image => image.Node.Level.Image is not null)
                .GroupBy(image => image.Node.Level.Image!.Id)
                .Where(group => group.Key != Guid.Empty && group.Skip(1).Any());
            foreach (IGrouping<Guid, ForestImage> group in sameIds)
            {
                // One list for all of them: a list each would be as many paths as the square of their number.
                ForestImage[] images = [.. group.OrderBy(image => image.Node.Level.Path, StringComparer.Ordinal)];
                string[] paths = [.. images.Select(image => image.Node.Level.Path)];
                for (int i = 0; i < images.Length; i++)
                {
                    images[i].Node.Level = images[i].Node.Level with { SameIdPaths = new OtherPaths(paths, i) };
                }
            }
        }
    }
}
