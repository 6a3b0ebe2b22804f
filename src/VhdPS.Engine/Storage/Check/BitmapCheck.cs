using System.Buffers;
using System.Globalization;
using VhdPS.Engine.Format;

namespace VhdPS.Engine.Storage;

/// <summary>Reads the bitmap of every block, and in a dynamic image the data under its clear bits.</summary>
internal sealed class BitmapCheck(ImageFile file, ImageLayout layout, FindingLog log, Batmap? batmap)
{
    private const int ChunkSectors = 512;

    /// <summary>Looks at the blocks in the order of the file.</summary>
    public void Run(ReadOnlySpan<ulong> placed, IProgress<WorkProgress>? progress, CancellationToken cancellation)
    {
        byte[] bitmap = new byte[layout.BitmapSize];
        byte[] data = ArrayPool<byte>.Shared.Rent(ChunkSectors * VhdSpec.SectorSize);
        try
        {
            for (int i = 0; i < placed.Length; i++)
            {
                cancellation.ThrowIfCancellationRequested();
                CheckBlock(TableScan.BlockOf(placed[i]), TableScan.EntryOf(placed[i]), bitmap, data, cancellation);
                progress?.Report(new WorkProgress((i + 1) * layout.BlockSpan, placed.Length * layout.BlockSpan));
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(data);
        }
    }

    private void CheckBlock(int blockIndex, uint entry, byte[] bitmap, byte[] data, CancellationToken cancellation)
    {
        file.ReadAt(ImageLayout.BitmapOffset(entry), bitmap);
        int count = layout.SectorsInBlock(blockIndex), staleCount = 0, firstStale = -1;
        bool isFull = true;
        for (int sector = 0; sector < count;)
        {
            int run = SectorBitmap.RunLength(bitmap, sector, count - sector, out bool isSet);
            if (!isSet)
            {
                isFull = false;
                if (layout.VhdType == VhdType.Dynamic)
                {
                    staleCount += CountData(layout.DataOffset(entry), sector, run, data, ref firstStale, cancellation);
                }
            }

            sector += run;
        }

        if (staleCount > 0)
        {
            ReportStale(blockIndex, entry, staleCount, firstStale);
        }

        if (!isFull && batmap?.IsFull(blockIndex) == true)
        {
            log.Add(new Finding(
                FaultCode.BatmapStale, VhdStructure.Batmap, batmap.MapOffset + (blockIndex / 8), "a clear bit", "a set bit",
                Invariant($"The bitmap of block {blockIndex} is not full."))
            {
                BlockIndex = blockIndex,
            });
        }
    }

    /// <summary>How many sectors of a run that is said to be empty hold anything but zeros.</summary>
    private int CountData(long dataOffset, int firstSector, int count, byte[] data, ref int firstStale, CancellationToken cancellation)
    {
        int staleCount = 0;
        for (int sector = firstSector, end = firstSector + count; sector < end;)
        {
            long at = dataOffset + ((long)sector * VhdSpec.SectorSize);
            long runEnd = dataOffset + ((long)end * VhdSpec.SectorSize);
            if (!file.TryFindData(at, out long found, out _) || found >= runEnd)
            {
                break;
            }

            sector += (int)((Math.Max(found, at) - at) / VhdSpec.SectorSize);
            int chunk = Math.Min(ChunkSectors, end - sector);
            cancellation.ThrowIfCancellationRequested();
            Span<byte> bytes = data.AsSpan(0, chunk * VhdSpec.SectorSize);
            bytes[file.ReadAt(dataOffset + ((long)sector * VhdSpec.SectorSize), bytes)..].Clear();
            for (int position = 0; position < chunk;)
            {
                int used = bytes[(position * VhdSpec.SectorSize)..].IndexOfAnyExcept((byte)0);
                if (used < 0)
                {
                    break;
                }

                position += used / VhdSpec.SectorSize;
                firstStale = firstStale < 0 ? sector + position : firstStale;
                staleCount++;
                position++;
            }

            sector += chunk;
        }

        return staleCount;
    }

    private void ReportStale(int blockIndex, uint entry, int staleCount, int firstStale)
    {
        if (log.IsFull(FaultCode.BitmapStale))
        {
            log.CountOnly(FaultCode.BitmapStale);
            return;
        }

        log.Add(new Finding(
            FaultCode.BitmapStale, VhdStructure.SectorBitmap, ImageLayout.BitmapOffset(entry) + (firstStale / 8), "zeros under clear bits",
            Invariant($"data in {staleCount} sectors, the first at sector {firstStale} of the block"),
            Invariant($"Block {blockIndex} holds data that its bitmap hides."))
        {
            BlockIndex = blockIndex,
        });
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
