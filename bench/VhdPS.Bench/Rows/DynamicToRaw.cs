using VhdPS.Bench.Compare;
using VhdPS.Engine.Disks;

namespace VhdPS.Bench.Rows;

internal sealed class DynamicToRaw(DiskPeer peer, double goal, bool isSynced = false)
    : CopyRow(DiskFill.Full, peer, goal, isSynced)
{
    private string _dynamic = string.Empty;
    private string _raw = string.Empty;

    public override string Work => $"Dynamic to raw, {Disk}{(IsSynced ? ", synced" : string.Empty)}";

    public override string ShortWork => $"dynamic to raw, {ShortDisk}{(IsSynced ? ", synced" : string.Empty)}";

    public override string Peer => IsQemu ? base.Peer : $"{base.Peer} of the raw file";

    public override string? Obstacle => IsQemu || IsSynced
        ? null
        : "cp has the kernel copy from file to file; ours reads, looks for zeros, and writes what is none.";

    protected override string Verb => "dynamic-to-raw";

    protected override string[] QemuFormats => ["-f", "vpc", "-O", "raw"];

    protected override string PeerSource => IsQemu ? _dynamic : _raw;

    public override void Prepare(BenchData data)
    {
        base.Prepare(data);
        _dynamic = data.Dynamic(Fill, SizeBytes(data));
        _raw = data.Raw(Fill, SizeBytes(data));
    }

    protected override TimeSpan TimeOurs(string target) =>
        Time(() => Conversion.Run(_dynamic, SourceFormat.Vhd, target, DiskFormat.Raw, IsSynced));
}
