using VhdPS.Engine.Chains;
using VhdPS.Engine.Disks;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Engine.Layout;
using VhdPS.Engine.Nbd.Server;

namespace VhdPS;

/// <summary>Images that are open and wait for the server that takes them; those that it never takes are closed.</summary>
internal sealed class ServedImages : IDisposable
{
    private readonly List<NbdExport> _exports = [];

    /// <summary>How many.</summary>
    public int Count => _exports.Count;

    /// <summary>The files.</summary>
    public IEnumerable<string> Paths => _exports.Select(export => export.Path);

    /// <summary>Opens an image as it is served: a VHDX for reading only.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">How it is opened.</param>
    /// <param name="children">Answers what depends on it; null where that does not matter.</param>
    /// <param name="facts">What opening has seen of it.</param>
    /// <exception cref="VhdOperationException">Others depend on an image that is to be written, or a state is saved with it.</exception>
    /// <exception cref="VhdFormatException">It cannot be read, or is a VHDX that is to be written.</exception>
    public static ExportedDisk Open(string path, VhdOpenOptions options, ChildIndex? children, out SourceFacts facts)
    {
        if (!options.ForWriting && IsVhdx(path))
        {
            var source = DiskSource.Open(path, SourceFormat.Vhd, options);
            facts = SourceFacts.Of(source);
            return new SourceExport(source);
        }

        VhdImage image = options.ForWriting ? OpenWritable(path, options, children) : VhdImage.Open(path, options);
        facts = SourceFacts.Of(image);
        return new ImageExport(image);
    }

    private static bool IsVhdx(string path)
    {
        using LocalImageFile file = LocalImageFile.OpenRead(path);
        return FormatProbe.Of(file) == VhdFormat.Vhdx;
    }

    private static VhdImage OpenWritable(string path, VhdOpenOptions options, ChildIndex? children)
    {
        LocalImageFile file = LocalImageFile.OpenWrite(path);
        VhdImage image = VhdImage.Open(file, options);
        try
        {
            if (children is not null)
            {
                ThrowIfUnsafe(image.Layout);
                children.ThrowIfAny(path, image.Layout, file.Identity, "and would see what clients write");
            }

            return image;
        }
        catch
        {
            image.Dispose();
            throw;
        }
    }

    /// <summary>Takes an open disk over under a name.</summary>
    /// <exception cref="ArgumentException">No export can have that name, or another has it.</exception>
    public void Add(string name, ExportedDisk disk)
    {
        try
        {
            if (_exports.Find(other => other.Name == name) is { } taken)
            {
                throw new ArgumentException(
                    $"{disk.Path}: {taken.Path} is served as '{name}' already; serve it by itself, or under a name of its own.");
            }

            _exports.Add(new NbdExport(name, disk));
        }
        catch
        {
            disk.Dispose();
            throw;
        }
    }

    /// <summary>Hands the images to a server.</summary>
    public NbdServer Start(NbdServerOptions options)
    {
        NbdExport[] exports = [.. _exports];
        _exports.Clear();
        return NbdServer.Start(exports, options);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (NbdExport export in _exports)
        {
            export.Dispose();
        }

        _exports.Clear();
    }

    private static void ThrowIfUnsafe(ImageLayout layout)
    {
        if (layout.Footer.SavedState != 0)
        {
            throw new VhdOperationException(
                layout.Path, OperationError.StateSaved, "the state of a virtual machine is saved with the image.")
            { IsOverridable = true };
        }
    }
}
