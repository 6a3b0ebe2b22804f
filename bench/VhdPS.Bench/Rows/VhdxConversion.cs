using VhdPS.Bench.Compare;
using VhdPS.Engine.Disks;

namespace VhdPS.Bench.Rows;

/// <summary>A VHDX into a dynamic VHD, or a raw disk.</summary>
internal sealed class VhdxConversion(DiskFormat format, DiskFill fill, double goal) : CopyRow(fill, DiskPeer.QemuImg, goal)
{
    private string _vhdx = string.Empty;

    public override string Work => $"VHDX to {Target}, {Disk}";

    public override string ShortWork => $"VHDX to {Target}, {ShortDisk}";

    protected override string Verb => format == DiskFormat.Raw ? "vhdx-to-raw" : "vhdx-to-dynamic";

    protected override string[] QemuFormats => format == DiskFormat.Raw
        ? ["-f", "vhdx", "-O", "raw"]
        : ["-f", "vhdx", "-O", "vpc", "-o", "subformat=dynamic,force_size=on"];

    protected override string PeerSource => _vhdx;

    private string Target => format == DiskFormat.Raw ? "raw" : "dynamic VHD";

    public override void Prepare(BenchData data)
    {
        base.Prepare(data);
        _vhdx = data.Vhdx(Fill, SizeBytes(data));
    }

    protected override TimeSpan TimeOurs(string target) =>
        Time(() => Conversion.Run(_vhdx, SourceFormat.Vhd, target, format, isSynced: false));
}
