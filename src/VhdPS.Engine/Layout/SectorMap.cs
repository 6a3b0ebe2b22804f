using System.Numerics;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;

namespace VhdPS.Engine.Layout;

/// <summary>
/// Says where virtual sectors lie: the only place where table and bitmaps are turned into file offsets. Runs cover a
/// request exactly and in order and never pass the end of a block. Look-ups may run on several threads at once.
/// </summary>
internal sealed class SectorMap
{
    private readonly ImageLayout _layout;
    private readonly bool _ignoreBitmap;
    private readonly bool _readsCutBlocks;
    private readonly BlockSet _knownPlaces;

    // What every look-up needs, beside each other: from the layout each of them is several steps away.
    private readonly int _blockShift;
    private readonly int _sectorsPerBlock;
    private readonly int _bitmapSize;
    private readonly SectorOrigin _absent;

    /// <param name="file">The file.</param>
    /// <param name="layout">Where everything lies in it.</param>
    /// <param name="ignoreBitmap">Whether every sector of an allocated block of a dynamic image counts as written.</param>
    /// <param name="readsCutBlocks">Whether sectors of a block that is not whole in the file are found as far as they are there.</param>
    internal SectorMap(ImageFile file, ImageLayout layout, bool ignoreBitmap, bool readsCutBlocks = false)
    {
        _layout = layout;
        _readsCutBlocks = readsCutBlocks;
        _ignoreBitmap = ignoreBitmap && layout.VhdType == VhdType.Dynamic;
        _knownPlaces = new BlockSet(layout.BlockCount);
        if (layout.Header is null)
        {
            return;
        }

        _sectorsPerBlock = layout.SectorsPerBlock;
        _blockShift = BitOperations.Log2((uint)_sectorsPerBlock);
        _bitmapSize = layout.BitmapSize;
        _absent = layout.VhdType == VhdType.Differencing ? SectorOrigin.Parent : SectorOrigin.Zero;
        Table = ReadTable(file, layout);
        Bitmaps = new BitmapCache(file, layout);
    }

    /// <summary>The table; null for a fixed image.</summary>
    public BlockAllocationTable? Table { get; }

    /// <summary>The bitmaps; null for a fixed image.</summary>
    internal BitmapCache? Bitmaps { get; }

    /// <summary>Reads the entries of the disk's blocks from the file.</summary>
    public static BlockAllocationTable ReadTable(ImageFile file, ImageLayout layout)
    {
        BlockAllocationTable table = BlockAllocationTable.Read(layout.TableEntryCount, bytes => file.ReadAt(layout.TableOffset, bytes));
        return layout.TableEntryCount == layout.BlockCount ? table : table.WithCount(layout.BlockCount);
    }

    /// <summary>The longest run of one origin from <paramref name="sector"/> on.</summary>
    /// <param name="sector">The first virtual sector, less than the disk's count.</param>
    /// <param name="count">The most sectors that are wanted, at least 1.</param>
    /// <exception cref="VhdFormatException">The block's entry names no place for a block.</exception>
    public SectorRun Find(long sector, long count)
    {
        if (Table is null)
        {
            return FindFixed(sector, count);
        }

        int blockIndex = (int)(sector >> _blockShift);
        int sectorInBlock = (int)(sector & (_sectorsPerBlock - 1));
        int length = (int)Math.Min(count, _sectorsPerBlock - sectorInBlock);
        uint entry = Table[blockIndex];
        if (entry == VhdSpec.UnusedEntry)
        {
            ThrowIfNotCovered(blockIndex);
            return new SectorRun(sector, length, _absent, -1);
        }

        if (FindMisplacement(blockIndex, entry) is { } misplaced)
        {
            return FindInCutBlock(sector, sectorInBlock, length, blockIndex, entry, misplaced);
        }

        long fileOffset = DataOffset(entry, sectorInBlock);
        if (_ignoreBitmap || Bitmaps!.Get(blockIndex, entry) is not { } bitmap)
        {
            return new SectorRun(sector, length, SectorOrigin.File, fileOffset);
        }

        int run = SectorBitmap.RunLength(bitmap, sectorInBlock, length, out bool isSet);
        return isSet ? new SectorRun(sector, run, SectorOrigin.File, fileOffset) : new SectorRun(sector, run, _absent, -1);
    }

    /// <summary>Sets a bit, bit 7 of byte 0 first, for each sector that this file holds.</summary>
    /// <param name="sector">The first sector, a multiple of 8; its bit is the first.</param>
    /// <param name="count">Sectors, all on the disk.</param>
    /// <param name="wanted">The sectors that matter; blocks with none of them are not looked at.</param>
    /// <param name="mask">Whole bytes of bits, cleared before.</param>
    /// <exception cref="VhdFormatException">A block's entry names no place for a block.</exception>
    internal void AddPresence(long sector, int count, ReadOnlySpan<byte> wanted, Span<byte> mask)
    {
        for (int done = 0; done < count;)
        {
            long at = sector + done;
            if (Table is null)
            {
                SectorRun run = FindFixed(at, count - done);
                if (run.Origin == SectorOrigin.File)
                {
                    SectorBitmap.SetRange(mask, done, (int)run.Count);
                }

                done += (int)run.Count;
                continue;
            }

            int blockIndex = (int)(at >> _blockShift);
            int sectorInBlock = (int)(at & (_sectorsPerBlock - 1));
            int length = Math.Min(count - done, _sectorsPerBlock - sectorInBlock);
            uint entry = Table[blockIndex];
            bool isWanted = SectorBitmap.RunLength(wanted, done, length, out bool isFirstWanted) < length || isFirstWanted;
            if (entry == VhdSpec.UnusedEntry)
            {
                ThrowIfNotCovered(blockIndex);
            }
            else if (isWanted)
            {
                ThrowIfMisplaced(blockIndex, entry);
                AddPresence(_ignoreBitmap ? null : Bitmaps!.Get(blockIndex, entry), sectorInBlock, length, mask, done);
            }

            done += length;
        }
    }

    /// <summary>Where the data of a sector lies in the file, whatever its bit says; -1 where its block is not in the file.</summary>
    /// <returns>Sectors whose places follow on each other from there, at most <paramref name="count"/>.</returns>
    internal int PlaceOf(long sector, int count, out long fileOffset)
    {
        if (Table is null)
        {
            SectorRun run = FindFixed(sector, count);
            fileOffset = run.FileOffset;
            return (int)run.Count;
        }

        int blockIndex = (int)(sector >> _blockShift);
        int sectorInBlock = (int)(sector & (_sectorsPerBlock - 1));
        uint entry = Table[blockIndex];
        fileOffset = entry == VhdSpec.UnusedEntry ? -1 : DataOffset(entry, sectorInBlock);
        return Math.Min(count, _sectorsPerBlock - sectorInBlock);
    }

    /// <summary>Sectors of the disk whose bits are set in an allocated block's bitmap.</summary>
    /// <exception cref="VhdFormatException">The block's entry names no place for a block.</exception>
    internal int CountWritten(int blockIndex)
    {
        uint entry = Table![blockIndex];
        ThrowIfMisplaced(blockIndex, entry);
        int sectors = _layout.SectorsInBlock(blockIndex);
        return _ignoreBitmap || Bitmaps!.Get(blockIndex, entry) is not { } bitmap ? sectors : SectorBitmap.CountSet(bitmap, sectors);
    }

    /// <summary>Sectors from <paramref name="sector"/> on, at most <paramref name="count"/>, of blocks whose entries name no place for
    /// one; 0 where its block can be read.</summary>
    internal long CountMisplaced(long sector, long count)
    {
        if (Table is null)
        {
            return 0;
        }

        long end = sector + count;
        long at = sector;
        while (at < end)
        {
            int blockIndex = (int)(at >> _blockShift);
            uint entry = Table[blockIndex];
            if (entry == VhdSpec.UnusedEntry || _knownPlaces.Contains(blockIndex) || _layout.IsPlaceForBlock(blockIndex, entry))
            {
                break;
            }

            at = (blockIndex + 1L) << _blockShift;
        }

        return Math.Min(at, end) - sector;
    }

    /// <summary>Enters the place of a block that this handle has made.</summary>
    internal void SetAllocated(int blockIndex, uint entry)
    {
        Table![blockIndex] = entry;
        _knownPlaces.Add(blockIndex);
    }

    /// <summary>Refuses the block whose entry names no place for a block.</summary>
    internal void ThrowIfMisplaced(int blockIndex, uint entry)
    {
        if (FindMisplacement(blockIndex, entry) is { } finding)
        {
            throw new VhdFormatException(_layout.Path, finding);
        }
    }

    private Finding? FindMisplacement(int blockIndex, uint entry)
    {
        if (_knownPlaces.Contains(blockIndex))
        {
            return null;
        }

        Finding? finding = _layout.CheckEntry(blockIndex, entry);
        if (finding is null)
        {
            _knownPlaces.Add(blockIndex);
        }

        return finding;
    }

    /// <summary>Refuses a block that a table which is cut off or too short says nothing of.</summary>
    private void ThrowIfNotCovered(int blockIndex)
    {
        if (blockIndex >= _layout.TableEntryCount)
        {
            throw new VhdFormatException(_layout.Path, new Finding(
                FaultCode.TableEntriesTooFew,
                VhdStructure.BlockAllocationTable,
                BlockAllocationTable.EntryOffset(_layout.TableOffset, blockIndex),
                $"{_layout.BlockCount}",
                $"{_layout.TableEntryCount}",
                "The table has no entry for the block."));
        }
    }

    /// <summary>The sectors of a block as far as they are in the file; its bitmap has to be there whole.</summary>
    private SectorRun FindInCutBlock(long sector, int sectorInBlock, int count, int blockIndex, uint entry, Finding misplaced)
    {
        long dataOffset = DataOffset(entry, 0);
        if (!_readsCutBlocks || misplaced.Code != FaultCode.BatEntryPastEnd || dataOffset > _layout.DataEnd
            || _layout.FindStructureHit(ImageLayout.BitmapOffset(entry)) is not null)
        {
            throw new VhdFormatException(_layout.Path, misplaced);
        }

        byte[]? bitmap = _ignoreBitmap ? null : Bitmaps!.Get(blockIndex, entry);
        bool isSet = true;
        int run = bitmap is null ? count : SectorBitmap.RunLength(bitmap, sectorInBlock, count, out isSet);
        if (!isSet)
        {
            return new SectorRun(sector, run, _absent, -1);
        }

        long whole = ((_layout.DataEnd - dataOffset) / VhdSpec.SectorSize) - sectorInBlock;
        return whole > 0
            ? new SectorRun(sector, Math.Min(run, whole), SectorOrigin.File, DataOffset(entry, sectorInBlock))
            : throw new VhdFormatException(_layout.Path, misplaced);
    }

    private static void AddPresence(ReadOnlySpan<byte> bitmap, int sectorInBlock, int count, Span<byte> mask, int maskStart)
    {
        if (bitmap.IsEmpty)
        {
            SectorBitmap.SetRange(mask, maskStart, count);
            return;
        }

        if (((sectorInBlock | maskStart) & 7) == 0 && count >= 8)
        {
            bitmap.Slice(sectorInBlock >> 3, (count + 7) >> 3).CopyTo(mask[(maskStart >> 3)..]);
            if ((count & 7) != 0)
            {
                mask[(maskStart + count) >> 3] &= (byte)(0xFF ^ (0xFF >> (count & 7)));
            }

            return;
        }

        for (int done = 0; done < count;)
        {
            int run = SectorBitmap.RunLength(bitmap, sectorInBlock + done, count - done, out bool isSet);
            if (isSet)
            {
                SectorBitmap.SetRange(mask, maskStart + done, run);
            }

            done += run;
        }
    }

    private long DataOffset(uint entry, int sectorInBlock) =>
        ImageLayout.BitmapOffset(entry) + _bitmapSize + ((long)sectorInBlock * VhdSpec.SectorSize);

    private SectorRun FindFixed(long sector, long count)
    {
        long fileOffset = sector * VhdSpec.SectorSize;
        long inFile = VhdSpec.SectorsFor(Math.Max(0, _layout.DataEnd - fileOffset));
        return inFile > 0
            ? new SectorRun(sector, Math.Min(count, inFile), SectorOrigin.File, fileOffset)
            : new SectorRun(sector, count, SectorOrigin.Zero, -1);
    }
}

/// <summary>Where the sectors of a run come from.</summary>
public enum SectorOrigin
{
    /// <summary>Nowhere: they read as zeros.</summary>
    Zero,

    /// <summary>This file.</summary>
    File,

    /// <summary>The parent, at the same sectors.</summary>
    Parent,

    /// <summary>Nowhere any more: what was there could not be read, and other bytes are in its place.</summary>
    Lost,
}

/// <summary>Adjacent virtual sectors that come from one place.</summary>
/// <param name="Sector">The first virtual sector.</param>
/// <param name="Count">Sectors, at least 1.</param>
/// <param name="Origin">Where they come from.</param>
/// <param name="FileOffset">Bytes from the start of the file; -1 where they are not in it.</param>
internal readonly record struct SectorRun(long Sector, long Count, SectorOrigin Origin, long FileOffset);
