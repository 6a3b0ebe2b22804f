using System.Globalization;
using VhdPS.Bench.Compare;

namespace VhdPS.Bench.Rows;

/// <summary>Sectors of an image against <c>qemu-img bench</c> doing the same requests on it, one at a time.</summary>
internal abstract class QemuBenchRow : Row
{
    public override string Family => "Sectors, against qemu-img bench";

    public override string Peer => $"`qemu-img bench -d 1 -t {CacheMode}`";

    public override string ShortPeer => "qemu-img bench";

    public override string PeerProgram => "qemu-img";

    public override string Note => "Our side is timed with opening and closing the image, as the program is.";

    /// <summary>What the program does about syncs.</summary>
    protected virtual string CacheMode => "writeback";

    protected static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);

    /// <summary>Times the program over a stride.</summary>
    protected TimeSpan TimeBench(string path, Stride stride, int requestBytes, params string[] more) => PeerProcess.Time(
        "qemu-img",
        [
            "bench", "-q", "-f", "vpc", "-d", "1", "-t", CacheMode, "-s", Text(requestBytes),
            "-c", Text(stride.Count), "-o", Text(stride.First), "-S", Text(stride.Step), .. more, path,
        ]);
}
