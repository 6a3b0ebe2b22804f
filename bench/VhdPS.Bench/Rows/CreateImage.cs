using VhdPS.Bench.Compare;
using VhdPS.Engine.Format;

namespace VhdPS.Bench.Rows;

internal sealed class CreateImage : EngineRow
{
    private const long GoalBytes = 32 * BenchData.MiB;
    private string _path = string.Empty;

    public override string Name => "create";

    public override string Work => "`New-VpcImage`, dynamic, 2040 GiB";

    public override string ShortWork => "New-VpcImage 2040 GiB";

    public override string Peer => "`qemu-img create -f vpc`";

    public override double Goal => 1;

    public override string Note => "Our side syncs the new image and its folder, qemu-img does not.";

    public override void Prepare(BenchData data)
    {
        base.Prepare(data);
        _path = data.PathOf("new.vhd");
    }

    public override TimeSpan RunOurs()
    {
        TimeSpan time = Time(Create);
        File.Delete(_path);
        return time;
    }

    public override TimeSpan RunPeer()
    {
        TimeSpan time = PeerProcess.Time("qemu-img", "create", "-q", "-f", "vpc", _path, "2040G");
        File.Delete(_path);
        return time;
    }

    public override MemoryFigure MeasureMemory()
    {
        long bytes = PeakMemory.Measure(Create);
        File.Delete(_path);
        return new MemoryFigure("peak resident above the warm process", bytes, GoalBytes);
    }

    private void Create() => Engine.Invoke("New-VpcImage", new Dictionary<string, object> { ["Path"] = _path, ["Size"] = VhdSpec.MaxSize });
}
