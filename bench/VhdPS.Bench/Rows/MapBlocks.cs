using VhdPS.Bench.Compare;

namespace VhdPS.Bench.Rows;

internal sealed class MapBlocks : EngineRow
{
    private const long DiskBytes = 64 * BenchData.GiB;
    private string _path = string.Empty;

    public override string Name => "map";

    public override string Work => "`Get-VpcBlock` of 32,768 blocks, each elsewhere in the file";

    public override string ShortWork => "Get-VpcBlock, 32,768 blocks";

    public override string Peer => "`qemu-img map`";

    public override double Goal => 0.8;

    public override string Note => "Ours gives an object a block, by the table alone; qemu-img writes a line a block as JSON.";

    public override void Prepare(BenchData data)
    {
        base.Prepare(data);
        _path = data.PathOf("map.vhd");
        FullTableImage.Write(_path, data.Scale(DiskBytes));
    }

    public override TimeSpan RunOurs() =>
        Time(() => Engine.Invoke("Get-VpcBlock", new Dictionary<string, object> { ["LiteralPath"] = _path }));

    public override TimeSpan RunPeer() => PeerProcess.Time("qemu-img", "map", "--output=json", "-f", "vpc", _path);
}
