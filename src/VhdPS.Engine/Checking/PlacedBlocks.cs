using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Layout;

namespace VhdPS.Engine.Checking;

/// <summary>
/// The blocks whose entries name a place for a block, by that place; the others are reported. The table is read piece by piece, and
/// no more blocks are taken than twice those that fit into the file, so that memory depends on the file and not on what it claims.
/// </summary>
internal sealed class PlacedBlocks
{
    private const int LeastCapacity = 1024 * 1024;

    private readonly ImageFile _file;
    private readonly ImageLayout _layout;
    private readonly FindingLog _log;
    private readonly BlockFindingRuns _runs;

    private PlacedBlocks(ImageFile file, ImageLayout layout, FindingLog log)
    {
        _file = file;
        _layout = layout;
        _log = log;
        _runs = new BlockFindingRuns(log);
    }

    /// <summary>The blocks by their place: entry in the upper, block index in the lower 32 bits.</summary>
    public ulong[] Placed { get; private set; } = [];

    /// <summary>The entry of the disk's last block.</summary>
    public uint LastEntry { get; private set; } = VhdSpec.UnusedEntry;

    /// <summary>Whether each entry names a place for a block, or none.</summary>
    public bool AreAllPossible { get; private set; } = true;

    public static PlacedBlocks Read(ImageFile file, ImageLayout layout, FindingLog log, CancellationToken cancellation)
    {
        var blocks = new PlacedBlocks(file, layout, log);
        long count = blocks.CountPossible(cancellation);
        blocks.Take(count, cancellation);
        return blocks;
    }

    /// <summary>Reports the entries that name no place for a block, and counts the others.</summary>
    private long CountPossible(CancellationToken cancellation)
    {
        long count = 0;
        foreach ((int firstBlock, ReadOnlyMemory<uint> chunk) in TableChunks.Read(_file, _layout))
        {
            cancellation.ThrowIfCancellationRequested();
            ReadOnlySpan<uint> entries = chunk.Span;
            for (int i = entries.IndexOfAnyExcept(VhdSpec.UnusedEntry); i >= 0 && i < entries.Length; i++)
            {
                uint entry = entries[i];
                if (entry == VhdSpec.UnusedEntry)
                {
                    continue;
                }

                int blockIndex = firstBlock + i;
                if (_layout.IsPlaceForBlock(blockIndex, entry))
                {
                    count++;
                    continue;
                }

                AreAllPossible = false;
                FaultCode code = _layout.IsWholeInFile(blockIndex, entry) ? FaultCode.BatEntryInStructure : FaultCode.BatEntryPastEnd;
                if (!_runs.TryExtend(code, blockIndex))
                {
                    _runs.Begin(code, blockIndex, _log.IsFull(code) ? null : _layout.CheckEntry(blockIndex, entry));
                }
            }

            LastEntry = entries[^1];
        }

        _runs.Close();
        return count;
    }

    private void Take(long count, CancellationToken cancellation)
    {
        // Two blocks at each place that the file has: more of them share bytes with these.
        long capacity = Math.Max(LeastCapacity, 2 * ((_layout.DataEnd / _layout.BlockSpan) + 1));
        ulong[] placed = new ulong[Math.Min(count, capacity)];
        int taken = 0;
        foreach ((int blockIndex, uint entry) in Possible(0, cancellation))
        {
            if (taken == placed.Length)
            {
                break;
            }

            placed[taken++] = ((ulong)entry << 32) | (uint)blockIndex;
        }

        int next = taken == 0 ? 0 : TableScan.BlockOf(placed[taken - 1]) + 1;
        Array.Resize(ref placed, taken);
        Array.Sort(placed);
        Placed = placed;
        if (taken < count)
        {
            ReportCrowded(next, cancellation);
        }
    }

    /// <summary>Reports the blocks from one on that share bytes with a block that has been taken.</summary>
    private void ReportCrowded(int firstBlock, CancellationToken cancellation)
    {
        uint last = VhdSpec.UnusedEntry;
        FaultCode? fault = null;
        ulong before = 0;
        foreach ((int blockIndex, uint entry) in Possible(firstBlock, cancellation))
        {
            if (entry != last)
            {
                fault = FindNeighbour(entry, out before);
                last = entry;
            }

            if (fault is { } code && !_runs.TryExtend(code, blockIndex))
            {
                _runs.Begin(code, blockIndex, _log.IsFull(code) ? null
                    : TableScan.OverlapFinding(_layout, before, ((ulong)entry << 32) | (uint)blockIndex));
            }
        }

        _runs.Close();
    }

    private FaultCode? FindNeighbour(uint entry, out ulong neighbour)
    {
        long step = _layout.BlockSpan / VhdSpec.SectorSize;
        int index = Array.BinarySearch(Placed, ((ulong)entry << 32) | uint.MaxValue);
        index = index < 0 ? ~index : index;
        neighbour = index > 0 ? Placed[index - 1] : 0;
        if (index > 0 && TableScan.EntryOf(neighbour) == entry)
        {
            return FaultCode.BatEntryDuplicate;
        }

        if (index > 0 && entry - TableScan.EntryOf(neighbour) < step)
        {
            return FaultCode.BlocksOverlap;
        }

        neighbour = index < Placed.Length ? Placed[index] : 0;
        return index < Placed.Length && TableScan.EntryOf(neighbour) - entry < step ? FaultCode.BlocksOverlap : null;
    }

    private IEnumerable<(int BlockIndex, uint Entry)> Possible(int firstBlock, CancellationToken cancellation)
    {
        foreach ((int first, ReadOnlyMemory<uint> chunk) in TableChunks.Read(_file, _layout))
        {
            cancellation.ThrowIfCancellationRequested();
            int start = Math.Max(0, firstBlock - first);
            if (start >= chunk.Length || chunk.Span[start..].IndexOfAnyExcept(VhdSpec.UnusedEntry) < 0)
            {
                continue;
            }

            for (int i = start; i < chunk.Length; i++)
            {
                uint entry = chunk.Span[i];
                if (entry != VhdSpec.UnusedEntry && _layout.IsPlaceForBlock(first + i, entry))
                {
                    yield return (first + i, entry);
                }
            }
        }
    }
}
