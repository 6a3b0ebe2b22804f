using System.Collections.Concurrent;

namespace VhdPS.Engine.Chains;

/// <summary>
/// The parents of the images that this process has open for writing. Where the system gives no one else a look into such a file
/// (Windows), the question who depends on an image is answered from here.
/// </summary>
internal static class OpenImages
{
    private static readonly ConcurrentDictionary<string, Guid> ParentIds =
        new(OperatingSystem.IsLinux() ? StringComparer.Ordinal : StringComparer.OrdinalIgnoreCase);

    /// <summary>Notes an image that was opened.</summary>
    /// <param name="path">The image.</param>
    /// <param name="parentId">The id that it stores of its parent; zeros where it has none.</param>
    public static void Add(string path, Guid parentId) => ParentIds[Path.GetFullPath(path)] = parentId;

    /// <summary>Forgets an image that is closed.</summary>
    public static void Remove(string path) => ParentIds.TryRemove(Path.GetFullPath(path), out _);

    /// <summary>The id that an open image stores of its parent; null where it is not open here.</summary>
    public static Guid? FindParentId(string path) => ParentIds.TryGetValue(Path.GetFullPath(path), out Guid id) ? id : null;
}
