namespace VhdPS.Bench.Rows;

internal sealed class QemuFirstWritesUnsynced : QemuFirstWrites
{
    public override string Name => "qemu-unsynced-writes";

    public override string Work => "The same, one flush, qemu-img told not to sync";

    public override string ShortWork => "the same, qemu-img without syncs";

    public override string Note => "Only our side leaves the data on the medium.";

    public override string Obstacle => "Our side waits for the medium, the peer does not.";

    protected override string CacheMode => "unsafe";
}
