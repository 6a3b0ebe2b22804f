using System.Globalization;
using VhdPS.Engine.Format;

namespace VhdPS.Engine.Storage;

public sealed partial class VhdImage
{
    private const long MaxUnpublishedBitmapBytes = 8 * 1024 * 1024;

    /// <summary>Fills <paramref name="buffer"/> with the sectors from <paramref name="sector"/> on.</summary>
    /// <param name="sector">The first virtual sector.</param>
    /// <param name="buffer">A whole number of sectors.</param>
    /// <exception cref="ArgumentException">The request is no whole number of sectors or passes the end; nothing was read.</exception>
    /// <exception cref="VhdFormatException">A sector cannot be found.</exception>
    /// <exception cref="ImageIOException">The file could not be read.</exception>
    public void ReadSectors(long sector, Span<byte> buffer)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        long count = CheckRequest(sector, buffer.Length);
        for (long done = 0; done < count;)
        {
            SectorRun run = Map.Find(sector + done, count - done);
            Span<byte> part = buffer.Slice((int)(done * VhdSpec.SectorSize), (int)(run.Count * VhdSpec.SectorSize));
            ReadRun(run, part);
            done += run.Count;
        }

        MaskPartialSector(sector, count, buffer);
    }

    /// <summary>Writes <paramref name="data"/> from <paramref name="sector"/> on; on the medium after the next flush.</summary>
    /// <param name="sector">The first virtual sector.</param>
    /// <param name="data">A whole number of sectors.</param>
    /// <exception cref="ArgumentException">The request is no whole number of sectors or passes the end; nothing was written.</exception>
    /// <exception cref="VhdRefusedException">The image is open for reading, full, or an earlier write failed.</exception>
    /// <exception cref="ImageIOException">The write failed; the handle takes no more writes.</exception>
    public void WriteSectors(long sector, ReadOnlySpan<byte> data)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        long count = CheckRequest(sector, data.Length);
        if (!_options.ForWriting)
        {
            throw new VhdRefusedException(Path, RefusalCode.OpenedForReading, "the image was opened for reading.");
        }

        if (_isWriteRefused)
        {
            throw RefuseAfterFailure();
        }

        if (count == 0)
        {
            return;
        }

        try
        {
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
        catch (IOException)
        {
            _isWriteRefused = true;
            throw;
        }
    }

    /// <summary>Refuses a range that is not on the disk.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A sector of the range is not on the disk.</exception>
    public void ThrowIfPastEnd(long sector, long count)
    {
        if (sector < 0 || sector > SectorCount || count > SectorCount - sector)
        {
            string what = count > 1 ? $"sectors {sector} to {(decimal)sector + count - 1} are" : $"sector {sector} is";
            throw new ArgumentOutOfRangeException(null, $"{Path}: {what} not on the disk, which has {SectorCount} sectors.");
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

        _allocator!.ThrowIfNoRoom(newBlockCount);
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

    private void ReadRun(SectorRun run, Span<byte> part)
    {
        switch (run.Origin)
        {
            case SectorOrigin.File:
                // A last block that is short in the file, and the last sector of a fixed one, read as zeros behind what is there.
                int held = Map.Table is null ? (int)Math.Min(part.Length, Layout.DataEnd - run.FileOffset) : part.Length;
                part[_file.ReadAt(run.FileOffset, part[..held])..].Clear();
                break;
            case SectorOrigin.Zero:
                part.Clear();
                break;
            default:
                ReadParent(run.Sector, part);
                break;
        }
    }

    private void ReadParent(long sector, Span<byte> part)
    {
        _ = part;
        string name = Layout.Header!.ParentUnicodeName;
        throw new VhdFormatException(Path, new Finding(
            FaultCode.ParentNotFound,
            VhdStructure.Chain,
            null,
            string.Empty,
            string.Empty,
            string.Create(CultureInfo.InvariantCulture, $"Sector {sector} lies in the parent '{name}' ({Layout.Header.ParentUniqueId}), which is not open.")));
    }

    private long CheckRequest(long sector, int byteCount)
    {
        if (byteCount % VhdSpec.SectorSize != 0)
        {
            throw new ArgumentException($"{Path}: {byteCount} bytes are no whole number of sectors of {VhdSpec.SectorSize} bytes.");
        }

        long count = byteCount / VhdSpec.SectorSize;
        ThrowIfPastEnd(sector, count);
        return count;
    }

    /// <summary>A disk whose size is no whole number of sectors ends inside its last sector; what lies behind is not the disk's.</summary>
    private void MaskPartialSector(long sector, long count, Span<byte> buffer)
    {
        int used = (int)(Layout.Size.SizeBytes % VhdSpec.SectorSize);
        if (used != 0 && count > 0 && sector + count == SectorCount)
        {
            buffer[^(VhdSpec.SectorSize - used)..].Clear();
        }
    }
}
