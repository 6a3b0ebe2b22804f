using VhdPS.Bench.Compare;
using VhdPS.Engine.Format;

namespace VhdPS.Bench.Rows;

internal sealed class SequentialWrite : RawFileRow
{
    private readonly byte[] _chunk = BenchData.RandomBytes(BenchData.ChunkBytes);

    public override string Name => "sequential-write";

    public override string Work => "Sequential write of allocated data, 1 MiB requests";

    public override string ShortWork => "sequential write, 1 MiB";

    public override double Goal => 1 / 0.9;

    public override string Note => "Neither side syncs while it is timed; both are synced between the runs.";

    protected override bool IsWriting => true;

    public override TimeSpan RunOurs()
    {
        TimeSpan time = Time(() =>
        {
            for (long offset = 0; offset < DiskBytes; offset += _chunk.Length)
            {
                Image.WriteSectors(offset / VhdSpec.SectorSize, _chunk);
            }
        });
        Image.Flush();
        return time;
    }

    public override TimeSpan RunPeer()
    {
        TimeSpan time = Time(() =>
        {
            for (long offset = 0; offset < DiskBytes; offset += _chunk.Length)
            {
                RandomAccess.Write(Raw, _chunk, offset);
            }
        });
        RandomAccess.FlushToDisk(Raw);
        return time;
    }
}
