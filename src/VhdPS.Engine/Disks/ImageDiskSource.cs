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
    private SalvageLog? _lost;
    private byte _fill;

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

    /// <summary>
    /// From now on what cannot be read is filled and noted instead of refused: a block whose entry names no place, the part of a
    /// block that was cut off, sectors that the medium does not give.
    /// </summary>
    /// <param name="fill">The byte in place of what is lost.</param>
    public void Salvage(byte fill)
    {
        _lost = new SalvageLog();
        _fill = fill;
    }

    /// <summary>What was lost so far.</summary>
    public IReadOnlyList<LostRange> LostRanges => _lost?.ToList() ?? [];

    public override DiskExtent FindExtent(long offset)
    {
        try
        {
            return FindReadable(offset);
        }
        catch (VhdFormatException) when (_lost is not null)
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
            SectorRun run;
            try
            {
                run = _image.Map.Find(sector, end - sector);
            }
            catch (VhdFormatException) when (_lost is not null)
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

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _image.Dispose();
        }

        base.Dispose(disposing);
    }

    private protected override void ReadInside(long offset, Span<byte> buffer)
    {
        try
        {
            _image.ReadSectors(offset / VhdSpec.SectorSize, buffer);
        }
        catch (Exception error) when (_lost is not null && error is VhdFormatException or ImageIOException)
        {
            ReadInParts(offset / VhdSpec.SectorSize, buffer);
        }
    }

    /// <summary>Reads sector by sector what could not be read at once, so that as little as can be is lost.</summary>
    private void ReadInParts(long firstSector, Span<byte> buffer)
    {
        int lostStart = -1;
        string lostWhy = string.Empty;
        int count = buffer.Length / VhdSpec.SectorSize;
        for (int i = 0; i <= count; i++)
        {
            string? why = i == count ? null : ReadOrFill(firstSector + i, buffer.Slice(i * VhdSpec.SectorSize, VhdSpec.SectorSize));
            if (lostStart >= 0 && (i == count || why != lostWhy))
            {
                _lost!.Add(firstSector + lostStart, i - lostStart, lostWhy);
                lostStart = -1;
            }

            if (why is not null && lostStart < 0)
            {
                (lostStart, lostWhy) = (i, why);
            }
        }
    }

    /// <summary>Reads one sector; where that fails, fills it and says why.</summary>
    private string? ReadOrFill(long sector, Span<byte> part)
    {
        try
        {
            _image.ReadSectors(sector, part);
            return null;
        }
        catch (VhdFormatException error)
        {
            if (TryReadCutBlock(sector, error.Finding, part))
            {
                return null;
            }

            part.Fill(_fill);
            return error.Finding.Message;
        }
        catch (ImageIOException error)
        {
            part.Fill(_fill);
            return $"the medium did not give it: {error.InnerException?.Message ?? error.Message}";
        }
    }

    /// <summary>Reads a sector of a block that is not whole in the file, where the file still has it.</summary>
    private bool TryReadCutBlock(long sector, Finding finding, Span<byte> part)
    {
        if (finding.Code != FaultCode.BatEntryPastEnd || _layout.VhdType != VhdType.Dynamic)
        {
            return false;
        }

        _image.Map.PlaceOf(sector, 1, out long fileOffset);
        return fileOffset >= 0 && fileOffset + part.Length <= _layout.DataEnd && _file.ReadAt(fileOffset, part) == part.Length;
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
            long sectors = (blockEnd - blockStart) / VhdSpec.SectorSize;
            SectorRun run = _image.Chain.Find(blockStart / VhdSpec.SectorSize, sectors, out DiskLevel? level);
            long partEnd = Math.Min(end, blockEnd);
            count += level is null && run.Count == sectors ? 0 : partEnd - at;
            at = partEnd;
        }

        return count;
    }
}
