using VhdPS.Bench.Compare;

namespace VhdPS.Bench.Rows;

internal sealed class QemuSequentialRead() : QemuReadRow(BenchData.ChunkBytes)
{
    public override string Name => "qemu-sequential-read";

    public override string Work => "Sequential read, 1 MiB requests";

    public override string ShortWork => "sequential read, 1 MiB";

    public override double Goal => 0.65;

    protected override Stride Requests(BenchData data, long diskBytes) =>
        new(0, BenchData.ChunkBytes, diskBytes, (int)(diskBytes / BenchData.ChunkBytes));
}
