using VhdPS.Engine.Disks;
using VhdPS.Engine.Nbd;
using VhdPS.Engine.Nbd.Client;
using VhdPS.Tests.Disks;
using VhdPS.Tests.Peers;

namespace VhdPS.Tests.Nbd;

/// <summary>Our client and the servers of others.</summary>
public sealed class SourcePeerTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly byte[] _disk = DiskModel.Make("scattered", (20 << 20) + 1536);
    private readonly string _raw;

    public SourcePeerTests() => _raw = DiskModel.Write(_folder, "raw with holes", _disk);

    public void Dispose() => _folder.Dispose();

    [PeerTheory("nbdkit")]
    [InlineData("file")]
    [InlineData("file --no-sr")]
    [InlineData("file --filter=multi-conn multi-conn-mode=disable")]
    [InlineData(
        "file --filter=blocksize-policy blocksize-minimum=512 blocksize-preferred=4096 blocksize-maximum=64K blocksize-error-policy=error")]
    [InlineData("file --filter=delay rdelay=5ms")]
    [InlineData("file --filter=noextents")]
    [InlineData("file --filter=offset offset=0 range=20971000")]
    public void NbdkitsDisksAreRead(string arguments)
    {
        string[] words = arguments.Split(' ');
        using var server = new BackgroundPeer(
            "nbdkit", path => ["-f", "-r", "-U", path, .. words[1..].Where(word => word.StartsWith('-')), "file", _raw, .. words[1..].Where(
                word => !word.StartsWith('-'))]);
        using NbdSource source = NbdSource.Open(server.Uri);
        AssertIs(_disk[..(arguments.Contains("range", StringComparison.Ordinal) ? 20_971_000 : _disk.Length)], source);
        bool tellsZeros = !arguments.Contains("--no-sr", StringComparison.Ordinal)
            && !arguments.Contains("noextents", StringComparison.Ordinal);
        Assert.Equal(tellsZeros, source.CountDataBytes(0, source.SizeBytes) < source.SizeBytes);
    }

    [PeerFact("nbdkit")]
    public void WhatTheServerCannotReadIsAnErrorAndTheRestIsRead()
    {
        using var server = new BackgroundPeer(
            "nbdkit", path => ["-f", "-U", path, "--filter=error", "file", _raw, "error-pread=ENOSPC", "error-pread-rate=50%"]);
        using NbdSource source = NbdSource.Open(server.Uri);
        int failed = 0;
        for (int sector = 0; sector < 200; sector++)
        {
            byte[] buffer = new byte[512];
            try
            {
                source.ReadAt(sector * 512L, buffer);
                Assert.Equal(_disk[(sector * 512)..((sector + 1) * 512)], buffer);
            }
            catch (NbdException error)
            {
                Assert.Equal(NbdFault.RequestFailed, error.Fault);
                Assert.Contains($"offset {sector * 512}: error 28", error.Message, StringComparison.Ordinal);
                failed++;
            }
        }

        Assert.InRange(failed, 20, 180);
    }

    [PeerFact("nbdkit")]
    public void ADiskInMemoryIsAllZeros()
    {
        using var server = new BackgroundPeer("nbdkit", path => ["-f", "-U", path, "memory", "3T"]);
        using NbdSource source = NbdSource.Open(server.Uri);
        Assert.Equal((3L << 40, 0), (source.SizeBytes, source.CountDataBytes(0, source.SizeBytes)));
    }

    [PeerTheory(PeerPrograms.QemuImg, "qemu-nbd")]
    [InlineData("qcow2", 1)]
    [InlineData("vmdk", 4)]
    [InlineData("vdi", 1)]
    public void QemusFormatsAreReadThroughQemuNbd(string format, int sharedCount)
    {
        string image = _folder[$"disk.{format}"];
        PeerProcess.Run(PeerPrograms.QemuImg, "convert", "-f", "raw", "-O", format, _raw, image);
        using var server = new BackgroundPeer("qemu-nbd", path => ["-r", "-t", "-k", path, "-f", format, $"--shared={sharedCount}", image]);
        using NbdSource source = NbdSource.Open(server.Uri);
        AssertIs(_disk, source);

        // A cluster of VDI is a mebibyte, and there is hardly one without data.
        Assert.True(format == "vdi" || source.CountDataBytes(0, source.SizeBytes) < _disk.Length / 2);
    }

    [PeerFact("nbdkit")]
    public void AServerThatComesBackIsReadOn()
    {
        var server = new BackgroundPeer("nbdkit", path => ["-f", "-U", path, "file", _raw]);
        using NbdSource source = NbdSource.Open(server.Uri);
        byte[] buffer = new byte[1 << 20];
        source.ReadAt(0, buffer);
        server.Dispose();
        Assert.Throws<NbdException>(() => source.ReadAt(0, buffer));
        Directory.CreateDirectory(Path.GetDirectoryName(server.SocketPath)!);
        string socketPath = server.SocketPath;
        using var again = new BackgroundPeer("nbdkit", path => ["-f", "-U", path, "file", _raw]);
        Directory.Delete(Path.GetDirectoryName(socketPath)!);
        Directory.CreateSymbolicLink(Path.GetDirectoryName(socketPath)!, Path.GetDirectoryName(again.SocketPath)!);
        source.ReadAt(1 << 20, buffer);
        Directory.Delete(Path.GetDirectoryName(socketPath)!);
        Assert.Equal(_disk[(1 << 20)..(2 << 20)], buffer);
    }

    private static void AssertIs(byte[] disk, NbdSource source)
    {
        Assert.Equal(disk.Length, source.SizeBytes);
        byte[] padded = new byte[source.SectorCount * 512];
        disk.CopyTo(padded, 0);
        byte[] read = new byte[padded.Length];
        Parallel.For(0, (read.Length / (1 << 20)) + 1, new ParallelOptions { MaxDegreeOfParallelism = 3 }, part =>
        {
            int at = part << 20;
            source.ReadAt(at, read.AsSpan(at, Math.Min(1 << 20, read.Length - at)));
        });
        Assert.True(read.AsSpan().SequenceEqual(padded), $"byte {padded.AsSpan().CommonPrefixLength(read)} differs");
        for (long at = 0; at < disk.Length;)
        {
            DiskExtent extent = source.FindExtent(at);
            Assert.False(
                extent.IsZero && padded.AsSpan((int)at, (int)extent.Length).ContainsAnyExcept((byte)0), $"{extent} is told to be zeros");
            at = extent.End;
        }
    }
}
