using VhdPS.Engine.Chains;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Engine.Layout;


namespace VhdPS.Engine.Nbd.Server;

/// <summary>An image, read through its chain of parents and written.</summary>
public sealed class ImageExport : ExportedDisk
{
    private readonly VhdImage _image;

    /// <summary>Takes an open image over and closes it in the end.</summary>
    public ImageExport(VhdImage image)
    {
        ArgumentNullException.ThrowIfNull(image);
        _image = image;
    }

    /// <inheritdoc/>
    public override string Path => _image.Path;

    /// <inheritdoc/>
    public override long SizeBytes => _image.SectorCount * VhdSpec.SectorSize;

    /// <inheritdoc/>
    public override bool IsReadOnly => !_image.File.CanWrite;

    /// <inheritdoc/>
    public override void Read(long offset, Span<byte> buffer) => _image.ReadSectors(offset / VhdSpec.SectorSize, buffer);

    /// <inheritdoc/>
    public override void Write(long offset, ReadOnlySpan<byte> data) => _image.WriteSectors(offset / VhdSpec.SectorSize, data);

    /// <inheritdoc/>
    public override int BlockSize => Math.Max(SectorSize, _image.Layout.BlockSize);

    /// <inheritdoc/>
    public override void Zero(long offset, long length, bool mayDiscard) =>
        _image.ZeroSectors(offset / VhdSpec.SectorSize, length / VhdSpec.SectorSize, mayDiscard);

    /// <inheritdoc/>
    public override void Discard(long offset, long length) =>
        _image.DiscardSectors(offset / VhdSpec.SectorSize, length / VhdSpec.SectorSize);

    /// <inheritdoc/>
    public override void Flush() => _image.Flush();

    /// <inheritdoc/>
    public override ExportedExtent FindExtent(long offset, long length)
    {
        long sector = offset / VhdSpec.SectorSize, count = length / VhdSpec.SectorSize;
        if (FindUnusedBlocks(sector, count) is { } unused)
        {
            return new ExportedExtent(unused * VhdSpec.SectorSize, IsAllocated: false, IsZero: true);
        }

        SectorRun run = _image.Chain.Find(sector, count, out DiskLevel? level);
        long runLength = run.Count * VhdSpec.SectorSize;
        if (level is null)
        {
            // A sector of an allocated block that was never written takes space all the same.
            bool isAllocated = IsBlockAllocated(sector);
            return new ExportedExtent(runLength, isAllocated, IsZero: true);
        }

        return _image.Layout.VhdType == VhdType.Differencing
            ? new ExportedExtent(runLength, IsAllocated: true, IsZero: false)
            : FindInFile(run.FileOffset, runLength);
    }

    /// <inheritdoc/>
    public override void Prefetch(long offset, long length)
    {
        if (_image.Layout.VhdType == VhdType.Differencing)
        {
            return;
        }

        for (long sector = offset / VhdSpec.SectorSize, end = sector + VhdSpec.SectorsFor(length); sector < end;)
        {
            SectorRun run = _image.Map.Find(sector, end - sector);
            if (run.Origin == SectorOrigin.File)
            {
                _image.File.Prefetch(run.FileOffset, run.Count * VhdSpec.SectorSize);
            }

            sector += run.Count;
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _image.Dispose();
        }
    }

    /// <summary>Sectors from <paramref name="sector"/> on that no block of a dynamic image holds; null where one does.</summary>
    private long? FindUnusedBlocks(long sector, long count)
    {
        if (_image.Layout.VhdType != VhdType.Dynamic || _image.Map.Table is not { } table)
        {
            return null;
        }

        int blockIndex = (int)(sector / _image.Layout.SectorsPerBlock);
        int used = table.Entries[blockIndex..].IndexOfAnyExcept(VhdSpec.UnusedEntry);
        return used switch
        {
            0 => null,
            < 0 => count,
            _ => Math.Min(count, ((blockIndex + (long)used) * _image.Layout.SectorsPerBlock) - sector),
        };
    }

    private bool IsBlockAllocated(long sector) =>
        _image.Map.Table is { } table && table[(int)(sector / _image.Layout.SectorsPerBlock)] != VhdSpec.UnusedEntry;

    /// <summary>What the file itself says of data of the image: a hole of a fixed image takes no space, one in a block counts with its
    /// block.</summary>
    private ExportedExtent FindInFile(long fileOffset, long length)
    {
        if (!_image.File.TryFindData(fileOffset, out long dataOffset, out long dataEnd) || dataOffset >= fileOffset + length)
        {
            return new ExportedExtent(length, IsAllocated: _image.Map.Table is not null, IsZero: true);
        }

        long hole = dataOffset - fileOffset;
        hole -= hole % VhdSpec.SectorSize;
        return hole > 0
            ? new ExportedExtent(hole, IsAllocated: _image.Map.Table is not null, IsZero: true)
            : new ExportedExtent(
                Math.Min(length, VhdSpec.RoundUp(dataEnd - fileOffset, VhdSpec.SectorSize)), IsAllocated: true, IsZero: false);
    }
}
