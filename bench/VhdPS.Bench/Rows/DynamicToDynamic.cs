using VhdPS.Bench.Compare;
using VhdPS.Engine.Operations.Optimize;

namespace VhdPS.Bench.Rows;

internal sealed class DynamicToDynamic(DiskPeer peer, double goal) : CopyRow(DiskFill.Full, peer, goal)
{
    private string _dynamic = string.Empty;

    public override string Work => $"Dynamic to dynamic (optimize), {Disk}";

    public override string ShortWork => $"optimize, {ShortDisk}";

    protected override string Verb => "optimize";

    protected override string[] QemuFormats => ["-f", "vpc", "-O", "vpc", "-o", "subformat=dynamic,force_size=on"];

    protected override string PeerSource => _dynamic;

    public override void Prepare(BenchData data)
    {
        base.Prepare(data);
        _dynamic = data.Dynamic(Fill, SizeBytes(data));
    }

    /// <summary>The new file takes the place of a second name of the image, which therefore stays what it was, and warm.</summary>
    protected override TimeSpan TimeOurs(string target)
    {
        PeerProcess.Time("ln", _dynamic, target);
        return Time(() =>
        {
            using var operation = OptimizeOperation.Begin(new OptimizeOptions(target) { Sync = false });
            operation.Run();
        });
    }
}
