using System.Security.Cryptography;
using VhdPS.Bench.Compare;
using VhdPS.Engine.Disks;
using VhdPS.Engine.Operations.Hash;

namespace VhdPS.Bench.Rows;

internal sealed class HashDisk(DiskFill fill, double goal, bool isVhdx = false) : DiskRow(fill, DiskPeer.PlainTool, goal)
{
    private string _dynamic = string.Empty;
    private string _raw = string.Empty;

    public override string Work => $"SHA-256 of the disk in a dynamic {(isVhdx ? "VHDX" : "image")}, {Disk}";

    public override string ShortWork => $"SHA-256{(isVhdx ? " of a VHDX" : string.Empty)}, {ShortDisk}";

    public override string Peer => $"{base.Peer} of the raw file";

    public override string? Note =>
        Fill == DiskFill.Full ? null : "No zeros are read, but the hash takes them all in: the work is not in proportion to the data.";

    protected override string Verb => isVhdx ? "hash-vhdx" : "hash";

    protected override string QemuVerb => string.Empty;

    protected override string PlainTool => "openssl dgst -sha256";

    public override void Prepare(BenchData data)
    {
        _dynamic = isVhdx ? data.Vhdx(Fill, SizeBytes(data)) : data.Dynamic(Fill, SizeBytes(data));
        _raw = data.Raw(Fill, SizeBytes(data));
    }

    public override TimeSpan RunOurs() => Time(Hash);

    public override TimeSpan RunPeer() => PeerProcess.Time("openssl", "dgst", "-sha256", _raw);

    public override MemoryFigure? MeasureMemory() => Fill == DiskFill.Full ? PeakAbove(Hash) : null;

    private void Hash()
    {
        using var source = DiskSource.Open(_dynamic, SourceFormat.Vhd);
        DiskHash.Compute(source, HashAlgorithmName.SHA256);
    }
}
