using VhdPS.Bench.Compare;
using VhdPS.Engine.Format;

namespace VhdPS.Bench.Rows;

internal sealed class SequentialRead : RawFileRow
{
    private readonly byte[] _buffer = new byte[BenchData.ChunkBytes];

    public override string Name => "sequential-read";

    public override string Work => "Sequential read of allocated data, 1 MiB requests";

    public override string ShortWork => "sequential read, 1 MiB";

    public override double Goal => 1 / 0.9;

    public override TimeSpan RunOurs() => Time(() =>
    {
        for (long offset = 0; offset < DiskBytes; offset += _buffer.Length)
        {
            Image.ReadSectors(offset / VhdSpec.SectorSize, _buffer);
        }
    });

    public override TimeSpan RunPeer() => Time(() =>
    {
        for (long offset = 0; offset < DiskBytes; offset += _buffer.Length)
        {
            _ = RandomAccess.Read(Raw, _buffer, offset);
        }
    });
}
