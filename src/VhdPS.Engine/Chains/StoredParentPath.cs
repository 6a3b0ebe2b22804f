using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Vhdx;

namespace VhdPS.Engine.Chains;

/// <summary>What kind of place a path that a file stores would name.</summary>
internal enum StoredPathKind
{
    /// <summary>A place that counts from the image's own folder.</summary>
    Relative,

    /// <summary>A full path of this kind of system.</summary>
    Absolute,

    /// <summary>A full path of another kind of system, such as <c>C:\x</c> on Linux.</summary>
    Foreign,

    /// <summary>A path of another machine, such as <c>\\server\share\x</c>.</summary>
    Network,

    /// <summary>A path of the system's device names, such as <c>\\.\PhysicalDrive0</c>.</summary>
    Device,
}

/// <summary>One of the paths under which an image names its parent. Untrusted.</summary>
/// <param name="Source">The locator's code, or <c>Name</c> for the header's Unicode name.</param>
/// <param name="Text">As stored.</param>
/// <param name="Kind">What kind of place it would name.</param>
/// <param name="LocalPath">The text with this system's separators; for a URL its decoded path.</param>
internal sealed record StoredParentPath(string Source, string Text, StoredPathKind Kind, string LocalPath)
{
    /// <summary>The source of the header's Unicode name.</summary>
    public const string NameSource = "Name";

    private static readonly ParentLocatorCode[] TriedOrder =
        [ParentLocatorCode.W2ru, ParentLocatorCode.W2ku, ParentLocatorCode.MacX, ParentLocatorCode.Wi2r];

    /// <summary>The last component; empty where there is none that could name a file.</summary>
    public string LastName
    {
        get
        {
            string name = LocalPath[(LocalPath.LastIndexOf(Path.DirectorySeparatorChar) + 1)..];
            int colon = OperatingSystem.IsWindows() || Kind == StoredPathKind.Foreign ? name.LastIndexOf(':') : -1;
            name = name[(colon + 1)..];
            return name is "." or ".." ? string.Empty : name;
        }
    }

    /// <summary>
    /// All usable paths of a header in the order in which they are tried: relative locators, absolute ones, file URLs, deprecated
    /// ones, the Unicode name. Locators that do not lie in the file, are longer than any path or hold nothing readable are left out.
    /// </summary>
    public static IReadOnlyList<StoredParentPath> ReadAll(ImageFile file, DynamicDiskHeader header)
    {
        var paths = new List<StoredParentPath>();
        foreach ((ParentLocator locator, string? path) in LocatorPath.ReadPaths(header, file, TriedOrder))
        {
            Add(paths, locator.CodeText, path?.TrimStart('\uFEFF') ?? string.Empty);
        }

        Add(paths, NameSource, header.ParentUnicodeName);
        return paths;
    }

    /// <summary>All usable paths of a VHDX's locator in the order in which they are tried: the relative one, then full ones.</summary>
    internal static IReadOnlyList<StoredParentPath> ReadAll(VhdxParentLocator locator)
    {
        var paths = new List<StoredParentPath>();
        foreach ((string key, string? text) in new[]
        {
            (VhdxParentLocator.RelativePathKey, locator.RelativePath),
            (VhdxParentLocator.AbsolutePathKey, WithoutPrefix(locator.AbsolutePath)),
            (VhdxParentLocator.VolumePathKey, locator.VolumePath),
        })
        {
            Add(paths, key, text ?? string.Empty);
        }

        return paths;
    }

    /// <summary>Says what a stored text would name. <c>\</c> and <c>/</c> both separate, but in a URL only <c>/</c>.</summary>
    public static StoredParentPath Parse(string source, string text)
    {
        const string scheme = "file:";
        if (!text.StartsWith(scheme, StringComparison.OrdinalIgnoreCase))
        {
            string slashed = text.Replace('\\', '/');
            return new StoredParentPath(source, text, KindOf(slashed), Local(slashed));
        }

        string rest = text[scheme.Length..];
        if (rest.StartsWith("//", StringComparison.Ordinal))
        {
            int end = rest.IndexOf('/', 2);
            string host = end < 0 ? rest[2..] : rest[2..end];
            string path = end < 0 ? string.Empty : rest[end..];

            // QUIRK(blktap): "file://./name" counts from the child's folder.
            if (host is "." or "..")
            {
                rest = host + path;
            }
            else if (host.Length > 0 && !host.Equals("localhost", StringComparison.OrdinalIgnoreCase))
            {
                return new StoredParentPath(source, text, StoredPathKind.Network, Local(Uri.UnescapeDataString(path)));
            }
            else
            {
                rest = path;
            }
        }

        string decoded = Uri.UnescapeDataString(rest);
        if (decoded.Length > 2 && decoded[0] == '/' && IsDrive(decoded[1..]))
        {
            decoded = decoded[1..];
        }

        return new StoredParentPath(source, text, KindOf(decoded), Local(decoded));
    }

    /// <summary>A full path without the prefix with which Hyper-V stores it; others that have it name devices.</summary>
    private static string? WithoutPrefix(string? path)
    {
        const string prefix = @"\\?\", network = @"\\?\UNC\";
        return path is null ? null
            : path.StartsWith(network, StringComparison.OrdinalIgnoreCase) ? @"\\" + path[network.Length..]
            : path.StartsWith(prefix, StringComparison.Ordinal) && IsDrive(path[prefix.Length..]) ? path[prefix.Length..]
            : path;
    }

    private static void Add(List<StoredParentPath> paths, string source, string text)
    {
        StoredParentPath path = Parse(source, text);
        if (path.LastName.Length > 0 && !path.LocalPath.Any(char.IsControl))
        {
            paths.Add(path);
        }
    }

    private static string Local(string slashed) => slashed.Replace('/', Path.DirectorySeparatorChar);

    private static StoredPathKind KindOf(string slashed)
    {
        if (slashed.StartsWith("//./", StringComparison.Ordinal) || slashed.StartsWith("//?/", StringComparison.Ordinal)
            || slashed.StartsWith("/??/", StringComparison.Ordinal))
        {
            return StoredPathKind.Device;
        }

        if (slashed.StartsWith("//", StringComparison.Ordinal))
        {
            return StoredPathKind.Network;
        }

        bool isDrive = IsDrive(slashed);
        if (!OperatingSystem.IsWindows())
        {
            return isDrive ? StoredPathKind.Foreign : slashed.StartsWith('/') ? StoredPathKind.Absolute : StoredPathKind.Relative;
        }

        if (slashed.IndexOf(':', isDrive ? 2 : 0) >= 0)
        {
            // Another stream of a file, or a device.
            return StoredPathKind.Device;
        }

        return isDrive ? (slashed.Length > 2 && slashed[2] == '/' ? StoredPathKind.Absolute : StoredPathKind.Foreign)
            : slashed.StartsWith('/') ? StoredPathKind.Absolute
            : StoredPathKind.Relative;
    }

    private static bool IsDrive(string path) => path.Length >= 2 && path[1] == ':' && char.IsAsciiLetter(path[0]);
}

/// <summary>Reads the paths that locators point to.</summary>
internal static class LocatorPath
{
    private static readonly ParentLocatorCode[] ShownOrder =
        [ParentLocatorCode.W2ku, ParentLocatorCode.W2ru, ParentLocatorCode.MacX, ParentLocatorCode.Wi2r];

    /// <summary>The parent's path that says most to a person: an absolute one, else a relative one, a file URL, the Unicode name; null
    /// where there is none.</summary>
    public static string? ReadParentPath(this DynamicDiskHeader header, ImageFile file)
    {
        string? path = ReadPaths(header, file, ShownOrder).Select(found => found.Path).FirstOrDefault(found => found is { Length: > 0 });
        return path ?? (header.ParentUnicodeName.Length > 0 ? header.ParentUnicodeName : null);
    }

    /// <summary>The locators of some kinds with their paths, kind by kind; a path is null where it cannot be read.</summary>
    internal static IEnumerable<(ParentLocator Locator, string? Path)> ReadPaths(
        DynamicDiskHeader header, ImageFile file, IReadOnlyList<ParentLocatorCode> order)
    {
        IReadOnlyList<ParentLocator> locators = header.ParentLocators;
        return order.SelectMany(code => locators.Where(locator => locator.Code == code)).Select(
            locator => (locator, locator.ReadPath(file)));
    }

    /// <summary>The path, or null where the locator points outside the file, is too long, or holds no path.</summary>
    public static string? ReadPath(this ParentLocator locator, ImageFile file)
    {
        if (locator.DataLength is 0 or > VhdSpec.MaxLocatorLength || locator.DataOffset > (ulong)file.Length
            || file.Length - (long)locator.DataOffset < locator.DataLength)
        {
            return null;
        }

        byte[] data = new byte[locator.DataLength];
        int count = file.ReadAt((long)locator.DataOffset, data);
        return locator.DecodePath(data.AsSpan(0, count));
    }
}
