using VhdPS.Bench.Compare;
using VhdPS.Engine.Disks;

namespace VhdPS.Bench.Rows;

internal sealed class RawToDynamic(DiskFill fill, DiskPeer peer, double goal, bool isSynced = false) : CopyRow(fill, peer, goal, isSynced)
{
    private string _raw = string.Empty;

    public override string Work => $"Raw to dynamic, {Disk}{(IsSynced ? ", synced" : string.Empty)}";

    public override string ShortWork => $"raw to dynamic, {ShortDisk}{(IsSynced ? ", synced" : string.Empty)}";

    protected override string Verb => "raw-to-dynamic";

    protected override string[] QemuFormats => ["-f", "raw", "-O", "vpc", "-o", "subformat=dynamic,force_size=on"];

    protected override string PeerSource => _raw;

    public override void Prepare(BenchData data)
    {
        base.Prepare(data);
        _raw = data.Raw(Fill, SizeBytes(data));
    }

    protected override TimeSpan TimeOurs(string target) =>
        Time(() => Conversion.Run(_raw, SourceFormat.Raw, target, DiskFormat.Dynamic, IsSynced));
}
