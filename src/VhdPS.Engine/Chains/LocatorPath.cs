using VhdPS.Engine.Files;
using VhdPS.Engine.Format;


namespace VhdPS.Engine.Chains;

/// <summary>Reads the paths that locators point to.</summary>
public static class LocatorPath
{
    private static readonly ParentLocatorCode[] ShownOrder = [ParentLocatorCode.W2ku, ParentLocatorCode.W2ru, ParentLocatorCode.MacX];

    /// <summary>The parent's path that says most to a person: an absolute one, else a relative one, a file URL, the Unicode name; null where there is none.</summary>
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
        return order.SelectMany(code => locators.Where(locator => locator.Code == code)).Select(locator => (locator, locator.ReadPath(file)));
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
