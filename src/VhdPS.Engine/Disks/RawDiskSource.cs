using VhdPS.Engine.Chains;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Engine.Layout;


namespace VhdPS.Engine.Disks;

/// <summary>A raw file, or a device, as a disk.</summary>
internal class RawDiskSource : DiskSource
{
    private readonly ImageFile _file;
    private readonly SparseRanges _holes;
    private readonly SparseRanges _countedHoles;
    private readonly SalvageLog? _lost;
    private readonly byte _fill;

    public RawDiskSource(ImageFile file, VhdOpenOptions? options = null)
        : base(file)
    {
        _file = file;
        _lost = options is { Force: true } ? new SalvageLog() : null;
        _fill = options?.Fill ?? 0;
        _holes = new SparseRanges(file);
        _countedHoles = new SparseRanges(file);
        SizeBytes = file.Length;
    }

    public override long SizeBytes { get; }

    public override int LogicalSectorSize => _file is DeviceFile device ? device.LogicalSectorSize : VhdSpec.SectorSize;

    public override int PhysicalSectorSize => _file is DeviceFile device ? device.PhysicalSectorSize : VhdSpec.SectorSize;

    /// <summary>What the medium did not give.</summary>
    public override IReadOnlyList<LostRange> LostRanges => _lost?.ToList() ?? [];

    internal override ImageLayout? Layout => null;

    public override DiskExtent FindExtent(long offset) =>
        Extent(_holes, offset, (SectorCount * VhdSpec.SectorSize) - offset, offset);

    public override long CountDataBytes(long offset, long endOffset) => CountData(_countedHoles, offset, Math.Min(endOffset, SizeBytes));

    public override void Prefetch(long offset, long length) => _file.Prefetch(offset, length);

    public override IEnumerable<BlockRun> FindBlocks(BlockDetail detail, long firstBlock = 0, long count = long.MaxValue)
    {
        long sectors = LogicalSectorCount;
        if (firstBlock == 0 && count > 0 && sectors > 0)
        {
            yield return new BlockRun(Path, 0, 1, 0, sectors, BlockState.Allocated, 0, 0, detail == BlockDetail.Table ? null : sectors);
        }
    }

    private protected override ChainRun FindRun(long sector, int count) =>
        new(sector, count, SectorOrigin.File, Path, sector * LogicalSectorSize);

    internal override StoredRun FindStored(long offset, long length) =>
        StoredRun.InFile(length, _file.ShareSource, offset, _file.Length);

    private protected override void ReadInside(long offset, Span<byte> buffer)
    {
        try
        {
            buffer[_file.ReadAt(offset, buffer)..].Clear();
        }
        catch (ImageIOException) when (_lost is not null)
        {
            ReadSectorBySector(_lost, offset, buffer);
        }
    }

    private void ReadSectorBySector(SalvageLog lost, long offset, Span<byte> buffer)
    {
        while (buffer.Length > 0)
        {
            Span<byte> part = buffer[..Math.Min(buffer.Length, LogicalSectorSize - (int)(offset % LogicalSectorSize))];
            try
            {
                part[_file.ReadAt(offset, part)..].Clear();
            }
            catch (ImageIOException error)
            {
                part.Fill(_fill);
                lost.Add(offset / VhdSpec.SectorSize, VhdSpec.SectorsFor(part.Length), SalvageReader.ReasonOf(error));
            }

            offset += part.Length;
            buffer = buffer[part.Length..];
        }
    }
}
