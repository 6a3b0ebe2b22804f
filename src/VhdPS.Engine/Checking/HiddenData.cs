using System.Buffers;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Layout;

namespace VhdPS.Engine.Checking;

/// <summary>Finds data under the clear bits of a dynamic image's bitmaps, which readers that honour the bitmap do not see.</summary>
internal sealed class HiddenData(ImageFile file, ImageLayout layout)
{
    private const int ChunkSectors = 512;

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
            for (int sector = 0; sector < count;)
            {
                int run = SectorBitmap.RunLength(bitmap, sector, count - sector, out bool isSet);
                if (!isSet)
                {
                    FindInRun(layout.DataOffset(entry), sector, sector + run, data, shown, cancellation);
                }

                sector += run;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(data);
        }
    }

    private void FindInRun(long dataOffset, int sector, int end, byte[] data, Span<byte> shown, CancellationToken cancellation)
    {
        long runEnd = dataOffset + ((long)end * VhdSpec.SectorSize);
        while (sector < end)
        {
            cancellation.ThrowIfCancellationRequested();
            long at = dataOffset + ((long)sector * VhdSpec.SectorSize);
            if (!file.TryFindData(at, out long found, out _) || found >= runEnd)
            {
                return;
            }

            sector += (int)((Math.Max(found, at) - at) / VhdSpec.SectorSize);
            int chunk = Math.Min(ChunkSectors, end - sector);
            Span<byte> bytes = data.AsSpan(0, chunk * VhdSpec.SectorSize);
            bytes[file.ReadAt(dataOffset + ((long)sector * VhdSpec.SectorSize), bytes)..].Clear();
            for (int position = 0; position < chunk; position++)
            {
                int used = bytes[(position * VhdSpec.SectorSize)..].IndexOfAnyExcept((byte)0);
                if (used < 0)
                {
                    break;
                }

                position += used / VhdSpec.SectorSize;
                SectorBitmap.SetRange(shown, sector + position, 1);
            }

            sector += chunk;
        }
    }
}
