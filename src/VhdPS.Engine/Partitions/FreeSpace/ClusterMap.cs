using System.Buffers;
using VhdPS.Engine.Format;

namespace VhdPS.Engine.Partitions.FreeSpace;

/// <summary>
/// The map of a file system that says which of its clusters are in use. It is read in parts, each of which is judged before any
/// cluster of it counts as free. Threads may read it at once.
/// </summary>
internal abstract class ClusterMap
{
    /// <summary>The volume.</summary>
    public required DiskWindow Window { get; init; }

    /// <summary>Where the map's first cluster lies in the volume, in bytes.</summary>
    public required long FirstClusterOffset { get; init; }

    /// <summary>Bytes of a cluster.</summary>
    public required long ClusterSize { get; init; }

    /// <summary>Clusters that the map describes.</summary>
    public required long ClusterCount { get; init; }

    /// <summary>Clusters of a part; the last may have fewer.</summary>
    public required int PartClusterCount { get; init; }

    /// <summary>Clusters that are in use for certain, counted from the map's first: a map that calls one of them free is wrong.</summary>
    public required ClusterRanges Occupied { get; init; }

    /// <summary>The parts of the map.</summary>
    public long PartCount => (ClusterCount + PartClusterCount - 1) / PartClusterCount;

    /// <summary>Clusters of one part.</summary>
    public int CountIn(long part) => (int)Math.Min(PartClusterCount, ClusterCount - (part * PartClusterCount));

    /// <summary>Reads the whole map, judges it and counts what is free.</summary>
    /// <returns>Null where every part is valid.</returns>
    public MapProblem? Verify(CancellationToken cancellation, out long freeClusterCount, out long freeRangeCount)
    {
        freeClusterCount = 0;
        freeRangeCount = 0;
        byte[] bits = ArrayPool<byte>.Shared.Rent(UseBits.BytesFor(PartClusterCount));
        try
        {
            bool wasFree = false;
            for (long part = 0; part < PartCount; part++)
            {
                cancellation.ThrowIfCancellationRequested();
                if (ReadPart(part, bits) is { } problem)
                {
                    return problem;
                }

                int count = CountIn(part);
                freeClusterCount += UseBits.CountClear(bits, count);
                for (int at = 0; at < count;)
                {
                    int start = UseBits.FindClear(bits, at, count);
                    freeRangeCount += start < count && !(start == 0 && wasFree) ? 1 : 0;
                    at = UseBits.FindSet(bits, start, count);
                }

                wasFree = UseBits.FindClear(bits, count - 1, count) < count;
            }

            return null;
        }
        catch (VhdFormatException error)
        {
            return new MapProblem(FreeSpaceVerdict.Unreadable, "A part of the map cannot be read: " + error.Message);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bits);
        }
    }

    /// <summary>The free ranges of the map that begin before an end, from an offset of the disk on, in order; what is not valid counts as
    /// used.</summary>
    public IEnumerable<FreeRange> ListFree(long fromOffset, long toOffset)
    {
        byte[] bits = ArrayPool<byte>.Shared.Rent(UseBits.BytesFor(PartClusterCount));
        try
        {
            long start = Window.Offset + FirstClusterOffset;
            long partBytes = PartClusterCount * ClusterSize;
            long pendingAt = 0, pendingEnd = 0;
            long first = Math.Max(0, (fromOffset - start) / partBytes);
            for (long part = first; part < PartCount && start + (part * partBytes) < toOffset; part++)
            {
                if (!TryReadPart(part, bits))
                {
                    continue;
                }

                int count = CountIn(part);
                for (int at = UseBits.FindClear(bits, 0, count); at < count;)
                {
                    int end = UseBits.FindSet(bits, at, count);
                    long offset = start + (part * partBytes) + (at * ClusterSize), rangeEnd = start + (part * partBytes) + (
                        end * ClusterSize);
                    if (offset == pendingEnd)
                    {
                        pendingEnd = rangeEnd;
                    }
                    else
                    {
                        if (Cut(pendingAt, pendingEnd, fromOffset, toOffset) is { } range)
                        {
                            yield return range;
                        }

                        (pendingAt, pendingEnd) = (offset, rangeEnd);
                    }

                    at = UseBits.FindClear(bits, end, count);
                }
            }

            if (Cut(pendingAt, pendingEnd, fromOffset, toOffset) is { } last)
            {
                yield return last;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bits);
        }
    }

    /// <summary>Reads a part of the map as the file system stores it, and judges it by the file system's own checks.</summary>
    /// <param name="part">The part.</param>
    /// <param name="bits">Gets a bit a cluster, 1 where it is in use.</param>
    protected abstract MapProblem? Read(long part, Span<byte> bits);

    private static FreeRange? Cut(long start, long end, long fromOffset, long toOffset)
    {
        start = Math.Max(start, fromOffset);
        end = Math.Min(end, toOffset);
        return start < end ? new FreeRange(start, end - start) : null;
    }

    private bool TryReadPart(long part, byte[] bits)
    {
        try
        {
            return ReadPart(part, bits) is null;
        }
        catch (VhdFormatException)
        {
            return false;
        }
    }

    private MapProblem? ReadPart(long part, Span<byte> bits)
    {
        if (Read(part, bits) is { } problem)
        {
            return problem;
        }

        long first = part * PartClusterCount;
        foreach ((long start, long end) in Occupied.Within(first, first + CountIn(part)))
        {
            if (!UseBits.AreSet(bits, (int)(start - first), (int)(end - first)))
            {
                return MapProblem.Of(
                    FreeSpaceVerdict.Inconsistent,
                        $"The map calls clusters free that are in use for certain: one or more of {start} to {end - 1}.");
            }
        }

        return null;
    }
}
