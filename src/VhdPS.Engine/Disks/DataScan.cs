using System.Buffers;
using VhdPS.Engine.Chains;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Engine.Layout;

namespace VhdPS.Engine.Disks;

/// <summary>Puts zeros into sectors that were read.</summary>
/// <param name="firstSector">The first of them.</param>
/// <param name="sectors">Their bytes.</param>
internal delegate void SectorMask(long firstSector, Span<byte> sectors);

/// <summary>Looks for the sectors of a disk that are not zeros. Blocks and holes that are known to be zeros are not read.</summary>
internal static class DataScan
{
    private const int ChunkSectors = 2048;
    private const long HoleWindow = 64 * 1024 * 1024;

    /// <summary>The last sector at or after <paramref name="fromSector"/> that is not zeros; -1 where all are.</summary>
    /// <param name="image">The disk.</param>
    /// <param name="fromSector">The first sector that matters.</param>
    /// <param name="progress">Receives how much was looked at.</param>
    /// <param name="hide">Puts zeros into what of the sectors from one on is not data; null: all that is not zeros is data.</param>
    /// <param name="cancellation">Ends the look.</param>
    /// <exception cref="VhdFormatException">A sector cannot be found.</exception>
    public static long FindLast(
        VhdImage image, long fromSector, IProgress<WorkProgress>? progress, CancellationToken cancellation, SectorMask? hide = null)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(ChunkSectors * VhdSpec.SectorSize);
        long total = (image.SectorCount - fromSector) * VhdSpec.SectorSize;
        try
        {
            for (long end = image.SectorCount; end > fromSector;)
            {
                cancellation.ThrowIfCancellationRequested();
                progress?.Report(new WorkProgress((image.SectorCount - end) * VhdSpec.SectorSize, total));
                long start = Math.Max(fromSector, (end - 1) / ChunkSectors * ChunkSectors);
                if (SkipZeros(image, end) is var before && before < end)
                {
                    end = before;
                    continue;
                }

                Span<byte> chunk = buffer.AsSpan(0, (int)(end - start) * VhdSpec.SectorSize);
                image.ReadSectors(start, chunk);
                hide?.Invoke(start, chunk);
                int last = chunk.LastIndexOfAnyExcept((byte)0);
                if (last >= 0)
                {
                    return start + (last / VhdSpec.SectorSize);
                }

                end = start;
            }

            return -1;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>The first sector of a range that is not zeros in a chain; -1 where all are.</summary>
    public static long FindFirst(ChainReader chain, long sector, long end, CancellationToken cancellation)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(ChunkSectors * VhdSpec.SectorSize);
        try
        {
            while (sector < end)
            {
                cancellation.ThrowIfCancellationRequested();
                SectorRun run = chain.Find(sector, Math.Min(end - sector, ChunkSectors), out DiskLevel? level);
                Span<byte> chunk = buffer.AsSpan(0, (int)run.Count * VhdSpec.SectorSize);
                level?.Read(sector, run.FileOffset, chunk);
                int first = level is null ? -1 : chunk.IndexOfAnyExcept((byte)0);
                if (first >= 0)
                {
                    return sector + (first / VhdSpec.SectorSize);
                }

                sector += run.Count;
            }

            return -1;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>The end of what may be data below <paramref name="end"/>, as far as it is known without reading sectors.</summary>
    private static long SkipZeros(VhdImage image, long end)
    {
        if (image.Layout.VhdType == VhdType.Differencing)
        {
            long start = (end - 1) / ChunkSectors * ChunkSectors;
            return IsZeroInChain(image.Chain, start, end) ? start : end;
        }

        if (image.Map.Table is { } table)
        {
            int blockIndex = (int)((end - 1) / image.Layout.SectorsPerBlock);
            int used = table.Entries[..(blockIndex + 1)].LastIndexOfAnyExcept(VhdSpec.UnusedEntry);
            return Math.Min(end, (used + 1L) * image.Layout.SectorsPerBlock);
        }

        long endOffset = end * VhdSpec.SectorSize;
        long window = Math.Max(0, endOffset - HoleWindow) / HoleWindow * HoleWindow;
        bool isData = image.File.TryFindData(window, out long dataOffset, out _) && dataOffset < endOffset;
        return isData ? end : window / VhdSpec.SectorSize;
    }

    private static bool IsZeroInChain(ChainReader chain, long start, long end)
    {
        for (long sector = start; sector < end;)
        {
            SectorRun run = chain.Find(sector, end - sector, out DiskLevel? level);
            if (level is not null)
            {
                return false;
            }

            sector += run.Count;
        }

        return true;
    }
}
