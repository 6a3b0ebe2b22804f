namespace VhdPS.Engine.Disks;

/// <summary>
/// Ranges of a disk that count as zeros whatever is stored there, kept in windows: what lists them may be slow and read from the
/// disk, and a disk may have more of them than fit into memory. Threads may ask at once.
/// </summary>
/// <param name="list">The ranges between two offsets, in order and cut to them.</param>
internal sealed class ZeroedRanges(Func<long, long, IEnumerable<DiskExtent>> list)
{
    private const long WindowSize = 64 * 1024 * 1024;
    private const int MaxWindows = 16;

    private readonly Dictionary<long, DiskExtent[]> _windows = [];
    private readonly Queue<long> _order = [];

    /// <summary>Whether a byte lies in a range, and where that ends.</summary>
    /// <param name="offset">Bytes from the start of the disk.</param>
    /// <param name="end">The first byte that is not of the same kind for certain.</param>
    public bool IsZeroed(long offset, out long end)
    {
        long window = offset / WindowSize;
        DiskExtent[] ranges = Window(window);
        int index = FirstEndingAfter(ranges, offset);
        if (index == ranges.Length)
        {
            end = (window + 1) * WindowSize;
            return false;
        }

        bool isZeroed = ranges[index].Offset <= offset;
        end = isZeroed ? ranges[index].End : ranges[index].Offset;
        return isZeroed;
    }

    /// <summary>Puts zeros into what of a buffer lies in ranges.</summary>
    /// <param name="offset">The place of the buffer's first byte on the disk.</param>
    /// <param name="buffer">Bytes of the disk.</param>
    public void Clear(long offset, Span<byte> buffer)
    {
        long bufferEnd = offset + buffer.Length;
        for (long at = offset; at < bufferEnd;)
        {
            bool isZeroed = IsZeroed(at, out long end);
            end = Math.Min(end, bufferEnd);
            if (isZeroed)
            {
                buffer[(int)(at - offset)..(int)(end - offset)].Clear();
            }

            at = end;
        }
    }

    private static int FirstEndingAfter(DiskExtent[] ranges, long offset)
    {
        int low = 0, high = ranges.Length;
        while (low < high)
        {
            int middle = (low + high) / 2;
            (low, high) = ranges[middle].End > offset ? (low, middle) : (middle + 1, high);
        }

        return low;
    }

    private DiskExtent[] Window(long window)
    {
        lock (_windows)
        {
            if (_windows.TryGetValue(window, out DiskExtent[]? ranges))
            {
                return ranges;
            }

            if (_order.Count == MaxWindows)
            {
                _windows.Remove(_order.Dequeue());
            }

            ranges = [.. list(window * WindowSize, (window + 1) * WindowSize)];
            _windows.Add(window, ranges);
            _order.Enqueue(window);
            return ranges;
        }
    }
}
