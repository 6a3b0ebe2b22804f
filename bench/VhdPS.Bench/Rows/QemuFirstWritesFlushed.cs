namespace VhdPS.Bench.Rows;

internal sealed class QemuFirstWritesFlushed : QemuFirstWrites
{
    public override string Name => "qemu-flushed-writes";

    public override string Work => "First 4 KiB write into each of 8,192 blocks, a flush after every 16";

    public override string ShortWork => "the same, a flush after every 16";

    public override double Goal => 0.3;

    public override string Note => "Both sides sync.";

    protected override int FlushInterval => 16;
}
