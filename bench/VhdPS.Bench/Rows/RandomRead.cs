using VhdPS.Bench.Compare;
using VhdPS.Engine.Format;

namespace VhdPS.Bench.Rows;

internal sealed class RandomRead : RawFileRow
{
    private const int RequestCount = 131072;
    private readonly byte[] _page = new byte[Stride.RequestBytes];
    private Stride? _stride;

    public override string Name => "random-read";

    public override string Work => "Random 4 KiB reads of allocated data";

    public override string ShortWork => "random read, 4 KiB";

    public override double Goal => 1 / 0.9;

    public override void Prepare(BenchData data)
    {
        base.Prepare(data);
        _stride = Stride.OverPages(DiskBytes, (int)data.Scale(RequestCount));
    }

    public override TimeSpan RunOurs() => Time(ReadImage);

    public override TimeSpan RunPeer() => Time(() =>
    {
        long offset = _stride!.First;
        for (int i = 0; i < _stride.Count; i++, offset = _stride.Next(offset))
        {
            _ = RandomAccess.Read(Raw, _page, offset);
        }
    });

    public override MemoryFigure MeasureMemory()
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        ReadImage();
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        return new MemoryFigure($"bytes allocated by {_stride!.Count} calls", allocated, 0);
    }

    private void ReadImage()
    {
        long offset = _stride!.First;
        for (int i = 0; i < _stride.Count; i++, offset = _stride.Next(offset))
        {
            Image.ReadSectors(offset / VhdSpec.SectorSize, _page);
        }
    }
}
