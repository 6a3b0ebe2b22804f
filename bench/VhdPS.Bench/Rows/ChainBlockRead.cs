using VhdPS.Bench.Compare;
using VhdPS.Engine.Format;
using VhdPS.Engine.Storage;

namespace VhdPS.Bench.Rows;

internal sealed class ChainBlockRead : ChainRow
{
    public override string Name => "chain-blocks";

    public override string Work => "Sequential read of whole blocks, a quarter in each of four images, 1 MiB requests";

    public override string ShortWork => "chain of 4, whole blocks";

    public override double Goal => 1 / 0.85;

    protected override void FillTop(VhdImage top)
    {
        byte[] block = BenchData.RandomBytes(VhdSpec.DefaultBlockSize);
        long sectorsPerBlock = block.Length / VhdSpec.SectorSize;
        for (long sector = 3 * sectorsPerBlock; sector < top.SectorCount; sector += 4 * sectorsPerBlock)
        {
            top.WriteSectors(sector, block);
        }
    }
}
