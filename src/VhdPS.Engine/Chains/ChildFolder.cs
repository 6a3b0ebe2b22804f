using System.IO.Enumeration;
using VhdPS.Engine.Files;
using VhdPS.Engine.Files.Native;
using VhdPS.Engine.Format;
using VhdPS.Engine.Vhdx;

namespace VhdPS.Engine.Chains;

/// <summary>
/// The files of one folder by the parent that they name. Each question lists the folder again, which costs microseconds a file;
/// a file is read again only where its time or length has changed.
/// </summary>
internal sealed class ChildFolder(string folder, bool recurse)
{
    // Two changes within the grain of a file system's clock have one time: what is younger is read again.
    private static readonly TimeSpan ClockGrain = TimeSpan.FromSeconds(2);

    private Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);

    /// <summary>Files that name <paramref name="parentId"/> as their parent, and image files that could not be opened.</summary>
    /// <exception cref="DirectoryNotFoundException">The folder is gone.</exception>
    public IReadOnlyList<DependentImage> Find(Guid parentId)
    {
        var entries = new Dictionary<string, Entry>(StringComparer.Ordinal);
        var found = new List<DependentImage>();
        foreach ((string path, DateTime time, long length) in Files())
        {
            bool isKnown = _entries.TryGetValue(path, out Entry known) && known.Time == time && known.Length == length
                && known.Problem is null;
            Entry entry = isKnown ? known : Read(path, time, length);
            if (DateTime.UtcNow - time > ClockGrain)
            {
                entries[path] = entry;
            }

            if (entry.Problem is not null || entry.ParentId == parentId || entry.OtherParentId == parentId)
            {
                found.Add(new DependentImage(path, entry.Problem));
            }
        }

        _entries = entries;
        return found;
    }

    private FileSystemEnumerable<(string Path, DateTime Time, long Length)> Files() => new(
        folder,
        (ref FileSystemEntry entry) => (entry.ToFullPath(), entry.LastWriteTimeUtc.UtcDateTime, entry.Length),
        new EnumerationOptions { RecurseSubdirectories = recurse, AttributesToSkip = 0, IgnoreInaccessible = recurse })
    {
        ShouldIncludePredicate = (ref FileSystemEntry entry) => !entry.IsDirectory,
        ShouldRecursePredicate = (ref FileSystemEntry entry) => (entry.Attributes & FileAttributes.ReparsePoint) == 0,
    };

    private static Entry Read(string path, DateTime time, long length)
    {
        try
        {
            ChainImage? child = PlatformFile.Current.Stat(path).Kind == FileKind.Regular ? ChildAt(path) : null;
            return new Entry(time, length, child?.ParentId, child?.OtherParentId, null);
        }
        catch (Exception error) when (error is FileNotFoundException or VhdFormatException)
        {
            // Gone since the folder was listed, a link to nothing, or no image that could name a parent.
            return new Entry(time, length, null, null, null);
        }
        catch (IOException error)
        {
            return OpenImages.FindParentId(path) is { } parentId
                ? new Entry(time, length, parentId, null, null)
                : new Entry(time, length, null, null, ImageName.IsDiskImage(path) ? error.Message : null);
        }
    }

    private static ChainImage? ChildAt(string path)
    {
        using var file = LocalImageFile.OpenUnlocked(path);
        if (!ImageName.IsDiskImage(path))
        {
            // A differencing image begins with a footer's copy or as a VHDX; what else a folder holds is not read further.
            Span<byte> cookie = stackalloc byte[VhdSpec.FooterCookie.Length];
            if (file.ReadAt(0, cookie) < cookie.Length
                || !(cookie.SequenceEqual(VhdSpec.FooterCookie) || cookie.SequenceEqual(VhdxSpec.FileSignature)))
            {
                return null;
            }
        }

        return ChainImage.Read(file) is { HasParent: true } child ? child : null;
    }

    private readonly record struct Entry(DateTime Time, long Length, Guid? ParentId, Guid? OtherParentId, string? Problem);
}
