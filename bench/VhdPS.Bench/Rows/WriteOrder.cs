using VhdPS.Bench.Compare;
using VhdPS.Engine.Chains;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;

namespace VhdPS.Bench.Rows;

/// <summary>What the order of writing costs: the same writes without the syncs that keep it.</summary>
/// <param name="isPeerSynced">Whether the peer's file is synced once, at the end, in no order.</param>
/// <param name="goal">See <see cref="Row.Goal"/>.</param>
internal sealed class WriteOrder(bool isPeerSynced, double goal) : Row
{
    private const int SectorCount = 1000;
    private const long DiskBytes = 4 * BenchData.GiB;

    // Odd and prime to the count of blocks: each sector lies in another block than the one before it.
    private const long StepSectors = 1_299_709;
    private readonly byte[] _sector = BenchData.RandomBytes(VhdSpec.SectorSize);
    private string _path = string.Empty;

    public override string Name => isPeerSynced ? "write-order-one-sync" : "write-order";

    public override string Family => "Sectors, against the raw file";

    public override string Work => "1,000 scattered sectors into an empty image, one flush";

    public override string ShortWork => "1,000 scattered sectors, one flush";

    public override string Peer => isPeerSynced ? "the same writes, one sync in no order" : "the same writes, never synced";

    public override string ShortPeer => isPeerSynced ? "one sync" : "never synced";

    public override double Goal => goal;

    public override string Note => isPeerSynced
        ? "The price of the order: two syncs, one after the other, beside one. Both sides are timed with opening and closing."
        : "Both sides are timed with opening and closing; making the empty image is not.";

    public override string? Obstacle => isPeerSynced
        ? null
        : "The medium takes 2,000 scattered pages before the flush returns, the peer leaves them to the system; "
            + "beside one sync of the same pages the order costs what the next row says.";

    public override void Prepare(BenchData data) => _path = data.PathOf($"{Name}.vhd");

    public override TimeSpan RunOurs() => Run(isOurs: true);

    public override TimeSpan RunPeer() => Run(isOurs: false);

    private TimeSpan Run(bool isOurs)
    {
        BenchData.CreateDynamic(_path, DiskBytes);
        TimeSpan time = Time(() =>
        {
            var file = LocalImageFile.OpenWrite(_path);
            using VhdImage image = VhdImage.Open(isOurs ? file : new UnsyncedFile(file), new VhdOpenOptions { ForWriting = true });
            long sector = 0;
            for (int i = 0; i < SectorCount; i++, sector = (sector + StepSectors) % image.SectorCount)
            {
                image.WriteSectors(sector, _sector);
            }

            image.Flush();
            if (!isOurs && isPeerSynced)
            {
                file.Flush();
            }
        });
        File.Delete(_path);
        return time;
    }
}
