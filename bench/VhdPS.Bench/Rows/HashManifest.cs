using System.Security.Cryptography;
using VhdPS.Bench.Compare;
using VhdPS.Engine.Disks;
using VhdPS.Engine.Operations.Hash;

namespace VhdPS.Bench.Rows;

internal sealed class HashManifest(double goal) : DiskRow(DiskFill.Scattered, DiskPeer.PlainTool, goal)
{
    // Small enough that a block holds one run of data or none.
    private const int BlockBytes = 64 * 1024;
    private string _dynamic = string.Empty;
    private string _raw = string.Empty;

    public override string Work => $"SHA-256 of each block of 64 KiB in a dynamic image, {Disk}";

    public override string ShortWork => "SHA-256 by blocks, scattered";

    public override string Peer => $"{base.Peer} of the raw file";

    public override string Note => "The goal is the share of the disk that has data.";

    protected override string Verb => "manifest";

    protected override string QemuVerb => string.Empty;

    protected override string PlainTool => "openssl dgst -sha256";

    public override void Prepare(BenchData data)
    {
        _dynamic = data.Dynamic(Fill, SizeBytes(data));
        _raw = data.Raw(Fill, SizeBytes(data));
    }

    public override TimeSpan RunOurs() => Time(() =>
    {
        using var source = DiskSource.Open(_dynamic, SourceFormat.Vhd);
        _ = DiskHash.ComputeBlocks(source, HashAlgorithmName.SHA256, BlockBytes).Count();
    });

    public override TimeSpan RunPeer() => PeerProcess.Time("openssl", "dgst", "-sha256", _raw);
}
