using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Layout;


namespace VhdPS.Engine.Disks;

/// <summary>A raw file as a disk.</summary>
internal class RawDiskSource : DiskSource
{
    private readonly ImageFile _file;
    private readonly SparseRanges _holes;
    private readonly SparseRanges _countedHoles;

    public RawDiskSource(ImageFile file)
        : base(file)
    {
        _file = file;
        _holes = new SparseRanges(file);
        _countedHoles = new SparseRanges(file);
        SizeBytes = file.Length;
    }

    public override long SizeBytes { get; }

    internal override ImageLayout? Layout => null;

    public override DiskExtent FindExtent(long offset) =>
        Extent(_holes, offset, (SectorCount * VhdSpec.SectorSize) - offset, offset);

    public override long CountDataBytes(long offset, long endOffset) => CountData(_countedHoles, offset, Math.Min(endOffset, SizeBytes));

    public override void Prefetch(long offset, long length) => _file.Prefetch(offset, length);

    private protected override void ReadInside(long offset, Span<byte> buffer) => buffer[_file.ReadAt(offset, buffer)..].Clear();
}
