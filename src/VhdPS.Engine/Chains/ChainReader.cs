using System.Buffers;
using System.Runtime.InteropServices;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Layout;

namespace VhdPS.Engine.Chains;

/// <summary>
/// Reads sectors through a differencing image and its parents, level by level. Long runs are read straight into the request;
/// where runs are short, a window's bits are sorted by level first, and each level's part is read in few pieces and scattered.
/// </summary>
internal sealed class ChainReader(DiskLevel leaf, Func<IReadOnlyList<DiskLevel>> parents)
{
    /// <summary>Runs of at least so many sectors are worth a read of their own.</summary>
    private const int LongRun = 64;

    /// <summary>Gaps of at most so many sectors cost less to read than a second call.</summary>
    private const int ShortGap = 16;

    /// <summary>Sectors of a window: its scratch bytes stay in the processor's cache.</summary>
    private const int WindowSectors = 512;

    /// <summary>Where runs are short, requests of at least so many sectors are shared with a second thread.</summary>
    private const int SharedSectors = 2 * WindowSectors;

    private const int MaskBytes = WindowSectors / 8;

    /// <summary>Finds the longest run that comes from one place.</summary>
    /// <param name="sector">The first sector.</param>
    /// <param name="count">The most sectors that are wanted, at least 1.</param>
    /// <param name="level">The level that holds the run; null where it is zeros.</param>
    public SectorRun Find(long sector, long count, out DiskLevel? level)
    {
        SectorRun run = leaf.Find(sector, count);
        level = leaf;
        if (run.Origin == SectorOrigin.Parent)
        {
            IReadOnlyList<DiskLevel> levels = parents();
            for (int i = 0; i < levels.Count && run.Origin == SectorOrigin.Parent; i++)
            {
                level = levels[i];
                run = level.Find(sector, run.Count);
            }
        }

        if (run.Origin != SectorOrigin.File)
        {
            level = null;
        }

        return run;
    }

    /// <summary>Whether an error of <see cref="Find"/> is the image's or the medium's, so that other sectors can still be found.</summary>
    public static bool IsUnfound(Exception error) => error is VhdFormatException or ImageIOException;

    /// <summary>How many sectors from one on are in the same block as it, in the level where <see cref="Find"/> fails for it.</summary>
    /// <param name="sector">A sector that cannot be found.</param>
    /// <param name="count">The most sectors that are wanted, at least 1.</param>
    public long CountUnfound(long sector, long count)
    {
        DiskLevel level = leaf;
        try
        {
            SectorRun run = level.Find(sector, count);
            count = run.Count;
            foreach (DiskLevel parent in parents())
            {
                level = parent;
                count = level.Find(sector, count).Count;
            }

            return count;
        }
        catch (Exception error) when (IsUnfound(error))
        {
            return level.CountInBlock(sector, count);
        }
    }

    /// <summary>The level whose table entry keeps a sector from being read, and how many sectors it does; null where none does.</summary>
    /// <param name="sector">The sector.</param>
    /// <param name="count">The most sectors that are wanted, at least 1.</param>
    public (DiskLevel Level, long Count)? FindDamaged(long sector, long count)
    {
        DiskLevel level = leaf;
        for (int i = 0; ; i++)
        {
            if (level.CountMisplaced(sector, count) is > 0 and long misplaced)
            {
                return (level, misplaced);
            }

            SectorRun run = level.Find(sector, count);
            if (run.Origin != SectorOrigin.Parent || i >= parents().Count)
            {
                return null;
            }

            count = run.Count;
            level = parents()[i];
        }
    }

    /// <summary>Fills a buffer of whole sectors that lie on the disk.</summary>
    public void Read(long sector, Span<byte> buffer) => Read(sector, buffer, mayShare: Environment.ProcessorCount > 1);

    /// <summary>Fills a buffer on this thread, or on two.</summary>
    internal void Read(long sector, Span<byte> buffer, bool mayShare)
    {
        while (buffer.Length > 0)
        {
            int count = buffer.Length / VhdSpec.SectorSize;
            SectorRun run = Find(sector, count, out DiskLevel? level);
            if (run.Count >= Math.Min(LongRun, count))
            {
                count = (int)run.Count;
                Span<byte> part = buffer[..(count * VhdSpec.SectorSize)];
                if (level is null)
                {
                    part.Clear();
                }
                else
                {
                    level.Read(sector, run.FileOffset, part);
                }
            }
            else if (mayShare && count >= SharedSectors)
            {
                // Every file has its whole span read, so that the bytes to copy are a multiple of the request's.
                SharedRead.Run(this, sector, buffer, WindowSectors);
                return;
            }
            else
            {
                count = Math.Min(count, WindowSectors - (int)(sector % 8));
                ReadWindow(sector, buffer[..(count * VhdSpec.SectorSize)]);
            }

            sector += count;
            buffer = buffer[(count * VhdSpec.SectorSize)..];
        }
    }

    /// <summary>Says for each sector of a window the level it comes from, then reads the deepest first.</summary>
    private void ReadWindow(long sector, Span<byte> buffer)
    {
        long origin = sector - (sector % 8);
        int lead = (int)(sector - origin), end = lead + (buffer.Length / VhdSpec.SectorSize);
        Span<byte> pending = stackalloc byte[MaskBytes];
        pending.Clear();
        SectorBitmap.SetRange(pending, lead, end - lead);

        IReadOnlyList<DiskLevel> below = [];
        byte[] masks = ArrayPool<byte>.Shared.Rent(MaskBytes * 16);
        byte[] scratch = ArrayPool<byte>.Shared.Rent(WindowSectors * VhdSpec.SectorSize);
        try
        {
            int depth = 0;
            for (bool isLeft = true; isLeft && depth <= below.Count; depth++)
            {
                masks = WithCapacity(masks, depth * MaskBytes);
                Span<byte> own = masks.AsSpan(depth * MaskBytes, MaskBytes);
                own.Clear();
                DiskLevel level = depth == 0 ? leaf : below[depth - 1];
                level.AddPresence(origin, end, pending, own);
                TakeOver(own, pending);

                // After the end of a smaller parent there are zeros, whatever lies deeper.
                int inside = (int)Math.Clamp(level.SectorCount - origin, 0, WindowSectors);
                SectorBitmap.ClearRange(pending, inside, WindowSectors - inside);
                isLeft = pending.IndexOfAnyExcept((byte)0) >= 0;
                below = depth == 0 && isLeft ? parents() : below;
            }

            Span<byte> owned = stackalloc byte[MaskBytes];
            owned.Clear();
            for (int i = depth - 1; i >= 0; i--)
            {
                ReadOnlySpan<byte> own = masks.AsSpan(i * MaskBytes, MaskBytes);
                if (own.IndexOfAnyExcept((byte)0) >= 0)
                {
                    // What the first level reads beside its own sectors is overwritten by the others.
                    bool isFirst = owned.IndexOfAnyExcept((byte)0) < 0;
                    ReadOwn(i == 0 ? leaf : below[i - 1], own, origin, lead, end, buffer, isFirst ? [] : scratch);
                    Unite(owned, own);
                }
            }

            ClearUnowned(owned, lead, end, buffer);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(masks);
            ArrayPool<byte>.Shared.Return(scratch);
        }
    }

    /// <summary>Reads the sectors of one level in pieces, each within what lies together in its file.</summary>
    private static void ReadOwn(
        DiskLevel level, ReadOnlySpan<byte> own, long origin, int lead, int end, Span<byte> buffer, Span<byte> scratch)
    {
        for (int at = lead; at < end;)
        {
            int gap = SectorBitmap.RunLength(own, at, end - at, out bool isOwn);
            if (!isOwn)
            {
                at += gap;
                continue;
            }

            int together = level.PlaceOf(origin + at, end - at, out long fileOffset);
            int piece = MeasurePiece(own, at, at + together, out bool isOneRun);
            Span<byte> target = buffer.Slice((at - lead) * VhdSpec.SectorSize, piece * VhdSpec.SectorSize);
            if (isOneRun || scratch.IsEmpty)
            {
                level.Read(origin + at, fileOffset, target);
            }
            else
            {
                Span<byte> bytes = scratch[..target.Length];
                level.Read(origin + at, fileOffset, bytes);
                Scatter(own, at, piece, bytes, target);
            }

            at += piece;
        }
    }

    /// <summary>How many sectors are read in one call: all where enough of them are wanted, else up to the first wide gap or long
    /// run.</summary>
    private static int MeasurePiece(ReadOnlySpan<byte> own, int start, int end, out bool isOneRun)
    {
        int at = start + SectorBitmap.RunLength(own, start, end - start, out _);
        isOneRun = at == end || at - start >= LongRun;
        if (isOneRun)
        {
            return at - start;
        }

        if (IsDense(own, start, end))
        {
            return end - start;
        }

        isOneRun = true;
        while (at < end)
        {
            int gap = SectorBitmap.RunLength(own, at, end - at, out _);
            if (gap > ShortGap || at + gap >= end)
            {
                return at - start;
            }

            int run = SectorBitmap.RunLength(own, at + gap, end - at - gap, out _);
            if (run >= LongRun)
            {
                return at - start;
            }

            isOneRun = false;
            at += gap + run;
        }

        return at - start;
    }

    /// <summary>Whether at least a quarter of the sectors of a range are set, the whole bytes in it taken for the whole.</summary>
    private static bool IsDense(ReadOnlySpan<byte> own, int start, int end)
    {
        ReadOnlySpan<byte> bytes = own[((start + 7) >> 3)..Math.Max((start + 7) >> 3, end >> 3)];
        return SectorBitmap.CountSet(bytes, bytes.Length * 8) > bytes.Length * 2;
    }

    private static void Scatter(ReadOnlySpan<byte> own, int start, int count, ReadOnlySpan<byte> bytes, Span<byte> target)
    {
        int bytesStart = 0;
        for (int sector = start; sector < start + count; sector++, bytesStart += VhdSpec.SectorSize)
        {
            if (SectorBitmap.IsSet(own, sector))
            {
                bytes.Slice(bytesStart, VhdSpec.SectorSize).CopyTo(target[bytesStart..]);
            }
        }
    }

    private static void ClearUnowned(ReadOnlySpan<byte> owned, int lead, int end, Span<byte> buffer)
    {
        for (int at = lead; at < end;)
        {
            int run = SectorBitmap.RunLength(owned, at, end - at, out bool isOwned);
            if (!isOwned)
            {
                buffer.Slice((at - lead) * VhdSpec.SectorSize, run * VhdSpec.SectorSize).Clear();
            }

            at += run;
        }
    }

    /// <summary>What a level holds of what is pending becomes its own and is pending no more.</summary>
    private static void TakeOver(Span<byte> own, Span<byte> pending)
    {
        Span<ulong> ownWords = MemoryMarshal.Cast<byte, ulong>(own), pendingWords = MemoryMarshal.Cast<byte, ulong>(pending);
        for (int i = 0; i < ownWords.Length; i++)
        {
            ownWords[i] &= pendingWords[i];
            pendingWords[i] &= ~ownWords[i];
        }
    }

    private static void Unite(Span<byte> owned, ReadOnlySpan<byte> own)
    {
        for (int i = 0; i < owned.Length; i++)
        {
            owned[i] |= own[i];
        }
    }

    private static byte[] WithCapacity(byte[] masks, int used)
    {
        if (used + MaskBytes <= masks.Length)
        {
            return masks;
        }

        byte[] larger = ArrayPool<byte>.Shared.Rent(masks.Length * 2);
        masks.AsSpan(0, used).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(masks);
        return larger;
    }
}
