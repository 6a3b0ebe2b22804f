using System.Security.Cryptography;
using VhdPS.Engine.Disks;
using VhdPS.Engine.Format;
using VhdPS.Engine.Operations.Hash;

namespace VhdPS.Engine.Operations.Convert;

/// <summary>Finds the sectors of a disk that differ from a parent's. Threads may ask at once.</summary>
/// <param name="sizeBytes">The disk's size, a whole number of sectors.</param>
/// <param name="sectorSize">Bytes of a sector, of which each differs as a whole.</param>
/// <param name="parent">The parent's disk; zeros follow after its end.</param>
/// <param name="manifest">The hashes of the parent's blocks; null where they are not known.</param>
internal sealed class ParentDifferences(long sizeBytes, int sectorSize, DiskSource parent, BlockManifest? manifest)
{
    /// <summary>Whether parts of the disk may be left out unread although they are no zeros.</summary>
    public bool SkipsData => manifest is not null;

    /// <summary>Bytes of a block of the manifest; 0 without one.</summary>
    public int ManifestBlockSize => manifest?.BlockSize ?? 0;

    /// <summary>What of a unit is not known to be the parent's by the manifest.</summary>
    /// <param name="source">The disk.</param>
    /// <param name="unit">The unit.</param>
    /// <param name="buffer">A chunk to read into.</param>
    /// <param name="stopping">Ends the look between requests.</param>
    public IEnumerable<DiskExtent> ListUnequal(DiskSource source, DiskUnit unit, Memory<byte> buffer, CancellationToken stopping)
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

    /// <summary>Reads the parent's bytes.</summary>
    public void ReadParent(long offset, Span<byte> parents)
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

    /// <summary>The next run of whole sectors that differ.</summary>
    public bool TryFind(ReadOnlySpan<byte> own, ReadOnlySpan<byte> parents, int from, out int start, out int end)
    {
        start = from + own[from..].CommonPrefixLength(parents[from..]);
        start -= start % sectorSize;
        end = start;
        while (end < own.Length && !own.Slice(end, sectorSize).SequenceEqual(parents.Slice(end, sectorSize)))
        {
            end += sectorSize;
        }

        return end > start;
    }

    /// <summary>Whether a block of the disk has the hash of the parent's.</summary>
    private bool IsParents(DiskSource source, long offset, Memory<byte> buffer, CancellationToken stopping)
    {
        long length = Math.Min(manifest!.BlockSize, sizeBytes - offset);
        if (manifest.Find(offset, length) is not { } parentsHash)
        {
            return false;
        }

        using var hash = IncrementalHash.CreateHash(manifest.Algorithm);
        for (long done = 0; done < length; done += buffer.Length)
        {
            stopping.ThrowIfCancellationRequested();
            Span<byte> chunk = buffer.Span[..(int)Math.Min(buffer.Length, length - done)];
            source.ReadAt(offset + done, chunk);
            hash.AppendData(chunk);
        }

        return hash.GetHashAndReset().AsSpan().SequenceEqual(parentsHash);
    }
}
