using System.Diagnostics;
using System.Runtime.Versioning;
using VhdPS.Engine.Chains;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Engine.Layout;
using VhdPS.Tests.Checking;
using VhdPS.Tests.Peers;

namespace VhdPS.Tests.Files;

/// <summary>What a path can name besides a file of one's own: folders, pipes, devices, files of others, full disks.</summary>
public sealed partial class EnvironmentTests
{

    private static readonly VhdOpenOptions Writing = new() { ForWriting = true };

    private static readonly NewImage Small = new(1024 * 1024) { UniqueId = Guid.NewGuid(), TimeStamp = VhdSpec.Epoch };

    [Fact]
    public void NotRegularFile_Folder()
    {
        using var folder = new TempFolder();
        AssertNotRegular(folder.Root, "folder");
    }

    [UnixFact]
    public void NotRegularFile_Device()
    {
        AssertNotRegular("/dev/null", "device");
        AssertNotRegular("/dev/zero", "device");
    }

    [PeerFact("mkfifo")]
    public void NotRegularFile_PipeDoesNotBlock()
    {
        using var folder = new TempFolder();
        PeerProcess.Run("mkfifo", folder["pipe.vhd"]);
        AssertNotRegular(folder["pipe.vhd"], "pipe");
    }

    [UnixFact]
    public void NotRegularFile_ByALink()
    {
        using var folder = new TempFolder();
        File.CreateSymbolicLink(folder["link.vhd"], "/dev/null");
        AssertNotRegular(folder["link.vhd"], "device");
    }

    [Fact]
    public void NotThere()
    {
        using var folder = new TempFolder();
        Assert.Throws<FileNotFoundException>(() => VhdImage.Open(folder["none.vhd"]));
        Assert.Throws<FileNotFoundException>(() => VhdImage.Open(folder["none.vhd"], Writing));
        Assert.ThrowsAny<IOException>(() => VhdImage.Open(Path.Combine(folder["none"], "none.vhd")));
        Assert.ThrowsAny<IOException>(() => ImageCreator.Create(Path.Combine(folder["none"], "none.vhd"), Small));
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Root));
    }

    [UnixFact]
    [UnsupportedOSPlatform("windows")]
    public void NoPermission()
    {
        using var folder = new TempFolder();
        byte[] bytes = SoundImage.Dynamic().Bytes;
        string secret = folder.Write("secret.vhd", bytes), readable = folder.Write("readable.vhd", bytes);
        File.SetUnixFileMode(secret, UnixFileMode.None);
        File.SetUnixFileMode(readable, UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        File.SetUnixFileMode(
            folder.Root, UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);
        OtherUser.Run(() =>
        {
            Assert.Throws<ImageAccessException>(() => VhdImage.Open(secret));
            Assert.Throws<ImageAccessException>(() => VhdImage.Open(readable, Writing));
            Assert.Throws<ImageAccessException>(() => ImageCreator.Create(folder["new.vhd"], Small));
            Assert.Throws<ImageAccessException>(() => ImageCreator.Create(readable, Small, overwrite: true));
            using VhdImage image = VhdImage.Open(readable);
            image.ReadSectors(0, new byte[512]);
        });
        File.SetUnixFileMode(folder.Root, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Assert.Equal(["readable.vhd", "secret.vhd"], Directory.EnumerateFiles(folder.Root).Select(Path.GetFileName).Order());
        Assert.Equal(bytes, File.ReadAllBytes(readable));
    }

    [Fact]
    public void ReadersShareAndAWriterIsAlone()
    {
        using var folder = new TempFolder();
        string path = folder.Write("a.vhd", SoundImage.Dynamic().Bytes);
        using (VhdImage one = VhdImage.Open(path))
        using (VhdImage two = VhdImage.Open(path))
        {
            Assert.Throws<ImageInUseException>(() => VhdImage.Open(path, Writing));
            Assert.Throws<ImageInUseException>(() => ImageCreator.Create(path, Small, overwrite: true));
            two.ReadSectors(0, new byte[512]);
        }

        using (VhdImage writer = VhdImage.Open(path, Writing))
        {
            ImageInUseException error = Assert.Throws<ImageInUseException>(() => VhdImage.Open(path));
            Assert.Equal(path, error.Path);
            Assert.StartsWith(path, error.Message, StringComparison.Ordinal);
            Assert.Throws<ImageInUseException>(() => VhdImage.Open(path, Writing));
        }

        using VhdImage again = VhdImage.Open(path, Writing);
    }

    [PeerFact(PeerPrograms.QemuIO, PeerPrograms.QemuImg)]
    public void QemuAndWeKeepOutOfEachOthersWay()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        using var folder = new TempFolder();
        string path = folder.Write("a.vhd", SoundImage.Dynamic().Bytes);
        using (Session("-f", "vpc", path))
        {
            Assert.Throws<ImageInUseException>(() => VhdImage.Open(path));
            Assert.Throws<ImageInUseException>(() => VhdImage.Open(path, Writing));
        }

        using (Session("-r", "-f", "vpc", path))
        {
            Assert.Throws<ImageInUseException>(() => VhdImage.Open(path, Writing));
            using VhdImage reader = VhdImage.Open(path);
            reader.ReadSectors(0, new byte[512]);
        }

        using (VhdImage.Open(path))
        {
            PeerProcess.Run(PeerPrograms.QemuImg, "info", "-f", "vpc", path);
            AssertLocked(PeerProcess.TryRun(PeerPrograms.QemuIO, "-f", "vpc", "-c", "write -P 1 0 512", path));
        }

        using (VhdImage.Open(path, Writing))
        {
            AssertLocked(PeerProcess.TryRun(PeerPrograms.QemuImg, "info", "-f", "vpc", path));
        }

        PeerProcess.Run(PeerPrograms.QemuImg, "info", "-f", "vpc", path);
        Assert.Equal(SoundImage.Dynamic().Bytes, File.ReadAllBytes(path));
    }

    [PeerFact("mount", "umount")]
    public void DiskFull()
    {
        using var folder = new TempFolder();
        string disk = Directory.CreateDirectory(folder["disk"]).FullName;
        if (PeerProcess.TryRun("mount", "-t", "tmpfs", "-o", "size=64k", "none", disk).ExitCode != 0)
        {
            // Only an administrator may mount; a double of a full disk is tested elsewhere.
            return;
        }

        try
        {
            string path = Path.Combine(disk, "a.vhd");
            File.WriteAllBytes(path, SoundImage.Dynamic().Bytes);
            byte[] content = SoundImage.DynamicContent();
            using (VhdImage image = VhdImage.Open(path, Writing))
            {
                byte[] data = Enumerable.Repeat((byte)9, 4096).ToArray();
                var error = Assert.Throws<ImageIOException>(() =>
                {
                    for (int block = 4; block < 16; block++)
                    {
                        image.WriteSectors(block * 8, data);
                        data.CopyTo(content, block * 4096);
                    }
                });
                Assert.True(error.IsDiskFull, error.Message);
            }

            Verdict.AssertContent(File.ReadAllBytes(path), VhdOpenOptions.Default, content);
            Assert.Empty(ImageLayout.Read(new MemoryImageFile(File.ReadAllBytes(path))).Findings);

            // A new image that does not fit leaves nothing, and leaves what was there.
            var large = new NewImage(64L * 1024 * 1024 * 1024)
            {
                UniqueId = Guid.NewGuid(),
                TimeStamp = VhdSpec.Epoch,
                BlockSize = 64 * 1024,
            };
            byte[] before = File.ReadAllBytes(path);
            Assert.True(Assert.Throws<ImageIOException>(() => ImageCreator.Create(path, large, overwrite: true)).IsDiskFull);
            Assert.Equal(before, File.ReadAllBytes(path));
            Assert.Equal([path], Directory.EnumerateFiles(disk));
        }
        finally
        {
            PeerProcess.Run("umount", disk);
        }
    }

    [PeerFact("mount", "umount")]
    public void AReadOnlyMediumIsReadAndNotWritten()
    {
        using var folder = new TempFolder();
        string disk = Directory.CreateDirectory(folder["disk"]).FullName;
        if (PeerProcess.TryRun("mount", "-t", "tmpfs", "-o", "size=1m", "none", disk).ExitCode != 0)
        {
            return;
        }

        try
        {
            string path = Path.Combine(disk, "a.vhd");
            File.WriteAllBytes(path, SoundImage.Dynamic().Bytes);
            PeerProcess.Run("mount", "-o", "remount,ro", disk);
            using (VhdImage image = VhdImage.Open(path))
            {
                image.ReadSectors(0, new byte[512]);
            }

            Exception error = Assert.ThrowsAny<Exception>(() => VhdImage.Open(path, Writing));
            Assert.True(error is UnauthorizedAccessException or ImageIOException, error.ToString());
            Assert.Contains(path, error.Message, StringComparison.Ordinal);
        }
        finally
        {
            PeerProcess.Run("umount", disk);
        }
    }

    [Fact]
    public void HolesInTheFileReadAsZeros()
    {
        using var folder = new TempFolder();
        ImageCreator.Create(folder["fixed.vhd"], Small with { VhdType = VhdType.Fixed });
        using VhdImage image = VhdImage.Open(folder["fixed.vhd"], Writing);
        byte[] data = Enumerable.Repeat((byte)5, 512).ToArray();
        image.WriteSectors(1000, data);
        byte[] all = new byte[1024 * 1024];
        image.ReadSectors(0, all);
        byte[] expected = new byte[all.Length];
        data.CopyTo(expected, 1000 * 512);
        Assert.Equal(expected, all);
    }

    private static void AssertNotRegular(string path, string what)
    {
        foreach (bool forWriting in new[] { false, true })
        {
            Finding finding =
                Assert.Throws<VhdFormatException>(() => VhdImage.Open(path, new VhdOpenOptions { ForWriting = forWriting })).Finding;
            Assert.Equal(
                (FaultCode.NotRegularFile, VhdStructure.File, null, Severity.Error, FaultEffect.Unreadable),
                (finding.Code, finding.Structure, finding.FileOffset, finding.Severity, finding.Effect));
            Assert.Contains(what, finding.Actual, StringComparison.Ordinal);
        }

        Assert.Throws<VhdFormatException>(() => ImageCreator.Create(path, Small, overwrite: true));
        Assert.Equal(OperationError.TargetExists, Assert.Throws<VhdOperationException>(() => ImageCreator.Create(path, Small)).Code);
    }

    private static void AssertLocked(PeerResult result)
    {
        Assert.True(result.ExitCode != 0, result.ToString());
        Assert.Contains("lock", result.Error, StringComparison.Ordinal);
    }

    /// <summary>A qemu-io that has opened its image, until it is disposed of.</summary>
    private static QemuSession Session(params string[] arguments) => new(arguments);

    /// <summary>
    /// Runs on a thread that asks the file system as a user without rights; the rest of the process keeps its own. Without
    /// an administrator's rights the tests' own user is as good.
    /// </summary>
    private sealed class QemuSession : IDisposable
    {
        private readonly Process _process;

        public QemuSession(string[] arguments)
        {
            var start = new ProcessStartInfo(PeerPrograms.Find(PeerPrograms.QemuIO)!, arguments)
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
            };
            _process = Process.Start(start)!;

            // The prompt comes when the image is open; the end of the output, when it could not be opened.
            var output = new System.Text.StringBuilder();
            while (!output.ToString().Contains("qemu-io>", StringComparison.Ordinal) && _process.StandardOutput.Read() is >= 0 and int next)
            {
                output.Append((char)next);
            }

            Assert.Contains("qemu-io>", output.ToString(), StringComparison.Ordinal);
        }

        public void Dispose()
        {
            _process.StandardInput.WriteLine("quit");
            _process.StandardInput.Close();
            _process.StandardOutput.ReadToEnd();
            _process.WaitForExit();
            _process.Dispose();
        }
    }
}
