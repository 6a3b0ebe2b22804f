using System.Diagnostics;
using VhdPS.Tests.Peers;

namespace VhdPS.Tests.Crash;

/// <summary>A file system in a file, mounted through a loop device; needs root.</summary>
internal sealed class LoopMount : IDisposable
{
    private readonly string _device;

    public LoopMount(string imagePath, string folder, string? options = null)
    {
        Folder = Directory.CreateDirectory(folder).FullName;
        _device = PeerProcess.Run("losetup", "-f", "--show", imagePath).Trim();
        try
        {
            PeerProcess.Run("mount", [.. (string[])(options is null ? [] : ["-o", options]), _device, Folder]);
        }
        catch
        {
            PeerProcess.TryRun("losetup", "-d", _device);
            throw;
        }
    }

    /// <summary>Where it is mounted.</summary>
    public string Folder { get; }

    /// <summary>Makes an empty file system in a new file.</summary>
    public static void Format(string imagePath, string fileSystem, long sizeBytes)
    {
        using (FileStream image = new(imagePath, FileMode.CreateNew))
        {
            image.SetLength(sizeBytes);
        }

        PeerProcess.Run($"mkfs.{fileSystem}", [.. (string[])(fileSystem == "ext4" ? ["-q", "-F"] : ["-q", "-f"]), imagePath]);
    }

    /// <summary>Unmounts, also after errors of the device, and gives the device back.</summary>
    public void Dispose() => Undo(("umount", [Folder]), ("losetup", ["-d", _device]));

    /// <summary>Runs programs that take something down, each again while it is busy.</summary>
    public static void Undo(params (string Program, string[] Arguments)[] steps)
    {
        foreach ((string program, string[] arguments) in steps)
        {
            var started = Stopwatch.StartNew();
            while (PeerProcess.TryRun(program, arguments).ExitCode != 0 && started.Elapsed < TimeSpan.FromSeconds(20))
            {
                Thread.Sleep(50);
            }
        }
    }
}
