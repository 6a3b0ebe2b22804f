using System.Diagnostics;
using VhdPS.Tests.Peers;

namespace VhdPS.Tests.Crash;

/// <summary>ext4 on a loop device over nbdfuse over nbdkit, whose error filter refuses all writes from a moment on.</summary>
internal sealed class FailingDisk : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly Process _server;
    private LoopMount? _mount;

    public FailingDisk()
    {
        LoopMount.Format(_folder["disk.img"], "ext4", 64 << 20);
        Directory.CreateDirectory(_folder["fuse"]);
        _server = Process.Start(new ProcessStartInfo(
            PeerPrograms.Find(PeerPrograms.NbdFuse)!,
            [
                "-P", _folder["pid"], _folder["fuse/disk"],
                "--command", PeerPrograms.Find(PeerPrograms.NbdKit)!, "-s", "--filter=error", "file", _folder["disk.img"],
                "error-pwrite=EIO", "error-pwrite-rate=100%", $"error-file={_folder["trigger"]}",
            ])
        {
            RedirectStandardInput = true,
            RedirectStandardError = true,
        })!;
        _server.BeginErrorReadLine();
        for (int tries = 0; !File.Exists(_folder["pid"]) && tries < 200; tries++)
        {
            Thread.Sleep(25);
        }

        Mount();
    }

    /// <summary>The root of the file system.</summary>
    public string Folder => _mount!.Folder;

    /// <summary>From now on the disk takes no more writes.</summary>
    public void Fail()
    {
        PeerProcess.Run("sync", "-f", Folder);
        File.WriteAllText(_folder["trigger"], string.Empty);
    }

    /// <summary>Takes the file system down and up again on a disk that is well, as after a change of the cable.</summary>
    public void Recover()
    {
        _mount!.Dispose();
        File.Delete(_folder["trigger"]);
        PeerProcess.TryRun(PeerPrograms.E2fsck, "-fp", _folder["fuse/disk"]);
        Mount();
    }

    public void Dispose()
    {
        _mount?.Dispose();
        LoopMount.Undo(("fusermount3", ["-u", _folder["fuse"]]));
        _server.WaitForExit(TimeSpan.FromSeconds(20));
        _server.Dispose();
        _folder.Dispose();
    }

    private void Mount() => _mount = new LoopMount(_folder["fuse/disk"], _folder["mounted"]);
}
