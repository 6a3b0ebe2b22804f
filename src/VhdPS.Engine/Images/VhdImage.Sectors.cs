using VhdPS.Engine.Files;
using VhdPS.Engine.Format;


namespace VhdPS.Engine.Images;

public sealed partial class VhdImage
{
    private const long MaxUnpublishedBitmapBytes = 8 * 1024 * 1024;

    /// <summary>Fills <paramref name="buffer"/> with the sectors from <paramref name="sector"/> on.</summary>
    /// <param name="sector">The first virtual sector.</param>
    /// <param name="buffer">A whole number of sectors.</param>
    /// <exception cref="ArgumentException">The request is not a whole number of sectors or passes the end; nothing was read.</exception>
    /// <exception cref="VhdFormatException">A sector cannot be found, or the chain of parents that holds it.</exception>
    /// <exception cref="ImageInUseException">A writer has a parent open.</exception>
    /// <exception cref="ImageIOException">A file could not be read.</exception>
    public void ReadSectors(long sector, Span<byte> buffer)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        long count = CheckRequest(sector, buffer.Length);
        Chain.Read(sector, buffer);
        MaskPartialSector(sector, count, buffer);
    }

    /// <summary>Writes <paramref name="data"/> from <paramref name="sector"/> on; on the medium after the next flush.</summary>
    /// <param name="sector">The first virtual sector.</param>
    /// <param name="data">A whole number of sectors.</param>
    /// <exception cref="ArgumentException">The request is not a whole number of sectors or passes the end; nothing was written.</exception>
    /// <exception cref="VhdOperationException">The image is open for reading, full, or an earlier write failed.</exception>
    /// <exception cref="ImageIOException">The write failed; the handle takes no more writes.</exception>
    public void WriteSectors(long sector, ReadOnlySpan<byte> data)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        long count = CheckRequest(sector, data.Length);
        ThrowIfNotForWriting();
        if (count == 0)
        {
            return;
        }

        try
        {
            CompleteFooter();
            if (Map.Table is null)
            {
                _hasUnflushedData = true;
                _file.WriteAt(sector * VhdSpec.SectorSize, data);
            }
            else
            {
                WriteBlocks(sector, data);
            }
        }
        catch (IOException error) when (error is not (VhdFormatException or VhdOperationException))
        {
            _isWriteRefused = true;
            throw;
        }
    }

    /// <summary>Refuses a range that is not on the disk.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A sector of the range is not on the disk.</exception>
    public void ThrowIfPastEnd(long sector, long count) => SectorRange.ThrowIfPastEnd(Path, SectorCount, sector, count);

    /// <summary>A footer of 511 bytes gets its last byte, a reserved zero, with the first write: newer tools want it.</summary>
    private void CompleteFooter()
    {
        if (!_isFooterWhole && Layout.Footers.End is { Footer.StoredLength: VhdSpec.LegacyFooterSize } end
            && _file.Length == end.FileOffset + VhdSpec.LegacyFooterSize)
        {
            _hasUnflushedData = true;
            _file.WriteAt(end.FileOffset + VhdSpec.LegacyFooterSize, [0]);
        }

        _isFooterWhole = true;
    }

    private void ThrowIfNotForWriting()
    {
        if (!_options.ForWriting)
        {
            throw new VhdOperationException(Path, OperationError.OpenedForReading, "the image was opened for reading.");
        }

        if (_isWriteRefused)
        {
            throw RefuseAfterFailure();
        }
    }

    private void WriteBlocks(long sector, ReadOnlySpan<byte> data)
    {
        long count = data.Length / VhdSpec.SectorSize;
        _allocator ??= new BlockAllocator(_file, Layout, Map);
        if ((sector % Layout.SectorsPerBlock) + count > Layout.SectorsPerBlock)
        {
            ThrowIfNotWritable(sector, data);
        }

        for (long done = 0; done < count;)
        {
            int blockIndex = (int)((sector + done) / Layout.SectorsPerBlock);
            int sectorInBlock = (int)((sector + done) % Layout.SectorsPerBlock);
            int length = (int)Math.Min(count - done, Layout.SectorsPerBlock - sectorInBlock);
            WriteBlock(blockIndex, sectorInBlock, data.Slice((int)(done * VhdSpec.SectorSize), length * VhdSpec.SectorSize));
            done += length;
        }

        if (Map.Bitmaps!.DirtyBytes > MaxUnpublishedBitmapBytes)
        {
            FlushCore();
        }
    }

    /// <summary>Refuses a request over several blocks as a whole where one of them would be refused.</summary>
    private void ThrowIfNotWritable(long sector, ReadOnlySpan<byte> data)
    {
        long count = data.Length / VhdSpec.SectorSize, newBlockCount = 0;
        for (long done = 0; done < count;)
        {
            int blockIndex = (int)((sector + done) / Layout.SectorsPerBlock);
            int length = (int)Math.Min(count - done, Layout.SectorsPerBlock - ((sector + done) % Layout.SectorsPerBlock));
            uint entry = Map.Table![blockIndex];
            if (entry != VhdSpec.UnusedEntry)
            {
                Map.ThrowIfMisplaced(blockIndex, entry);
            }
            else if (IsBlockNeeded(data.Slice((int)(done * VhdSpec.SectorSize), length * VhdSpec.SectorSize)))
            {
                newBlockCount++;
            }

            done += length;
        }

        _allocator!.ThrowIfNoFreeSpace(newBlockCount);
    }

    /// <summary>In a child zeros hide the parent's data and must be stored; elsewhere an absent block is zeros already.</summary>
    private bool IsBlockNeeded(ReadOnlySpan<byte> data) =>
        Layout.VhdType == VhdType.Differencing || data.IndexOfAnyExcept((byte)0) >= 0;

    private void WriteBlock(int blockIndex, int sectorInBlock, ReadOnlySpan<byte> data)
    {
        uint entry = Map.Table![blockIndex];
        if (entry != VhdSpec.UnusedEntry)
        {
            Map.ThrowIfMisplaced(blockIndex, entry);
            _hasUnflushedData = true;
            _allocator!.Keep(blockIndex);
            _file.WriteAt(Layout.DataOffset(entry) + ((long)sectorInBlock * VhdSpec.SectorSize), data);
            Map.Bitmaps!.MarkWritten(blockIndex, entry, sectorInBlock, data.Length / VhdSpec.SectorSize);
            return;
        }

        if (IsBlockNeeded(data))
        {
            _hasUnflushedData = true;
            _allocator!.Allocate(blockIndex, sectorInBlock, data);
        }
    }

    internal long CheckRequest(long sector, int byteCount)
    {
        if (byteCount % VhdSpec.SectorSize != 0)
        {
            throw new ArgumentException($"{Path}: {byteCount} bytes are not a whole number of sectors of {VhdSpec.SectorSize} bytes.");
        }

        long count = byteCount / VhdSpec.SectorSize;
        ThrowIfPastEnd(sector, count);
        return count;
    }

    /// <summary>A disk whose size is not a whole number of sectors ends inside its last sector; what lies after is not the
    /// disk's.</summary>
    internal void MaskPartialSector(long sector, long count, Span<byte> buffer)
    {
        int used = (int)(Layout.Size.SizeBytes % VhdSpec.SectorSize);
        if (used != 0 && count > 0 && sector + count == SectorCount)
        {
            buffer[^(VhdSpec.SectorSize - used)..].Clear();
        }
    }
}
