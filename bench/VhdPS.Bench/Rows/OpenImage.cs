using VhdPS.Bench.Compare;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;

namespace VhdPS.Bench.Rows;

internal sealed class OpenImage : Row
{
    private string _path = string.Empty;

    public override string Name => "open";

    public override string Family => "Images, against qemu-img";

    public override string Work => "Open of an image of 2040 GiB";

    public override string ShortWork => "open 2040 GiB";

    public override string Peer => "`qemu-img info`";

    public override string PeerProgram => "qemu-img";

    public override double Goal => 1;

    public override void Prepare(BenchData data) => _path = data.DynamicEmpty(VhdSpec.MaxSize);

    public override TimeSpan RunOurs() => Time(() => VhdImage.Open(_path).Dispose());

    public override TimeSpan RunPeer() => PeerProcess.Time("qemu-img", "info", "-f", "vpc", _path);
}
