using VhdPS.Bench.Compare;

namespace VhdPS.Bench.Rows;

internal sealed class ShowVhdx : EngineRow
{
    private const long SizeBytes = 2048 * BenchData.GiB;

    private string _path = string.Empty;

    public override string Name => "show-vhdx";

    public override string Work => "`Get-VpcImage` of a VHDX of 2 TiB with blocks of 1 MiB";

    public override string ShortWork => "Get-VpcImage, VHDX of 2 TiB";

    public override string Peer => "`qemu-img info`";

    public override double Goal => 1;

    public override void Prepare(BenchData data)
    {
        base.Prepare(data);
        _path = data.VhdxEmpty(SizeBytes);
    }

    public override TimeSpan RunOurs() =>
        Time(() => Engine.Invoke("Get-VpcImage", new Dictionary<string, object> { ["LiteralPath"] = _path }));

    public override TimeSpan RunPeer() => PeerProcess.Time("qemu-img", "info", "-f", "vhdx", _path);
}
