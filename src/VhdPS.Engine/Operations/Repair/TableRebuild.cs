using System.Numerics;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Layout;
using static System.FormattableString;

namespace VhdPS.Engine.Operations.Repair;

/// <summary>
/// Looks in the space that no trusted entry names for blocks of a dynamic image, by their bitmaps, and enters them where
/// their order in the file says which blocks of the disk they are.
/// </summary>
/// <param name="file">The image.</param>
/// <param name="layout">Its layout.</param>
/// <param name="trusted">Blocks whose entries are valid, by their place.</param>
internal sealed class TableRebuild(ImageFile file, ImageLayout layout, IReadOnlyList<ulong> trusted)
{
    private readonly SortedDictionary<int, uint> _entries = [];
    private long _missCount;

    /// <summary>The entries to be made.</summary>
    public IReadOnlyDictionary<int, uint> Entries => _entries;

    /// <summary>File offsets of all blocks that were found.</summary>
    public List<long> Found { get; } = [];

    /// <summary>The entry that names no place of a block, as <see cref="TableScan.SortByPlace"/> gives it, where it is the only
    /// one.</summary>
    public ulong? OnlyDamaged { get; init; }

    /// <summary>The most places without a block that are looked at; a search that was not asked for must not take hours.</summary>
    public long MaxMissCount { get; init; } = long.MaxValue;

    /// <summary>Searches, and returns a step for each stretch of found blocks.</summary>
    public IReadOnlyList<RepairStep> Run(RebuildConfidence least, CancellationToken cancellation)
    {
        var stretches = new List<(List<uint> Found, int FirstBlock, int EndBlock)>();
        for (int i = 0; i <= trusted.Count; i++)
        {
            int firstBlock = i == 0 ? 0 : TableScan.BlockOf(trusted[i - 1]) + 1;
            int endBlock = i == trusted.Count ? layout.BlockCount : TableScan.BlockOf(trusted[i]);
            long from = Math.Max(layout.StructuresEnd, i == 0 ? 0 : EndOf(trusted[i - 1]));
            long to = i == trusted.Count ? layout.DataEnd : ImageLayout.BitmapOffset(TableScan.EntryOf(trusted[i]));
            List<uint> found = FindBlocks(from, to, cancellation);
            if (found.Count > 0)
            {
                Found.AddRange(found.Select(ImageLayout.BitmapOffset));
                stretches.Add((found, firstBlock, endBlock));
            }
        }

        bool isOrdered = IsOrdered();
        return
        [
            .. stretches.Select(stretch => EnterByDamage(stretch.Found)
                ?? Enter(stretch.Found, stretch.FirstBlock, isOrdered ? stretch.EndBlock - stretch.FirstBlock : -1, least)),
        ];
    }

    /// <summary>One damaged entry, one block that no entry names, and one byte between them: they belong together, whatever the
    /// order.</summary>
    private RepairStep? EnterByDamage(List<uint> found)
    {
        if (Found.Count != 1 || OnlyDamaged is not { } damaged)
        {
            return null;
        }

        int blockIndex = TableScan.BlockOf(damaged);
        uint changedBits = TableScan.EntryOf(damaged) ^ found[0];
        bool isOneByte = BitOperations.LeadingZeroCount(changedBits) / 8 == 3 - (BitOperations.TrailingZeroCount(changedBits) / 8);
        if (!isOneByte || layout.CheckEntry(blockIndex, found[0]) is not null)
        {
            return null;
        }

        _entries[blockIndex] = found[0];
        return new RepairStep(Lost(found) with { BlockIndex = blockIndex }, RepairOutcome.Repair, Invariant(
            $"Confidence {RebuildConfidence.High}: entered as block {blockIndex}, whose entry differs in one byte."));
    }

    private long EndOf(ulong placed) => ImageLayout.BitmapOffset(TableScan.EntryOf(placed)) + layout.BlockSpan;

    private bool IsOrdered()
    {
        for (int i = 1; i < trusted.Count; i++)
        {
            if (TableScan.BlockOf(trusted[i]) < TableScan.BlockOf(trusted[i - 1]))
            {
                return false;
            }
        }

        return true;
    }

    private RepairStep Enter(List<uint> found, int firstBlock, int missingCount, RebuildConfidence least)
    {
        Finding finding = Lost(found) with { BlockIndex = missingCount < 0 ? null : firstBlock };
        if (missingCount < 0 || found.Count > missingCount)
        {
            return new RepairStep(finding, RepairOutcome.NotProven, missingCount < 0
                ? "The blocks of the image are not in order, so nothing says which these are."
                : Invariant($"There are {found.Count} blocks where {missingCount} entries are missing."));
        }

        RebuildConfidence confidence = found.Count < missingCount ? RebuildConfidence.Low
            : trusted.Count == 0 ? RebuildConfidence.Medium
            : RebuildConfidence.High;
        if (confidence < least)
        {
            return new RepairStep(finding, RepairOutcome.NotProven, Invariant(
                $"Confidence {confidence}: {found.Count} blocks were found where {missingCount} entries are missing."));
        }

        if (found.Where((entry, i) => layout.CheckEntry(firstBlock + i, entry) is not null).Any())
        {
            return new RepairStep(finding, RepairOutcome.NotProven, "One of the blocks is not whole, and is not the last of the disk.");
        }

        for (int i = 0; i < found.Count; i++)
        {
            _entries[firstBlock + i] = found[i];
        }

        return new RepairStep(finding, RepairOutcome.Repair, Invariant(
            $"Confidence {confidence}: entered as blocks {firstBlock} to {firstBlock + found.Count - 1}, in the order of the file."));
    }

    private static Finding Lost(List<uint> found) => new(
        FaultCode.BlockLost, VhdStructure.Data, ImageLayout.BitmapOffset(found[0]), string.Empty, Invariant($"{found.Count} blocks"),
        "Blocks lie here that no table entry names.");

    /// <summary>File sectors of what looks like blocks in a stretch of the file.</summary>
    private List<uint> FindBlocks(long from, long to, CancellationToken cancellation)
    {
        var found = new List<uint>();
        byte[] bitmap = new byte[layout.BitmapSize];
        long place = VhdSpec.RoundUp(from, VhdSpec.SectorSize), expected = place;
        while (place + layout.BitmapSize + VhdSpec.SectorSize <= to && _missCount < MaxMissCount)
        {
            cancellation.ThrowIfCancellationRequested();
            long aligned = VhdSpec.RoundUp(expected + layout.BitmapSize, VhdSpec.DataAlignment) - layout.BitmapSize;
            bool mayBePartial = place == expected || place == aligned;
            if (IsBlock(place, to, bitmap, mayBePartial, cancellation))
            {
                found.Add((uint)(place / VhdSpec.SectorSize));
                place = expected = place + layout.BlockSpan;
            }
            else
            {
                _missCount++;
                place += VhdSpec.SectorSize;
                if (bitmap.AsSpan().IndexOfAnyExcept((byte)0) < 0 && place < to)
                {
                    // No bitmap of a block with data begins in a hole.
                    place = !file.TryFindData(place, out long data, out _) ? to : Math.Max(place, data - (data % VhdSpec.SectorSize));
                }
            }
        }

        return found;
    }

    /// <summary>
    /// A full bitmap with space for its block; or, where a block is due, one with some bits set and nothing but zeros under
    /// the clear ones.
    /// </summary>
    private bool IsBlock(long place, long end, byte[] bitmap, bool mayBePartial, CancellationToken cancellation)
    {
        if (file.ReadAt(place, bitmap) < bitmap.Length || bitmap.AsSpan().IndexOfAnyExcept((byte)0) < 0)
        {
            return false;
        }

        long room = (end - place - layout.BitmapSize) / VhdSpec.SectorSize;
        int lastCount = layout.SectorsInBlock(layout.BlockCount - 1);
        if (room < layout.SectorsPerBlock && !(end == layout.DataEnd && room >= lastCount))
        {
            return false;
        }

        int run = SectorBitmap.RunLength(bitmap, 0, layout.SectorsPerBlock, out bool isSet);
        if (run == layout.SectorsPerBlock)
        {
            return isSet;
        }

        if (!mayBePartial)
        {
            return false;
        }

        byte[] shown = new byte[bitmap.Length];
        uint entry = (uint)(place / VhdSpec.SectorSize);
        new HiddenData(file, layout).Find(0, entry, bitmap, shown, cancellation);
        return SectorBitmap.CountSet(shown, layout.SectorsInBlock(0)) == 0;
    }
}
