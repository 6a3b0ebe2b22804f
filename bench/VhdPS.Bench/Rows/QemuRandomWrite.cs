using VhdPS.Bench.Compare;
using VhdPS.Engine.Chains;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;

namespace VhdPS.Bench.Rows;

internal sealed class QemuRandomWrite : QemuBenchRow
{
    private const int RequestCount = 16384;
    private readonly byte[] _page = BenchData.RandomBytes(Stride.RequestBytes);
    private string _path = string.Empty;
    private Stride? _stride;

    public override string Name => "qemu-random-write";

    public override string Work => "Random 4 KiB writes into allocated blocks";

    public override string ShortWork => "random write, 4 KiB";

    public override double Goal => 0.6;

    public override string Note =>
        "Without syncs on either side, for with them qemu-img syncs at every change of the block. Both are synced between the runs.";

    protected override string CacheMode => "unsafe";

    public override void Prepare(BenchData data)
    {
        long diskBytes = data.Scale(BenchData.GiB);
        _path = data.Dynamic(DiskFill.Full, diskBytes);
        _stride = Stride.OverPages(diskBytes, (int)data.Scale(RequestCount));
    }

    public override TimeSpan RunOurs()
    {
        TimeSpan time;
        using (VhdImage image = VhdImage.Open(_path, new VhdOpenOptions { ForWriting = true }))
        {
            time = Time(() =>
            {
                long offset = _stride!.First;
                for (int i = 0; i < _stride.Count; i++, offset = _stride.Next(offset))
                {
                    image.WriteSectors(offset / VhdSpec.SectorSize, _page);
                }
            });
            image.Flush();
        }

        return time;
    }

    public override TimeSpan RunPeer()
    {
        TimeSpan time = TimeBench(_path, _stride!, Stride.RequestBytes, "-w", "--pattern", "165");
        BenchData.Sync(_path);
        return time;
    }
}
