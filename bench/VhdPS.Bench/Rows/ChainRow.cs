using VhdPS.Bench.Compare;
using VhdPS.Engine.Chains;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;

namespace VhdPS.Bench.Rows;

/// <summary>Sectors through a chain of four images against the same requests on one dynamic image; both stay open.</summary>
internal abstract class ChainRow : Row
{
    protected const int SectorsPerBlock = VhdSpec.DefaultBlockSize / VhdSpec.SectorSize;

    private readonly byte[] _buffer = new byte[BenchData.ChunkBytes];
    private VhdImage? _chain;
    private VhdImage? _plain;
    private long _diskBytes;

    public override string Family => "Chains, against one dynamic image";

    public override string Peer => "the same requests on a dynamic image";

    public override string ShortPeer => "dynamic image";

    public override void Prepare(BenchData data)
    {
        _diskBytes = data.Scale(512 * BenchData.MiB);
        string root = data.Dynamic(DiskFill.Full, _diskBytes);
        _plain = VhdImage.Open(root);
        _chain = VhdImage.Open(MakeChain(data, root));
    }

    public override TimeSpan RunOurs() => Time(() => ReadAll(_chain!));

    public override TimeSpan RunPeer() => Time(() => ReadAll(_plain!));

    public override MemoryFigure MeasureMemory()
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        ReadAll(_chain!);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        return new MemoryFigure("bytes allocated by all calls", allocated, 0);
    }

    public override void Dispose()
    {
        _chain?.Dispose();
        _plain?.Dispose();
        base.Dispose();
    }

    /// <summary>What the image at the top holds; each of the two between it and the root holds a whole block of every four.</summary>
    protected abstract SectorPattern Top { get; }

    private void ReadAll(VhdImage image)
    {
        for (long offset = 0; offset < _diskBytes; offset += _buffer.Length)
        {
            image.ReadSectors(offset / VhdSpec.SectorSize, _buffer);
        }
    }

    private string MakeChain(BenchData data, string parent)
    {
        for (int depth = 1; depth <= 3; depth++)
        {
            string child = data.PathOf($"{Name}-{depth}.vhd");
            ChildCreator.Create(child, new NewChild(parent) { UniqueId = Guid.NewGuid(), TimeStamp = VhdSpec.Epoch });
            Fill(child, depth < 3 ? new SectorPattern(depth * SectorsPerBlock, SectorsPerBlock, 4 * SectorsPerBlock) : Top);
            PageCache.ReadAnew(child);
            parent = child;
        }

        return parent;
    }

    private static void Fill(string child, SectorPattern content)
    {
        using VhdImage image = VhdImage.Open(child, new VhdOpenOptions { ForWriting = true });
        byte[] run = BenchData.RandomBytes(content.SectorCount * VhdSpec.SectorSize);
        for (long sector = content.FirstSector; sector < image.SectorCount; sector += content.StepSectors)
        {
            image.WriteSectors(sector, run);
        }
    }
}
