using VhdPS.Bench.Compare;

namespace VhdPS.Bench.Rows;

/// <summary>Work on a whole disk against a program's whole process, on the same data.</summary>
/// <param name="fill">How much of the disk has data.</param>
/// <param name="peer">Whom it is compared with.</param>
/// <param name="goal">See <see cref="Row.Goal"/>.</param>
internal abstract class DiskRow(DiskFill fill, DiskPeer peer, double goal) : Row
{
    protected const long MemoryGoalBytes = 64 * BenchData.MiB;

    // A full target of twice the size would have Linux write it back, and slow its writer down, while it is timed.
    private const long FullBytes = 2 * BenchData.GiB;
    private const long ScatteredBytes = 4 * BenchData.GiB;

    public override string Name => $"{Verb}-{(fill == DiskFill.Full ? "full" : "scattered")}-{PeerProgram}";

    public override string Family => "Whole disks, against qemu-img and plain tools";

    public override string Peer => $"`{(IsQemu ? $"qemu-img {QemuVerb}" : PlainTool)}`";

    public override string ShortPeer => IsQemu ? "qemu-img" : PlainTool;

    public override string PeerProgram => IsQemu ? "qemu-img" : PlainTool.Split(' ')[0];

    public override double Goal => goal;

    public override int EnoughPairs => 7;

    protected bool IsQemu => peer == DiskPeer.QemuImg;

    protected DiskFill Fill => fill;

    /// <summary>The disk in words: how large, how full.</summary>
    protected string Disk => fill == DiskFill.Full ? "a full disk of 2 GiB" : "a disk of 4 GiB with 1 GiB of scattered data";

    /// <summary><see cref="Disk"/> in a word.</summary>
    protected string ShortDisk => fill == DiskFill.Full ? "full" : "scattered";

    /// <summary>The first word of the name.</summary>
    protected abstract string Verb { get; }

    /// <summary>The verb of qemu-img.</summary>
    protected abstract string QemuVerb { get; }

    /// <summary>The plain tool with the options that matter.</summary>
    protected abstract string PlainTool { get; }

    /// <summary>The disk's size in bytes.</summary>
    protected long SizeBytes(BenchData data) => data.Scale(fill == DiskFill.Full ? FullBytes : ScatteredBytes);

    protected static MemoryFigure PeakAbove(Action work, long goalBytes = MemoryGoalBytes) =>
        new("peak resident above the warm process", PeakMemory.Measure(work), goalBytes);
}
