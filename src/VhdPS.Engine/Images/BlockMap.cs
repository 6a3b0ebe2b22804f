using VhdPS.Engine.Format;
using VhdPS.Engine.Layout;

namespace VhdPS.Engine.Images;

/// <summary>Says in runs where the blocks of a disk lie. Streams: nothing is kept but the table.</summary>
public static class BlockMap
{
    /// <summary>The runs of a range of blocks by the table alone.</summary>
    /// <param name="image">The open image.</param>
    /// <param name="firstBlock">The first block.</param>
    /// <param name="count">Blocks; what passes the end of the disk is left out.</param>
    public static IEnumerable<BlockRun> FromTable(VhdImage image, long firstBlock = 0, long count = long.MaxValue) =>
        Merge(FromBlocks(image, firstBlock, count, readBitmaps: false));

    /// <summary>The runs of a range of blocks by table and bitmaps.</summary>
    public static IEnumerable<BlockRun> Detailed(VhdImage image, long firstBlock = 0, long count = long.MaxValue) =>
        Merge(FromBlocks(image, firstBlock, count, readBitmaps: true));

    /// <summary>The runs of a range of blocks, sector by sector, through the whole chain, each with the file that holds it.</summary>
    /// <exception cref="VhdFormatException">The chain cannot be followed.</exception>
    public static IEnumerable<BlockRun> OfChain(VhdImage image, long firstBlock = 0, long count = long.MaxValue)
    {
        long sectorsPerBlock = SectorsPerBlock(image);
        if (sectorsPerBlock == 0 || firstBlock > image.SectorCount / sectorsPerBlock)
        {
            yield break;
        }

        long sector = firstBlock * sectorsPerBlock;
        long end = count > (image.SectorCount / sectorsPerBlock) - firstBlock ? image.SectorCount : (firstBlock + count) * sectorsPerBlock;
        BlockRun? last = null;
        while (sector < end)
        {
            (ChainRun found, BlockState state) = FindInChain(image, sector, end - sector);
            if (last is { } run && run.State == state && run.Path == (found.Path ?? image.Path)
                && (state != BlockState.Allocated || run.FileOffset + (run.SectorCount * VhdSpec.SectorSize) == found.FileOffset))
            {
                last = run with { SectorCount = run.SectorCount + found.Count };
            }
            else
            {
                if (last is { } done)
                {
                    yield return Counted(done, sectorsPerBlock);
                }

                last = new BlockRun(found.Path ?? image.Path, 0, 0, sector, found.Count, state, found.FileOffset, 0, null);
            }

            sector += found.Count;
        }

        if (last is { } final)
        {
            yield return Counted(final, sectorsPerBlock);
        }
    }

    private static (ChainRun Run, BlockState State) FindInChain(VhdImage image, long sector, long count)
    {
        if (image.Chain.FindDamaged(sector, count) is { } damaged)
        {
            return (new ChainRun(sector, damaged.Count, SectorOrigin.File, damaged.Level.Path, -1), BlockState.Damaged);
        }

        ChainRun found = ChainMap.Find(image, sector, count);
        return (found, found.Path is null ? BlockState.Zero : BlockState.Allocated);
    }

    private static long SectorsPerBlock(VhdImage image) => image.Map.Table is null ? image.SectorCount : image.Layout.SectorsPerBlock;

    private static BlockRun Counted(BlockRun run, long sectorsPerBlock)
    {
        long first = run.Sector / sectorsPerBlock, last = (run.Sector + run.SectorCount - 1) / sectorsPerBlock;
        return run with
        {
            Block = first,
            Count = last - first + 1,
            WrittenSectorCount = run.State == BlockState.Allocated ? run.SectorCount : 0,
        };
    }

    private static IEnumerable<BlockRun> FromBlocks(VhdImage image, long firstBlock, long count, bool readBitmaps)
    {
        ImageLayout layout = image.Layout;
        if (image.Map.Table is not { } table)
        {
            if (firstBlock == 0 && count > 0 && image.SectorCount > 0)
            {
                yield return new BlockRun(
                    image.Path, 0, 1, 0, image.SectorCount, BlockState.Allocated, 0, 0, readBitmaps ? image.SectorCount : null);
            }

            yield break;
        }

        BlockState absent = layout.VhdType == VhdType.Differencing ? BlockState.Parent : BlockState.Zero;
        int end = (int)Math.Min(
            table.Count, firstBlock > table.Count ? firstBlock : firstBlock + Math.Min(count, table.Count - firstBlock));
        for (int blockIndex = (int)Math.Min(firstBlock, end); blockIndex < end; blockIndex++)
        {
            uint entry = table[blockIndex];
            long sector = (long)blockIndex * layout.SectorsPerBlock;
            int sectors = layout.SectorsInBlock(blockIndex);
            if (entry == VhdSpec.UnusedEntry)
            {
                yield return new BlockRun(image.Path, blockIndex, 1, sector, sectors, absent, -1, 0, readBitmaps ? 0 : null);
                continue;
            }

            if (!layout.IsPlaceForBlock(blockIndex, entry))
            {
                yield return new BlockRun(image.Path, blockIndex, 1, sector, sectors, BlockState.Damaged, -1, 0, readBitmaps ? 0 : null);
                continue;
            }

            long offset = layout.DataOffset(entry);
            if (!readBitmaps)
            {
                yield return new BlockRun(image.Path, blockIndex, 1, sector, sectors, BlockState.Allocated, offset, 0, null);
                continue;
            }

            int written = image.Map.CountWritten(blockIndex);
            BlockState state = written == sectors ? BlockState.Allocated : written > 0 ? BlockState.Partial : absent;
            yield return new BlockRun(image.Path, blockIndex, 1, sector, sectors, state, offset, 0, written);
        }
    }

    /// <summary>Joins neighbours that are absent, or that lie in the file at equal distances with no more than a gap for
    /// alignment.</summary>
    private static IEnumerable<BlockRun> Merge(IEnumerable<BlockRun> blocks)
    {
        BlockRun? last = null;
        foreach (BlockRun block in blocks)
        {
            if (last is { } run)
            {
                if (TryJoin(run, block) is { } joined)
                {
                    last = joined;
                    continue;
                }

                yield return run;
            }

            last = block;
        }

        if (last is { } final)
        {
            yield return final;
        }
    }

    private static BlockRun? TryJoin(BlockRun run, BlockRun block)
    {
        if (run.State != block.State || run.State == BlockState.Partial || run.FileOffset < 0 != block.FileOffset < 0)
        {
            return null;
        }

        long stride = 0;
        if (run.FileOffset >= 0)
        {
            long lastOffset = run.FileOffset + ((run.Count - 1) * run.FileStride);
            stride = block.FileOffset - lastOffset;
            long blockBytes = run.SectorCount / run.Count * VhdSpec.SectorSize;
            bool follows = run.Count > 1
                ? stride == run.FileStride
                : stride > blockBytes && stride <= blockBytes + VhdSpec.BitmapSize((int)blockBytes) + VhdSpec.DataAlignment;
            if (!follows)
            {
                return null;
            }
        }

        return run with
        {
            Count = run.Count + 1,
            SectorCount = run.SectorCount + block.SectorCount,
            FileStride = stride,
            WrittenSectorCount = run.WrittenSectorCount + block.WrittenSectorCount,
        };
    }
}

/// <summary>What a file holds of a block.</summary>
public enum BlockState
{
    /// <summary>The block, or all its sectors where bitmaps were read.</summary>
    Allocated,

    /// <summary>Some of the block's sectors.</summary>
    Partial,

    /// <summary>Nothing: it reads as zeros.</summary>
    Zero,

    /// <summary>Nothing: it reads as the parent's.</summary>
    Parent,

    /// <summary>Its table entry names no place for a block: past the end of the file, or in another structure. It cannot be read.</summary>
    Damaged,
}

/// <summary>Adjacent blocks, or sectors of a chain, of one state that follow on each other in one file.</summary>
/// <param name="Path">The file that holds them, or does not.</param>
/// <param name="Block">The first block; 0 for a fixed disk, which counts as one block.</param>
/// <param name="Count">Blocks that the run has a part in, at least 1.</param>
/// <param name="Sector">The first virtual sector.</param>
/// <param name="SectorCount">Sectors on the disk.</param>
/// <param name="State">What the file holds.</param>
/// <param name="FileOffset">Bytes from the start of the file to the data; -1 where there is none.</param>
/// <param name="FileStride">Bytes in the file from the data of one block to that of the next; 0 where the run has only one.</param>
/// <param name="WrittenSectorCount">Sectors whose bits are set; null where the bitmaps were not read.</param>
public readonly record struct BlockRun(
    string Path, long Block, long Count, long Sector, long SectorCount, BlockState State, long FileOffset, long FileStride,
        long? WrittenSectorCount);
