using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Layout;
using VhdPS.Engine.Vhdx;

namespace VhdPS.Engine.Chains;

/// <summary>The parents of a differencing VHDX, found, proven and open for reading, each as the parent of the one before it.</summary>
internal sealed class VhdxParents : IDisposable
{
    private readonly List<(string Path, ImageFile File)> _files = [];
    private readonly List<VhdxImage> _images = [];

    private VhdxParents()
    {
    }

    /// <summary>The nearest parent, through which the others are read.</summary>
    public IVhdxParent? Nearest { get; private set; }

    /// <summary>The files, from the nearest to the root, by the paths under which they were found.</summary>
    public IEnumerable<string> Paths => _files.Select(file => file.Path);

    /// <summary>The images, from the nearest to the root.</summary>
    public IReadOnlyList<VhdxImage> Images => _images;

    /// <summary>No parents, of an image of which only its own blocks are wanted.</summary>
    public static VhdxParents None() => new();

    /// <summary>Finds and opens all parents; none where the image has none.</summary>
    /// <exception cref="VhdFormatException">A parent is missing, has another id, is damaged, or the chain goes round.</exception>
    /// <exception cref="ImageInUseException">A writer has a parent open.</exception>
    /// <exception cref="ImageIOException">A parent could not be read.</exception>
    public static VhdxParents Open(ImageFile leaf, VhdxLayout layout, VhdOpenOptions options)
    {
        var parents = new VhdxParents();
        var found = new List<ParentSearch>();
        try
        {
            var image = ChainImage.Of(layout, options.Force);
            foreach (ParentSearch search in ChainWalk.Follow(leaf, image, options.Parents, new LayoutOptions { Force = options.Force }))
            {
                found.Add(search);
                search.ThrowIfUnusable();
                parents._files.Add((search.Path!, search.File!));
            }

            // The root first: each is opened with its parent.
            for (int i = found.Count - 1; i >= 0; i--)
            {
                var parent = VhdxImage.Open(
                    found[i].File!, new VhdxOpenOptions { Force = options.Force, Parent = parents.Nearest });
                parents._images.Insert(0, parent);
                parents.Nearest = new Level(parent);
            }

            return parents;
        }
        catch
        {
            found.ForEach(search => search.Dispose());
            throw;
        }
    }

    /// <summary>Refuses a result that was read from parents which are no longer what they were when they were opened.</summary>
    /// <exception cref="ImageInUseException">Another program has changed or replaced one.</exception>
    public void ThrowIfChanged()
    {
        foreach ((string path, ImageFile file) in _files)
        {
            if (file.HasChanged)
            {
                throw new ImageInUseException(path, forWriting: false);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _files.ForEach(file => file.File.Dispose());

    private sealed class Level(VhdxImage image) : IVhdxParent
    {
        public long SizeBytes => image.SizeBytes;

        public void ReadAt(long offset, Span<byte> buffer) => image.ReadAt(offset, buffer);

        public long FindRun(long offset, long length, out bool isZero)
        {
            VhdxRun run = image.FindExtent(offset, length);
            isZero = run.Origin == VhdxOrigin.Zero;
            return run.Length;
        }

        public void Prefetch(long offset, long length) => image.Prefetch(offset, length);
    }
}
