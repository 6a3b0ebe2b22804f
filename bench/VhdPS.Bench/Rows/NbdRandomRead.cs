using VhdPS.Bench.Compare;

namespace VhdPS.Bench.Rows;

internal sealed class NbdRandomRead() : NbdRow(isWriting: false)
{
    private const int RequestCount = 65536;
    private const int Depth = 16;
    private Stride? _stride;

    public override string Name => "nbd-random-read";

    public override string Work => "Random 4 KiB reads by `qemu-img bench`, 16 at once";

    public override string ShortWork => "random read, 4 KiB, depth 16";

    public override void Prepare(BenchData data)
    {
        base.Prepare(data);
        _stride = Stride.OverPages(data.Scale(BenchData.GiB), (int)data.Scale(RequestCount));
    }

    protected override TimeSpan RunClient(string uri) => PeerProcess.Time(
        "qemu-img", "bench", "-q", "-f", "raw", "-d", Text(Depth), "-s", Text(Stride.RequestBytes),
        "-c", Text(_stride!.Count), "-o", Text(_stride.First), "-S", Text(_stride.Step), uri);
}
