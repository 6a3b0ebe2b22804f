using System.Diagnostics;
using System.Security.Cryptography;
using VhdPS.Engine.Chains;
using VhdPS.Engine.Checking;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Engine.Nbd.Server;
using VhdPS.Tests.Disks;
using VhdPS.Tests.Peers;

namespace VhdPS.Tests.Nbd;

/// <summary>A chain with a file system in it, served, brought into the file system by nbdfuse, mounted, read and written.</summary>
public sealed class MountTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [MountFact("nbdfuse", PeerPrograms.Mke2fs, PeerPrograms.E2fsck, PeerPrograms.Debugfs, "mount", "umount", "fusermount3")]
    public void AFileSystemInAChainIsReadAndWritten()
    {
        byte[] old = RandomNumberGenerator.GetBytes(3_000_000), written = RandomNumberGenerator.GetBytes(5_000_001);
        string content = Directory.CreateDirectory(_folder["content"]).FullName;
        File.WriteAllBytes(Path.Combine(content, "old"), old);
        string raw = _folder.Write("disk.raw", new byte[64 << 20]);
        PeerProcess.Run(PeerPrograms.Mke2fs, "-q", "-t", "ext4", "-F", "-d", content, raw);
        string root = DiskModel.Write(_folder, "dynamic", File.ReadAllBytes(raw));
        string child = _folder["child.vhd"], leaf = _folder["leaf.vhd"];
        ChildCreator.Create(child, new NewChild(root) { UniqueId = Guid.NewGuid(), TimeStamp = VhdSpec.Epoch });
        ChildCreator.Create(leaf, new NewChild(child) { BlockSize = 128 * 1024, UniqueId = Guid.NewGuid(), TimeStamp = VhdSpec.Epoch });
        byte[][] parents = [File.ReadAllBytes(root), File.ReadAllBytes(child)];

        using (var served = new ServedDisk(new ImageExport(VhdImage.Open(leaf, new VhdOpenOptions { ForWriting = true }))))
        {
            Mounted(served.Uri.ToString(), mount =>
            {
                Assert.Equal(old, File.ReadAllBytes(Path.Combine(mount, "old")));
                Directory.CreateDirectory(Path.Combine(mount, "folder"));
                File.WriteAllBytes(Path.Combine(mount, "folder", "written"), written);
                File.Delete(Path.Combine(mount, "old"));
            });
            served.AssertNoClients();
        }

        using (var served = new ServedDisk(new ImageExport(VhdImage.Open(leaf))))
        {
            string copy = _folder["after.raw"];
            PeerProcess.Run("nbdcopy", served.Uri.ToString(), copy);
            PeerProcess.Run(PeerPrograms.E2fsck, "-fn", copy);
            PeerProcess.Run(PeerPrograms.Debugfs, "-R", $"dump /folder/written {_folder["dumped"]}", copy);
            Assert.Equal(written, File.ReadAllBytes(_folder["dumped"]));
        }

        Assert.Equal(parents[0], File.ReadAllBytes(root));
        Assert.Equal(parents[1], File.ReadAllBytes(child));
        Assert.True(ImageChecker.Check(leaf, new CheckOptions { Full = true }).IsValid);
    }

    private void Mounted(string uri, Action<string> work)
    {
        string fuse = Directory.CreateDirectory(_folder["fuse"]).FullName, mount = Directory.CreateDirectory(_folder["mount"]).FullName;
        string disk = Path.Combine(fuse, "disk");
        var start = new ProcessStartInfo(
            PeerPrograms.Find("nbdfuse")!, [disk, uri])
        { RedirectStandardInput = true, RedirectStandardError = true };
        using Process nbdfuse = Process.Start(start)!;
        nbdfuse.StandardInput.Close();
        Task<string> error = nbdfuse.StandardError.ReadToEndAsync();
        try
        {
            Assert.True(
                SpinWait.SpinUntil(() => File.Exists(disk) || nbdfuse.HasExited, TimeSpan.FromMinutes(2)) && !nbdfuse.HasExited,
                "nbdfuse does not serve the disk");
            PeerProcess.Run("mount", "-o", "loop", disk, mount);
            try
            {
                work(mount);
            }
            finally
            {
                PeerProcess.Run("umount", mount);
            }
        }
        finally
        {
            // The loop device lets go a moment after the file system.
            SpinWait.SpinUntil(
                () => nbdfuse.HasExited || PeerProcess.TryRun("fusermount3", "-u", fuse).ExitCode == 0, TimeSpan.FromMinutes(1));
            if (!nbdfuse.WaitForExit(TimeSpan.FromMinutes(1)))
            {
                nbdfuse.Kill();
                nbdfuse.WaitForExit();
            }
        }

        Assert.True(nbdfuse.ExitCode == 0, error.GetAwaiter().GetResult());
    }
}
