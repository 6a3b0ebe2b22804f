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

    public override string Note =>
        "Both sides put a new file in the place of an old one, without a sync. ext4 writes a file out when it takes another's name, "
        + "unless its space was reserved before, as ours is.";

    protected override bool Replaces => true;

    /// <summary>A copy of the image, on the medium and warm.</summary>
    protected override void MakeReady(string target)
    {
        PeerProcess.Time("cp", "--reflink=never", _dynamic, target);
        PeerProcess.Time("sync", target);

        // A system may have given up the pages of what was only written.
        PeerProcess.Time("cmp", _dynamic, target);
        PageCache.FreeMemory(target + ".new", new FileInfo(target).Length);
    }

    protected override TimeSpan TimeOurs(string target) => Time(() =>
    {
        using var operation = OptimizeOperation.Begin(new OptimizeOptions(target) { Sync = false });
        operation.Run();
    });
}
