using VhdPS.Engine.Chains;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Layout;

namespace VhdPS.Engine.Images;

public sealed partial class VhdImage
{
    private bool _isParentOutOfReach;

    /// <summary>
    /// Makes sectors read as zeros; on the medium after the next flush. A whole block gives its space back, but for one that hides
    /// data of a parent, which stays as zeros.
    /// </summary>
    /// <param name="sector">The first virtual sector.</param>
    /// <param name="count">Sectors.</param>
    /// <param name="mayDiscard">Whether space may be given back; if not, zeros are written over what the file holds.</param>
    /// <exception cref="ArgumentException">The request passes the end; nothing was written.</exception>
    /// <exception cref="VhdOperationException">The image is open for reading, full, or an earlier write failed.</exception>
    /// <exception cref="VhdFormatException">The place of a block is damaged.</exception>
    /// <exception cref="ImageIOException">The write failed; the handle takes no more writes.</exception>
    public void ZeroSectors(long sector, long count, bool mayDiscard = true) =>
        Change(sector, count, () => ZeroBlocks(sector, count, new Zeroing(IsKept: true, mayDiscard)));

    /// <summary>
    /// Gives back the space of sectors that nobody will read: those that this file holds read as zeros, or as the parent, from
    /// then on, those that it does not hold as before. On the medium after the next flush.
    /// </summary>
    /// <param name="sector">The first virtual sector.</param>
    /// <param name="count">Sectors.</param>
    /// <exception cref="ArgumentException">The request passes the end; nothing was changed.</exception>
    /// <exception cref="VhdOperationException">The image is open for reading, or an earlier write failed.</exception>
    /// <exception cref="VhdFormatException">The place of a block is damaged.</exception>
    /// <exception cref="ImageIOException">The write failed; the handle takes no more writes.</exception>
    public void DiscardSectors(long sector, long count) =>
        Change(sector, count, () => ZeroBlocks(sector, count, new Zeroing(IsKept: false, MayDiscard: true)));

    /// <summary>What is to become of sectors.</summary>
    /// <param name="IsKept">Whether those that the file does not hold have to read as zeros too.</param>
    /// <param name="MayDiscard">Whether space may be given back.</param>
    private readonly record struct Zeroing(bool IsKept, bool MayDiscard);

    private void Change(long sector, long count, Action change)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ThrowIfPastEnd(sector, count);
        ThrowIfNotForWriting();
        if (count == 0)
        {
            return;
        }

        try
        {
            CompleteFooter();
            change();
        }
        catch (IOException error) when (error is not (VhdFormatException or VhdOperationException))
        {
            _isWriteRefused = true;
            throw;
        }
    }

    private void ZeroBlocks(long sector, long count, Zeroing zeroing)
    {
        if (Map.Table is null)
        {
            _hasUnflushedData = true;
            ZeroInFile(sector * VhdSpec.SectorSize, count, zeroing);
            return;
        }

        _allocator ??= new BlockAllocator(_file, Layout, Map);
        List<SectorRun> parts = Split(sector, count);
        ThrowIfNotZeroable(parts, zeroing);
        foreach (SectorRun part in parts)
        {
            ZeroBlock(part, zeroing);
        }

        if (Math.Max(Map.Bitmaps!.DirtyBytes, _allocator.FreedBitmapBytes) > MaxUnpublishedBitmapBytes)
        {
            FlushCore();
        }
    }

    /// <summary>The parts of a range that lie in one block each, without those that no block and no parent has anything of.</summary>
    private List<SectorRun> Split(long sector, long count)
    {
        var parts = new List<SectorRun>();
        for (long done = 0; done < count;)
        {
            long at = sector + done;
            long length = Math.Min(count - done, Layout.SectorsPerBlock - (at % Layout.SectorsPerBlock));
            bool isInFile = Map.Table![(int)(at / Layout.SectorsPerBlock)] != VhdSpec.UnusedEntry;
            if (isInFile || !IsZeroBelow(at, length))
            {
                parts.Add(new SectorRun(at, length, isInFile ? SectorOrigin.File : SectorOrigin.Parent, -1));
            }

            done += length;
        }

        return parts;
    }

    /// <summary>Refuses a request as a whole where one of its blocks would be refused.</summary>
    private void ThrowIfNotZeroable(List<SectorRun> parts, Zeroing zeroing)
    {
        long newBlockCount = 0;
        foreach (SectorRun part in parts)
        {
            int blockIndex = (int)(part.Sector / Layout.SectorsPerBlock);
            if (part.Origin == SectorOrigin.File)
            {
                Map.ThrowIfMisplaced(blockIndex, Map.Table![blockIndex]);
            }
            else if (zeroing.IsKept)
            {
                newBlockCount++;
            }
        }

        _allocator!.ThrowIfNoFreeSpace(newBlockCount);
    }

    private void ZeroBlock(SectorRun part, Zeroing zeroing)
    {
        int blockIndex = (int)(part.Sector / Layout.SectorsPerBlock);
        int sectorInBlock = (int)(part.Sector % Layout.SectorsPerBlock);
        int count = (int)part.Count;
        bool isChild = Layout.VhdType == VhdType.Differencing;
        if (part.Origin == SectorOrigin.Parent && !zeroing.IsKept)
        {
            return;
        }

        _hasUnflushedData = true;
        if (part.Origin == SectorOrigin.Parent)
        {
            // The rest of a fresh block is zeros in the file already.
            _allocator!.Allocate(blockIndex, sectorInBlock, new byte[VhdSpec.SectorSize]);
        }
        else if (zeroing.MayDiscard && count == Layout.SectorsInBlock(blockIndex) && (!isChild || IsZeroBelow(part.Sector, count)))
        {
            _allocator!.Free(blockIndex);
            return;
        }
        else
        {
            ZeroInFile(Layout.DataOffset(Map.Table![blockIndex]) + ((long)sectorInBlock * VhdSpec.SectorSize), count, zeroing);
        }

        if (isChild && zeroing.IsKept)
        {
            _allocator!.Keep(blockIndex);
            Map.Bitmaps!.MarkWritten(blockIndex, Map.Table![blockIndex], sectorInBlock, count);
        }
    }

    private void ZeroInFile(long fileOffset, long count, Zeroing zeroing)
    {
        long end = fileOffset + (count * VhdSpec.SectorSize);
        if (zeroing.MayDiscard)
        {
            ZeroFill.Discard(_file, fileOffset, end);
        }
        else
        {
            ZeroFill.Clear(_file, fileOffset, end);
        }
    }

    /// <summary>Whether sectors that this image does not hold are certain to be zeros; without reading data, and where a parent cannot be
    /// looked at, they are not.</summary>
    private bool IsZeroBelow(long sector, long count)
    {
        if (Layout.VhdType != VhdType.Differencing)
        {
            return true;
        }

        if (_isParentOutOfReach)
        {
            return false;
        }

        try
        {
            IReadOnlyList<DiskLevel> levels = OpenParents();
            var parents = new ChainReader(levels[0], () => [.. levels.Skip(1)]);
            for (long done = 0; done < count;)
            {
                done += parents.Find(sector + done, count - done, out DiskLevel? level).Count;
                if (level is not null)
                {
                    return false;
                }
            }

            return true;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or VhdFormatException)
        {
            // Looked for once: a request may have thousands of blocks.
            _isParentOutOfReach = true;
            return false;
        }
    }
}
