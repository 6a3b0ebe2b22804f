using VhdPS.Engine.Format;
using VhdPS.Engine.Storage;

namespace VhdPS.Engine.Operations;

/// <summary>
/// A dynamic image: blocks that are not all zeros, in the order of the disk, their data on 4 KiB boundaries, all bits set.
/// The structures are written when all blocks are in place.
/// </summary>
internal sealed class BlockDiskWriter : DiskWriter
{
    private const int EncodedChunk = 64 * 1024;

    private readonly HardDiskFooter _footer;
    private readonly DynamicDiskHeader _header;
    private readonly BlockAllocationTable _table;
    private readonly TurnGate _turns = new();
    private readonly int _blockSize;
    private readonly int _bitmapSize;
    private readonly int _frontSize;
    private readonly long _sizeBytes;
    private long _end;

    /// <summary>Begins an image.</summary>
    /// <param name="file">A new, empty file.</param>
    /// <param name="footer">Its footer.</param>
    /// <param name="header">Its header, behind the footer's copy; with the table behind it.</param>
    /// <param name="sizeBytes">The disk's size.</param>
    public BlockDiskWriter(ImageFile file, HardDiskFooter footer, DynamicDiskHeader header, long sizeBytes)
        : base(file)
    {
        _footer = footer;
        _header = header;
        _sizeBytes = sizeBytes;
        _table = BlockAllocationTable.CreateUnused((int)header.MaxTableEntries);
        _blockSize = (int)header.BlockSize;
        _bitmapSize = VhdSpec.BitmapSize(_blockSize);

        // The gap before a bitmap is written with it, so that whole pages are written; small blocks leave no gap of their own.
        _frontSize = _blockSize % VhdSpec.DataAlignment == 0 ? (int)VhdSpec.RoundUp(_bitmapSize, VhdSpec.DataAlignment) : _bitmapSize;
        _end = TableEnd;
    }

    public override long UnitSize => Math.Max(_blockSize, ChunkSize);

    public override int RoomBeforeChunk => _frontSize;

    private long TableEnd => (long)_header.TableOffset + VhdSpec.RoundUp((long)_header.MaxTableEntries * VhdSpec.TableEntrySize, VhdSpec.SectorSize);

    public override void PrepareBuffer(byte[] buffer)
    {
        buffer.AsSpan(0, _frontSize - _bitmapSize).Clear();
        buffer.AsSpan(_frontSize - _bitmapSize, _bitmapSize).Fill(0xFF);
    }

    public override void Begin()
    {
    }

    public override void CopyUnit(DiskSource source, DiskUnit unit, byte[] buffer, CancellationToken stopping)
    {
        try
        {
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
                    WriteChunk(unit, at, buffer.AsSpan(0, _frontSize + chunk.Length), isLast, stopping);
                    at += chunk.Length;
                }
            }
        }
        finally
        {
            _turns.Pass(unit.Number);
        }
    }

    public override void Complete()
    {
        File.WriteAt(0, _footer.Bytes);
        File.WriteAt((long)_footer.DataOffset, _header.Bytes);
        byte[] encoded = new byte[EncodedChunk];
        long tableOffset = (long)_header.TableOffset, length = TableEnd - tableOffset;
        for (long at = 0; at < length; at += EncodedChunk)
        {
            Span<byte> bytes = encoded.AsSpan(0, (int)Math.Min(EncodedChunk, length - at));
            _table.Encode((int)(at / VhdSpec.TableEntrySize), bytes);
            File.WriteAt(tableOffset + at, bytes);
        }

        File.WriteAt(_end, _footer.Bytes);
    }

    /// <summary>Writes what a chunk holds into its blocks, after those that need a place have been given one in turn.</summary>
    private void WriteChunk(DiskUnit unit, long offset, Span<byte> buffer, bool isLast, CancellationToken stopping)
    {
        Span<byte> chunk = buffer[_frontSize..];
        long end = Math.Min(offset + chunk.Length, _sizeBytes);
        int firstBlock = (int)(offset / _blockSize);
        int lastBlock = (int)((end - 1) / _blockSize);
        Span<bool> isFresh = lastBlock - firstBlock < 256 ? stackalloc bool[lastBlock - firstBlock + 1] : new bool[lastBlock - firstBlock + 1];
        bool isAnyFresh = false;
        for (int blockIndex = firstBlock; blockIndex <= lastBlock; blockIndex++)
        {
            bool needsPlace = _table[blockIndex] == VhdSpec.UnusedEntry && Part(chunk, offset, blockIndex).IndexOfAnyExcept((byte)0) >= 0;
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
                    Place(blockIndex);
                }
            }
        }

        if (isLast || (_blockSize >= ChunkSize && isAnyFresh))
        {
            _turns.Pass(unit.Number);
        }

        for (int blockIndex = firstBlock; blockIndex <= lastBlock; blockIndex++)
        {
            if (_table[blockIndex] != VhdSpec.UnusedEntry)
            {
                WriteBlock(blockIndex, offset, buffer, isFresh[blockIndex - firstBlock]);
            }
        }
    }

    private void WriteBlock(int blockIndex, long offset, Span<byte> buffer, bool isFresh)
    {
        Span<byte> chunk = buffer[_frontSize..];
        ReadOnlySpan<byte> part = Part(chunk, offset, blockIndex);
        long inBlock = Math.Max(0, offset - ((long)blockIndex * _blockSize));
        long dataOffset = ImageLayout.BitmapOffset(_table[blockIndex]) + _bitmapSize;
        for (int at = 0; ZeroScan.TryFindData(part, at, out int start, out int end); at = end)
        {
            Count(end - start);
            bool isJoined = isFresh && inBlock + start == 0 && offset == (long)blockIndex * _blockSize;
            if (isJoined)
            {
                File.WriteAt(dataOffset - _frontSize, buffer[..(_frontSize + end)]);
                isFresh = false;
                continue;
            }

            File.WriteAt(dataOffset + inBlock + start, part[start..end]);
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

    private void Place(int blockIndex)
    {
        long dataOffset = VhdSpec.RoundUp(_end + _bitmapSize, VhdSpec.DataAlignment);
        long entry = (dataOffset - _bitmapSize) / VhdSpec.SectorSize;
        if (entry >= VhdSpec.UnusedEntry)
        {
            // I4
            throw new VhdRefusedException(
                File.Path, RefusalCode.ImageFull, $"the image is full: block {blockIndex} would lie at offset {dataOffset - _bitmapSize}, and a table entry reaches to 2 TiB.");
        }

        _table[blockIndex] = (uint)entry;
        _end = dataOffset + _blockSize;
    }
}
