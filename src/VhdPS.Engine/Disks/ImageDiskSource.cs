using VhdPS.Engine.Chains;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Engine.Layout;


namespace VhdPS.Engine.Disks;

/// <summary>The disk in an image.</summary>
internal sealed class ImageDiskSource : DiskSource
{
    // Zeros between sectors of a chain that are fewer than this are read with them.
    private const int ShortestHoleSectors = 64;

    private readonly ImageFile _file;
    private readonly VhdImage _image;
    private readonly ImageLayout _layout;
    private readonly SparseRanges _holes;
    private readonly SparseRanges _countedHoles;

    public ImageDiskSource(ImageFile file, VhdImage image)
        : base(file)
    {
        _file = file;
        _image = image;
        _layout = image.Layout;
        _holes = new SparseRanges(file);
        _countedHoles = new SparseRanges(file);
    }

    public override long SizeBytes => _image.SectorCount * VhdSpec.SectorSize;

    public override ImageLayout Layout => _layout;

    internal override IEnumerable<string> FilePaths => [Path, .. _image.ParentPaths];

    public override void ThrowIfChanged()
    {
        base.ThrowIfChanged();
        _image.ThrowIfParentChanged();
    }

    public override DiskExtent FindExtent(long offset)
    {
        long sector = offset / VhdSpec.SectorSize;
        if (_layout.VhdType == VhdType.Differencing)
        {
            return FindInChain(offset);
        }

        if (_image.Map.Table is { } table)
        {
            int blockIndex = (int)(sector / _layout.SectorsPerBlock);
            ReadOnlySpan<uint> rest = table.Entries[blockIndex..];
            int unused = rest.IndexOfAnyExcept(VhdSpec.UnusedEntry);
            if (unused != 0)
            {
                long end = unused < 0 ? SizeBytes : (long)(blockIndex + unused) * _layout.BlockSize;
                return new DiskExtent(offset, end - offset, IsZero: true);
            }
        }

        SectorRun run = _image.Map.Find(sector, _image.SectorCount - sector);
        long length = run.Count * VhdSpec.SectorSize;
        return run.Origin == SectorOrigin.Zero
            ? new DiskExtent(offset, length, IsZero: true)
            : Extent(_holes, offset, length, run.FileOffset);
    }

    public override long CountDataBytes(long offset, long endOffset)
    {
        long end = Math.Min(endOffset, SizeBytes);
        if (_image.Map.Table is not { } table)
        {
            return CountData(_countedHoles, offset, end);
        }

        if (_layout.VhdType == VhdType.Differencing)
        {
            return CountInChain(offset, end);
        }

        long count = 0;
        ReadOnlySpan<uint> entries = table.Entries;
        for (long at = offset; at < end;)
        {
            int blockIndex = (int)(at / _layout.BlockSize);
            int unused = entries[blockIndex..].IndexOfAnyExcept(VhdSpec.UnusedEntry);
            if (unused < 0)
            {
                break;
            }

            long blockEnd = Math.Min(end, (blockIndex + 1L) * _layout.BlockSize);
            count += unused == 0 ? blockEnd - at : 0;
            at = unused == 0 ? blockEnd : (long)(blockIndex + unused) * _layout.BlockSize;
        }

        return count;
    }

    public override void Prefetch(long offset, long length)
    {
        if (_layout.VhdType == VhdType.Differencing)
        {
            return;
        }

        long sector = offset / VhdSpec.SectorSize, end = Math.Min(_image.SectorCount, sector + VhdSpec.SectorsFor(length));
        while (sector < end)
        {
            SectorRun run = _image.Map.Find(sector, end - sector);
            if (run.Origin == SectorOrigin.File)
            {
                _file.Prefetch(run.FileOffset, run.Count * VhdSpec.SectorSize);
            }

            sector += run.Count;
        }
    }

    public override long BlockCount => _image.Map.Table is null ? 1 : _layout.BlockCount;

    public override IEnumerable<BlockRun> FindBlocks(BlockDetail detail, long firstBlock = 0, long count = long.MaxValue) => detail switch
    {
        BlockDetail.Chain => BlockMap.OfChain(_image, firstBlock, count),
        BlockDetail.Bitmaps => BlockMap.Detailed(_image, firstBlock, count),
        _ => BlockMap.FromTable(_image, firstBlock, count),
    };

    public override TableFigures? MeasureBlocks() => _image.Map.Table is { } table ? TableScan.Measure(_layout, table) : null;

    public override IEnumerable<(long FileOffset, long Length)> FindStructures() =>
        _layout.Structures.Select(extent => (extent.FileOffset, extent.Length)).Append((_layout.DataEnd, VhdSpec.FooterSize));

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _image.Dispose();
        }

        base.Dispose(disposing);
    }

    private protected override ChainRun FindRun(long sector, int count) => ChainMap.Find(_image, sector, count);

    private protected override void ReadInside(long offset, Span<byte> buffer) =>
        _image.ReadSectors(offset / VhdSpec.SectorSize, buffer);

    private DiskExtent FindInChain(long offset)
    {
        long sector = offset / VhdSpec.SectorSize;
        SectorRun run = _image.Chain.Find(sector, _image.SectorCount - sector, out DiskLevel? level);
        bool isZero = level is null && run.Count >= ShortestHoleSectors;
        long count = isZero ? run.Count : Math.Max(run.Count, Math.Min(ShortestHoleSectors, _image.SectorCount - sector));
        return new DiskExtent(offset, count * VhdSpec.SectorSize, isZero);
    }

    /// <summary>Counts whole blocks: looking at each run of the bitmaps would cost as much as the reading that it foretells.</summary>
    private long CountInChain(long offset, long end)
    {
        long count = 0;
        for (long at = offset; at < end;)
        {
            long blockStart = at - (at % _layout.BlockSize);
            long blockEnd = Math.Min(blockStart + _layout.BlockSize, SizeBytes);
            long sectors = (blockEnd - blockStart) / VhdSpec.SectorSize;
            SectorRun run = _image.Chain.Find(blockStart / VhdSpec.SectorSize, sectors, out DiskLevel? level);
            long partEnd = Math.Min(end, blockEnd);
            count += level is null && run.Count == sectors ? 0 : partEnd - at;
            at = partEnd;
        }

        return count;
    }
}
