using System.Collections.Concurrent;

namespace VhdPS.Engine.Files;

/// <summary>
/// Real paths of many files in few folders: a folder is resolved once. For one piece of work that takes no longer than
/// folders may be trusted to stay where they are. Several threads may use it.
/// </summary>
internal sealed class RealPaths
{
    private readonly ConcurrentDictionary<string, string?> _folders = new(StringComparer.Ordinal);

    /// <summary>As <see cref="RealPath.Resolve"/>.</summary>
    public string? Resolve(string fullPath)
    {
        string name = Path.GetFileName(fullPath);
        if (name is "" or "." or ".." || Path.GetDirectoryName(fullPath) is not { } folder)
        {
            return RealPath.Resolve(fullPath);
        }

        string? realFolder = _folders.GetOrAdd(folder, RealPath.Resolve);

        // The file itself is asked each time: only what stands above it is remembered.
        return realFolder is null ? null
            : RealPath.IsLink(fullPath) ? RealPath.Resolve(fullPath)
            : Path.Combine(realFolder, name);
    }
}
