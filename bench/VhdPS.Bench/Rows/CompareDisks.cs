using VhdPS.Bench.Compare;
using VhdPS.Engine.Disks;
using VhdPS.Engine.Operations.Compare;

namespace VhdPS.Bench.Rows;

internal sealed class CompareDisks(DiskFill fill, DiskPeer peer, double goal) : DiskRow(fill, peer, goal)
{
    private string _dynamic = string.Empty;
    private string _raw = string.Empty;
    private string _twin = string.Empty;

    public override string Work => $"Compare a dynamic image and a raw file, {Disk}";

    public override string ShortWork => $"compare, {ShortDisk}";

    public override string Peer => IsQemu ? base.Peer : "`cmp` of two raw files";

    protected override string Verb => "compare";

    protected override string QemuVerb => "compare";

    protected override string PlainTool => "cmp";

    public override void Prepare(BenchData data)
    {
        _dynamic = data.Dynamic(Fill, SizeBytes(data));
        _raw = data.Raw(Fill, SizeBytes(data));
        _twin = IsQemu ? string.Empty : data.RawTwin(Fill, SizeBytes(data));
    }

    public override TimeSpan RunOurs() => Time(Compare);

    public override TimeSpan RunPeer() => IsQemu
        ? PeerProcess.Time("qemu-img", "compare", "-q", "-f", "vpc", "-F", "raw", _dynamic, _raw)
        : PeerProcess.Time("cmp", _twin, _raw);

    public override MemoryFigure? MeasureMemory() => IsQemu && Fill == DiskFill.Full ? PeakAbove(Compare) : null;

    private void Compare()
    {
        using var reference = DiskSource.Open(_dynamic, SourceFormat.Vhd);
        using var difference = DiskSource.Open(_raw, SourceFormat.Raw);
        if (DiskComparison.FindDifferences(reference, difference).Any())
        {
            throw new InvalidOperationException($"{Name}: the disks differ.");
        }
    }
}
