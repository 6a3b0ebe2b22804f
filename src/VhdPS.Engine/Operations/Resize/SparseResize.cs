using System.Buffers;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Engine.Layout;

namespace VhdPS.Engine.Operations.Resize;

/// <summary>
/// Gives a dynamic or differencing image another size in place, so that a crash at any moment leaves an image of the old
/// size or of the new one with nothing to finish but to make the two footers equal:
/// <list type="bullet">
/// <item>R1: the header's table covers the size in each footer at every moment: it grows before they do and shrinks after.</item>
/// <item>R2: the header changes in one step: table offset, entry count and checksum lie in one sector of the file.</item>
/// <item>R3: an entry after the disk's last block is unused, and the last block zero after the disk's end, before a footer
/// with a larger size is written: what the disk gains reads as zeros.</item>
/// <item>R4: a block in the way of the longer table has moved (M1 to M4), and the footer too (F2), before an entry is
/// written there; the paths of locators move first, by a spare header as a relink does it; what cannot move makes the whole
/// table be written again past the data, and R2 switches to it.</item>
/// <item>R5: Xen's batmap, which is found by where the table ends, is whole at one place until the header changes and at
/// the other from then on; the sector of its old header becomes entries between that and the footers.</item>
/// <item>R6: an entry is taken out of use, and the place of its block given up, only after both footers have the smaller size.</item>
/// <item>R7: a block with data that no entry names is not written over and not cut off; in the way of the longer table it is
/// copied, and synced, before an entry is written there.</item>
/// </list>
/// </summary>
internal sealed class SparseResize
{
    private const int TableChunk = 64 * 1024;
    private const int CopyChunk = 1024 * 1024;
    private const int HeaderFieldsAt = 16;
    private const int HeaderFieldsLength = 24;

    private readonly ImageFile _file;
    private readonly ImageLayout _layout;
    private readonly BlockAllocationTable _table;
    private readonly int _newCount;
    private readonly long _newTableOffset;
    private readonly long _newTableEnd;
    private readonly long _firstFree;
    private readonly BatmapMove? _batmap;
    private readonly StructureExtent[] _movedLocators = [];
    private readonly long _locatorOffset;
    private readonly List<(int BlockIndex, long BitmapOffset)> _moves = [];
    private readonly List<(long From, long To)> _lostMoves = [];
    private readonly IReadOnlyList<long> _lost;
    private readonly DynamicDiskHeader _newHeader;

    /// <summary>The first byte after the table as it is, with the entries that it has to grow into.</summary>
    private readonly long _oldEntriesEnd;

    // What is left of old places of blocks that make way, after the longer table.
    private long _clearedFrom;
    private long _clearedEnd;

    // Whether all that was in the way of the longer table is elsewhere, on the medium.
    private bool _hasMadeWay;

    /// <summary>Plans; nothing is written.</summary>
    /// <exception cref="VhdFormatException">A table entry names no place for a block.</exception>
    /// <exception cref="VhdOperationException">The new table or a moved block has no place.</exception>
    public SparseResize(VhdImage image, long newSize)
    {
        _file = image.File;
        _layout = image.Layout;
        _table = image.Map.Table!;
        long sectorCount = newSize / VhdSpec.SectorSize;
        _newCount = checked((int)((sectorCount / _layout.SectorsPerBlock) + (sectorCount % _layout.SectorsPerBlock == 0 ? 0 : 1)));
        ThrowIfUnsound();

        _lost = LostBlocks.Find(_file, _layout, _table, CancellationToken.None);
        long freeFrom = BlockAllocator.FindEnd(_layout, _table);
        freeFrom = LostEnd > freeFrom ? VhdSpec.RoundUp(_layout.DataEnd, VhdSpec.SectorSize) : freeFrom;
        long oldTableEnd = BlockAllocationTable.End(_layout.TableOffset, _layout.BlockCount);
        _newTableOffset = _layout.TableOffset;
        _newTableEnd = BlockAllocationTable.End(_newTableOffset, _newCount);
        bool isGrowing = sectorCount >= _layout.SectorCount;
        _batmap = isGrowing
            ? BatmapMove.PlanWhole(_file, _layout, _newTableEnd, _newCount)
            : BatmapMove.PlanHeader(_file, _layout, _newTableEnd, oldTableEnd);
        long claimEnd = isGrowing ? _batmap?.End ?? _newTableEnd : _newTableEnd;
        StructureExtent[] inTheWay = [.. ImmovableWithin(oldTableEnd, claimEnd)];
        if (inTheWay.Length > 0 && Array.TrueForAll(inTheWay, IsMovableLocator))
        {
            // QUIRK(vhd-util): a table past the data is rejected by its check, so paths make way as it does it.
            _movedLocators = inTheWay;
            _locatorOffset = VhdSpec.RoundUp(Math.Max(freeFrom, claimEnd), VhdSpec.SectorSize);
            _firstFree = PlanMoves(oldTableEnd, claimEnd, _locatorOffset + inTheWay.Sum(HeaderRewrite.SpaceOf));
        }
        else if (inTheWay.Length > 0)
        {
            _newTableOffset = VhdSpec.RoundUp(freeFrom, VhdSpec.DataAlignment);
            _newTableEnd = BlockAllocationTable.End(_newTableOffset, _newCount);
            _batmap = BatmapMove.PlanWhole(_file, _layout, _newTableEnd, _newCount);
            _firstFree = _batmap?.End ?? _newTableEnd;
        }
        else
        {
            _firstFree = PlanMoves(oldTableEnd, claimEnd, Math.Max(freeFrom, claimEnd));
        }

        NewFooter = VirtualSize.Put(_layout.Footer, newSize);
        DynamicDiskHeader header = _movedLocators.Length == 0
            ? _layout.Header!
            : HeaderRewrite.HeaderAfterMove(_layout, _movedLocators, _locatorOffset);
        bool hasSpare = HasSpareEntries(oldTableEnd);
        bool keepsSpare = hasSpare && sectorCount > _layout.SectorCount;
        _oldEntriesEnd = hasSpare ? header.TableEnd : oldTableEnd;
        _newHeader = header.With(
            tableOffset: (ulong)_newTableOffset,
            maxTableEntries: keepsSpare ? Math.Max(header.MaxTableEntries, (uint)_newCount) : (uint)_newCount);
        SectorsKept = Math.Min(_layout.SectorCount, sectorCount);
    }

    public HardDiskFooter NewFooter { get; }

    /// <summary>The most bytes that are written: moved blocks and locators, the table, the header and the footers.</summary>
    public long WrittenBytes => (MovedBlockCount * _layout.BlockSpan) + _movedLocators.Sum(HeaderRewrite.SpaceOf)
        + (_newTableEnd - _newTableOffset) + VhdSpec.HeaderSize + (4 * VhdSpec.FooterSize);

    public int MovedBlockCount => _moves.Count + _lostMoves.Count;

    /// <summary>Blocks with data that no table entry names.</summary>
    public int LostBlockCount => _lost.Count;

    public int MovedLocatorCount => _movedLocators.Length;

    public bool IsTableMoved => _newTableOffset != _layout.TableOffset;

    /// <summary>Whether Xen's batmap cannot follow the table's end.</summary>
    public bool IsBatmapDropped => _batmap is null && BatmapMove.IsNeeded(_layout, _newTableEnd);

    public bool IsChange => !NewFooter.Bytes.SequenceEqual(_layout.Footer.Bytes) || !_newHeader.Bytes.SequenceEqual(_layout.Header!.Bytes);

    /// <summary>Length of the file afterwards, in bytes: what <see cref="Run"/> comes to, step by step.</summary>
    public long NewFileLength
    {
        get
        {
            if (!IsChange)
            {
                return FooterWriter.LengthAfterRepair(_file, _layout, _table);
            }

            long end = FooterWriter.EndAfterRepair(_file, _layout, _table);
            if (IsGrowing)
            {
                end = _firstFree > end || end % VhdSpec.SectorSize != 0 ? FooterWriter.PlaceAtOrAfter(end, _firstFree) : end;
                return end + VhdSpec.FooterSize;
            }

            end = end % VhdSpec.SectorSize != 0 ? FooterWriter.PlaceAtOrAfter(end, end) : end;
            long cut = Math.Max(LostEnd, BlockAllocator.FindEnd(_layout, _table.WithCount(_newCount)));
            return (cut + VhdSpec.FooterSize <= end && cut % VhdSpec.SectorSize == 0 ? cut : end) + VhdSpec.FooterSize;
        }
    }

    private long LostEnd => _lost.Count == 0 ? 0 : _lost[^1] + _layout.BlockSpan;

    private long SectorsKept { get; }

    private bool IsGrowing => NewFooter.CurrentSize >= _layout.Size.SizeBytes;

    public void Run(IProgress<WorkProgress>? progress, CancellationToken cancellation)
    {
        if (IsGrowing)
        {
            Grow(progress, cancellation);
        }
        else
        {
            progress?.Report(
                new WorkProgress(1, 1) { Step = "Writing the footers with the new size, then table and header, then cutting the file" });
            Shrink();
        }
    }

    /// <summary>Whether the table has entries past the disk's last block, with nothing in them: they are there to grow into.</summary>
    private bool HasSpareEntries(long tableEnd)
    {
        DynamicDiskHeader header = _layout.Header!;
        return header.MaxTableEntries > (uint)_layout.BlockCount && header.MaxTableEntries <= VhdSpec.MaxTableEntries
            && _batmap is null && !IsTableMoved && _movedLocators.Length == 0
            && header.EntriesEnd <= _layout.DataEnd
            && !ImmovableWithin(tableEnd, header.EntriesEnd).Any()
            && _table.Entries.IndexOfAnyInRange(0u, (uint)((header.EntriesEnd - 1) / VhdSpec.SectorSize)) < 0
            && SpareEntries.FindUsed(_file, _layout, CancellationToken.None) is null;
    }

    private void ThrowIfUnsound()
    {
        for (int blockIndex = 0; blockIndex < _table.Count; blockIndex++)
        {
            if (_table[blockIndex] != VhdSpec.UnusedEntry && _layout.CheckEntry(blockIndex, _table[blockIndex]) is { } finding)
            {
                throw new VhdFormatException(_layout.Path, finding);
            }
        }

        // R2
        long fields = (long)_layout.Footer.DataOffset + HeaderFieldsAt;
        if (fields / VhdSpec.SectorSize != (fields + HeaderFieldsLength - 1) / VhdSpec.SectorSize)
        {
            throw new VhdOperationException(
                _layout.Path,
                OperationError.WrongType,
                $"the header at offset {fields - HeaderFieldsAt} is not aligned and cannot be changed in one step; "
                    + "convert the image into a new one.");
        }

        if (_newCount > VhdSpec.MaxTableEntries)
        {
            throw new ArgumentException(
                $"{_layout.Path}: blocks of {_layout.BlockSize} bytes are too small for that size: the table would pass 64 MiB.");
        }
    }

    // A claim beyond any path is a mistake of its writer and not copied.
    private static bool IsMovableLocator(StructureExtent extent) =>
        extent.Structure == VhdStructure.ParentLocator && extent.Length <= VhdSpec.MaxLocatorLength;

    private IEnumerable<StructureExtent> ImmovableWithin(long from, long end) => _layout.Occupied.Where(extent =>
        extent.Structure is not (VhdStructure.BlockAllocationTable or VhdStructure.Batmap)
        && extent.FileOffset < end && from < extent.End);

    /// <summary>Finds places, from <paramref name="free"/> on, for the blocks that lie between two offsets; where the last of them
    /// ends.</summary>
    private long PlanMoves(long from, long end, long free)
    {
        _clearedFrom = end;
        for (int blockIndex = 0; blockIndex < _table.Count; blockIndex++)
        {
            uint entry = _table[blockIndex];
            if (entry != VhdSpec.UnusedEntry && IsInTheWay(ImageLayout.BitmapOffset(entry)))
            {
                _moves.Add((blockIndex, MakeWay(ImageLayout.BitmapOffset(entry))));
            }
        }

        foreach (long start in _lost.Where(IsInTheWay))
        {
            // R7
            _lostMoves.Add((start, MakeWay(start)));
        }

        return free;

        bool IsInTheWay(long start) => start < end && from < start + _layout.BlockSpan;

        long MakeWay(long start)
        {
            long place = BlockMover.PlaceBlock(_layout, free);
            free = place + _layout.BlockSpan;
            _clearedEnd = Math.Max(_clearedEnd, start + _layout.BlockSpan);
            return place;
        }
    }

    private void Grow(IProgress<WorkProgress>? progress, CancellationToken cancellation)
    {
        progress?.Report(new WorkProgress(
            0, 0)
        { Step = $"Making space for a table of {_newCount} entries at {_newTableOffset}, {_moves.Count} blocks to move" });
        FooterWriter footers = _movedLocators.Length == 0
            ? new FooterWriter(_file, _layout)
            : new FooterWriter(_file, _layout.Footer, HeaderRewrite.MoveLocators(_file, _layout, _movedLocators, _locatorOffset));
        long oldEnd = footers.EndOffset, oldLength = _file.Length;
        try
        {
            if (_firstFree > oldEnd || oldEnd % VhdSpec.SectorSize != 0)
            {
                footers.MoveEnd(_firstFree);
                ZeroFill.Clear(_file, oldEnd, Math.Min(oldEnd + VhdSpec.FooterSize, footers.EndOffset), cancellation);
            }

            Move(footers, progress, cancellation);
            ClearLastBlock(footers.EndOffset, cancellation);
            progress?.Report(new WorkProgress(1, 1) { Step = "Writing the table, then the header and the footers" });
            _batmap?.MoveMap();
            WriteTable(_table.WithCount(_newCount), IsTableMoved ? 0 : _layout.BlockCount, _newTableEnd, _batmap?.OldOffset);
            _batmap?.WriteHeader();
            _file.Flush();
        }
        catch (Exception error) when (error is OperationCanceledException or ImageIOException { Operation: ImageIOOperation.Write })
        {
            GiveBack(footers, oldEnd, oldLength);
            throw;
        }

        WriteHeader();
        if (_batmap is { OldOffset: var old } && old >= _newTableOffset && old < _newTableEnd)
        {
            // R5, R3
            int firstBlock = (int)((old - _newTableOffset) / VhdSpec.TableEntrySize);
            WriteTable(_table.WithCount(_newCount), firstBlock, old + VhdSpec.SectorSize);
            _file.Flush();
        }

        // The end of a block that made way can look like a block that was lost.
        ZeroFill.Clear(_file, _clearedFrom, _clearedEnd, CancellationToken.None);
        footers.Publish(NewFooter);
    }

    private void Shrink()
    {
        var footers = new FooterWriter(_file, _layout);
        footers.Publish(NewFooter);

        // R6: nothing below is seen by a reader of the new size; without bitmaps the dropped blocks are not taken for lost ones.
        BlockAllocationTable table = _table.WithCount(_newCount);
        ClearBitmaps(_newCount);
        WriteTable(table, _newCount, BlockAllocationTable.End(_layout.TableOffset, _layout.BlockCount));
        _batmap?.WriteHeader();
        _file.Flush();
        WriteHeader();
        ClearOldEntries();
        ClearLastBlock(footers.EndOffset, CancellationToken.None);
        footers.CutTo(Math.Max(LostEnd, BlockAllocator.FindEnd(_layout, table)));
        _file.Flush();
    }

    /// <summary>Unused entries that are the table's no more would look like a block whose every bit is set.</summary>
    private void ClearOldEntries()
    {
        if (_batmap is null && !ImmovableWithin(_newTableEnd, _oldEntriesEnd).Any())
        {
            ZeroFill.Clear(_file, _newTableEnd, _oldEntriesEnd);
        }
    }

    private void ClearBitmaps(int firstBlock)
    {
        byte[] none = new byte[_layout.BitmapSize];
        for (int blockIndex = firstBlock; blockIndex < _table.Count; blockIndex++)
        {
            if (_table[blockIndex] != VhdSpec.UnusedEntry)
            {
                _file.WriteAt(ImageLayout.BitmapOffset(_table[blockIndex]), none);
            }
        }
    }

    private void Move(FooterWriter footers, IProgress<WorkProgress>? progress, CancellationToken cancellation)
    {
        // R7; before any block has moved, so that what is copied is past the end as long as nothing has.
        CopyLost(cancellation);
        var mover = new BlockMover(_file, _layout, _table, footers);
        long done = 0;
        foreach ((int blockIndex, long bitmapOffset) in _moves)
        {
            cancellation.ThrowIfCancellationRequested();
            mover.Copy(blockIndex, bitmapOffset);
            done += _layout.BlockSpan;
            progress?.Report(new WorkProgress(done, _moves.Count * _layout.BlockSpan));
        }

        mover.Publish();
        _hasMadeWay = true;
    }

    private void CopyLost(CancellationToken cancellation)
    {
        if (_lostMoves.Count == 0)
        {
            return;
        }

        byte[] buffer = ArrayPool<byte>.Shared.Rent((int)Math.Min(CopyChunk, _layout.BlockSpan));
        try
        {
            foreach ((long from, long to) in _lostMoves)
            {
                for (long done = 0; done < _layout.BlockSpan; done += CopyChunk)
                {
                    cancellation.ThrowIfCancellationRequested();
                    Span<byte> chunk = buffer.AsSpan(0, (int)Math.Min(CopyChunk, _layout.BlockSpan - done));
                    chunk[_file.ReadAt(from + done, chunk)..].Clear();
                    _file.WriteAt(to + done, chunk);
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        _file.Flush();
    }

    /// <summary>What the last block of the smaller disk holds after that disk's end must not become visible when the disk grows.</summary>
    private void ClearLastBlock(long footerOffset, CancellationToken cancellation)
    {
        int sectorInBlock = (int)(SectorsKept % _layout.SectorsPerBlock);
        long blockIndex = SectorsKept / _layout.SectorsPerBlock;
        if (sectorInBlock == 0 || _table[(int)blockIndex] is var entry && entry == VhdSpec.UnusedEntry)
        {
            return;
        }

        long dataOffset = _layout.DataOffset(entry);
        ZeroFill.Clear(
            _file, dataOffset + ((long)sectorInBlock * VhdSpec.SectorSize), Math.Min(
                dataOffset + _layout.BlockSize, footerOffset), cancellation);
    }

    /// <summary>Writes the sectors of the table from that of <paramref name="firstBlock"/> on; after the last entry 0xFF.</summary>
    private void WriteTable(BlockAllocationTable table, int firstBlock, long tableEnd, long? exceptSectorAt = null)
    {
        long from = BlockAllocationTable.EntryOffset(_newTableOffset, firstBlock);
        from -= from % VhdSpec.SectorSize;
        byte[] buffer = ArrayPool<byte>.Shared.Rent(TableChunk);
        try
        {
            for (long at = from; at < tableEnd;)
            {
                if (at == exceptSectorAt)
                {
                    at += VhdSpec.SectorSize;
                    continue;
                }

                long end = exceptSectorAt is { } except && except > at ? Math.Min(except, tableEnd) : tableEnd;
                Span<byte> chunk = buffer.AsSpan(0, (int)Math.Min(TableChunk, end - at));
                table.Encode((int)((at - _newTableOffset) / VhdSpec.TableEntrySize), chunk);
                _file.WriteAt(at, chunk);
                at += chunk.Length;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private void WriteHeader()
    {
        if (_newHeader.Bytes.SequenceEqual(_layout.Header!.Bytes))
        {
            return;
        }

        _file.WriteAt(
            (long)_layout.Footer.DataOffset + HeaderFieldsAt, _newHeader.Bytes.Slice(HeaderFieldsAt, HeaderFieldsLength));
        _file.Flush();
    }

    /// <summary>Entries without a table, and remains of locators and blocks that have moved, would look like lost blocks.</summary>
    private void ClearMadeWay()
    {
        long entriesEnd = Math.Max(BlockAllocationTable.End(_layout.TableOffset, _layout.BlockCount), _layout.Header!.TableEnd);
        if (!_hasMadeWay)
        {
            foreach (StructureExtent locator in _movedLocators)
            {
                ZeroFill.Discard(_file, Math.Max(entriesEnd, locator.FileOffset), locator.End);
            }

            return;
        }

        // R5: the old batmap header counts, and its map until the header names the copy.
        StructureExtent[] kept =
            [.. _layout.Structures.Where(extent => extent.Structure == VhdStructure.Batmap).OrderBy(extent => extent.FileOffset)];
        long end = _batmap is null ? _newTableEnd : _newTableEnd + BatmapHeader.Size;
        foreach ((long from, long to) in new[] { (IsTableMoved ? _newTableOffset : entriesEnd, end), (_clearedFrom, _clearedEnd) })
        {
            long at = from;
            foreach (StructureExtent extent in kept)
            {
                ZeroFill.Discard(_file, at, Math.Min(to, extent.FileOffset));
                at = Math.Max(at, extent.End);
            }

            ZeroFill.Discard(_file, at, to);
        }
    }

    /// <summary>Gives back what was added to the file for a growth that did not come to its end.</summary>
    private void GiveBack(FooterWriter footers, long oldEnd, long oldLength)
    {
        try
        {
            ClearMadeWay();
            _file.Flush();
            if (footers.EndOffset == oldEnd)
            {
                // Nothing is laid past the footer before it moves, but a part of the footer itself where the medium is full.
                _file.SetLength(oldLength);
                return;
            }

            // R5: the map that the old batmap header names by now stays in the file.
            long end = Math.Max(Math.Max(oldEnd, _batmap?.NamedEnd ?? 0), BlockAllocator.FindEnd(_layout, _table));
            footers.CutTo(VhdSpec.RoundUp(end, VhdSpec.SectorSize));
        }
        catch (IOException)
        {
            // The first error is the one to report; the image is sound, only longer than it has to be.
        }
    }
}
