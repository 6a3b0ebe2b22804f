using VhdPS.Bench.Compare;
using VhdPS.Engine.Format;

namespace VhdPS.Bench.Rows;

internal sealed class ShowImage : EngineRow
{
    private string _path = string.Empty;

    public override string Name => "show";

    public override string Work => "`Get-VpcImage` of an image of 2040 GiB";

    public override string ShortWork => "Get-VpcImage 2040 GiB";

    public override string Peer => "`qemu-img info`";

    public override double Goal => 1;

    public override void Prepare(BenchData data)
    {
        base.Prepare(data);
        _path = data.DynamicEmpty(VhdSpec.MaxSize);
    }

    public override TimeSpan RunOurs() =>
        Time(() => Engine.Invoke("Get-VpcImage", new Dictionary<string, object> { ["LiteralPath"] = _path }));

    public override TimeSpan RunPeer() => PeerProcess.Time("qemu-img", "info", "-f", "vpc", _path);
}
