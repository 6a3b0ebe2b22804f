using VhdPS.Engine.Images;
using VhdPS.Engine.Vhdx;

namespace VhdPS.Engine.Disks;

/// <summary>Says in runs where the blocks of a VHDX lie. Streams: nothing is kept.</summary>
internal sealed class VhdxBlockMap(VhdxImage image, string path, VhdxDiskSource source)
{
    private readonly int _sectorSize = image.LogicalSectorSize;
    private readonly long _blockSize = image.Layout.Metadata!.BlockSize;

    /// <summary>The runs of a range of blocks.</summary>
    public IEnumerable<BlockRun> Find(BlockDetail detail, long firstBlock, long count)
    {
        long blockCount = image.Layout.Chunks.BlockCount;
        if (firstBlock >= blockCount)
        {
            return [];
        }

        long end = count > blockCount - firstBlock ? blockCount : firstBlock + count;
        return detail == BlockDetail.Chain ? OfChain(firstBlock, end) : Joined(FromBlocks(firstBlock, end, detail == BlockDetail.Bitmaps));
    }

    private IEnumerable<BlockRun> FromBlocks(long firstBlock, long end, bool readBitmaps)
    {
        for (long blockIndex = firstBlock; blockIndex < end; blockIndex++)
        {
            TableEntry entry = image.ReadEntry(blockIndex);
            long sectors = SectorsIn(blockIndex);
            long sector = blockIndex * (_blockSize / _sectorSize);
            if (!entry.IsInFile || !entry.TryGetFileOffset(out long fileOffset))
            {
                BlockState absent = entry.State == PayloadState.NotPresent && image.Layout.Metadata!.HasParent
                    ? BlockState.Parent
                    : BlockState.Zero;
                yield return new BlockRun(path, blockIndex, 1, sector, sectors, absent, -1, 0, readBitmaps ? 0 : null);
                continue;
            }

            long? written = readBitmaps ? SectorsFor(image.CountPresent(blockIndex)) : null;
            BlockState state = entry.State == PayloadState.PartiallyPresent && written is null or > 0 && written != sectors
                ? BlockState.Partial
                : written == 0 ? BlockState.Parent : BlockState.Allocated;
            yield return new BlockRun(path, blockIndex, 1, sector, sectors, state, fileOffset, 0, written);
        }
    }

    private IEnumerable<BlockRun> OfChain(long firstBlock, long end)
    {
        long endOffset = Math.Min(end * _blockSize, image.SizeBytes);
        BlockRun? last = null;
        for (long offset = firstBlock * _blockSize; offset < endOffset;)
        {
            ChainRun found = source.FindBytes(offset, endOffset - offset);
            BlockState state = found.Path is null ? BlockState.Zero : BlockState.Allocated;
            if (last is { } run && run.State == state && run.Path == (found.Path ?? path)
                && (state == BlockState.Zero || run.FileOffset + (run.SectorCount * _sectorSize) == found.FileOffset))
            {
                last = run with { SectorCount = run.SectorCount + found.Count };
            }
            else
            {
                if (last is { } done)
                {
                    yield return Counted(done);
                }

                last = new BlockRun(found.Path ?? path, 0, 0, found.Sector, found.Count, state, found.FileOffset, 0, null);
            }

            offset += found.Count * _sectorSize;
        }

        if (last is { } final)
        {
            yield return Counted(final);
        }
    }

    /// <summary>Joins blocks of one state that follow on each other in the file, or are not in it.</summary>
    private IEnumerable<BlockRun> Joined(IEnumerable<BlockRun> blocks)
    {
        BlockRun? last = null;
        foreach (BlockRun block in blocks)
        {
            if (last is { } run && run.State == block.State && run.State != BlockState.Partial
                && (run.FileOffset < 0 ? block.FileOffset < 0 : block.FileOffset == run.FileOffset + (run.Count * _blockSize)))
            {
                last = run with
                {
                    Count = run.Count + 1,
                    SectorCount = run.SectorCount + block.SectorCount,
                    FileStride = run.FileOffset < 0 ? 0 : _blockSize,
                    WrittenSectorCount = run.WrittenSectorCount + block.WrittenSectorCount,
                };
                continue;
            }

            if (last is { } ended)
            {
                yield return ended;
            }

            last = block;
        }

        if (last is { } rest)
        {
            yield return rest;
        }
    }

    private BlockRun Counted(BlockRun run)
    {
        long sectorsPerBlock = _blockSize / _sectorSize;
        long first = run.Sector / sectorsPerBlock, last = (run.Sector + run.SectorCount - 1) / sectorsPerBlock;
        return run with
        {
            Block = first,
            Count = last - first + 1,
            WrittenSectorCount = run.State == BlockState.Allocated ? run.SectorCount : 0,
        };
    }

    private long SectorsIn(long blockIndex) => SectorsFor(image.Layout.BytesInBlock(blockIndex));

    private long SectorsFor(long bytes) => (bytes + _sectorSize - 1) / _sectorSize;
}
