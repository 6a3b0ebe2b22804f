using System.Globalization;
using VhdPS.Bench.Compare;
using VhdPS.Engine.Chains;
using VhdPS.Engine.Images;
using VhdPS.Engine.Nbd.Server;

namespace VhdPS.Bench.Rows;

/// <summary>A client program at our server against the same program at qemu-nbd, on the same full dynamic image by Unix sockets.</summary>
/// <param name="isWriting">Whether the client writes.</param>
internal abstract class NbdRow(bool isWriting) : Row
{
    private string _path = string.Empty;

    public override string Family => "NBD, against qemu-nbd";

    public override string Peer => "`qemu-nbd`";

    public override string ShortPeer => "qemu-nbd";

    public override string PeerProgram => "qemu-nbd";

    public override double Goal => 1.0;

    public override string Note =>
        "Timed is the whole client, from its start to its end; neither the start of a server nor its end, which flushes.";

    public override void Prepare(BenchData data) => _path = data.Dynamic(DiskFill.Full, data.Scale(BenchData.GiB));

    public override TimeSpan RunOurs()
    {
        VhdImage image = VhdImage.Open(_path, new VhdOpenOptions { ForWriting = isWriting });
        var export = new NbdExport("disk", new ImageExport(image));
        using NbdServer server = NbdServer.Start([export]);
        return RunClient(server.UriOf(export).ToString());
    }

    public override TimeSpan RunPeer()
    {
        using var server = new QemuNbd(_path, "vpc", isWriting ? "--cache=writeback" : "--read-only");
        TimeSpan time = RunClient(server.Uri);
        if (isWriting)
        {
            BenchData.Sync(_path);
        }

        return time;
    }

    /// <summary>Runs the client at an address.</summary>
    protected abstract TimeSpan RunClient(string uri);

    protected static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);
}
