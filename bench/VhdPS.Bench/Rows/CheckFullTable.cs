using System.Runtime.InteropServices;
using VhdPS.Bench.Compare;
using VhdPS.Engine.Format;

namespace VhdPS.Bench.Rows;

internal sealed class CheckFullTable : EngineRow
{
    private const long GoalBytes = 96 * BenchData.MiB;
    private string _path = string.Empty;
    private string _integersPath = string.Empty;

    public override string Name => "check-full-table";

    public override string Family => "Checks, against reading and sorting";

    public override string Work => "`Test-VpcImage` of a 2040 GiB image, every block in the file, in random order";

    public override string ShortWork => "Test-VpcImage, a million blocks";

    public override string Peer => "reading and sorting as many 32-bit integers";

    public override string ShortPeer => "read and sort";

    public override string? PeerProgram => null;

    public override double Goal => 3;

    public override string Note => "The data of the image is one hole: the table is what is checked.";

    public override void Prepare(BenchData data)
    {
        base.Prepare(data);
        _path = data.PathOf("full-table.vhd");
        _integersPath = data.PathOf("integers");
        File.WriteAllBytes(_integersPath, FullTableImage.Write(_path, VhdSpec.MaxSize));
    }

    public override TimeSpan RunOurs() => Time(Check);

    public override TimeSpan RunPeer() => Time(() =>
    {
        byte[] bytes = File.ReadAllBytes(_integersPath);
        uint[] integers = MemoryMarshal.Cast<byte, uint>(bytes).ToArray();
        Array.Sort(integers);
    });

    public override MemoryFigure MeasureMemory() => new("peak resident above the warm process", PeakMemory.Measure(Check), GoalBytes);

    private void Check() => Engine.Invoke("Test-VpcImage", new Dictionary<string, object> { ["Path"] = _path });
}
