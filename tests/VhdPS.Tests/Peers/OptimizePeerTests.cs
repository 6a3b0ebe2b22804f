using VhdPS.Engine.Checking;
using VhdPS.Engine.Files;
using VhdPS.Engine.Operations.Optimize;


namespace VhdPS.Tests.Peers;

/// <summary>
/// What qemu wrote here and there, with zeros among it, is the same disk to qemu and 7-Zip after a compaction, and takes qemu's writes.
/// </summary>
public sealed class OptimizePeerTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [PeerTheory(PeerPrograms.QemuImg, PeerPrograms.QemuIO, PeerPrograms.SevenZip)]
    [InlineData(OptimizeMode.Full, false, false)]
    [InlineData(OptimizeMode.Quick, false, false)]
    [InlineData(OptimizeMode.Full, true, false)]
    [InlineData(OptimizeMode.Full, true, true)]
    public void The_disk_is_what_it_was(OptimizeMode mode, bool isInPlace, bool isOrdered)
    {
        string vhd = _folder["worn.vhd"], raw = _folder["before.raw"];
        PeerProcess.Run(PeerPrograms.QemuImg, "create", "-f", "vpc", vhd, "60M");
        string[] writes = ["40M 64k", "3M 5M", "0 512", "20M 4M", "55M 1M"];
        PeerProcess.Run(
            PeerPrograms.QemuIO,
            ["-f", "vpc", .. writes.SelectMany((write, i) => new[] { "-c", $"write -P {i + 1} {write}" }), "-c", "write -P 0 20M 4M", vhd]);
        PeerProcess.Run(PeerPrograms.QemuImg, "convert", "-f", "vpc", "-O", "raw", vhd, raw);
        long before = new FileInfo(vhd).Length;
        if (isInPlace)
        {
            using var file = LocalImageFile.OpenWrite(vhd);
            InPlaceCompaction.Run(file, new CompactionOptions { Orders = isOrdered });
        }
        else
        {
            using OptimizeOperation operation = OptimizeOperation.Begin(new OptimizeOptions(vhd) { Mode = mode });
            operation.Run();
        }

        Assert.Equal(mode == OptimizeMode.Full, new FileInfo(vhd).Length < before);
        AssertSame(raw, vhd);
        foreach (string path in new[] { raw, vhd })
        {
            PeerProcess.Run(
                PeerPrograms.QemuIO, "-f", path == raw ? "raw" : "vpc", "-c", "write -P 9 21M 3M", "-c", "write -P 8 10M 512", path);
        }

        AssertSame(raw, vhd);
        using var changed = LocalImageFile.OpenRead(vhd);
        Assert.True(ImageChecker.Check(changed, new CheckOptions { Full = true }).IsValid);
    }

    private void AssertSame(string raw, string vhd)
    {
        Assert.Contains(
            "Images are identical", PeerProcess.Run(PeerPrograms.QemuImg, "compare", "-f", "raw", "-F", "vpc", raw, vhd),
            StringComparison.Ordinal);
        string folder = _folder[$"out{Guid.NewGuid():N}"];
        PeerProcess.Run(PeerPrograms.SevenZip, "x", "-tVHD", "-y", $"-o{folder}", vhd);
        byte[] extracted = File.ReadAllBytes(Assert.Single(Directory.GetFiles(folder))), disk = File.ReadAllBytes(raw);

        // 7-Zip takes the size, qemu-img the geometry, which is smaller by less than a cylinder.
        Assert.True(extracted.Length >= disk.Length || disk.AsSpan(extracted.Length).IndexOfAnyExcept((byte)0) < 0);
        Assert.Equal(Math.Min(disk.Length, extracted.Length), disk.AsSpan().CommonPrefixLength(extracted));
    }
}
