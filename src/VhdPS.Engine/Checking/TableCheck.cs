using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Layout;
using static System.FormattableString;

namespace VhdPS.Engine.Checking;

/// <summary>Every entry of the table against the file, the structures and the other entries, in O(n log n).</summary>
internal sealed class TableCheck
{
    private readonly ImageLayout _layout;
    private readonly FindingLog _log;
    private readonly PlacedBlocks _blocks;
    private bool _isDamaged;

    private TableCheck(ImageLayout layout, FindingLog log, PlacedBlocks blocks)
    {
        _layout = layout;
        _log = log;
        _blocks = blocks;
    }

    /// <summary>Blocks that lie in the file, by their place: entry in the upper, block index in the lower 32 bits.</summary>
    public ulong[] Placed => _blocks.Placed;

    /// <summary>Bytes that belong to no block, lost or not, and to no structure; gaps of alignment left out.</summary>
    public long LeakedBytes { get; private set; }

    public static TableCheck Run(ImageFile file, ImageLayout layout, FindingLog log, CancellationToken cancellation)
    {
        var check = new TableCheck(layout, log, PlacedBlocks.Read(file, layout, log, cancellation));
        check.CheckOverlaps();
        check.CheckLastBlock();
        check.CheckLocators();
        check.CheckExtraEntries(file, cancellation);
        check.MeasureLeaks(check.FindLostBlocks(file, cancellation));
        return check;
    }

    private void CheckOverlaps()
    {
        long step = _layout.BlockSpan / VhdSpec.SectorSize;
        var runs = new BlockFindingRuns(_log);
        for (int i = 1; i < Placed.Length; i++)
        {
            uint before = TableScan.EntryOf(Placed[i - 1]), entry = TableScan.EntryOf(Placed[i]);
            if (entry - before >= step)
            {
                continue;
            }

            _isDamaged = true;
            FaultCode code = entry == before ? FaultCode.BatEntryDuplicate : FaultCode.BlocksOverlap;
            int blockIndex = TableScan.BlockOf(Placed[i]);
            if (!runs.TryExtend(code, blockIndex))
            {
                runs.Begin(code, blockIndex, _log.IsFull(code) ? null : TableScan.OverlapFinding(_layout, Placed[i - 1], Placed[i]));
            }
        }

        runs.Close();
    }

    private void CheckLastBlock()
    {
        int last = _layout.BlockCount - 1;
        uint entry = _blocks.LastEntry;
        long end = ImageLayout.BitmapOffset(entry) + _layout.BlockSpan;
        if (entry == VhdSpec.UnusedEntry || end <= _layout.DataEnd || _layout.CheckEntry(last, entry) is not null)
        {
            return;
        }

        _log.Add(_layout.EntryFinding(
            FaultCode.LastBlockShort, last, entry, Invariant($"a block that ends at {end}"),
            Invariant($"ends at {_layout.DataEnd}, in the part after the disk's end")));
    }

    private void CheckLocators()
    {
        if (_layout.Header is null)
        {
            return;
        }

        foreach (ParentLocator locator in _layout.Header.ParentLocators.Where(locator => locator.IsUsed && locator.DataLength > 0))
        {
            StructureExtent extent = _layout.Structures.FirstOrDefault(
                extent => extent.Structure == VhdStructure.ParentLocator && (ulong)extent.FileOffset == locator.DataOffset);
            if (extent.Length > 0 && FindBlockBefore(extent.FileOffset) is { } placed
                && ImageLayout.BitmapOffset(TableScan.EntryOf(placed)) + _layout.BlockSpan > extent.FileOffset)
            {
                _log.Add(new Finding(
                    FaultCode.LocatorOverlaps, VhdStructure.ParentLocator,
                    (long)_layout.Footer.DataOffset + DynamicDiskHeader.LocatorAt(locator.Index), "a place of its own",
                    Invariant($"offset {extent.FileOffset}"), Invariant(
                        $"Locator {locator.Index} ({locator.CodeText}) lies in block {TableScan.BlockOf(placed)}.")));
            }
        }
    }

    /// <summary>The last block in the file that begins at or before an offset.</summary>
    private ulong? FindBlockBefore(long fileOffset)
    {
        ulong key = ((ulong)(fileOffset / VhdSpec.SectorSize) << 32) | uint.MaxValue;
        int index = Array.BinarySearch(Placed, key);
        index = index < 0 ? ~index - 1 : index;
        return index < 0 ? null : Placed[index];
    }

    private void CheckExtraEntries(ImageFile file, CancellationToken cancellation)
    {
        // One is enough: what lies there may be anything.
        if (SpareEntries.FindUsed(file, _layout, cancellation) is { } entryAt)
        {
            _log.Add(new Finding(
                FaultCode.TableEntryBeyondDisk, VhdStructure.BlockAllocationTable, entryAt, "0xFFFFFFFF", "another value",
                Invariant(
                    $"Entry {(entryAt - _layout.TableOffset) / VhdSpec.TableEntrySize} lies after the disk's last block and is in use.")));
        }
    }

    /// <summary>Reports blocks that no entry names, and returns the file offsets of their bitmaps.</summary>
    private IReadOnlyList<long> FindLostBlocks(ImageFile file, CancellationToken cancellation)
    {
        IReadOnlyList<long> lost = LostBlocks.Find(file, _layout, Placed, _isDamaged || !_blocks.AreAllPossible, cancellation);
        foreach (long bitmapOffset in lost)
        {
            _log.Add(new Finding(
                FaultCode.BlockLost, VhdStructure.Data, bitmapOffset, "a table entry that names it", "none",
                "A block with a bitmap lies here, and no table entry names it."));
        }

        return lost;
    }

    /// <summary>Sums the gaps that are too large to be there for alignment, without the lost blocks in them.</summary>
    private void MeasureLeaks(IReadOnlyList<long> lost)
    {
        long threshold = Math.Max(VhdSpec.DataAlignment, Math.Min(_layout.BlockSpan, 64 * 1024));
        int next = 0;
        foreach ((long start, long end) in FileGaps.Find(_layout, Placed))
        {
            long cursor = start;
            for (; next < lost.Count && lost[next] < end; next++)
            {
                LeakedBytes += lost[next] - cursor >= threshold ? lost[next] - cursor : 0;
                cursor = lost[next] + _layout.BlockSpan;
            }

            LeakedBytes += end - cursor >= threshold ? end - cursor : 0;
        }

        if (LeakedBytes > 0)
        {
            _log.Add(new Finding(
                FaultCode.SpaceLeaked, VhdStructure.File, null, string.Empty, Invariant($"{LeakedBytes} bytes"),
                "Bytes between the structures belong to no block."));
        }
    }
}
