using VhdPS.Bench.Compare;
using VhdPS.Engine.Format;
using VhdPS.Engine.Storage;

namespace VhdPS.Bench.Rows;

internal sealed class QemuRandomRead : QemuBenchRow
{
    private const int RequestCount = 65536;
    private readonly byte[] _page = new byte[Stride.RequestBytes];
    private string _path = string.Empty;
    private Stride? _stride;

    public override string Name => "qemu-random-read";

    public override string Work => "Random 4 KiB reads of allocated data";

    public override string ShortWork => "random read, 4 KiB";

    public override double Goal => 0.12;

    public override void Prepare(BenchData data)
    {
        long diskBytes = data.Scale(BenchData.GiB);
        _path = data.Dynamic(DiskFill.Full, diskBytes);
        _stride = Stride.OverPages(diskBytes, (int)data.Scale(RequestCount));
    }

    public override TimeSpan RunOurs() => Time(() =>
    {
        using VhdImage image = VhdImage.Open(_path);
        long offset = _stride!.First;
        for (int i = 0; i < _stride.Count; i++, offset = _stride.Next(offset))
        {
            image.ReadSectors(offset / VhdSpec.SectorSize, _page);
        }
    });

    public override TimeSpan RunPeer() => TimeBench(_path, _stride!, Stride.RequestBytes);
}
