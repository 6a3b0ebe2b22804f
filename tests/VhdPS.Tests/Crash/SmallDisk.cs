using VhdPS.Tests.Peers;

namespace VhdPS.Tests.Crash;

/// <summary>A file system in memory of a few hundred kilobytes, mounted on a temporary folder.</summary>
internal sealed class SmallDisk : IDisposable
{
    private readonly TempFolder _folder = new();

    public SmallDisk(int size)
    {
        PeerProcess.Run("mount", "-t", "tmpfs", "-o", $"size={size}", "tmpfs", _folder.Root);
    }

    /// <summary>Why no such file system can be made here; null where it can.</summary>
    public static string? SkipReason { get; } = FindSkipReason();

    /// <summary>The full path of a name on the file system.</summary>
    public string this[string name] => _folder[name];

    public void Dispose()
    {
        PeerProcess.Run("umount", _folder.Root);
        _folder.Dispose();
    }

    private static string? FindSkipReason()
    {
        if (!OperatingSystem.IsLinux() || PeerPrograms.Find("mount") is null)
        {
            return "no file system in memory can be mounted here";
        }

        using var folder = new TempFolder();
        if (PeerProcess.TryRun("mount", "-t", "tmpfs", "-o", "size=65536", "tmpfs", folder.Root).ExitCode != 0)
        {
            return "mounting is not allowed here";
        }

        PeerProcess.Run("umount", folder.Root);
        return null;
    }
}

/// <summary>A test that needs a small file system: skipped where none can be mounted.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class SmallDiskFactAttribute : FactAttribute
{
    public SmallDiskFactAttribute() => Skip = SmallDisk.SkipReason;
}
