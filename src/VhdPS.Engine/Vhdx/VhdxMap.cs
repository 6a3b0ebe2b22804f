using System.Buffers.Binary;
using System.Numerics;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;

namespace VhdPS.Engine.Vhdx;

/// <summary>
/// Tells where bytes of the disk lie: the only place where table and bitmaps are turned into file offsets. Runs cover a
/// request exactly and in order; those in the file never pass the end of a block. Look-ups for reads may run on several threads
/// at once; those of more than 2 GiB may not.
/// </summary>
/// <param name="file">The file, with the changes of its log.</param>
/// <param name="layout">Where everything lies, without a refusing finding.</param>
internal sealed class VhdxMap(ImageFile file, VhdxLayout layout)
{
    private const int EntriesPerPage = PageCache.PageSize / VhdxSpec.TableEntrySize;

    private readonly PageCache _pages = new(file);
    private readonly VhdxMetadata _metadata = layout.Metadata!;
    private readonly ChunkMap _chunks = layout.Chunks;
    private readonly int _blockShift = BitOperations.Log2((uint)layout.Metadata!.BlockSize);
    private readonly int _sectorShift = BitOperations.Log2((uint)layout.Metadata!.LogicalSectorSize);

    /// <summary>The longest run of one origin from an offset on.</summary>
    /// <param name="offset">Bytes from the start of the disk, less than its size.</param>
    /// <param name="length">The most bytes that are wanted, at least 1 and all on the disk.</param>
    /// <exception cref="VhdFormatException">The table gives no place for the block, or for its bitmap.</exception>
    /// <exception cref="ImageIOException">The table or a bitmap could not be read.</exception>
    public VhdxRun Find(long offset, long length)
    {
        long blockIndex = offset >> _blockShift;
        long inBlock = offset & (_metadata.BlockSize - 1L);
        TableEntry entry = ReadJudgedEntry(blockIndex);
        if (OriginOf(entry) is var origin && origin != VhdxOrigin.File)
        {
            long lastBlock = (offset + length - 1) >> _blockShift;
            long end = FindEnd(origin, blockIndex + 1, lastBlock + 1) << _blockShift;
            return new VhdxRun(offset, Math.Min(length, end - offset), origin, -1);
        }

        long inFile = Math.Min(length, _metadata.BlockSize - inBlock);
        entry.TryGetFileOffset(out long blockOffset);
        return entry.State == PayloadState.FullyPresent
            ? new VhdxRun(offset, inFile, VhdxOrigin.File, blockOffset + inBlock)
            : FindInBitmap(blockIndex, offset, inFile, blockOffset + inBlock);
    }

    /// <summary>The table's entry of a payload block.</summary>
    public TableEntry PayloadEntry(long blockIndex) => ReadEntry(_chunks.PayloadEntry(blockIndex));

    /// <summary>The table's entry of a chunk's bitmap block.</summary>
    public TableEntry BitmapEntry(long chunkIndex) => ReadEntry(_chunks.BitmapEntry(chunkIndex));

    /// <summary>Bytes of a block in use that are in the file.</summary>
    /// <exception cref="VhdFormatException">The table gives no place for the block, or for its bitmap.</exception>
    public long CountPresent(long blockIndex)
    {
        TableEntry entry = ReadJudgedEntry(blockIndex);
        long bytes = layout.BytesInBlock(blockIndex);
        if (entry.State != PayloadState.PartiallyPresent)
        {
            return entry.State == PayloadState.FullyPresent ? bytes : 0;
        }

        int sectorCount = (int)((bytes + _metadata.LogicalSectorSize - 1) >> _sectorShift);
        return Math.Min(bytes, (long)ChunkBitmap.CountSet(ReadBitmap(blockIndex), sectorCount) << _sectorShift);
    }

    /// <summary>
    /// The first block from <paramref name="blockIndex"/> on, before <paramref name="endBlock"/>, whose bytes do not all come
    /// from <paramref name="origin"/> without being in the file.
    /// </summary>
    private long FindEnd(VhdxOrigin origin, long blockIndex, long endBlock)
    {
        long next = blockIndex;
        bool isNotPresent = origin == OriginOf(default);
        while (next < endBlock)
        {
            long entryIndex = _chunks.PayloadEntry(next);
            long entryOffset = layout.EntryOffset(entryIndex);
            if (isNotPresent && endBlock - next > EntriesPerPage && FindHoleEnd(entryOffset) is > 0 and long holeEnd)
            {
                // Where the table itself is a hole, all its entries are zero: never written. No read asks for so many blocks,
                // so that the file is asked for holes by look-ups alone.
                next = Math.Min(endBlock, _chunks.FirstBlockFrom(entryIndex + ((holeEnd - entryOffset) / VhdxSpec.TableEntrySize)));
                continue;
            }

            ReadOnlySpan<byte> rest = _pages.Get(entryOffset)[(int)(entryOffset % PageCache.PageSize)..];
            long inChunk = _chunks.BlocksPerChunk - _chunks.BlockInChunk(next);
            int count = (int)Math.Min(Math.Min(inChunk, endBlock - next), rest.Length / VhdxSpec.TableEntrySize);
            int same = CountSame(rest, count, origin);
            next += same;
            if (same < count)
            {
                break;
            }
        }

        return next;
    }

    private int CountSame(ReadOnlySpan<byte> entries, int count, VhdxOrigin origin)
    {
        for (int i = 0; i < count; i++)
        {
            var entry = new TableEntry(BinaryPrimitives.ReadUInt64LittleEndian(entries[(i * VhdxSpec.TableEntrySize)..]));
            if (entry.State == PayloadState.Reserved4 || OriginOf(entry) != origin)
            {
                return i;
            }
        }

        return count;
    }

    /// <summary>The end, in whole pages, of the hole in which a page of the table begins; 0 where it begins in none.</summary>
    private long FindHoleEnd(long entryOffset)
    {
        if (entryOffset % PageCache.PageSize != 0)
        {
            return 0;
        }

        long tableEnd = layout.Table!.Value.End;
        long dataOffset = file.TryFindData(entryOffset, out long found, out _) ? Math.Min(found, tableEnd) : tableEnd;
        dataOffset -= dataOffset % PageCache.PageSize;
        return dataOffset > entryOffset ? dataOffset : 0;
    }

    private VhdxRun FindInBitmap(long blockIndex, long offset, long length, long fileOffset)
    {
        ReadOnlySpan<byte> bitmap = ReadBitmap(blockIndex);
        long inBlock = offset & (_metadata.BlockSize - 1L);
        int sector = (int)(inBlock >> _sectorShift);
        int count = (int)((inBlock + length - 1) >> _sectorShift) - sector + 1;
        int run = ChunkBitmap.RunLength(bitmap, sector, count, out bool isSet);
        long runLength = Math.Min(length, ((long)(sector + run) << _sectorShift) - inBlock);
        return isSet
            ? new VhdxRun(offset, runLength, VhdxOrigin.File, fileOffset)
            : new VhdxRun(offset, runLength, VhdxOrigin.Parent, -1);
    }

    /// <summary>The bits of a block's sectors.</summary>
    private ReadOnlySpan<byte> ReadBitmap(long blockIndex)
    {
        long chunkIndex = _chunks.ChunkOf(blockIndex);
        TableEntry entry = BitmapEntry(chunkIndex);
        if (layout.JudgeBitmap(entry, isNeeded: true) is { } code)
        {
            throw new VhdFormatException(layout.Path, layout.DescribeBitmap(code, chunkIndex, entry) with { BlockIndex = blockIndex });
        }

        // A block has at most 64 KiB of bits, and they lie in one page.
        int size = _metadata.BlockSize >> (_sectorShift + 3);
        entry.TryGetFileOffset(out long bitmapOffset);
        long at = bitmapOffset + ((long)_chunks.BlockInChunk(blockIndex) * size);
        return _pages.Get(at).Slice((int)(at % PageCache.PageSize), size);
    }

    private TableEntry ReadJudgedEntry(long blockIndex)
    {
        TableEntry entry = PayloadEntry(blockIndex);
        return layout.JudgePayload(blockIndex, entry) is { } code
            ? throw new VhdFormatException(layout.Path, layout.DescribePayload(code, blockIndex, entry))
            : entry;
    }

    private TableEntry ReadEntry(long entryIndex)
    {
        long at = layout.EntryOffset(entryIndex);
        return new TableEntry(BinaryPrimitives.ReadUInt64LittleEndian(_pages.Get(at)[(int)(at % PageCache.PageSize)..]));
    }

    private VhdxOrigin OriginOf(TableEntry entry) => entry.IsInFile ? VhdxOrigin.File
        : entry.State == PayloadState.NotPresent && _metadata.HasParent ? VhdxOrigin.Parent
        : VhdxOrigin.Zero;
}
