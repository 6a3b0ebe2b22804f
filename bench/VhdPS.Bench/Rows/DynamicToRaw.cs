using VhdPS.Bench.Compare;
using VhdPS.Engine.Disks;

namespace VhdPS.Bench.Rows;

internal sealed class DynamicToRaw(DiskPeer peer, double goal) : CopyRow(DiskFill.Full, peer, goal)
{
    private string _dynamic = string.Empty;
    private string _raw = string.Empty;

    public override string Work => $"Dynamic to raw, {Disk}";

    public override string ShortWork => $"dynamic to raw, {ShortDisk}";

    public override string Peer => IsQemu ? base.Peer : $"{base.Peer} of the raw file";

    public override string? Obstacle => IsQemu
        ? null
        : "A profile shows the time in the kernel's copy into new pages and in waiting for the file; why cp is spared it is not known.";

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
        Time(() => Conversion.Run(_dynamic, SourceFormat.Vhd, target, DiskFormat.Raw, isSynced: false));
}
