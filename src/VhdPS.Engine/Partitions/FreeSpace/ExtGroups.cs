using System.Buffers;
using VhdPS.Engine.Partitions.FileSystems;

namespace VhdPS.Engine.Partitions.FreeSpace;

/// <summary>The group descriptors of an ext file system, read and judged: checksums, places, and the backup in another group.</summary>
internal static class ExtGroups
{
    private const int ReadSize = 64 * 1024;

    /// <summary>Features that decide where things lie or what the map says; a backup of the superblock has them as the superblock
    /// does.</summary>
    private const uint PlacingIncompat = ExtSuperblock.Incompat64Bit | ExtSuperblock.IncompatMetaGroups;

    private const uint PlacingReadOnly = ExtSuperblock.ReadOnlySparseSuper | ExtSuperblock.ReadOnlyGroupChecksum
        | ExtSuperblock.ReadOnlyBigAlloc | ExtSuperblock.ReadOnlyMetadataChecksum;

    /// <summary>Reads all descriptors.</summary>
    /// <returns>Null with a problem where one is not valid.</returns>
    public static ExtGroup[]? Read(
        DiskWindow window, ExtSuperblock superblock, ExtGeometry geometry, CancellationToken cancellation, out MapProblem? problem)
    {
        ExtGroup[] groups = new ExtGroup[geometry.GroupCount];
        problem = ForEach(window, superblock, geometry, geometry.FirstDataBlock + 1, (group, bytes) =>
        {
            if (!ExtGroup.IsChecksumValid(bytes, (uint)group, superblock))
            {
                return MapProblem.Of(
                    FreeSpaceVerdict.ChecksumMismatch, $"The checksum of the descriptor of group {group} is not that of its bytes.");
            }

            groups[group] = ExtGroup.Parse(bytes);
            return null;
        }, cancellation) ?? CheckBackup(window, superblock, geometry, groups, cancellation);
        return problem is null ? groups : null;
    }

    /// <summary>
    /// Compares with the backup in another group what says where things lie: without checksums nothing else would show that a
    /// number is wrong.
    /// </summary>
    private static MapProblem? CheckBackup(
        DiskWindow window, ExtSuperblock superblock, ExtGeometry geometry, ExtGroup[] groups, CancellationToken cancellation)
    {
        if (geometry.FirstBackupGroup() is not { } backupGroup)
        {
            return null;
        }

        long block = geometry.FirstBlock(backupGroup);
        byte[] bytes = new byte[ExtSuperblock.Size];
        if (!window.TryRead(block * geometry.BlockSize, bytes) || ExtSuperblock.Parse(bytes) is not { } backup
            || !IsPlacedLike(superblock, backup))
        {
            return MapProblem.Of(
                FreeSpaceVerdict.CopiesDiffer, $"The backup of the superblock in group {backupGroup} is not like the superblock.");
        }

        return ForEach(window, superblock, geometry, block + 1, (group, bytes) =>
            ExtGroup.Parse(bytes).IsPlacedLike(groups[group])
                ? null
                : MapProblem.Of(
                    FreeSpaceVerdict.CopiesDiffer, $"The backup of the descriptor of group {group} names other places."), cancellation);
    }

    private static bool IsPlacedLike(ExtSuperblock superblock, ExtSuperblock backup) =>
        superblock.InodeCount == backup.InodeCount
        && superblock.BlockCount == backup.BlockCount
        && superblock.FirstDataBlock == backup.FirstDataBlock
        && superblock.LogBlockSize == backup.LogBlockSize
        && superblock.LogClusterSize == backup.LogClusterSize
        && superblock.BlocksPerGroup == backup.BlocksPerGroup
        && superblock.InodesPerGroup == backup.InodesPerGroup
        && superblock.InodeSize == backup.InodeSize
        && superblock.DescriptorSize == backup.DescriptorSize
        && superblock.ReservedDescriptorBlockCount == backup.ReservedDescriptorBlockCount
        && (superblock.FeatureCompat & ExtSuperblock.CompatSparseSuper2) == (backup.FeatureCompat & ExtSuperblock.CompatSparseSuper2)
        && (superblock.FeatureIncompat & PlacingIncompat) == (backup.FeatureIncompat & PlacingIncompat)
        && (superblock.FeatureReadOnly & PlacingReadOnly) == (backup.FeatureReadOnly & PlacingReadOnly);

    private delegate MapProblem? Visit(long group, ReadOnlySpan<byte> bytes);

    private static MapProblem? ForEach(
        DiskWindow window, ExtSuperblock superblock, ExtGeometry geometry, long firstBlock, Visit visit, CancellationToken cancellation)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(ReadSize);
        try
        {
            int size = superblock.DescriptorSize;
            long group = 0;
            for (long at = 0; at < geometry.DescriptorBytes;)
            {
                cancellation.ThrowIfCancellationRequested();
                Span<byte> bytes = buffer.AsSpan(0, (int)Math.Min(ReadSize, geometry.DescriptorBytes - at));
                if (!window.TryRead((firstBlock * geometry.BlockSize) + at, bytes))
                {
                    return MapProblem.Of(FreeSpaceVerdict.PastEnd, $"The group descriptors do not lie in the partition.");
                }

                for (int inBuffer = 0; inBuffer < bytes.Length; inBuffer += size, group++)
                {
                    if (visit(group, bytes.Slice(inBuffer, size)) is { } problem)
                    {
                        return problem;
                    }
                }

                at += bytes.Length;
            }

            return null;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
