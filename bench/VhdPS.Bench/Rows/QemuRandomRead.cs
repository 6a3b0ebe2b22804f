using VhdPS.Bench.Compare;

namespace VhdPS.Bench.Rows;

internal sealed class QemuRandomRead() : QemuReadRow(Stride.RequestBytes)
{
    private const int RequestCount = 16384;

    public override string Name => "qemu-random-read";

    public override string Work => "Random 4 KiB reads of allocated data";

    public override string ShortWork => "random read, 4 KiB";

    public override double Goal => 0.12;

    protected override Stride Requests(BenchData data, long diskBytes) => Stride.OverPages(diskBytes, (int)data.Scale(RequestCount));
}
