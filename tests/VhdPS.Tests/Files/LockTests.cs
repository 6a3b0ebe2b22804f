using System.Diagnostics;
using System.Runtime.InteropServices;
using VhdPS.Engine.Checking;
using VhdPS.Engine.Files;
using VhdPS.Tests.Crash;
using VhdPS.Tests.Format;
using VhdPS.Tests.Peers;

namespace VhdPS.Tests.Files;

/// <summary>Readers share, a writer is alone: within a process, between processes, and with QEMU's programs on Linux.</summary>
public sealed partial class LockTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly string _path;

    public LockTests()
    {
        _path = _folder.Write("disk.vhd", ImageBytes.Dynamic(64 * 4096).AddBlock(0, 7).Bytes);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void ReadersShare()
    {
        using var one = LocalImageFile.OpenRead(_path);
        using var other = LocalImageFile.OpenRead(_path);
        Assert.Equal(one.Identity, other.Identity);
    }

    [Fact]
    public void AWriterIsAlone()
    {
        using (LocalImageFile.OpenWrite(_path))
        {
            Assert.Throws<ImageInUseException>(() => LocalImageFile.OpenWrite(_path));
            ImageInUseException error = Assert.Throws<ImageInUseException>(() => LocalImageFile.OpenRead(_path));
            Assert.Contains(_path, error.Message, StringComparison.Ordinal);
        }

        using (LocalImageFile.OpenRead(_path))
        {
            Assert.Throws<ImageInUseException>(() => LocalImageFile.OpenWrite(_path));
        }

        LocalImageFile.OpenWrite(_path).Dispose();
    }

    [PeerFact("dotnet")]
    public void AnotherProcessIsKeptOffAndLeavesNoLockWhenItIsKilled()
    {
        using Process writer = WriterProcess.Start("hold", _path);
        Assert.Equal("open", writer.StandardOutput.ReadLine());
        Assert.Throws<ImageInUseException>(() => LocalImageFile.OpenRead(_path));
        Assert.Throws<ImageInUseException>(() => LocalImageFile.OpenWrite(_path));
        writer.Kill();
        writer.WaitForExit();
        LocalImageFile.OpenWrite(_path).Dispose();
        Assert.True(ImageChecker.Check(_path).IsValid);
    }

    /// <summary>A process that is being started holds copies of all open files until it runs its own program.</summary>
    [UnixFact]
    public void LocksEndWithTheFileWhoeverHoldsACopyOfIt()
    {
        int copy;
        using (var file = LocalImageFile.OpenWrite(_path))
        {
            copy = Duplicate((int)file.Handle.DangerousGetHandle());
        }

        try
        {
            LocalImageFile.OpenWrite(_path).Dispose();
        }
        finally
        {
            Assert.Equal(0, Close(copy));
        }
    }

    [PeerFact(PeerPrograms.QemuIO)]
    public void AnImageThatQemuWritesIsInUse()
    {
        using Process qemu = StartQemu("-f", "vpc", _path);
        Assert.Throws<ImageInUseException>(() => LocalImageFile.OpenRead(_path));
        Assert.Throws<ImageInUseException>(() => LocalImageFile.OpenWrite(_path));
        Stop(qemu);
        LocalImageFile.OpenWrite(_path).Dispose();
    }

    [PeerFact(PeerPrograms.QemuIO)]
    public void AnImageThatQemuReadsCanBeReadButNotWritten()
    {
        using Process qemu = StartQemu("-r", "-f", "vpc", _path);
        LocalImageFile.OpenRead(_path).Dispose();
        Assert.Throws<ImageInUseException>(() => LocalImageFile.OpenWrite(_path));
        qemu.Kill();
        qemu.WaitForExit();
        LocalImageFile.OpenWrite(_path).Dispose();
    }

    [PeerFact(PeerPrograms.QemuIO)]
    public void QemuKeepsOffAnImageThatIsWrittenHere()
    {
        using (LocalImageFile.OpenWrite(_path))
        {
            PeerResult refused = PeerProcess.TryRun(PeerPrograms.QemuIO, "-r", "-f", "vpc", "-c", "read 0 512", _path);
            Assert.True(refused.ExitCode != 0 && refused.Error.Contains("lock", StringComparison.Ordinal), refused.ToString());
        }

        PeerProcess.Run(PeerPrograms.QemuIO, "-r", "-f", "vpc", "-c", "read -P 7 0 512", _path);
    }

    [PeerFact(PeerPrograms.QemuIO)]
    public void QemuReadsButDoesNotWriteAnImageThatIsReadHere()
    {
        using (LocalImageFile.OpenRead(_path))
        {
            PeerProcess.Run(PeerPrograms.QemuIO, "-r", "-f", "vpc", "-c", "read -P 7 0 512", _path);
            PeerResult refused = PeerProcess.TryRun(PeerPrograms.QemuIO, "-f", "vpc", "-c", "write 0 512", _path);
            Assert.True(refused.ExitCode != 0 && refused.Error.Contains("lock", StringComparison.Ordinal), refused.ToString());
        }

        PeerProcess.Run(PeerPrograms.QemuIO, "-f", "vpc", "-c", "write 0 512", _path);
    }

    private static Process StartQemu(params string[] arguments)
    {
        Process qemu = Start(PeerPrograms.Find(PeerPrograms.QemuIO)!, arguments);
        qemu.StandardInput.WriteLine("read 0 512");
        string? line;
        do
        {
            line = qemu.StandardOutput.ReadLine();
            Assert.True(line is not null, "qemu-io ended");
        }
        while (!line!.Contains("512", StringComparison.Ordinal));
        return qemu;
    }

    private static void Stop(Process qemu)
    {
        qemu.StandardInput.WriteLine("quit");
        qemu.WaitForExit();
    }

    private static Process Start(string program, string[] arguments) => Process.Start(new ProcessStartInfo(program, arguments)
    {
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
    })!;

    [LibraryImport("libc", EntryPoint = "dup")]
    private static partial int Duplicate(int descriptor);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);
}
