using System.Security.Cryptography;
using VhdPS.Engine.Disks;
using VhdPS.Engine.Operations.Compare;
using VhdPS.Engine.Operations.Hash;
using VhdPS.Tests.Disks;

namespace VhdPS.Tests.Peers;

/// <summary>Hashes and comparisons, held against sha256sum and qemu-img on the raw disk.</summary>
public sealed class HashPeerTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [PeerFact(PeerPrograms.QemuImg, "sha256sum")]
    public void The_hash_is_sha256sums_of_the_disk_that_qemu_reads()
    {
        string source = _folder.Write("disk.raw", DiskModel.Make("scattered", 30 << 20));
        PeerProcess.Run(PeerPrograms.QemuImg, "convert", "-f", "raw", "-O", "vpc", source, _folder["disk.vhd"]);
        PeerProcess.Run(PeerPrograms.QemuImg, "convert", "-f", "vpc", "-O", "raw", _folder["disk.vhd"], _folder["back.raw"]);
        using DiskSource disk = DiskSource.Open(_folder["disk.vhd"], SourceFormat.Vhd);
        string expected = PeerProcess.Run("sha256sum", _folder["back.raw"])[..64];
        Assert.Equal(expected, System.Convert.ToHexString(DiskHash.Compute(disk, HashAlgorithmName.SHA256)), ignoreCase: true);
    }

    [PeerTheory(PeerPrograms.QemuImg)]
    [InlineData(0)]
    [InlineData(1)]
    public void A_comparison_finds_what_qemu_finds(int differences)
    {
        byte[] disk = DiskModel.Make("scattered", 30 << 20);
        string raw = _folder.Write("disk.raw", disk);
        PeerProcess.Run(PeerPrograms.QemuImg, "convert", "-f", "raw", "-O", "vpc", "-o", "force_size=on", raw, _folder["disk.vhd"]);
        disk[20_000_000] ^= (byte)differences;
        string other = _folder.Write("other.raw", disk);
        using DiskSource a = DiskSource.Open(other, SourceFormat.Raw), b = DiskSource.Open(_folder["disk.vhd"], SourceFormat.Vhd);
        List<ComparedRange> ranges = [.. DiskComparison.FindDifferences(a, b)];
        Assert.Equal(differences, ranges.Count);
        PeerResult qemu = PeerProcess.TryRun(PeerPrograms.QemuImg, "compare", "-f", "raw", "-F", "vpc", other, _folder["disk.vhd"]);
        Assert.True(qemu.ExitCode == differences, qemu.ToString());
        Assert.All(ranges, range => Assert.Equal(new ComparedRange(20_000_000 / 512, 1, ComparisonSide.Both), range));
    }
}
