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

    /// <summary>The new file takes the place of a copy of the image, made before and on the medium, and warm.</summary>
    protected override TimeSpan TimeOurs(string target)
    {
        PeerProcess.Time("cp", "--reflink=never", _dynamic, target);
        PeerProcess.Time("sync", target);

        // A system may have given up the pages of what was only written.
        PeerProcess.Time("cmp", _dynamic, target);
        return Time(() =>
        {
            using var operation = OptimizeOperation.Begin(new OptimizeOptions(target) { Sync = false });
            operation.Run();
        });
    }
}
