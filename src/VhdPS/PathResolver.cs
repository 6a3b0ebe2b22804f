using System.Collections.ObjectModel;
using System.Management.Automation;

namespace VhdPS;

/// <summary>PowerShell paths to paths of the file system, relative to the session's location.</summary>
internal sealed class PathResolver(PathIntrinsics paths)
{
    private const string FileSystem = "FileSystem";

    /// <summary>The prefix of a file's provider path.</summary>
    public const string ProviderPrefix = @"Microsoft.PowerShell.Core\FileSystem::";

    /// <summary>The files that a path with wildcards names; one without must exist.</summary>
    /// <exception cref="ItemNotFoundException">There is none.</exception>
    public Collection<string> ResolveWildcard(string path)
    {
        Collection<string> resolved = paths.GetResolvedProviderPathFromPSPath(path, out ProviderInfo provider);
        ThrowIfForeign(path, provider);
        return resolved;
    }

    /// <summary>The file that a path names as it stands; it need not exist.</summary>
    public string ResolveLiteral(string path)
    {
        string resolved = paths.GetUnresolvedProviderPathFromPSPath(path, out ProviderInfo provider, out _);
        ThrowIfForeign(path, provider);
        return resolved;
    }

    private static void ThrowIfForeign(string path, ProviderInfo provider)
    {
        if (provider.Name != FileSystem)
        {
            throw new ArgumentException($"{path}: the path is of the provider {provider.Name}; only files can be images.");
        }
    }
}
