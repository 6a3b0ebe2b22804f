using VhdPS.Bench.Compare;
using VhdPS.Engine.Disks;
using VhdPS.Engine.Format;
using VhdPS.Engine.Operations.Convert;

namespace VhdPS.Bench.Rows;

/// <summary>A qcow2 that qemu-nbd serves, converted by us, against qemu-img converting the file.</summary>
internal sealed class FromQemuNbd : Row
{
    private string _source = string.Empty;
    private string _target = string.Empty;

    public override string Name => "convert-from-qemu-nbd";

    public override string Family => "NBD, against qemu-nbd";

    public override string Work => "qcow2 to dynamic, through `qemu-nbd -r`, a full disk of 1 GiB";

    public override string ShortWork => "qcow2 to dynamic";

    public override string Peer => "`qemu-img convert` of the file";

    public override string ShortPeer => "qemu-img";

    public override string PeerProgram => "qemu-nbd";

    public override double Goal => 1.1;

    public override string Note => "Neither side syncs. Starting qemu-nbd is not timed.";

    public override void Prepare(BenchData data)
    {
        _source = data.PathOf("full.qcow2");
        _target = data.PathOf(Name);
        string raw = data.Raw(DiskFill.Full, data.Scale(BenchData.GiB));
        PeerProcess.Time("qemu-img", "convert", "-f", "raw", "-O", "qcow2", raw, _source);
        PageCache.ReadAnew(_source);
    }

    public override TimeSpan RunOurs()
    {
        using var server = new QemuNbd(_source, "qcow2", "--read-only");
        TimeSpan time = Time(() =>
        {
            using var operation = ConvertOperation.Begin(new ConvertOptions(server.Uri, _target)
            {
                OpenSource = () => DiskSource.Connect(server.Uri),
                TargetFormat = DiskFormat.Dynamic,
                Sync = false,
                UniqueId = Guid.NewGuid(),
                TimeStamp = VhdSpec.Epoch,
            });
            operation.Run();
        });
        File.Delete(_target);
        return time;
    }

    public override TimeSpan RunPeer()
    {
        TimeSpan time = PeerProcess.Time(
            "qemu-img", "convert", "-f", "qcow2", "-O", "vpc", "-o", "subformat=dynamic,force_size=on", _source, _target);
        File.Delete(_target);
        return time;
    }
}
