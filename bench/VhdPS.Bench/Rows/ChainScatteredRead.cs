namespace VhdPS.Bench.Rows;

internal sealed class ChainScatteredRead : ChainRow
{
    public override string Name => "chain-scattered";

    public override string Work => "Sequential read with every second sector in the child of a chain of four, 1 MiB requests";

    public override string ShortWork => "chain of 4, every second sector";

    public override double Goal => 1 / 0.5;

    public override string Obstacle =>
        "Both images are read over the whole span, twice the bytes, and every second sector is copied once more.";

    protected override SectorPattern Top => new(0, 1, 2);
}
