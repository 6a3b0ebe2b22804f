using VhdPS.Engine.Files;
using VhdPS.Engine.Format;


namespace VhdPS.Engine.Vhdx;

/// <summary>
/// A VHDX file in the making: gives places to blocks, one after the other on whole MiB, and writes the structures when all
/// blocks are in the file; the identifier last, without which it is no VHDX file. Log at 1 MiB, metadata at 2 MiB, table at
/// 3 MiB, blocks after it.
/// </summary>
internal sealed class VhdxBuilder
{
    private const long LogOffset = VhdxSpec.HeaderAreaSize;
    private const long MetadataOffset = LogOffset + VhdxSpec.DefaultLogSize;
    private const long TableOffset = MetadataOffset + VhdxSpec.Mebibyte;

    private readonly ImageFile _file;
    private readonly NewVhdx _image;
    private readonly byte[] _metadata;
    private readonly long _tableLength;
    private readonly TableWriter _table;
    private long _end;

    /// <summary>Begins a file.</summary>
    /// <param name="file">A new, empty file.</param>
    /// <param name="image">The options.</param>
    /// <exception cref="ArgumentException">The options make no file.</exception>
    public VhdxBuilder(ImageFile file, NewVhdx image)
    {
        image.Validate();
        _file = file;
        _image = image;
        _metadata = NewMetadata.Encode(image);
        Chunks = image.Chunks;
        BlockSize = image.BlockSize;
        _tableLength = VhdxSpec.RoundUpToMebibyte(Chunks.EntryCount * VhdxSpec.TableEntrySize);
        DataStart = TableOffset + _tableLength;
        _table = new TableWriter(file, TableOffset);
        _end = DataStart;
    }

    /// <summary>Which entries of the table belong to which blocks.</summary>
    public ChunkMap Chunks { get; }

    /// <summary>Bytes of data in a block.</summary>
    public int BlockSize { get; }

    /// <summary>File offset of the first block; of a fixed image its disk lies there in one piece.</summary>
    public long DataStart { get; }

    /// <summary>Length of the file with the blocks placed so far.</summary>
    public long Length => _end;

    /// <summary>Prepares the file, and gives all blocks of a fixed image their places.</summary>
    /// <exception cref="ImageIOException">The file could not be written, or cannot become so long.</exception>
    public void Begin()
    {
        bool isFixed = _image.VhdType == VhdType.Fixed;
        _end = isFixed ? DataStart + (Chunks.BlockCount * BlockSize) : DataStart;

        // The length at once: a volume that is too full, or that cannot hold so large a file, says so before the work.
        _file.SetLength(_end);
        for (long blockIndex = 0; isFixed && blockIndex < Chunks.BlockCount; blockIndex++)
        {
            Set(blockIndex, PayloadState.FullyPresent, DataStart + (blockIndex * BlockSize));
        }
    }

    /// <summary>Forgets the places that a run before this one may have left in the file's table. The blocks stay as they are.</summary>
    /// <exception cref="ImageIOException">The file could not be written.</exception>
    public void ClearTable() => _file.WriteAt(TableOffset, new byte[_tableLength]);

    /// <summary>Whether a block has a place. May be asked on several threads at once.</summary>
    public bool IsPlaced(long blockIndex) => Entry(blockIndex).IsInFile;

    /// <summary>File offset of a placed block's data. May be asked on several threads at once.</summary>
    public long DataOffset(long blockIndex) => Entry(blockIndex).TryGetFileOffset(out long fileOffset)
        ? fileOffset
        : throw new ArgumentException("The block has no place.", nameof(blockIndex));

    /// <summary>Gives a block the next place, where all of it will be. Not for several threads at once.</summary>
    public void Place(long blockIndex)
    {
        Set(blockIndex, PayloadState.FullyPresent, _end);
        _end += BlockSize;
    }

    /// <summary>
    /// Gives a block of a differencing image the next place, where the sectors will be whose bits are set; the others stay the
    /// parent's. Not for several threads at once.
    /// </summary>
    /// <param name="blockIndex">The block.</param>
    /// <param name="bits">A bit for each sector of the block, bit 0 of byte 0 first.</param>
    /// <exception cref="ImageIOException">The bits could not be written.</exception>
    public void PlacePartial(long blockIndex, ReadOnlySpan<byte> bits)
    {
        long chunkIndex = Chunks.ChunkOf(blockIndex);
        TableEntry bitmap = _table[Chunks.BitmapEntry(chunkIndex)];
        if (!bitmap.IsInFile)
        {
            bitmap = TableEntry.Create(PayloadState.FullyPresent, _end);
            _table[Chunks.BitmapEntry(chunkIndex)] = bitmap;
            _end += VhdxSpec.Mebibyte;
        }

        bitmap.TryGetFileOffset(out long bitmapOffset);
        _file.WriteAt(bitmapOffset + ((long)Chunks.BlockInChunk(blockIndex) * bits.Length), bits);
        Set(blockIndex, PayloadState.PartiallyPresent, _end);
        _end += BlockSize;
    }

    /// <summary>Makes a block read as zeros, whatever the parent has there. It needs no place.</summary>
    public void SetZero(long blockIndex) => Set(blockIndex, PayloadState.Zero, 0);

    /// <summary>Writes table, metadata, region tables, headers and, last, the identifier.</summary>
    /// <exception cref="ImageIOException">The file could not be written.</exception>
    public void Complete()
    {
        _table.Flush();
        if (_file.Length < _end)
        {
            _file.SetLength(_end);
        }

        _file.WriteAt(MetadataOffset, _metadata);
        ReadOnlySpan<byte> regions = RegionTable.Create(
        [
            new RegionEntry(VhdxSpec.TableRegion, (ulong)TableOffset, (uint)_tableLength, Flags: 1),
            new RegionEntry(VhdxSpec.MetadataRegion, (ulong)MetadataOffset, VhdxSpec.Mebibyte, Flags: 1),
        ]).Bytes;
        _file.WriteAt(VhdxSpec.RegionTable1Offset, regions);
        _file.WriteAt(VhdxSpec.RegionTable2Offset, regions);
        _file.WriteAt(VhdxSpec.Header1Offset, CreateHeader(1).Bytes);
        _file.WriteAt(VhdxSpec.Header2Offset, CreateHeader(2).Bytes);
        _file.WriteAt(0, VhdxFileIdentifier.Create(NewVhdx.Creator).Bytes);
    }

    private VhdxHeader CreateHeader(ulong sequenceNumber) => VhdxHeader.Create(
        sequenceNumber, _image.FileWriteGuid, _image.DataWriteGuid, Guid.Empty, LogOffset, VhdxSpec.DefaultLogSize);

    private TableEntry Entry(long blockIndex) => _table[Chunks.PayloadEntry(blockIndex)];

    private void Set(long blockIndex, PayloadState state, long fileOffset) =>
        _table[Chunks.PayloadEntry(blockIndex)] = TableEntry.Create(state, fileOffset);
}
