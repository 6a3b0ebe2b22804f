using VhdPS.Bench.Compare;

namespace VhdPS.Bench.Rows;

internal sealed class NbdSequentialWrite() : NbdRow(isWriting: true)
{
    private string _source = string.Empty;

    public override string Name => "nbd-sequential-write";

    public override string Work => "Sequential write into allocated blocks by `nbdcopy`, 1 MiB requests";

    public override string ShortWork => "sequential write, 1 MiB";

    public override void Prepare(BenchData data)
    {
        base.Prepare(data);
        _source = data.Raw(DiskFill.Full, data.Scale(BenchData.GiB));
    }

    protected override TimeSpan RunClient(string uri) =>
        PeerProcess.Time("nbdcopy", $"--request-size={BenchData.ChunkBytes}", _source, uri);
}
