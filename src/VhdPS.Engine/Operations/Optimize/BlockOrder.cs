using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Engine.Layout;

namespace VhdPS.Engine.Operations.Optimize;

/// <summary>
/// Puts the blocks of an image in the order of the disk, within the places that they take already. The places are gone through from
/// the first, a window of them a round: what lies there and belongs elsewhere moves away, to its own place where that is free, else
/// after the last block; then what belongs there moves in. Each half is a round of M1 to M5, so a crash leaves every block whole, and
/// at most a window of free places after the last block.
/// </summary>
/// <param name="layout">The image.</param>
/// <param name="table">Its table, in which no two blocks share bytes; without a mover a copy, which is changed.</param>
/// <param name="mover">Moves the blocks; null: they are only counted.</param>
/// <param name="roundBytes">Bytes of blocks that move in a half round, at most; one block at least.</param>
internal sealed class BlockOrder(ImageLayout layout, BlockAllocationTable table, BlockMover? mover, long roundBytes)
{
    private const int Free = -1;

    private readonly List<long> _offsets = [];
    private readonly List<int> _blocks = [];

    private readonly SortedSet<int> _free = [];

    private readonly List<(int BlockIndex, int From, int To)> _round = [];

    /// <summary>The blocks by their rank: the one of rank n belongs at place n.</summary>
    private int[] _wanted = [];

    /// <summary>Where the block of a rank is.</summary>
    private int[] _placeOf = [];

    private bool _isAligned;
    private int _moved;

    /// <summary>Bytes of places that were needed after the last block.</summary>
    public long SpareBytes => _offsets.Count > _wanted.Length ? _offsets[^1] - _offsets[_wanted.Length - 1] : 0;

    /// <summary>Sorts; a cancellation leaves whole blocks, some of them after the last place.</summary>
    /// <returns>How often a block was copied: at most twice each.</returns>
    public int Sort(IProgress<WorkProgress>? progress, CancellationToken cancellation)
    {
        _isAligned = TableScan.Measure(layout, table).IsAligned;
        ulong[] byPlace = TableScan.SortByPlace(table);
        _offsets.AddRange(byPlace.Select(placed => ImageLayout.BitmapOffset(TableScan.EntryOf(placed))));
        _blocks.AddRange(byPlace.Select(TableScan.BlockOf));
        _wanted = [.. _blocks.Order()];
        _placeOf = new int[_wanted.Length];
        for (int place = 0; place < _blocks.Count; place++)
        {
            _placeOf[RankOf(_blocks[place])] = place;
        }

        int most = (int)Math.Clamp(roundBytes / layout.BlockSpan, 1, byPlace.Length + 1);
        for (int at = 0; at < _wanted.Length;)
        {
            var window = new List<int>();
            for (; at < _wanted.Length && window.Count < most; at++)
            {
                if (_blocks[at] != _wanted[at])
                {
                    window.Add(at);
                }
            }

            cancellation.ThrowIfCancellationRequested();
            _free.ExceptWith(window);
            foreach (int place in window.Where(place => _blocks[place] != Free))
            {
                int rank = RankOf(_blocks[place]);
                Move(place, _free.Contains(rank) ? rank : TakeFree());
            }

            Publish();
            foreach (int place in window)
            {
                Move(_placeOf[place], place);
            }

            Publish();
            progress?.Report(new WorkProgress(at * layout.BlockSpan, _wanted.Length * layout.BlockSpan));
        }

        return _moved;
    }

    private int RankOf(int blockIndex) => Array.BinarySearch(_wanted, blockIndex);

    /// <summary>The first free place, or a new one after the last.</summary>
    private int TakeFree()
    {
        if (_free.Count > 0)
        {
            return _free.Min;
        }

        long place = BlockMover.PlaceBlock(layout, _offsets[^1] + layout.BlockSpan);
        if (!_isAligned)
        {
            // A run that goes on after this one was cut off takes an image for aligned if all its blocks are, and leaves gaps for that.
            place += VhdSpec.SectorSize;
        }

        _offsets.Add(place);
        _blocks.Add(Free);
        return _offsets.Count - 1;
    }

    private void Move(int from, int to)
    {
        int blockIndex = _blocks[from];
        mover?.Copy(blockIndex, _offsets[to]);
        _free.Remove(to);
        _blocks[to] = blockIndex;
        _placeOf[RankOf(blockIndex)] = to;
        _round.Add((blockIndex, from, to));
        _moved++;
    }

    /// <summary>Publishes the copies of a half round; only then are their old places free (M3).</summary>
    private void Publish()
    {
        mover?.Publish();
        foreach ((int blockIndex, int from, int to) in _round)
        {
            _blocks[from] = Free;
            _free.Add(from);
            if (mover is null)
            {
                table[blockIndex] = (uint)(_offsets[to] / VhdSpec.SectorSize);
            }
        }

        _round.Clear();
    }
}
