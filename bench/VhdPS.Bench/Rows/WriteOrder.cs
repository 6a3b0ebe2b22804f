using VhdPS.Bench.Compare;
using VhdPS.Engine.Format;
using VhdPS.Engine.Storage;

namespace VhdPS.Bench.Rows;

internal sealed class WriteOrder : Row
{
    private const int SectorCount = 1000;
    private const long DiskBytes = 4 * BenchData.GiB;

    // Odd and prime to the count of blocks: each sector lies in another block than the one before it.
    private const long StepSectors = 1_299_709;
    private readonly byte[] _sector = BenchData.RandomBytes(VhdSpec.SectorSize);
    private string _path = string.Empty;

    public override string Name => "write-order";

    public override string Family => "Sectors, against the raw file";

    public override string Work => "1,000 scattered sectors into an empty image, one flush";

    public override string ShortWork => "1,000 scattered sectors, one flush";

    public override string Peer => "the same writes and flush, without the syncs";

    public override string ShortPeer => "without syncs";

    public override double Goal => 1.3;

    public override string Note => "Both sides are timed with opening and closing; making the empty image is not.";

    public override void Prepare(BenchData data) => _path = data.PathOf("write-order.vhd");

    public override TimeSpan RunOurs() => Run(path => LocalImageFile.OpenWrite(path));

    public override TimeSpan RunPeer() => Run(path => new UnsyncedFile(LocalImageFile.OpenWrite(path)));

    private TimeSpan Run(Func<string, ImageFile> open)
    {
        BenchData.CreateDynamic(_path, DiskBytes);
        TimeSpan time = Time(() =>
        {
            using VhdImage image = VhdImage.Open(open(_path), new VhdOpenOptions { ForWriting = true });
            long sector = 0;
            for (int i = 0; i < SectorCount; i++, sector = (sector + StepSectors) % image.SectorCount)
            {
                image.WriteSectors(sector, _sector);
            }

            image.Flush();
        });
        File.Delete(_path);
        return time;
    }
}
