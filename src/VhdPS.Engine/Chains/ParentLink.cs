using System.Text;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;

namespace VhdPS.Engine.Chains;

/// <summary>What a child stores so that its parent is found: a relative path, an absolute one and, on Unix, a file URL.</summary>
/// <param name="Name">The parent's file name.</param>
/// <param name="Texts">The path of each locator, encoded.</param>
internal sealed record ParentLink(string Name, IReadOnlyList<(ParentLocatorCode Code, byte[] Data)> Texts)
{
    /// <summary>Room that each path gets at least, so that a later, longer one fits in its place.</summary>
    private const int MinSpace = 1024;

    /// <summary>Bytes that all paths take together.</summary>
    public long SpaceBytes => Texts.Sum(text => SpaceOf(text.Data));

    /// <summary>Names a parent for a child.</summary>
    public static ParentLink Between(string childPath, string parentPath)
    {
        string parent = Path.GetFullPath(LocalPath.Judge(parentPath));
        var texts = new List<(ParentLocatorCode, byte[])>();
        if (OperatingSystem.IsWindows() || !parent.Contains('\\', StringComparison.Ordinal))
        {
            // Other readers join the path to the child's folder and let the system follow "..": it must hold past links.
            string childFolder = Path.GetDirectoryName(Path.GetFullPath(LocalPath.Judge(childPath)))!;
            string relative = Path.GetRelativePath(RealPath.Resolve(childFolder) ?? childFolder, WithRealFolder(parent));
            if (!Path.IsPathRooted(relative))
            {
                bool isBeneath = !relative.StartsWith("..", StringComparison.Ordinal);
                texts.Add((ParentLocatorCode.W2ru, Encoding.Unicode.GetBytes((isBeneath ? @".\" : string.Empty) + Windows(relative))));
            }

            texts.Add((ParentLocatorCode.W2ku, Encoding.Unicode.GetBytes(Windows(parent))));
        }

        if (!OperatingSystem.IsWindows())
        {
            string escaped = string.Join('/', parent.Split('/').Select(Uri.EscapeDataString));
            texts.Add((ParentLocatorCode.MacX, Encoding.UTF8.GetBytes("file://" + escaped)));
        }

        return new ParentLink(Path.GetFileName(parent), [.. texts.Where(text => text.Item2.Length <= VhdSpec.MaxLocatorLength)]);
    }

    /// <summary>The locators for paths that lie together from <paramref name="fileOffset"/> on.</summary>
    /// <param name="fileOffset">Bytes from the start of the file.</param>
    /// <param name="slots">Indexes of the eight entries that may be taken, in order.</param>
    public IReadOnlyList<ParentLocator> Locators(long fileOffset, IReadOnlyList<int> slots)
    {
        var locators = new List<ParentLocator>();
        foreach ((ParentLocatorCode code, byte[] data) in Texts.Take(slots.Count))
        {
            locators.Add(new ParentLocator(slots[locators.Count], code, (uint)SpaceOf(data), (uint)data.Length, 0, (ulong)fileOffset));
            fileOffset += SpaceOf(data);
        }

        return locators;
    }

    /// <summary>The bytes of all paths as <see cref="Locators"/> lays them.</summary>
    public byte[] Encode()
    {
        byte[] bytes = new byte[SpaceBytes];
        int at = 0;
        foreach ((_, byte[] data) in Texts)
        {
            data.CopyTo(bytes, at);
            at += SpaceOf(data);
        }

        return bytes;
    }

    private static int SpaceOf(byte[] data) => (int)Math.Max(MinSpace, VhdSpec.RoundUp(data.Length, VhdSpec.SectorSize));

    private static string Windows(string path) => path.Replace(Path.DirectorySeparatorChar, '\\');

    private static string WithRealFolder(string path)
    {
        string folder = Path.GetDirectoryName(path)!;
        return Path.Combine(RealPath.Resolve(folder) ?? folder, Path.GetFileName(path));
    }
}
