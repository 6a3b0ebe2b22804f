using VhdPS.Bench.Compare;

namespace VhdPS.Bench.Rows;

/// <summary>A disk put into a new file, which is deleted between the runs: nothing of it is left for the next to write back.</summary>
/// <param name="fill">How much of the disk has data.</param>
/// <param name="peer">Whom it is compared with.</param>
/// <param name="goal">See <see cref="Row.Goal"/>.</param>
/// <param name="isSynced">Whether both sides put their file on the medium.</param>
internal abstract class CopyRow(DiskFill fill, DiskPeer peer, double goal, bool isSynced = false) : DiskRow(fill, peer, goal)
{
    private string _target = string.Empty;

    public override string Name => base.Name + (isSynced ? "-synced" : string.Empty);

    public override string Peer => base.Peer + (isSynced ? " and `sync`" : string.Empty) + (Replaces ? ", then `mv`" : string.Empty);

    public override string ShortPeer => base.ShortPeer + (isSynced ? " and sync" : string.Empty) + (Replaces ? ", mv" : string.Empty);

    public override string Note => isSynced ? "Both sides put the new file on the medium." : "Neither side syncs.";

    protected bool IsSynced => isSynced;

    protected override string QemuVerb => "convert";

    protected override string PlainTool => Fill == DiskFill.Scattered ? "cp --sparse=always" : "cp";

    /// <summary>The formats that qemu-img is told, and options of its target.</summary>
    protected abstract string[] QemuFormats { get; }

    public override void Prepare(BenchData data) => _target = data.PathOf(Name);

    public override TimeSpan RunOurs()
    {
        MakeReady(_target);
        TimeSpan time = TimeOurs(_target);
        File.Delete(_target);
        return time;
    }

    public override TimeSpan RunPeer()
    {
        MakeReady(_target);
        string made = Replaces ? _target + ".new" : _target;
        string[] arguments = IsQemu
            ? ["convert", .. QemuFormats, PeerSource, made]
            : [.. PlainTool.Split(' ')[1..], PeerSource, made];
        TimeSpan time = PeerProcess.Time(PeerProgram, arguments);
        if (isSynced)
        {
            time += PeerProcess.Time("sync", made);
        }

        if (Replaces)
        {
            time += PeerProcess.Time("mv", made, _target);
        }

        File.Delete(_target);
        return time;
    }

    public override MemoryFigure? MeasureMemory()
    {
        if (!IsQemu || isSynced || Fill != DiskFill.Full)
        {
            return null;
        }

        MakeReady(_target);
        MemoryFigure figure = PeakAbove(() => TimeOurs(_target));
        File.Delete(_target);
        return figure;
    }

    /// <summary>Whether the new file takes the place of an old one, on both sides.</summary>
    protected virtual bool Replaces => false;

    /// <summary>What is there before either side begins; not timed.</summary>
    protected virtual void MakeReady(string target)
    {
    }

    /// <summary>The file that the peer reads.</summary>
    protected abstract string PeerSource { get; }

    /// <summary>Makes the target, or what stands in for it.</summary>
    protected abstract TimeSpan TimeOurs(string target);
}
