using System.Buffers;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;

namespace VhdPS.Engine.Layout;

/// <summary>Finds data under the clear bits of a dynamic image's bitmaps, which readers that honour the bitmap do not see.</summary>
internal sealed class HiddenData(ImageFile file, ImageLayout layout)
{
    private const int ChunkSectors = 512;

    // Clear bits may be every second one: the file system is asked once for each of its own ranges, not for each bit.
    private readonly SparseRanges _ranges = new(file);

    /// <summary>Looks under the clear bits of one block.</summary>
    /// <param name="blockIndex">The block.</param>
    /// <param name="entry">Its table entry.</param>
    /// <param name="bitmap">Its bitmap as the file holds it.</param>
    /// <param name="shown">Gets the bits of the sectors that hold anything but zeros set.</param>
    /// <param name="cancellation">Stops the search.</param>
    public void Find(int blockIndex, uint entry, ReadOnlySpan<byte> bitmap, Span<byte> shown, CancellationToken cancellation)
    {
        byte[] data = ArrayPool<byte>.Shared.Rent(ChunkSectors * VhdSpec.SectorSize);
        try
        {
            int count = layout.SectorsInBlock(blockIndex);
            for (int sector = 0; sector < count; sector += ChunkSectors)
            {
                cancellation.ThrowIfCancellationRequested();
                FindInChunk(layout.DataOffset(entry), sector, Math.Min(count, sector + ChunkSectors), bitmap, data, shown);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(data);
        }
    }

    private void FindInChunk(long dataOffset, int sector, int end, ReadOnlySpan<byte> bitmap, byte[] data, Span<byte> shown)
    {
        int set = SectorBitmap.RunLength(bitmap, sector, end - sector, out bool isSet);
        sector += isSet ? set : 0;
        long chunkEnd = dataOffset + ((long)end * VhdSpec.SectorSize);
        long found = FindData(dataOffset + ((long)sector * VhdSpec.SectorSize), chunkEnd);
        if (found >= chunkEnd)
        {
            return;
        }

        sector = (int)((found - dataOffset) / VhdSpec.SectorSize);
        int first = sector;
        Span<byte> bytes = data.AsSpan(0, (end - first) * VhdSpec.SectorSize);
        bytes[file.ReadAt(dataOffset + ((long)first * VhdSpec.SectorSize), bytes)..].Clear();
        while (sector < end)
        {
            int run = SectorBitmap.RunLength(bitmap, sector, end - sector, out isSet);
            if (!isSet)
            {
                MarkUsed(bytes.Slice((sector - first) * VhdSpec.SectorSize, run * VhdSpec.SectorSize), sector, shown);
            }

            sector += run;
        }
    }

    private static void MarkUsed(ReadOnlySpan<byte> bytes, int firstSector, Span<byte> shown)
    {
        for (int at = 0; at < bytes.Length; at = (at / VhdSpec.SectorSize * VhdSpec.SectorSize) + VhdSpec.SectorSize)
        {
            int used = bytes[at..].IndexOfAnyExcept((byte)0);
            if (used < 0)
            {
                return;
            }

            at += used;
            SectorBitmap.SetRange(shown, firstSector + (at / VhdSpec.SectorSize), 1);
        }
    }

    /// <summary>The first byte of a range that is not in a hole; the range's end where all of it is.</summary>
    private long FindData(long start, long end)
    {
        while (start < end && _ranges.IsHole(start, out long holeEnd))
        {
            start = holeEnd;
        }

        return Math.Min(start, end);
    }
}
