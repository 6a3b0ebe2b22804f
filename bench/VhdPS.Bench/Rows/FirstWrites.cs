using Microsoft.Win32.SafeHandles;
using VhdPS.Bench.Compare;
using VhdPS.Engine.Chains;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;

namespace VhdPS.Bench.Rows;

internal sealed class FirstWrites : Row
{
    private readonly byte[] _chunk = BenchData.RandomBytes(BenchData.ChunkBytes);
    private string _imagePath = string.Empty;
    private string _rawPath = string.Empty;
    private long _diskBytes;

    public override string Name => "first-writes";

    public override string Family => "Sectors, against the raw file";

    public override string Work => "First writes into unallocated blocks, 1 MiB requests, one flush";

    public override string ShortWork => "first writes, 1 MiB, one flush";

    public override string Peer => "the same bytes into a new raw file, one sync";

    public override string ShortPeer => "new raw file";

    public override double Goal => 1.3;

    public override string Note => "Both sides are timed with their sync and with closing; making the empty files is not.";

    public override void Prepare(BenchData data)
    {
        _diskBytes = data.Scale(512 * BenchData.MiB);
        _imagePath = data.PathOf("first-writes.vhd");
        _rawPath = data.PathOf("first-writes.raw");
    }

    public override TimeSpan RunOurs()
    {
        BenchData.CreateDynamic(_imagePath, _diskBytes);
        TimeSpan time = Time(() =>
        {
            using VhdImage image = VhdImage.Open(_imagePath, new VhdOpenOptions { ForWriting = true });
            for (long offset = 0; offset < _diskBytes; offset += _chunk.Length)
            {
                image.WriteSectors(offset / VhdSpec.SectorSize, _chunk);
            }

            image.Flush();
        });
        File.Delete(_imagePath);
        return time;
    }

    public override TimeSpan RunPeer()
    {
        TimeSpan time = Time(() =>
        {
            using SafeFileHandle raw = File.OpenHandle(_rawPath, FileMode.CreateNew, FileAccess.Write);
            for (long offset = 0; offset < _diskBytes; offset += _chunk.Length)
            {
                RandomAccess.Write(raw, _chunk, offset);
            }

            RandomAccess.FlushToDisk(raw);
        });
        File.Delete(_rawPath);
        return time;
    }
}
