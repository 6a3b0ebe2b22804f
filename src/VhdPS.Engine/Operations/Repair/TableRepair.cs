using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Layout;
using static System.FormattableString;

namespace VhdPS.Engine.Operations.Repair;

/// <summary>
/// Table entries that name no place for a block, or a place of another block. An entry is dropped only where what lies
/// there is provably not the block's data, or where nothing would read otherwise without it; and while the file holds a block
/// that no entry names, none is dropped that may have named it.
/// </summary>
/// <param name="file">The image.</param>
/// <param name="layout">Its layout.</param>
/// <param name="options">What may be repaired.</param>
/// <param name="isSelected">Whether a fault is to be repaired.</param>
/// <param name="reported">File offsets of blocks that no entry names, as the check found them.</param>
internal sealed class TableRepair(
    ImageFile file, ImageLayout layout, RepairOptions options, Func<FaultCode, bool> isSelected, IReadOnlyList<long> reported)
{
    private const long MaxMissCount = 128 * 1024;
    private const int EntriesPerSector = VhdSpec.SectorSize / VhdSpec.TableEntrySize;

    private readonly EntryChanges _changes = new(layout.BlockCount);
    private readonly BlockDecisions _decisions = new(layout.BlockCount);
    private readonly BlockSet _contested = new(layout.BlockCount);
    private readonly BlockSet _doubtful = new(layout.BlockCount);
    private readonly List<DoubtfulPair> _doubtfulPairs = [];
    private readonly Dictionary<long, int> _entered = [];
    private readonly HashSet<long> _reported = [];
    private (string Proof, RepairDecision Decision) _lastDrop;
    private (VhdStructure Structure, string Proof) _lastHit;
    private int _damagedCount;
    private ulong _lastDamaged;
    private List<ulong> _kept = [];
    private IReadOnlyList<long> _lost = reported;
    private BlockAllocationTable? _table;

    /// <summary>The first byte after all structures and blocks that stay.</summary>
    public long KeptEnd { get; private set; } = layout.OccupiedEnd;

    /// <summary>A block of which the file holds only a part, so that the file was cut off; null where there is none.</summary>
    public int? CutOffBlock { get; private set; }

    /// <summary>Whether entries name places after the end that may have been in the file once.</summary>
    public bool IsEndInDoubt { get; private set; }

    /// <summary>Where the last block of the file ends when it is whole; null where none is short.</summary>
    public long? ShortBlockEnd { get; private set; }

    /// <summary>What a search for lost blocks gave.</summary>
    public IReadOnlyList<RepairStep> RebuildSteps { get; private set; } = [];

    /// <summary>Blocks that share no byte with another and lie in the file, with their entries, in the order of the file.</summary>
    public IEnumerable<(int BlockIndex, uint Entry)> UncontestedBlocks() =>
        Trusted().Select(placed => (TableScan.BlockOf(placed), TableScan.EntryOf(placed)));

    /// <summary>Weighs all entries.</summary>
    public void Decide(CancellationToken cancellation)
    {
        if (layout.BlockSize == 0)
        {
            return;
        }

        _table = SectorMap.ReadTable(file, layout);
        var pastEnd = new List<ulong>();
        long wholeEnd = layout.DataEnd - layout.BlockSpan, structuresEnd = layout.StructuresEnd;
        for (int blockIndex = 0; blockIndex < _table.Count; blockIndex++)
        {
            if (_table[blockIndex] == VhdSpec.UnusedEntry)
            {
                continue;
            }

            ulong placed = TableScan.Place(blockIndex, _table[blockIndex]);
            long start = ImageLayout.BitmapOffset(TableScan.EntryOf(placed));
            if ((start >= structuresEnd && start <= wholeEnd)
                || layout.IsPlaceForBlock(TableScan.BlockOf(placed), TableScan.EntryOf(placed)))
            {
                _kept.Add(placed);
                continue;
            }

            AddDamaged(placed);
            if (layout.FindStructureHit(start) is { Length: > 0 } hit)
            {
                bool isWhole = layout.IsWholeInFile(TableScan.BlockOf(placed), TableScan.EntryOf(placed));
                Drop(placed, isWhole ? FaultCode.BatEntryInStructure : FaultCode.BatEntryPastEnd, ProofOf(hit.Structure));
            }
            else
            {
                pastEnd.Add(placed);
            }
        }

        pastEnd.Sort();
        DecidePastEnd(pastEnd);
        _kept.Sort();
        DecideOverlaps(cancellation);
        if (_doubtfulPairs.Count > 0 || _doubtful.Any())
        {
            // A wrong entry hides a block that lies in part where it points: neither of two that share bytes counts as a place.
            HashSet<long> own = [.. PairMembers().Select(placed => ImageLayout.BitmapOffset(TableScan.EntryOf(placed)))];
            _lost = [.. LostBlocks.Find(file, layout, Trusted(), isDamaged: true, cancellation).Where(offset => !own.Contains(offset))];
        }

        if ((options.RebuildTable || _lost.Count > 0) && layout.VhdType == VhdType.Dynamic)
        {
            Rebuild(cancellation);
        }

        KeepDoubtful();

        uint last = _kept.Select(TableScan.EntryOf).Concat(_changes.UsedValues).DefaultIfEmpty().Max();
        long blocksEnd = last == 0 ? 0 : ImageLayout.BitmapOffset(last) + layout.BlockSpan;
        KeptEnd = VhdSpec.RoundUp(Math.Max(structuresEnd, blocksEnd), VhdSpec.SectorSize);
        ShortBlockEnd = CutOffBlock is null && blocksEnd > layout.DataEnd ? KeptEnd : null;
    }

    /// <summary>What becomes of a finding; null where it is not about a table entry.</summary>
    public RepairDecision? Of(Finding finding)
    {
        if (finding.Code == FaultCode.BlockLost)
        {
            return OfLost(finding);
        }

        if (finding.Code is not (
            FaultCode.BatEntryPastEnd or FaultCode.BatEntryInStructure or FaultCode.BatEntryDuplicate or FaultCode.BlocksOverlap))
        {
            return null;
        }

        if (layout.TableOffset % VhdSpec.SectorSize != 0)
        {
            return RepairDecision.NotProven("The table does not begin on a sector, so an entry could not be written in one piece.");
        }

        return finding.BlockIndex is { } block
            ? _decisions.GetValueOrDefault((int)block, RepairDecision.Repair("The block that it shared its place with is dropped."))
            : RepairDecision.Repair("As the entries before.");
    }

    /// <summary>Whether a step of the search for lost blocks says already what becomes of a finding.</summary>
    public bool IsReported(Finding finding) =>
        finding is { Code: FaultCode.BlockLost, FileOffset: { } offset } && options.RebuildTable && _reported.Contains(offset);

    /// <summary>The changes of the table, sector by sector.</summary>
    public IEnumerable<RepairPhase> Phases()
    {
        var phase = new RepairPhase();
        if (_table is null || layout.TableOffset % VhdSpec.SectorSize != 0)
        {
            return [phase];
        }

        foreach ((int blockIndex, uint entry) in _changes)
        {
            _table[blockIndex] = entry;
        }

        Span<byte> sector = stackalloc byte[VhdSpec.SectorSize];
        foreach (int first in _changes.Keys.Select(blockIndex => blockIndex / EntriesPerSector * EntriesPerSector).Distinct())
        {
            Span<byte> bytes = sector[..(Math.Min(EntriesPerSector, _table.Count - first) * VhdSpec.TableEntrySize)];
            _table.Encode(first, bytes);
            phase.Put(file, BlockAllocationTable.EntryOffset(layout.TableOffset, first), bytes);
        }

        return [phase];
    }

    private void DecidePastEnd(List<ulong> pastEnd)
    {
        if (pastEnd.Count == 0)
        {
            return;
        }

        if (layout.Footers.End is null)
        {
            DecideCutOff(pastEnd);
            return;
        }

        // Of a file that was cut off and closed again, a block would begin where it ends now.
        long first = ImageLayout.BitmapOffset(TableScan.EntryOf(pastEnd[0]));
        if (first < layout.DataEnd + layout.BlockSpan + VhdSpec.DataAlignment)
        {
            IsEndInDoubt = true;
            foreach (ulong placed in pastEnd)
            {
                _decisions[TableScan.BlockOf(placed)] = RepairDecision.NotProven(
                    "The file may have been cut off here and closed again; copy it again from its source.");
            }

            return;
        }

        foreach (ulong placed in pastEnd)
        {
            Drop(
                placed, FaultCode.BatEntryPastEnd,
                "The file ends with its footer, far before that place, and holds no block that no entry names.");
        }
    }

    private void DecideCutOff(List<ulong> pastEnd)
    {
        foreach (ulong placed in pastEnd.Where(placed => !IsAllInFile(placed)))
        {
            CutOffBlock ??= TableScan.BlockOf(placed);
            _decisions[TableScan.BlockOf(placed)] = RepairDecision.NotProven(
                "The file was cut off before the block's end; copy it again from its source.");
        }

        foreach (ulong placed in pastEnd.Where(IsAllInFile))
        {
            if (CutOffBlock is null)
            {
                _kept.Add(placed);
            }

            _decisions[TableScan.BlockOf(placed)] = CutOffBlock is null
                ? RepairDecision.Repair("All sectors that its bitmap shows are in the file; the footer goes after the space of the others.")
                : RepairDecision.NotProven("The file was cut off; copy it again from its source.");
        }
    }

    /// <summary>Whether a block that the file does not have whole has nothing in the part that is missing.</summary>
    private bool IsAllInFile(ulong placed)
    {
        long start = ImageLayout.BitmapOffset(TableScan.EntryOf(placed));
        long inFile = (layout.FileLength - start - layout.BitmapSize) / VhdSpec.SectorSize;
        byte[] bitmap = new byte[layout.BitmapSize];
        return layout.FileLength >= start + layout.BitmapSize && file.ReadAt(start, bitmap) == bitmap.Length
            && IsEmptyFrom(bitmap, (int)inFile, layout.SectorsInBlock(TableScan.BlockOf(placed)));
    }

    private static bool IsEmptyFrom(byte[] bitmap, int first, int end)
    {
        if (first >= end)
        {
            return true;
        }

        return SectorBitmap.RunLength(bitmap, first, end - first, out bool isSet) == end - first && !isSet;
    }

    private void DecideOverlaps(CancellationToken cancellation)
    {
        long step = layout.BlockSpan / VhdSpec.SectorSize;
        var evidence = new BlockEvidence(file, layout, _kept);
        var kept = new List<ulong>(_kept.Count);
        foreach (ulong placed in _kept)
        {
            bool isDropped = false;
            while (kept.Count > 0 && TableScan.EntryOf(placed) - TableScan.EntryOf(kept[^1]) < step)
            {
                cancellation.ThrowIfCancellationRequested();
                ulong before = kept[^1];
                FaultCode code = TableScan.EntryOf(before) == TableScan.EntryOf(placed) ? FaultCode.BatEntryDuplicate
                    : FaultCode.BlocksOverlap;
                if (evidence.FindForeign(before, placed) is not { } found)
                {
                    Contest(before, placed);
                    break;
                }

                Drop(found.Placed, code, found.Proof, (before, placed));
                _decisions[TableScan.BlockOf(placed)] = RepairDecision.Repair(
                    Invariant($"Block {TableScan.BlockOf(found.Placed)} is dropped: {found.Proof}"));
                if (found.Placed == placed)
                {
                    isDropped = true;
                    break;
                }

                kept.RemoveAt(kept.Count - 1);
            }

            if (!isDropped)
            {
                kept.Add(placed);
            }
        }

        _kept = kept;
    }

    private void Contest(ulong before, ulong placed)
    {
        _contested.Add(TableScan.BlockOf(before));
        _contested.Add(TableScan.BlockOf(placed));
        _decisions[TableScan.BlockOf(placed)] = RepairDecision.NotProven(
            Invariant(
                $"Nothing proves whether the data is that of block {TableScan.BlockOf(before)} or of block {TableScan.BlockOf(placed)}."));
    }

    /// <summary>Drops an entry that names no place for a block, or one of two that share bytes.</summary>
    private void Drop(ulong placed, FaultCode code, string proof, (ulong Before, ulong Placed)? pair = null)
    {
        // Of millions of entries, most are dropped for one reason.
        if (proof != _lastDrop.Proof)
        {
            _lastDrop = (proof, RepairDecision.Repair(Invariant($"The entry is dropped. {proof}")));
        }

        _decisions[TableScan.BlockOf(placed)] = _lastDrop.Decision;
        if (pair is { } members)
        {
            _doubtfulPairs.Add(new DoubtfulPair(placed, members.Before, members.Placed));
            AddDamaged(placed);
        }
        else
        {
            _doubtful.Add(TableScan.BlockOf(placed));
        }

        if (isSelected(code))
        {
            _changes[TableScan.BlockOf(placed)] = VhdSpec.UnusedEntry;
        }
    }

    private void AddDamaged(ulong placed)
    {
        _damagedCount++;
        _lastDamaged = placed;
    }

    private string ProofOf(VhdStructure structure)
    {
        if (_lastHit.Proof is null || _lastHit.Structure != structure)
        {
            _lastHit = (structure, Invariant($"The {structure} lies there; no block can."));
        }

        return _lastHit.Proof;
    }

    private IEnumerable<ulong> PairMembers() => _doubtfulPairs.SelectMany(pair => new[] { pair.Before, pair.Placed });

    /// <summary>Blocks whose entries nothing speaks against. One of two that share bytes is none while a block lies there that no
    /// entry names.</summary>
    private ulong[] Trusted()
    {
        HashSet<int> paired = [.. PairMembers().Select(TableScan.BlockOf)];
        return [.. _kept.Where(
            placed => !_contested.Contains(TableScan.BlockOf(placed)) && !paired.Contains(TableScan.BlockOf(placed)))];
    }

    private RepairDecision OfLost(Finding finding)
    {
        if (finding.FileOffset is not { } offset)
        {
            return RepairDecision.NotProven("As the blocks before.");
        }

        return _entered.TryGetValue(offset, out int blockIndex)
            ? RepairDecision.OnRebuild(Invariant($"A rebuilt table names it as block {blockIndex}."))
            : RepairDecision.NotProven(layout.VhdType == VhdType.Dynamic
                ? "Nothing proves which block of the disk it is."
                : "Nothing in a differencing image proves which block of the disk it is.");
    }

    private void Rebuild(CancellationToken cancellation)
    {
        var rebuild = new TableRebuild(file, layout, Trusted())
        {
            OnlyDamaged = _damagedCount == 1 ? _lastDamaged : null,
            MaxMissCount = options.RebuildTable ? long.MaxValue : MaxMissCount,
        };
        IReadOnlyList<RepairStep> steps = rebuild.Run(options.LeastConfidence, cancellation);
        _reported.UnionWith(rebuild.Found);
        foreach ((int blockIndex, uint entry) in rebuild.Entries)
        {
            _entered[ImageLayout.BitmapOffset(entry)] = blockIndex;
        }

        if (!options.RebuildTable)
        {
            return;
        }

        RebuildSteps = steps;
        foreach ((int blockIndex, uint entry) in rebuild.Entries)
        {
            _changes[blockIndex] = entry;
            if (_decisions.ContainsKey(blockIndex))
            {
                _decisions[blockIndex] = RepairDecision.Repair(
                    Invariant($"The entry names the block at {ImageLayout.BitmapOffset(entry)}, which no other names."));
            }
        }

        if (rebuild.Entries.Count > 0)
        {
            DropBeneath(rebuild.Entries);
        }
    }

    /// <summary>A block that no entry names may be the one of an entry that is to be dropped: without the entry, nothing would
    /// say any more that a block is missing.</summary>
    private void KeepDoubtful()
    {
        long[] left = [.. _lost.Where(offset => !options.RebuildTable || !_entered.ContainsKey(offset))];
        if (left.Length == 0)
        {
            return;
        }

        Dictionary<int, long> places = _entered.ToDictionary(pair => pair.Value, pair => pair.Key);
        RepairDecision? Keep(int blockIndex)
        {
            bool isPlaced = places.TryGetValue(blockIndex, out long place);
            if (isPlaced && options.RebuildTable)
            {
                return null;
            }

            _changes.Remove(blockIndex);
            return _decisions[blockIndex] = isPlaced
                ? RepairDecision.OnRebuild(Invariant($"The block lies at {place}; a rebuilt table names it there."))
                : RepairDecision.NotProven(Invariant(
                    $"A block lies at {left[0]} that no entry names; it may be this one, so the entry stays as it is."));
        }

        foreach (int blockIndex in _doubtful)
        {
            Keep(blockIndex);
        }

        foreach (DoubtfulPair pair in _doubtfulPairs)
        {
            if (Keep(TableScan.BlockOf(pair.Dropped)) is { } decision)
            {
                _contested.Add(TableScan.BlockOf(pair.Before));
                _contested.Add(TableScan.BlockOf(pair.Placed));
                _decisions[TableScan.BlockOf(pair.Placed)] = decision;
                _kept.Add(pair.Dropped);
            }
        }

        _kept.Sort();
    }

    /// <summary>Drops entries in doubt that share bytes with a block whose place is now known.</summary>
    private void DropBeneath(IReadOnlyDictionary<int, uint> entered)
    {
        long step = layout.BlockSpan / VhdSpec.SectorSize;
        uint[] places = [.. entered.Values.Order()];
        HashSet<int> trusted = [.. Trusted().Select(TableScan.BlockOf)];
        for (int blockIndex = 0; blockIndex < _table!.Count; blockIndex++)
        {
            uint entry = _table[blockIndex];
            if (entry == VhdSpec.UnusedEntry || entered.ContainsKey(blockIndex) || trusted.Contains(blockIndex))
            {
                continue;
            }

            int next = Array.BinarySearch(places, entry);
            next = next < 0 ? ~next : next;
            bool isBeneath = (next < places.Length && places[next] - entry < step) || (next > 0 && entry - places[next - 1] < step);
            if (isBeneath)
            {
                _changes[blockIndex] = VhdSpec.UnusedEntry;
            }
        }
    }

    /// <summary>Two blocks that share bytes, the entry of one of which is to be dropped and may belong to a lost block.</summary>
    private readonly record struct DoubtfulPair(ulong Dropped, ulong Before, ulong Placed);
}
