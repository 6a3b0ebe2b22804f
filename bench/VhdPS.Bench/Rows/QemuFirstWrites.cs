using VhdPS.Bench.Compare;
using VhdPS.Engine.Chains;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;

namespace VhdPS.Bench.Rows;

/// <summary>One 4 KiB write into each block of an empty image, in a scattered order, and a flush at the end.</summary>
internal class QemuFirstWrites : QemuBenchRow
{
    private const int BlockCount = 8192;

    // The largest odd number of blocks that qemu-img takes for a step: odd, it meets each block once.
    private const long StepBlocks = 1023;
    private readonly byte[] _page = BenchData.RandomBytes(Stride.RequestBytes);
    private string _path = string.Empty;
    private long _diskBytes;

    public override string Name => "qemu-first-writes";

    public override string Work => "First 4 KiB write into each of 8,192 blocks, one flush";

    public override string ShortWork => "first 4 KiB write into 8,192 blocks";

    public override double Goal => 0.2;

    /// <remarks>Qemu-img's syncs take most of a minute, and the two are far from each other.</remarks>
    public override int EnoughPairs => 3;

    public override string Note => "Our side syncs once, in two ordered steps; qemu-img syncs three times a block.";

    protected Stride? Stride { get; private set; }

    /// <summary>How many writes lie between two flushes; 0 for one flush at the end.</summary>
    protected virtual int FlushInterval => 0;

    public override void Prepare(BenchData data)
    {
        int blocks = (int)data.Scale(BlockCount);
        _path = data.PathOf($"{Name}.vhd");
        _diskBytes = (long)blocks * VhdSpec.DefaultBlockSize;
        Stride = new Stride(0, StepBlocks * VhdSpec.DefaultBlockSize % _diskBytes, _diskBytes, blocks);
    }

    public override TimeSpan RunOurs()
    {
        BenchData.CreateDynamic(_path, _diskBytes);
        TimeSpan time = Time(WriteBlocks);
        CheckAndDelete();
        return time;
    }

    public override TimeSpan RunPeer()
    {
        BenchData.CreateDynamic(_path, _diskBytes);
        string[] flush = FlushInterval == 0 ? [] : ["--flush-interval", Text(FlushInterval)];
        TimeSpan time = TimeBench(_path, Stride!, Compare.Stride.RequestBytes, ["-w", "--pattern", "165", .. flush]);
        CheckAndDelete();
        return time;
    }

    private void WriteBlocks()
    {
        using VhdImage image = VhdImage.Open(_path, new VhdOpenOptions { ForWriting = true });
        long offset = Stride!.First;
        for (int i = 1; i <= Stride.Count; i++, offset = Stride.Next(offset))
        {
            image.WriteSectors(offset / VhdSpec.SectorSize, _page);
            if (FlushInterval > 0 && i % FlushInterval == 0)
            {
                image.Flush();
            }
        }

        image.Flush();
    }

    private void CheckAndDelete()
    {
        using (VhdImage image = VhdImage.Open(_path))
        {
            int allocated = image.Map.Table!.CountAllocated();
            if (allocated != Stride!.Count)
            {
                throw new InvalidOperationException($"{Name}: {allocated} blocks were written, not {Stride.Count}.");
            }
        }

        File.Delete(_path);
    }
}
