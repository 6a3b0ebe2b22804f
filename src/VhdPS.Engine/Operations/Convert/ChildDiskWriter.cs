using System.Security.Cryptography;
using VhdPS.Engine.Disks;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Engine.Operations.Hash;

namespace VhdPS.Engine.Operations.Convert;

/// <summary>
/// A differencing image: the sectors that differ from the parent's, zeros among them, with their bits set, in blocks in the order of
/// the disk.
/// </summary>
/// <param name="file">A new, empty file.</param>
/// <param name="assembly">The image in the making.</param>
/// <param name="sizeBytes">The disk's size, a whole number of sectors.</param>
/// <param name="parent">The parent's disk; zeros follow after its end.</param>
/// <param name="manifest">The hashes of the parent's blocks; null where they are not known.</param>
internal sealed class ChildDiskWriter(
    ImageFile file, ImageBuilder assembly, long sizeBytes, DiskSource parent, BlockManifest? manifest) : DiskWriter(file)
{
    private readonly Sequencer _turns = new();
    private readonly int _blockSize = assembly.BlockSize;

    public override long UnitSize => Math.Max(Math.Max(_blockSize, ChunkSize), manifest?.BlockSize ?? 0);

    /// <summary>The parent's chunk lies before the disk's.</summary>
    public override int HeadroomBytes => ChunkSize;

    public override void Begin()
    {
    }

    public override void CopyUnit(DiskSource source, DiskUnit unit, byte[] buffer, CancellationToken stopping)
    {
        var bitmaps = new SortedList<int, byte[]>();
        try
        {
            foreach (DiskExtent extent in Unequal(source, unit, buffer, stopping))
            {
                for (long at = extent.Offset; at < extent.End;)
                {
                    stopping.ThrowIfCancellationRequested();
                    int length = (int)Math.Min(Math.Min(ChunkSize, extent.End - at), _blockSize - (at % _blockSize));
                    CopyChunk(source, unit.Number, at, length, buffer, bitmaps, stopping);
                    at += length;
                }
            }

            foreach ((int blockIndex, byte[] bitmap) in bitmaps)
            {
                WriteFront(blockIndex, bitmap);
            }
        }
        finally
        {
            _turns.Pass(unit.Number);
        }
    }

    public override void Complete() => assembly.Complete();

    /// <summary>What of a unit is not known to be the parent's by the manifest.</summary>
    private IEnumerable<DiskExtent> Unequal(DiskSource source, DiskUnit unit, byte[] buffer, CancellationToken stopping)
    {
        long end = Math.Min(unit.End, sizeBytes), lookedAt = -1;
        bool isEqual = false;
        foreach (DiskExtent extent in unit.Data)
        {
            long extentEnd = Math.Min(extent.End, end);
            for (long at = extent.Offset; at < extentEnd;)
            {
                long blockStart = manifest is null ? at : at - (at % manifest.BlockSize);
                long blockEnd = manifest is null ? extentEnd : Math.Min(blockStart + manifest.BlockSize, extentEnd);
                if (manifest is not null && lookedAt != blockStart)
                {
                    lookedAt = blockStart;
                    isEqual = IsParents(source, blockStart, buffer, stopping);
                }

                if (!isEqual)
                {
                    yield return new DiskExtent(at, blockEnd - at, IsZero: false);
                }

                at = blockEnd;
            }
        }
    }

    /// <summary>Whether a block of the disk has the hash of the parent's.</summary>
    private bool IsParents(DiskSource source, long offset, byte[] buffer, CancellationToken stopping)
    {
        long length = Math.Min(manifest!.BlockSize, sizeBytes - offset);
        if (manifest.Find(offset, length) is not { } parentsHash)
        {
            return false;
        }

        using var hash = IncrementalHash.CreateHash(manifest.Algorithm);
        for (long done = 0; done < length; done += ChunkSize)
        {
            stopping.ThrowIfCancellationRequested();
            Span<byte> chunk = buffer.AsSpan(ChunkSize, (int)Math.Min(ChunkSize, length - done));
            source.ReadAt(offset + done, chunk);
            hash.AppendData(chunk);
        }

        return hash.GetHashAndReset().AsSpan().SequenceEqual(parentsHash);
    }

    private void CopyChunk(
        DiskSource source, long number, long offset, int length, byte[] buffer, SortedList<int, byte[]> bitmaps, CancellationToken stopping)
    {
        Span<byte> parents = buffer.AsSpan(0, length), own = buffer.AsSpan(ChunkSize, length);
        source.ReadAt(offset, own);
        ReadParent(offset, parents);
        for (int at = 0; TryFindDifference(own, parents, at, out int start, out int end); at = end)
        {
            int blockIndex = (int)(offset / _blockSize);
            int inBlock = (int)(offset % _blockSize);
            if (!bitmaps.TryGetValue(blockIndex, out byte[]? bitmap))
            {
                bitmap = Place(number, blockIndex, stopping);
                bitmaps.Add(blockIndex, bitmap);
            }

            SectorBitmap.SetRange(bitmap, (inBlock + start) / VhdSpec.SectorSize, (end - start) / VhdSpec.SectorSize);
            ReadOnlySpan<byte> run = own[start..end];
            for (int from = 0; ZeroScan.TryFindData(run, from, out int dataStart, out int dataEnd); from = dataEnd)
            {
                Fresh.Put(
                    (_, count) => StoredRun.Unshared(count), offset + start + dataStart,
                    assembly.DataOffset(blockIndex) + inBlock + start + dataStart, run[dataStart..dataEnd]);
            }
        }
    }

    private void ReadParent(long offset, Span<byte> parents)
    {
        if (offset < parent.SectorCount * VhdSpec.SectorSize)
        {
            parent.ReadAt(offset, parents);
        }
        else
        {
            parents.Clear();
        }
    }

    private byte[] Place(long number, int blockIndex, CancellationToken stopping)
    {
        _turns.Wait(number, stopping);
        assembly.Place(blockIndex, isFull: false);
        if (UnitSize == _blockSize)
        {
            _turns.Pass(number);
        }

        return new byte[assembly.BitmapSize];
    }

    private void WriteFront(int blockIndex, byte[] bitmap)
    {
        byte[] front = new byte[assembly.FrontSize];
        bitmap.CopyTo(front, assembly.FrontSize - assembly.BitmapSize);
        File.WriteAt(assembly.DataOffset(blockIndex) - front.Length, front);
    }

    /// <summary>The next run of whole sectors that differ.</summary>
    private static bool TryFindDifference(ReadOnlySpan<byte> own, ReadOnlySpan<byte> parents, int from, out int start, out int end)
    {
        start = from + own[from..].CommonPrefixLength(parents[from..]);
        start -= start % VhdSpec.SectorSize;
        end = start;
        while (end < own.Length
            && !own.Slice(end, VhdSpec.SectorSize).SequenceEqual(parents.Slice(end, VhdSpec.SectorSize)))
        {
            end += VhdSpec.SectorSize;
        }

        return end > start;
    }
}
