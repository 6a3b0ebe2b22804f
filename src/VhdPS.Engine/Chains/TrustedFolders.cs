using VhdPS.Engine.Files;

namespace VhdPS.Engine.Chains;

/// <summary>The folders in which, with what lies beneath them, a stored path may lead to a file that is opened.</summary>
internal sealed class TrustedFolders(RealPaths realPaths)
{
    private static readonly StringComparison Comparison =
        OperatingSystem.IsLinux() ? StringComparison.Ordinal : StringComparison.OrdinalIgnoreCase;

    private readonly List<string> _given = [];
    private readonly List<string> _real = [];

    /// <summary>Trusts a folder under the path given and under its real one.</summary>
    public void Add(string folder)
    {
        string full = Path.GetFullPath(folder);
        _given.Add(full);
        if (realPaths.Resolve(full) is { } real)
        {
            _real.Add(real);
        }
    }

    /// <summary>Whether a full path lies in a trusted folder as it is written. Asks nothing of the file system.</summary>
    public bool Names(string fullPath) => _given.Exists(folder => IsWithin(folder, fullPath)) || Holds(fullPath);

    /// <summary>Whether a real path lies in a trusted folder.</summary>
    public bool Holds(string realPath) => _real.Exists(folder => IsWithin(folder, realPath));

    private static bool IsWithin(string folder, string path) =>
        path.StartsWith(folder, Comparison)
        && (path.Length == folder.Length || Path.EndsInDirectorySeparator(folder) || path[folder.Length] == Path.DirectorySeparatorChar);
}
