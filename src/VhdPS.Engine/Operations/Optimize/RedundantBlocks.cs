using System.Buffers;
using VhdPS.Engine.Chains;
using VhdPS.Engine.Disks;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Engine.Layout;

namespace VhdPS.Engine.Operations.Optimize;

/// <summary>Finds the blocks of an image without which its disk reads the same: of zeros or what counts as such, or of a child,
/// equal to its parent's.</summary>
internal static class RedundantBlocks
{
    private const int ChunkSectors = 2048;

    /// <summary>The blocks, in ascending order.</summary>
    /// <param name="image">The image.</param>
    /// <param name="options">Whether data is read, and where parents may be.</param>
    /// <param name="zeros">Ranges of a disk without parents that count as zeros whatever is stored there; null for none.</param>
    /// <param name="progress">Receives how far the work is.</param>
    /// <param name="cancellation">Ends the work between two blocks.</param>
    /// <exception cref="VhdFormatException">A sector cannot be found, or the chain of parents that holds it.</exception>
    public static List<int> Find(
        VhdImage image,
        CompactionOptions options,
        ZeroedRanges? zeros,
        IProgress<WorkProgress>? progress,
        CancellationToken cancellation)
    {
        BlockAllocationTable table = image.Map.Table!;
        bool isChild = image.Layout.VhdType == VhdType.Differencing;
        using ParentChain? parents = isChild && options.ReadsData
            ? ParentChain.Open(image.File, image.Layout, new VhdOpenOptions { Parents = options.Parents })
            : null;
        ChainReader? parent = parents is null ? null : new ChainReader(parents.Levels[0], () => [.. parents.Levels.Skip(1)]);
        var found = new List<int>();
        long total = (long)table.CountAllocated() * image.Layout.BlockSize, done = 0;
        byte[] own = ArrayPool<byte>.Shared.Rent(ChunkSectors * VhdSpec.SectorSize);
        byte[] other = ArrayPool<byte>.Shared.Rent(parent is null ? 0 : ChunkSectors * VhdSpec.SectorSize);
        try
        {
            for (int blockIndex = 0; blockIndex < table.Count; blockIndex++)
            {
                if (table[blockIndex] == VhdSpec.UnusedEntry)
                {
                    continue;
                }

                cancellation.ThrowIfCancellationRequested();
                progress?.Report(new WorkProgress(done += image.Layout.BlockSize, total));
                if (IsAbsentByBitmap(image, blockIndex) || IsZeroed(image, blockIndex, zeros)
                    || (options.ReadsData && IsSameWithout(image, blockIndex, parent, zeros, own, other)))
                {
                    found.Add(blockIndex);
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(own);
            ArrayPool<byte>.Shared.Return(other);
        }

        return found;
    }

    private static bool IsAbsentByBitmap(VhdImage image, int blockIndex)
    {
        int count = image.Layout.SectorsInBlock(blockIndex);
        SectorRun run = image.Map.Find((long)blockIndex * image.Layout.SectorsPerBlock, count);
        return run.Origin != SectorOrigin.File && run.Count == count;
    }

    /// <summary>Whether every byte counts as zero, so that none needs to be read.</summary>
    private static bool IsZeroed(VhdImage image, int blockIndex, ZeroedRanges? zeros)
    {
        if (zeros is null)
        {
            return false;
        }

        long at = (long)blockIndex * image.Layout.BlockSize;
        long end = at + ((long)image.Layout.SectorsInBlock(blockIndex) * VhdSpec.SectorSize);
        while (at < end && zeros.IsZeroed(at, out long next))
        {
            at = next;
        }

        return at >= end;
    }

    private static bool IsSameWithout(
        VhdImage image, int blockIndex, ChainReader? parent, ZeroedRanges? zeros, byte[] own, byte[] other)
    {
        long sector = (long)blockIndex * image.Layout.SectorsPerBlock;
        for (long end = sector + image.Layout.SectorsInBlock(blockIndex); sector < end;)
        {
            SectorRun run = image.Map.Find(sector, Math.Min(ChunkSectors, end - sector));
            if (run.Origin == SectorOrigin.File)
            {
                Span<byte> bytes = own.AsSpan(0, (int)run.Count * VhdSpec.SectorSize);
                image.ReadSectors(sector, bytes);
                zeros?.Clear(sector * VhdSpec.SectorSize, bytes);
                if (!IsSame(bytes, sector, parent, other))
                {
                    return false;
                }
            }

            sector += run.Count;
        }

        return true;
    }

    private static bool IsSame(ReadOnlySpan<byte> bytes, long sector, ChainReader? parent, byte[] other)
    {
        if (parent is null)
        {
            return bytes.IndexOfAnyExcept((byte)0) < 0;
        }

        Span<byte> below = other.AsSpan(0, bytes.Length);
        parent.Read(sector, below);
        return bytes.SequenceEqual(below);
    }
}
