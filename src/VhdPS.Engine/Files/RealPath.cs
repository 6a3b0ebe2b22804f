namespace VhdPS.Engine.Files;

/// <summary>The path of a file with every link on the way resolved, without opening anything.</summary>
internal static class RealPath
{
    private const int MaxLinks = 40;

    /// <summary>Resolves a full path; parts that do not exist stay as they are. Null where links go round in circles.</summary>
    public static string? Resolve(string fullPath)
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
            if (ReadLink(next) is not { } target)
            {
                resolved = next;
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

    /// <summary>Whether a path names a link.</summary>
    public static bool IsLink(string path) => ReadLink(path) is not null;

    private static void Push(Stack<string> waiting, string path)
    {
        foreach (string part in path.Split([Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar], StringSplitOptions.RemoveEmptyEntries).Reverse())
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
