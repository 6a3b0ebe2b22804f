using VhdPS.Bench.Compare;

namespace VhdPS.Bench.Conversions;

/// <summary>A folder on a file system: one that is there, or a new one on a loop device, which takes root.</summary>
internal sealed class TestFileSystem : IDisposable
{
    private readonly string? _image;

    private TestFileSystem(string name, string folder, string? image = null)
    {
        Name = name;
        Folder = folder;
        _image = image;
    }

    public string Name { get; }

    public string Folder { get; }

    /// <summary>The folder as it is.</summary>
    public static TestFileSystem At(string folder, string name)
    {
        Directory.CreateDirectory(folder);
        return new TestFileSystem(name, folder);
    }

    /// <summary>Makes and mounts a file system in a file; null where that is not possible here.</summary>
    public static TestFileSystem? TryMount(string kind, string folder, long sizeBytes)
    {
        if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess || !PeerProcess.Exists($"mkfs.{kind}"))
        {
            return null;
        }

        string image = Path.Combine(folder, $"{kind}.img"), place = Path.Combine(folder, kind);
        Directory.CreateDirectory(place);
        using (FileStream file = new(image, FileMode.Create))
        {
            file.SetLength(sizeBytes);
        }

        PeerProcess.Time($"mkfs.{kind}", "-q", image);
        PeerProcess.Time("mount", "-o", "loop", image, place);
        return new TestFileSystem($"{kind}, loop device", place, image);
    }

    public void Dispose()
    {
        if (_image is not null)
        {
            PeerProcess.Time("umount", Folder);
            File.Delete(_image);
        }
    }
}
