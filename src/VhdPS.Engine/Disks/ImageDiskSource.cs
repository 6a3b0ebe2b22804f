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
    private readonly SalvageReader? _salvage;

    public ImageDiskSource(ImageFile file, VhdImage image, VhdOpenOptions? options = null)
        : base(file)
    {
        _file = file;
        _image = image;
        _layout = image.Layout;
        _salvage = options is { Force: true } ? new SalvageReader(image, options.Fill) : null;
        _holes = new SparseRanges(file);
        _countedHoles = new SparseRanges(file);
    }

    public override long SizeBytes => _image.SectorCount * VhdSpec.SectorSize;

    internal override ImageLayout Layout => _layout;

    internal override IEnumerable<string> FilePaths => [Path, .. _image.ParentPaths];

    public override void ThrowIfChanged()
    {
        base.ThrowIfChanged();
        _image.ThrowIfParentChanged();
    }

    public override IReadOnlyList<LostRange> LostRanges => _salvage?.LostRanges ?? [];

    public override DiskExtent FindExtent(long offset)
    {
        try
        {
            return FindReadable(offset);
        }
        catch (Exception error) when (_salvage is not null && ChainReader.IsUnfound(error))
        {
            // The reading notes what is lost; here the block is only kept from being taken for known zeros.
            long blockEnd = ((offset / _layout.BlockSize) + 1) * _layout.BlockSize;
            return new DiskExtent(offset, Math.Min(blockEnd, SizeBytes) - offset, IsZero: false);
        }
    }

    private DiskExtent FindReadable(long offset)
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
            if (unused != 0 && blockIndex < _layout.TableEntryCount)
            {
                int next = Math.Min(_layout.TableEntryCount, unused < 0 ? int.MaxValue : blockIndex + unused);
                long end = next == _layout.BlockCount ? SizeBytes : (long)next * _layout.BlockSize;
                return new DiskExtent(offset, end - offset, IsZero: true);
            }
        }

        SectorRun run = _image.Map.Find(sector, _image.SectorCount - sector);
        long length = run.Count * VhdSpec.SectorSize;
        bool isLost = _salvage is not null && _image.Map.Table is null && offset + length > _layout.DataEnd;
        if (isLost)
        {
            return new DiskExtent(offset, length, IsZero: false);
        }

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
            SectorRun run;
            try
            {
                run = _image.Map.Find(sector, end - sector);
            }
            catch (Exception error) when (_salvage is not null && ChainReader.IsUnfound(error))
            {
                return;
            }

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

    internal override TableFigures? MeasureBlocks() => _image.Map.Table is { } table ? TableScan.Measure(_layout, table) : null;

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

    internal override ChainRun ReadRun(long sector, int count, out byte[] data) =>
        _salvage is null ? base.ReadRun(sector, count, out data) : _salvage.Read(sector, count, out data);

    internal override StoredRun FindStored(long offset, long length)
    {
        if (_salvage is not null)
        {
            return StoredRun.Unshared(length);
        }

        // The end of a last sector that is only in part the disk's reads as zeros, whatever the file has there.
        long wholeBytes = _image.SizeBytes / VhdSpec.SectorSize * VhdSpec.SectorSize;
        if (offset >= wholeBytes)
        {
            return StoredRun.Unshared(length);
        }

        length = Math.Min(length, wholeBytes - offset);
        SectorRun run = _image.Chain.Find(offset / VhdSpec.SectorSize, VhdSpec.SectorsFor(length), out DiskLevel? level);
        long bytes = Math.Min(length, run.Count * VhdSpec.SectorSize);
        return level is null ? StoredRun.Zero(bytes) : StoredRun.InFile(bytes, level.ShareSource, run.FileOffset, level.EndOfStored(run));
    }

    private protected override ChainRun FindRun(long sector, int count) => ChainMap.Find(_image, sector, count);

    private protected override void ReadInside(long offset, Span<byte> buffer)
    {
        if (_salvage is null)
        {
            _image.ReadSectors(offset / VhdSpec.SectorSize, buffer);
        }
        else
        {
            _salvage.Read(offset / VhdSpec.SectorSize, buffer);
        }
    }

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
            long partEnd = Math.Min(end, blockEnd);
            count += IsZeroInChain(blockStart, blockEnd) ? 0 : partEnd - at;
            at = partEnd;
        }

        return count;
    }

    private bool IsZeroInChain(long start, long end)
    {
        long sectors = (end - start) / VhdSpec.SectorSize;
        try
        {
            return _image.Chain.Find(start / VhdSpec.SectorSize, sectors, out DiskLevel? level).Count == sectors && level is null;
        }
        catch (Exception error) when (_salvage is not null && ChainReader.IsUnfound(error))
        {
            return false;
        }
    }
}
