using VhdPS.Bench.Compare;

namespace VhdPS.Bench.Rows;

/// <summary>A cmdlet in a warm PowerShell engine against the whole process of qemu-img.</summary>
internal abstract class EngineRow : Row
{
    private WarmEngine? _engine;

    public override string Family => "Images, against qemu-img";

    public override string? PeerProgram => "qemu-img";

    protected WarmEngine Engine => _engine!;

    public override void Prepare(BenchData data) => _engine = new WarmEngine();

    public override void Dispose()
    {
        _engine?.Dispose();
        base.Dispose();
    }
}
