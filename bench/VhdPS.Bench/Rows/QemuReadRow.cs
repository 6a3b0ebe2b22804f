using VhdPS.Bench.Compare;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;

namespace VhdPS.Bench.Rows;

/// <summary>Reads of a full dynamic image, one request at a time.</summary>
/// <param name="requestBytes">Bytes of a request.</param>
internal abstract class QemuReadRow(int requestBytes) : QemuBenchRow
{
    private readonly byte[] _buffer = new byte[requestBytes];
    private string _path = string.Empty;
    private Stride? _stride;

    public override void Prepare(BenchData data)
    {
        long diskBytes = data.Scale(BenchData.GiB);
        _path = data.Dynamic(DiskFill.Full, diskBytes);
        _stride = Requests(data, diskBytes);
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

    public override TimeSpan RunPeer() => TimeBench(_path, _stride!, requestBytes);

    /// <summary>Where the requests lie on a disk of that size.</summary>
    protected abstract Stride Requests(BenchData data, long diskBytes);
}
