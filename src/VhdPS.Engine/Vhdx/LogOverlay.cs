using System.Buffers;
using VhdPS.Engine.Files;

namespace VhdPS.Engine.Vhdx;

/// <summary>
/// What the entries of a log would make of the file, without writing it: places in the log for sectors, and ranges of zeros.
/// Takes about fifty bytes a change; the sectors themselves stay in the file.
/// </summary>
internal sealed class LogOverlay
{
    private readonly LogRegion _log;
    private readonly Piece[] _pieces;

    private LogOverlay(LogRegion log, Piece[] pieces)
    {
        _log = log;
        _pieces = pieces;
    }

    /// <summary>The first byte after all changes; 0 where there are none.</summary>
    public long End => _pieces.Length == 0 ? 0 : _pieces[^1].End;

    /// <summary>Collects the changes of entries in their order.</summary>
    /// <param name="file">The file, as it is stored.</param>
    /// <param name="log">Its log.</param>
    /// <param name="entries">Valid entries, oldest first.</param>
    /// <returns>Null where there are more changes than are kept in memory.</returns>
    public static LogOverlay? Read(ImageFile file, LogRegion log, IReadOnlyList<LogEntry> entries)
    {
        var changes = new List<Piece>();
        byte[] sector = new byte[VhdxSpec.LogSectorSize];
        foreach (LogEntry entry in entries)
        {
            long dataAt = entry.Position + LogEntryHeader.DescriptorAreaLength(entry.Header.DescriptorCount);
            long at = -1;
            for (long i = 0; i < entry.Header.DescriptorCount; i++)
            {
                long descriptorAt = LogEntryHeader.Size + (i * LogDescriptor.Size);
                if (at < 0 || descriptorAt >= at + VhdxSpec.LogSectorSize)
                {
                    at = descriptorAt - (descriptorAt % VhdxSpec.LogSectorSize);
                    log.ReadSector(file, entry.Position + at, sector);
                }

                if (!LogDescriptor.TryParse(sector.AsSpan((int)(descriptorAt - at), LogDescriptor.Size), out LogDescriptor descriptor)
                    || descriptor.Length == 0)
                {
                    continue;
                }

                if (changes.Count == VhdxSpec.MaxReplayedChangeCount)
                {
                    return null;
                }

                changes.Add(new Piece(changes.Count, descriptor, descriptor.IsZero ? -1 : dataAt));
                dataAt += descriptor.IsZero ? 0 : VhdxSpec.LogSectorSize;
            }
        }

        return new LogOverlay(log, Flatten(changes));
    }

    /// <summary>Puts the changes into bytes that were read from the file.</summary>
    /// <param name="file">The file, as it is stored.</param>
    /// <param name="fileOffset">Where the bytes were read.</param>
    /// <param name="buffer">The bytes.</param>
    /// <exception cref="ImageIOException">The log could not be read.</exception>
    public void Apply(ImageFile file, long fileOffset, Span<byte> buffer)
    {
        long end = fileOffset + buffer.Length;
        byte[]? sector = null;
        for (int i = FindFrom(fileOffset); i < _pieces.Length && _pieces[i].Start < end; i++)
        {
            Piece piece = _pieces[i];
            long start = Math.Max(piece.Start, fileOffset);
            Span<byte> part = buffer[(int)(start - fileOffset)..(int)(Math.Min(piece.End, end) - fileOffset)];
            if (piece.LogPosition < 0)
            {
                part.Clear();
                continue;
            }

            sector ??= ArrayPool<byte>.Shared.Rent(VhdxSpec.LogSectorSize);
            Span<byte> restored = sector.AsSpan(0, VhdxSpec.LogSectorSize);
            _log.ReadSector(file, piece.LogPosition, restored);
            LogDataSector.Restore(restored, piece.LeadingBytes, piece.TrailingBytes);
            restored.Slice((int)(start - piece.Start), part.Length).CopyTo(part);
        }

        if (sector is not null)
        {
            ArrayPool<byte>.Shared.Return(sector);
        }
    }

    /// <summary>The first change at or after an offset; false where there is none.</summary>
    public bool TryFind(long fileOffset, out long start, out long end)
    {
        int index = FindFrom(fileOffset);
        bool isFound = index < _pieces.Length;
        start = isFound ? Math.Max(_pieces[index].Start, fileOffset) : long.MaxValue;
        end = isFound ? _pieces[index].End : long.MaxValue;
        return isFound;
    }

    /// <summary>The first piece that ends after an offset.</summary>
    private int FindFrom(long fileOffset)
    {
        int low = 0, high = _pieces.Length;
        while (low < high)
        {
            int middle = low + ((high - low) / 2);
            (low, high) = _pieces[middle].End > fileOffset ? (low, middle) : (middle + 1, high);
        }

        return low;
    }

    /// <summary>Pieces that share no byte: of those that do the later change counts. O(n log n).</summary>
    private static Piece[] Flatten(List<Piece> changes)
    {
        changes.Sort(static (a, b) => a.Start.CompareTo(b.Start));
        var pieces = new List<Piece>(changes.Count);
        var latest = new PriorityQueue<Piece, int>();
        long at = 0;
        for (int next = 0; next < changes.Count || latest.Count > 0;)
        {
            while (latest.TryPeek(out Piece ended, out _) && ended.End <= at)
            {
                latest.Dequeue();
            }

            if (latest.Count == 0 && next < changes.Count)
            {
                at = Math.Max(at, changes[next].Start);
            }

            for (; next < changes.Count && changes[next].Start <= at; next++)
            {
                latest.Enqueue(changes[next], -changes[next].Order);
            }

            if (latest.TryPeek(out Piece top, out _) && top.End > at)
            {
                long end = next < changes.Count ? Math.Min(top.End, changes[next].Start) : top.End;
                pieces.Add(top with { Start = at, End = end });
                at = end;
            }
        }

        return [.. pieces];
    }

    /// <summary>A range of the file that a descriptor changes: a whole sector with a place in the log, or zeros with none.</summary>
    private readonly record struct Piece(int Order, long Start, long End, long LogPosition, ulong LeadingBytes, uint TrailingBytes)
    {
        public Piece(int order, LogDescriptor descriptor, long logPosition)
            : this(
                order, (long)descriptor.FileOffset, (long)(descriptor.FileOffset + descriptor.Length), logPosition, descriptor.LeadingBytes,
                descriptor.TrailingBytes)
        {
        }
    }
}
