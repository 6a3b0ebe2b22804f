using System.Collections.Concurrent;
using VhdPS.Engine.Files.Native;

namespace VhdPS.Engine.Files;

/// <summary>The path of a file with every link on the way resolved, without opening anything.</summary>
internal static class RealPath
{
    private const int MaxLinks = 40;

    /// <summary>Resolves a full path; parts that do not exist stay as they are. Null where links go round in circles.</summary>
    public static string? Resolve(string fullPath) => Resolve(fullPath, ReadLink, PlatformFile.Current.WithLongNames);

    /// <summary>Whether a path names a link.</summary>
    public static bool IsLink(string path) => ReadLink(path) is not null;

    /// <summary>Resolves a full path by what a system says of links, and of names that have a long form.</summary>
    internal static string? Resolve(string fullPath, Func<string, string?> readLink, Func<string, string> withLongNames)
    {
        string root = Path.GetPathRoot(fullPath) ?? string.Empty;
        string resolved = root;
        var waiting = new Stack<string>();
        Push(waiting, fullPath[root.Length..]);
        for (int links = 0; waiting.TryPop(out string? part);)
        {
            if (part == ".")
            {
                continue;
            }

            if (part == "..")
            {
                resolved = Path.GetDirectoryName(resolved) ?? root;
                continue;
            }

            string next = Path.Combine(resolved, part);
            if (readLink(next) is not { } target || IsVolume(target))
            {
                // Only short names have a tilde, PROGRA~1; on other systems it is a letter like others.
                resolved = OperatingSystem.IsWindows() && part.Contains('~', StringComparison.Ordinal) ? withLongNames(next) : next;
                continue;
            }

            if (++links > MaxLinks)
            {
                return null;
            }

            string targetRoot = Path.GetPathRoot(target) ?? string.Empty;
            if (targetRoot.Length > 0)
            {
                resolved = root = targetRoot;
            }

            Push(waiting, target[targetRoot.Length..]);
        }

        return resolved;
    }

    /// <summary>
    /// Whether a link's target is a volume that Windows mounts in the folder, such as C:\ClusterStorage\Volume1. Such a folder is
    /// one like others: its files have no other path of the same kind.
    /// </summary>
    private static bool IsVolume(string target) =>
        OperatingSystem.IsWindows() && target.AsSpan().TrimStart(@"\?").StartsWith("Volume{", StringComparison.OrdinalIgnoreCase);

    /// <summary>What a path that names a link to nothing is refused with.</summary>
    public static FileNotFoundException DanglingLink(string path)
    {
        string target = Resolve(Path.GetFullPath(path)) ?? ReadLink(path) ?? string.Empty;
        return new FileNotFoundException($"{path}: the link leads to '{target}', which does not exist.", path);
    }

    private static void Push(Stack<string> waiting, string path)
    {
        foreach (string part in path.Split(
            [Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar], StringSplitOptions.RemoveEmptyEntries).Reverse())
        {
            waiting.Push(part);
        }
    }

    private static string? ReadLink(string path)
    {
        try
        {
            return new FileInfo(path).LinkTarget;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}

/// <summary>
/// Real paths of many files in few folders: a folder is resolved once. For one piece of work that takes no longer than
/// folders may be trusted to stay where they are. Several threads may use it.
/// </summary>
internal sealed class RealPaths
{
    private readonly ConcurrentDictionary<string, string?> _folders = new(StringComparer.Ordinal);

    /// <summary>As <see cref="RealPath.Resolve(string)"/>.</summary>
    public string? Resolve(string fullPath)
    {
        string name = Path.GetFileName(fullPath);
        bool isShort = OperatingSystem.IsWindows() && name.Contains('~', StringComparison.Ordinal);
        if (isShort || name is "" or "." or ".." || Path.GetDirectoryName(fullPath) is not { } folder)
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
