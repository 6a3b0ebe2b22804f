using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Layout;


namespace VhdPS.Engine.Chains;

/// <summary>Looks for images that name another one as their parent.</summary>
public static class ChildSearch
{
    /// <summary>The differencing images in the folder of <paramref name="parentPath"/> that store <paramref name="parentId"/>; by headers alone.</summary>
    public static IEnumerable<string> FindBeside(string parentPath, Guid parentId)
    {
        string full = Path.GetFullPath(parentPath);
        foreach (string path in Directory.EnumerateFiles(Path.GetDirectoryName(full)!))
        {
            if (path != full && IsImageName(path) && ParentIdOf(path) == parentId)
            {
                yield return path;
            }
        }
    }

    /// <summary>Refuses a change of an image on which another one in its folder stands.</summary>
    /// <param name="path">The image.</param>
    /// <param name="id">Its unique id.</param>
    /// <param name="consequence">What the change would do, to be read behind "stands on this image".</param>
    /// <exception cref="VhdOperationException">There is such an image.</exception>
    internal static void ThrowIfAny(string path, Guid id, string consequence)
    {
        if (FindBeside(path, id).FirstOrDefault() is { } child)
        {
            throw new VhdOperationException(path, OperationError.HasChildren, $"'{child}' depends on this image, {consequence}.") { IsOverridable = true };
        }
    }

    /// <summary>Whether a file's name is that of an image.</summary>
    public static bool IsImageName(string path) => Path.GetExtension(path).ToUpperInvariant() is ".VHD" or ".AVHD";

    private static Guid? ParentIdOf(string path)
    {
        try
        {
            using var file = LocalImageFile.OpenRead(path);
            ImageLayout layout = ImageLayout.Read(file);
            return layout is { StoredFooter: not null, VhdType: VhdType.Differencing, Header: { } header } ? header.ParentUniqueId : null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or VhdFormatException)
        {
            // What cannot be read is no child that could be told of.
            return null;
        }
    }
}
