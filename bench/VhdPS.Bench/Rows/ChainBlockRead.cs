namespace VhdPS.Bench.Rows;

internal sealed class ChainBlockRead : ChainRow
{
    public override string Name => "chain-blocks";

    public override string Work => "Sequential read of whole blocks, a quarter in each of four images, 1 MiB requests";

    public override string ShortWork => "chain of 4, whole blocks";

    public override double Goal => 1 / 0.85;

    protected override SectorPattern Top => new(3 * SectorsPerBlock, SectorsPerBlock, 4 * SectorsPerBlock);
}
