using System.Buffers;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Layout;

namespace VhdPS.Engine.Operations.Repair;

/// <summary>Weighs two blocks that share bytes of the file: which of the two is not there.</summary>
internal sealed class BlockEvidence(ImageFile file, ImageLayout layout, IReadOnlyList<ulong> byPlace)
{
    private const long MaxReadBytes = 256 * 1024 * 1024;
    private const int SampleCount = 1024;
    private const int LeastWitnesses = 2;
    private const int ChunkSectors = 512;

    private long _readBytes;
    private bool? _areAllFull;

    /// <summary>The block that is provably not at its place, and the proof; null where neither is.</summary>
    public (ulong Placed, string Proof)? FindForeign(ulong before, ulong placed)
    {
        if (ReadsAsNothing(placed))
        {
            return (placed, "By its bitmap nothing of it is there, so it reads the same without an entry.");
        }

        if (ReadsAsNothing(before))
        {
            return (before, "By its bitmap nothing of it is there, so it reads the same without an entry.");
        }

        if (TableScan.EntryOf(before) == TableScan.EntryOf(placed) || !AreOthersFull())
        {
            return null;
        }

        bool isBeforeFull = IsFull(before), isPlacedFull = IsFull(placed);
        return isBeforeFull == isPlacedFull
            ? null
            : (isBeforeFull ? placed : before, "All other blocks of the image have a full bitmap, and at its place there is none.");
    }

    /// <summary>Whether the block shows only zeros, or in a child nothing at all.</summary>
    private bool ReadsAsNothing(ulong placed)
    {
        uint entry = TableScan.EntryOf(placed);
        byte[] bitmap = new byte[layout.BitmapSize];
        file.ReadAt(ImageLayout.BitmapOffset(entry), bitmap);
        int count = layout.SectorsInBlock(TableScan.BlockOf(placed));
        for (int sector = 0; sector < count;)
        {
            int run = SectorBitmap.RunLength(bitmap, sector, count - sector, out bool isSet);
            if (isSet && (layout.VhdType == VhdType.Differencing || !IsZero(layout.DataOffset(entry), sector, run)))
            {
                return false;
            }

            sector += run;
        }

        return true;
    }

    private bool IsZero(long dataOffset, int sector, int count)
    {
        byte[] data = ArrayPool<byte>.Shared.Rent(ChunkSectors * VhdSpec.SectorSize);
        try
        {
            for (int end = sector + count; sector < end; sector += ChunkSectors)
            {
                Span<byte> bytes = data.AsSpan(0, Math.Min(ChunkSectors, end - sector) * VhdSpec.SectorSize);
                _readBytes += bytes.Length;
                if (_readBytes > MaxReadBytes)
                {
                    return false;
                }

                bytes = bytes[..file.ReadAt(dataOffset + ((long)sector * VhdSpec.SectorSize), bytes)];
                if (bytes.IndexOfAnyExcept((byte)0) >= 0)
                {
                    return false;
                }
            }

            return true;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(data);
        }
    }

    private bool AreOthersFull() => _areAllFull ??= CountFullWitnesses() >= LeastWitnesses;

    /// <summary>Blocks that share nothing with another, all with a full bitmap; 0 where one has not.</summary>
    private int CountFullWitnesses()
    {
        long step = layout.BlockSpan / VhdSpec.SectorSize;
        int witnesses = 0;
        for (int i = 0; i < byPlace.Count && witnesses < SampleCount; i++)
        {
            bool isFree = (i == 0 || TableScan.EntryOf(byPlace[i]) - TableScan.EntryOf(byPlace[i - 1]) >= step)
                && (i + 1 == byPlace.Count || TableScan.EntryOf(byPlace[i + 1]) - TableScan.EntryOf(byPlace[i]) >= step);
            if (isFree && !IsFull(byPlace[i]))
            {
                return 0;
            }

            witnesses += isFree ? 1 : 0;
        }

        return witnesses;
    }

    private bool IsFull(ulong placed)
    {
        byte[] bitmap = new byte[layout.BitmapSize];
        file.ReadAt(ImageLayout.BitmapOffset(TableScan.EntryOf(placed)), bitmap);
        return SectorBitmap.RunLength(bitmap, 0, layout.SectorsPerBlock, out bool isSet) == layout.SectorsPerBlock && isSet;
    }
}
