using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Layout;

namespace VhdPS.Engine.Images;

/// <summary>
/// A new dynamic or differencing image in the making: gives places to blocks, one after the other with their data on
/// 4 KiB boundaries, and writes the structures when all blocks are in the file.
/// </summary>
internal sealed class ImageBuilder
{
    private const int EncodedChunk = 64 * 1024;

    private readonly ImageFile _file;
    private readonly HardDiskFooter _footer;
    private readonly DynamicDiskHeader _header;
    private readonly IReadOnlyList<FileSegment> _extras;
    private readonly NewBatmap? _batmap;
    private readonly int _alignment;

    private long _end;

    /// <summary>Begins an image.</summary>
    /// <param name="file">A new, empty file.</param>
    /// <param name="footer">Its footer.</param>
    /// <param name="header">Its header, after the footer's copy.</param>
    /// <param name="extras">What else lies after the table: the paths of locators.</param>
    /// <param name="batmap">Xen's map of full blocks, where the image is to have one.</param>
    /// <param name="isPacked">Whether blocks follow on each other without gaps, and so not on 4 KiB boundaries.</param>
    public ImageBuilder(
        ImageFile file, HardDiskFooter footer, DynamicDiskHeader header, IReadOnlyList<FileSegment>? extras = null,
            NewBatmap? batmap = null, bool isPacked = false)
    {
        _file = file;
        _footer = footer;
        _header = header;
        _extras = extras ?? [];
        _batmap = batmap;
        Table = BlockAllocationTable.CreateUnused((int)header.MaxTableEntries);
        BlockSize = (int)header.BlockSize;
        BitmapSize = VhdSpec.BitmapSize(BlockSize);

        // The gap before a bitmap is written with it, so that whole pages are written; small blocks leave no gap of their own.
        _alignment = isPacked ? VhdSpec.SectorSize : VhdSpec.DataAlignment;
        bool hasFront = !isPacked && BlockSize % VhdSpec.DataAlignment == 0;
        FrontSize = hasFront ? (int)VhdSpec.RoundUp(BitmapSize, VhdSpec.DataAlignment) : BitmapSize;
        _end = _extras.Select(extra => extra.End).Append(header.TableEnd).Append(batmap?.End ?? 0).Max();
    }

    /// <summary>The places given so far.</summary>
    public BlockAllocationTable Table { get; }

    /// <summary>Bytes of data in a block.</summary>
    public int BlockSize { get; }

    /// <summary>Bytes of a sector bitmap.</summary>
    public int BitmapSize { get; }

    /// <summary>Bytes that are written before a block's data: a gap of zeros, and the bitmap.</summary>
    public int FrontSize { get; }

    /// <summary>Length of the file with the blocks placed so far.</summary>
    public long Length => VhdSpec.RoundUp(_end, VhdSpec.SectorSize) + VhdSpec.FooterSize;

    /// <summary>Whether a block has a place.</summary>
    public bool IsPlaced(int blockIndex) => Table[blockIndex] != VhdSpec.UnusedEntry;

    /// <summary>File offset of a placed block's data.</summary>
    public long DataOffset(int blockIndex) => ImageLayout.BitmapOffset(Table[blockIndex]) + BitmapSize;

    /// <summary>Gives a block the next place. Not for several threads at once.</summary>
    /// <param name="blockIndex">The block.</param>
    /// <param name="isFull">Whether all its bits will be set.</param>
    /// <exception cref="VhdOperationException">A table entry cannot name the place.</exception>
    public void Place(int blockIndex, bool isFull = true)
    {
        long dataOffset = VhdSpec.RoundUp(_end + BitmapSize, _alignment);
        long entry = (dataOffset - BitmapSize) / VhdSpec.SectorSize;
        if (entry >= VhdSpec.UnusedEntry)
        {
            // I4
            throw new VhdOperationException(
                _file.Path,
                OperationError.ImageFull,
                $"the image is full: block {blockIndex} would lie at offset {dataOffset - BitmapSize}, and "
                    + "a table entry reaches to 2 TiB.");
        }

        Table[blockIndex] = (uint)entry;
        _end = dataOffset + BlockSize;
        if (isFull)
        {
            _batmap?.SetFull(blockIndex);
        }
    }

    /// <summary>Writes footer copy, header, table, what else there is, and the footer.</summary>
    public void Complete()
    {
        // ext4 writes a file out as it takes another's place, if any of it still waits for its own place on the medium.
        long tableEnd = _header.TableEnd;
        _file.Reserve(0, tableEnd);
        _file.Reserve(Length - VhdSpec.FooterSize, VhdSpec.FooterSize);
        _file.WriteAt(0, _footer.Bytes);
        _file.WriteAt((long)_footer.DataOffset, _header.Bytes);
        byte[] encoded = new byte[EncodedChunk];
        long tableOffset = (long)_header.TableOffset, length = tableEnd - tableOffset;
        for (long at = 0; at < length; at += EncodedChunk)
        {
            Span<byte> bytes = encoded.AsSpan(0, (int)Math.Min(EncodedChunk, length - at));
            Table.Encode((int)(at / VhdSpec.TableEntrySize), bytes);
            _file.WriteAt(tableOffset + at, bytes);
        }

        foreach (FileSegment extra in _extras)
        {
            _file.WriteAt(extra.FileOffset, extra.Bytes);
        }

        _batmap?.Write(_file);

        _file.WriteAt(Length - VhdSpec.FooterSize, _footer.Bytes);
    }
}

/// <summary>Bytes and where they are to lie in a file.</summary>
/// <param name="FileOffset">Bytes from the start of the file.</param>
/// <param name="Bytes">The bytes.</param>
internal sealed record FileSegment(long FileOffset, byte[] Bytes)
{
    /// <summary>The first byte after them.</summary>
    public long End => FileOffset + Bytes.Length;
}
