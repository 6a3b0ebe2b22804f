using VhdPS.Bench.Compare;
using VhdPS.Engine.Chains;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;

namespace VhdPS.Bench.Rows;

internal sealed class ChildRandomWrite : Row
{
    private const int RequestCount = 16384;
    private readonly byte[] _page = BenchData.RandomBytes(Stride.RequestBytes);
    private string _parent = string.Empty;
    private string _child = string.Empty;
    private string _dynamic = string.Empty;
    private Stride? _stride;

    public override string Name => "child-random-write";

    public override string Family => "Chains, against one dynamic image";

    public override string Work => "Random 4 KiB writes into an empty child, one flush at the end";

    public override string ShortWork => "child, random write, 4 KiB";

    public override string Peer => "the same writes into an empty dynamic image";

    public override string ShortPeer => "dynamic image";

    public override double Goal => 2.5;

    public override string Note => "Both sides are timed with their flush and with closing; making the empty files is not.";

    public override void Prepare(BenchData data)
    {
        long diskBytes = data.Scale(BenchData.GiB);
        _stride = Stride.OverPages(diskBytes, (int)data.Scale(RequestCount));
        _parent = data.DynamicEmpty(diskBytes);
        _child = data.PathOf("random-write-child.vhd");
        _dynamic = data.PathOf("random-write-dynamic.vhd");
    }

    public override TimeSpan RunOurs()
    {
        File.Delete(_child);
        ChildCreator.Create(_child, new NewChild(_parent) { UniqueId = Guid.NewGuid(), TimeStamp = VhdSpec.Epoch });
        return Time(() => WriteAll(_child));
    }

    public override TimeSpan RunPeer()
    {
        BenchData.CreateDynamic(_dynamic, _stride!.DiskBytes);
        return Time(() => WriteAll(_dynamic));
    }

    private void WriteAll(string path)
    {
        using VhdImage image = VhdImage.Open(path, new VhdOpenOptions { ForWriting = true });
        long offset = _stride!.First;
        for (int i = 0; i < _stride.Count; i++, offset = _stride.Next(offset))
        {
            image.WriteSectors(offset / VhdSpec.SectorSize, _page);
        }

        image.Flush();
    }
}
