using VhdPS.Bench.Compare;

namespace VhdPS.Bench.Rows;

internal sealed class NbdSequentialRead() : NbdRow(isWriting: false)
{
    public override string Name => "nbd-sequential-read";

    public override string Work => "Sequential read by `nbdcopy`, 1 MiB requests";

    public override string ShortWork => "sequential read, 1 MiB";

    protected override TimeSpan RunClient(string uri) =>
        PeerProcess.Time("nbdcopy", $"--request-size={BenchData.ChunkBytes}", uri, "null:");
}
