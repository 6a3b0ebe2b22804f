using Microsoft.Win32.SafeHandles;
using VhdPS.Bench.Compare;
using VhdPS.Engine.Chains;
using VhdPS.Engine.Images;

namespace VhdPS.Bench.Rows;

/// <summary>Sectors of a full dynamic image against the same requests on the raw file; both files stay open.</summary>
internal abstract class RawFileRow : Row
{
    private VhdImage? _image;
    private SafeFileHandle? _raw;

    public override string Family => "Sectors, against the raw file";

    public override string Peer => "`RandomAccess` on the raw file";

    public override string ShortPeer => "raw file";

    public override string Obstacle =>
        "The bitmaps move the data behind them by 4 KiB against the larger pages of the page cache, "
        + "which costs a raw file moved by 4 KiB as much; some 20 ns a request are ours.";

    protected VhdImage Image => _image!;

    protected SafeFileHandle Raw => _raw!;

    protected long DiskBytes { get; private set; }

    protected virtual bool IsWriting => false;

    public override void Prepare(BenchData data)
    {
        DiskBytes = data.Scale(BenchData.GiB);
        _image = VhdImage.Open(data.Dynamic(DiskFill.Full, DiskBytes), new VhdOpenOptions { ForWriting = IsWriting });
        _raw = File.OpenHandle(data.Raw(DiskFill.Full, DiskBytes), FileMode.Open, IsWriting ? FileAccess.ReadWrite : FileAccess.Read);
    }

    public override void Dispose()
    {
        _image?.Dispose();
        _raw?.Dispose();
        base.Dispose();
    }
}
