using VhdPS.Engine.Files;
using VhdPS.Engine.Format;


namespace VhdPS.Engine.Chains;

/// <summary>Reads the path that a locator points to.</summary>
public static class LocatorPath
{
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
