using VhdPS.Bench.Compare;
using VhdPS.Engine.Format;
using VhdPS.Engine.Storage;

namespace VhdPS.Bench.Rows;

internal sealed class QemuSequentialRead : QemuBenchRow
{
    private readonly byte[] _buffer = new byte[BenchData.ChunkBytes];
    private string _path = string.Empty;
    private Stride? _stride;

    public override string Name => "qemu-sequential-read";

    public override string Work => "Sequential read, 1 MiB requests";

    public override string ShortWork => "sequential read, 1 MiB";

    public override double Goal => 0.65;

    public override void Prepare(BenchData data)
    {
        long diskBytes = data.Scale(BenchData.GiB);
        _path = data.Dynamic(DiskFill.Full, diskBytes);
        _stride = new Stride(0, _buffer.Length, diskBytes, (int)(diskBytes / _buffer.Length));
    }

    public override TimeSpan RunOurs() => Time(() =>
    {
        using VhdImage image = VhdImage.Open(_path);
        long offset = _stride!.First;
        for (int i = 0; i < _stride.Count; i++, offset = _stride.Next(offset))
        {
            image.ReadSectors(offset / VhdSpec.SectorSize, _buffer);
        }
    });

    public override TimeSpan RunPeer() => TimeBench(_path, _stride!, _buffer.Length);
}
