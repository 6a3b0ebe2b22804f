using System.Management.Automation;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;

namespace VhdPS;

/// <summary>PowerShell paths to paths of the file system, relative to the session's location.</summary>
/// <remarks>
/// To resolve one path PowerShell looks at every volume of the machine, several times, which takes longer than to read an
/// image's structures. Of files that follow each other in one folder it is asked once, for the folder.
/// </remarks>
/// <param name="paths">The session's paths.</param>
/// <param name="takesAddresses">Whether an address of an NBD export is taken as it stands.</param>
internal sealed class PathResolver(PathIntrinsics paths, bool takesAddresses = false)
{
    private const string FileSystem = "FileSystem";

    private (string Location, string Folder, string Resolved)? _last;

    /// <summary>The prefix of a file's provider path.</summary>
    public const string ProviderPrefix = @"Microsoft.PowerShell.Core\FileSystem::";

    /// <summary>The files that a path with wildcards names; one without must exist.</summary>
    /// <exception cref="ItemNotFoundException">There is none.</exception>
    public IReadOnlyList<string> ResolveWildcard(string path)
    {
        if (takesAddresses && SourceArguments.IsRemote(path))
        {
            return [path];
        }

        bool isPlain = !WildcardPattern.ContainsWildcardCharacters(path) && !path.Contains('`', StringComparison.Ordinal);
        if (isPlain && TryResolveInFolder(path) is { } file && File.Exists(file))
        {
            return [LocalPath.Judge(file)];
        }

        IReadOnlyList<string> resolved = paths.GetResolvedProviderPathFromPSPath(path, out ProviderInfo provider);
        ThrowIfForeign(path, provider);
        return [.. resolved.Select(LocalPath.Judge)];
    }

    /// <summary>The file that a path names as it stands; it need not exist.</summary>
    /// <exception cref="ArgumentException">No file can have the name.</exception>
    /// <exception cref="VhdFormatException">It is the name of a device or a pipe.</exception>
    public string ResolveLiteral(string path) => takesAddresses && SourceArguments.IsRemote(path)
        ? path
        : LocalPath.Judge(TryResolveInFolder(path) ?? Resolve(path));

    private static void ThrowIfForeign(string path, ProviderInfo provider)
    {
        if (provider.Name != FileSystem)
        {
            throw new ArgumentException($"{path}: the path is of the provider {provider.Name}; only files can be images.");
        }
    }

    /// <summary>Whether PowerShell would take the name in a folder as it stands: no separator, stream, home or dots.</summary>
    private static bool IsPlainName(string name) =>
        name.Length > 0 && name[0] != '~' && name[^1] is not ('.' or ' ') && name.AsSpan().IndexOfAny('\\', ':') < 0;

    private string? TryResolveInFolder(string path)
    {
        string name = Path.GetFileName(path);
        string providerPath = path.StartsWith(ProviderPrefix, StringComparison.OrdinalIgnoreCase) ? path[ProviderPrefix.Length..] : path;
        bool isDriveKnown = Path.IsPathFullyQualified(providerPath) || !path.Contains(':', StringComparison.Ordinal);
        if (!IsPlainName(name) || !isDriveKnown)
        {
            return null;
        }

        string location = paths.CurrentLocation.Path;
        string folder = path[..^name.Length];
        if (_last is not { } last || last.Location != location || last.Folder != folder)
        {
            last = (location, folder, Resolve(folder.Length == 0 ? "." : folder));
            _last = last;
        }

        return Path.Join(last.Resolved, name);
    }

    private string Resolve(string path)
    {
        string resolved = paths.GetUnresolvedProviderPathFromPSPath(path, out ProviderInfo provider, out _);
        ThrowIfForeign(path, provider);
        return resolved;
    }
}
