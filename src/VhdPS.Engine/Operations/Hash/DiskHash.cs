using System.Collections.Concurrent;
using System.Security.Cryptography;
using VhdPS.Engine.Disks;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;

namespace VhdPS.Engine.Operations.Hash;

/// <summary>
/// Hashes disks: the same for every container of one content, and the same as that of the raw disk as a file. What is
/// known to be zeros is not read.
/// </summary>
public static class DiskHash
{
    /// <summary>Bytes of a manifest's block, where the caller has no wish.</summary>
    public const int DefaultBlockSize = 2 * 1024 * 1024;

    /// <summary>The largest block of a manifest, in bytes.</summary>
    public const int MaxBlockSize = 16 * 1024 * 1024;

    private const int UnitSize = 1024 * 1024;

    private static readonly byte[] Zeros = new byte[UnitSize];

    /// <summary>The hash of the whole disk. Reading goes on while bytes are hashed.</summary>
    /// <exception cref="VhdFormatException">A sector cannot be found.</exception>
    /// <exception cref="ImageIOException">The file could not be read.</exception>
    public static byte[] Compute(
        DiskSource source, HashAlgorithmName algorithm, IProgress<WorkProgress>? progress = null,
            CancellationToken cancellation = default) =>
        Compute(source, source.SizeBytes, algorithm, progress, cancellation);

    /// <summary>The hash of the disk as it is when zeros make it <paramref name="sizeBytes"/> long.</summary>
    internal static byte[] Compute(
        DiskSource source, long sizeBytes, HashAlgorithmName algorithm, IProgress<WorkProgress>? progress, CancellationToken cancellation)
    {
        using var hash = IncrementalHash.CreateHash(algorithm);
        var buffers = new ConcurrentBag<byte[]>();
        IEnumerable<(DiskUnit Unit, byte[] Bytes)> read = OrderedWork.Run(
            DiskWalk.Units(source, UnitSize),
            (unit, _) =>
            {
                byte[] bytes = buffers.TryTake(out byte[]? used) ? used : new byte[UnitSize];
                foreach (DiskExtent extent in unit.Data)
                {
                    source.ReadAt(extent.Offset, bytes.AsSpan((int)(extent.Offset - unit.Offset), (int)extent.Length));
                }

                return (unit, bytes);
            },
            cancellation);
        long position = 0;
        foreach ((DiskUnit unit, byte[] bytes) in read)
        {
            foreach (DiskExtent extent in unit.Data)
            {
                position = AppendZeros(hash, position, extent.Offset, sizeBytes, progress, cancellation);
                long end = Math.Min(extent.End, sizeBytes);
                hash.AppendData(bytes.AsSpan((int)(extent.Offset - unit.Offset), (int)(end - extent.Offset)));
                position = end;
            }

            buffers.Add(bytes);
            progress?.Report(new WorkProgress(position, sizeBytes));
        }

        AppendZeros(hash, position, sizeBytes, sizeBytes, progress, cancellation);
        source.ThrowIfChanged();
        return hash.GetHashAndReset();
    }

    /// <summary>The hashes of the blocks that are not all zeros, in ascending order; the last block ends with the disk.</summary>
    /// <param name="source">The disk.</param>
    /// <param name="algorithm">The hash.</param>
    /// <param name="blockSize">Bytes of a block: a multiple of 4096, at most <see cref="MaxBlockSize"/>.</param>
    /// <param name="progress">Receives how far the work is.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <exception cref="ArgumentException">The block size is out of its range.</exception>
    /// <exception cref="VhdFormatException">A sector cannot be found.</exception>
    /// <exception cref="ImageIOException">The file could not be read.</exception>
    public static IEnumerable<BlockHash> ComputeBlocks(
        DiskSource source,
        HashAlgorithmName algorithm,
        int blockSize = DefaultBlockSize,
        IProgress<WorkProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        ThrowIfBadBlockSize(blockSize);
        return HashBlocks(source, algorithm, blockSize, progress, cancellation);
    }

    /// <summary>Refuses a block size that no manifest has.</summary>
    /// <exception cref="ArgumentException">It is out of its range.</exception>
    internal static void ThrowIfBadBlockSize(int blockSize)
    {
        if (blockSize is < 4096 or > MaxBlockSize || blockSize % 4096 != 0)
        {
            throw new ArgumentException($"The block size {blockSize} is no multiple of 4096 from 4096 to {MaxBlockSize} bytes.");
        }
    }

    private static IEnumerable<BlockHash> HashBlocks(
        DiskSource source, HashAlgorithmName algorithm, int blockSize, IProgress<WorkProgress>? progress, CancellationToken cancellation)
    {
        var buffers = new ConcurrentBag<byte[]>();
        long total = source.CountDataBytes(0, source.SizeBytes), done = 0, position = 0;
        IEnumerable<(long End, BlockHash? Block)> results = OrderedWork.Run(
            DiskWalk.Units(source, blockSize),
            (unit, _) =>
            {
                byte[] buffer = buffers.TryTake(out byte[]? used) ? used : new byte[blockSize];
                BlockHash? block = HashBlock(source, unit, algorithm, buffer);
                buffers.Add(buffer);
                return (unit.End, block);
            },
            cancellation);
        foreach ((long end, BlockHash? block) in results)
        {
            done += source.CountDataBytes(position, end);
            position = end;
            progress?.Report(new WorkProgress(done, total));
            if (block is not null)
            {
                yield return block;
            }
        }

        source.ThrowIfChanged();
    }

    private static BlockHash? HashBlock(DiskSource source, DiskUnit unit, HashAlgorithmName algorithm, byte[] buffer)
    {
        Span<byte> bytes = buffer.AsSpan(0, (int)(Math.Min(unit.End, source.SizeBytes) - unit.Offset));
        int filled = 0;
        foreach (DiskExtent extent in unit.Data)
        {
            int start = (int)(extent.Offset - unit.Offset);
            buffer.AsSpan(filled, start - filled).Clear();
            filled = start + (int)extent.Length;
            source.ReadAt(extent.Offset, buffer.AsSpan(start, (int)extent.Length));
        }

        buffer.AsSpan(filled).Clear();
        if (bytes.IndexOfAnyExcept((byte)0) < 0)
        {
            return null;
        }

        using var hash = IncrementalHash.CreateHash(algorithm);
        hash.AppendData(bytes);
        return new BlockHash(unit.Offset, bytes.Length, hash.GetHashAndReset());
    }

    private static long AppendZeros(
        IncrementalHash hash, long position, long end, long size, IProgress<WorkProgress>? progress, CancellationToken cancellation)
    {
        while (position < end)
        {
            cancellation.ThrowIfCancellationRequested();
            int count = (int)Math.Min(Zeros.Length, end - position);
            hash.AppendData(Zeros.AsSpan(0, count));
            position += count;
            progress?.Report(new WorkProgress(position, size));
        }

        return position;
    }
}

/// <summary>The hash of one block of a disk.</summary>
/// <param name="Offset">Bytes from the start of the disk.</param>
/// <param name="Length">Bytes; less than a block only at the end of the disk.</param>
/// <param name="Hash">The hash of these bytes.</param>
public sealed record BlockHash(long Offset, long Length, byte[] Hash);
