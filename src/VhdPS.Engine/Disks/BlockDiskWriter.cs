using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;


namespace VhdPS.Engine.Disks;

/// <summary>A dynamic image: blocks that are not all zeros, in the order of the disk, with all bits set.</summary>
/// <param name="file">A new, empty file.</param>
/// <param name="assembly">The image in the making.</param>
/// <param name="sizeBytes">The disk's size.</param>
/// <param name="kept">The blocks that are kept although they hold only zeros, where that is not known without reading; null for
/// none.</param>
internal sealed class BlockDiskWriter(
    ImageFile file, ImageBuilder assembly, long sizeBytes, BlockAllocationTable? kept = null) : DiskWriter(file)
{
    private const int MaxBlocksOnStack = 256;

    private readonly Sequencer _turns = new();
    private readonly int _blockSize = assembly.BlockSize;
    private readonly int _frontSize = assembly.FrontSize;

    public override long UnitSize => Math.Max(_blockSize, ChunkSize);

    public override int HeadroomBytes => _frontSize;

    public override bool MergesHoles => kept is null;

    public override void PrepareBuffer(byte[] buffer)
    {
        buffer.AsSpan(0, _frontSize - assembly.BitmapSize).Clear();
        buffer.AsSpan(_frontSize - assembly.BitmapSize, assembly.BitmapSize).Fill(0xFF);
    }

    public override void Begin()
    {
    }

    public override void CopyUnit(DiskSource source, DiskUnit unit, byte[] buffer, CancellationToken stopping)
    {
        try
        {
            if (!FindsZeros)
            {
                CopyUnread(source, unit, buffer, stopping);
                return;
            }

            for (int i = 0; i < unit.Data.Length; i++)
            {
                DiskExtent extent = unit.Data[i];
                for (long at = extent.Offset; at < extent.End;)
                {
                    stopping.ThrowIfCancellationRequested();
                    long boundary = at - (at % ChunkSize) + ChunkSize;
                    Span<byte> chunk = buffer.AsSpan(_frontSize, (int)(Math.Min(boundary, extent.End) - at));
                    source.ReadAt(at, chunk);
                    bool isLast = i == unit.Data.Length - 1 && at + chunk.Length == extent.End;
                    WriteChunk(source, unit, at, buffer.AsSpan(0, _frontSize + chunk.Length), isLast, stopping);
                    at += chunk.Length;
                }
            }
        }
        finally
        {
            _turns.Pass(unit.Number);
        }
    }

    public override void Complete() => assembly.Complete();

    private void CopyUnread(DiskSource source, DiskUnit unit, byte[] buffer, CancellationToken stopping)
    {
        _turns.Wait(unit.Number, stopping);
        var fresh = new List<int>();
        foreach (DiskExtent extent in unit.Data)
        {
            long last = (Math.Min(extent.End, sizeBytes) - 1) / _blockSize;
            for (int blockIndex = (int)(extent.Offset / _blockSize); blockIndex <= last; blockIndex++)
            {
                if (!assembly.IsPlaced(blockIndex) && (kept is null || IsKept(blockIndex)))
                {
                    assembly.Place(blockIndex);
                    fresh.Add(blockIndex);
                }
            }
        }

        _turns.Pass(unit.Number);
        foreach (DiskExtent extent in unit.Data)
        {
            for (long at = extent.Offset; at < extent.End;)
            {
                int blockIndex = (int)(at / _blockSize);
                long inBlock = at % _blockSize, end = Math.Min(extent.End, at - inBlock + _blockSize);
                if (at < sizeBytes && assembly.IsPlaced(blockIndex))
                {
                    long place = assembly.DataOffset(blockIndex) + inBlock;
                    Fresh.PutUnread(source.FindStored, source.ReadAt, at, end, place, buffer.AsSpan(_frontSize), stopping);
                }

                at = end;
            }
        }

        // Last: a call that shares waits for what was written beside it.
        fresh.ForEach(blockIndex => File.WriteAt(assembly.DataOffset(blockIndex) - _frontSize, buffer.AsSpan(0, _frontSize)));
    }

    private bool IsKept(int blockIndex) => kept is not null && kept[blockIndex] != VhdSpec.UnusedEntry;

    /// <summary>Writes what a chunk holds into its blocks, after those that need a place have been given one in turn.</summary>
    private void WriteChunk(DiskSource source, DiskUnit unit, long offset, Span<byte> buffer, bool isLast, CancellationToken stopping)
    {
        Span<byte> chunk = buffer[_frontSize..];
        long end = Math.Min(offset + chunk.Length, sizeBytes);
        int firstBlock = (int)(offset / _blockSize);
        int lastBlock = (int)((end - 1) / _blockSize);
        Span<bool> isFresh = lastBlock - firstBlock < MaxBlocksOnStack ? stackalloc bool[lastBlock - firstBlock + 1]
            : new bool[lastBlock - firstBlock + 1];
        bool isAnyFresh = false;
        for (int blockIndex = firstBlock; blockIndex <= lastBlock; blockIndex++)
        {
            bool needsPlace = !assembly.IsPlaced(blockIndex)
                && (IsKept(blockIndex) || Part(chunk, offset, blockIndex).IndexOfAnyExcept((byte)0) >= 0);
            isFresh[blockIndex - firstBlock] = needsPlace;
            isAnyFresh |= needsPlace;
        }

        if (isAnyFresh)
        {
            _turns.Wait(unit.Number, stopping);
            for (int blockIndex = firstBlock; blockIndex <= lastBlock; blockIndex++)
            {
                if (isFresh[blockIndex - firstBlock])
                {
                    assembly.Place(blockIndex);
                }
            }
        }

        if (isLast || (_blockSize >= ChunkSize && isAnyFresh))
        {
            _turns.Pass(unit.Number);
        }

        for (int blockIndex = firstBlock; blockIndex <= lastBlock; blockIndex++)
        {
            if (assembly.IsPlaced(blockIndex))
            {
                WriteBlock(source, blockIndex, offset, buffer, isFresh[blockIndex - firstBlock]);
            }
        }
    }

    private void WriteBlock(DiskSource source, int blockIndex, long offset, Span<byte> buffer, bool isFresh)
    {
        Span<byte> chunk = buffer[_frontSize..];
        ReadOnlySpan<byte> part = Part(chunk, offset, blockIndex);
        long inBlock = Math.Max(0, offset - ((long)blockIndex * _blockSize));
        long dataOffset = assembly.DataOffset(blockIndex);
        for (int at = 0; ZeroScan.TryFindData(part, at, out int start, out int end); at = end)
        {
            bool isJoined = isFresh && inBlock + start == 0 && offset == (long)blockIndex * _blockSize;
            if (isJoined)
            {
                Fresh.Put(source.FindStored, offset, dataOffset, buffer[..(_frontSize + end)], _frontSize);
                isFresh = false;
                continue;
            }

            Fresh.Put(source.FindStored, ((long)blockIndex * _blockSize) + inBlock + start, dataOffset + inBlock + start, part[start..end]);
        }

        if (isFresh)
        {
            File.WriteAt(dataOffset - _frontSize, buffer[.._frontSize]);
        }
    }

    private Span<byte> Part(Span<byte> chunk, long offset, int blockIndex)
    {
        long start = Math.Max(0, ((long)blockIndex * _blockSize) - offset);
        long end = Math.Min(chunk.Length, ((blockIndex + 1L) * _blockSize) - offset);
        return chunk[(int)start..(int)end];
    }
}
