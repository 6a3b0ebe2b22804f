using VhdPS.Engine.Partitions.FileSystems;

namespace VhdPS.Engine.Partitions.FreeSpace;

/// <summary>Which ext file systems have a map that is read: clean ones whose every feature is known not to change what it means.</summary>
internal static class ExtFeatures
{
    /// <summary>
    /// Folders' preallocation, IMAGIC inodes, journal, extended attributes, resize inode, folder index, lazy groups, sparse_super2,
    /// fast commit, stable inodes, orphan file. Not: the exclude bitmap of snapshots.
    /// </summary>
    private const uint KnownCompat = 0x1 | 0x2 | 0x4 | 0x8 | 0x10 | 0x20 | 0x40 | 0x200 | 0x400 | 0x800 | 0x1000;

    /// <summary>
    /// File types, extents, 64 bits, flexible groups, attributes in inodes, checksum seed, large folders, inline data, encryption,
    /// folded case. Not: compression, recovery, journal devices, meta groups, multiple mounts, data in folders.
    /// </summary>
    private const uint KnownIncompat = 0x2 | 0x40 | 0x80 | 0x200 | 0x400 | 0x2000 | 0x4000 | 0x8000 | 0x10000 | 0x20000;

    /// <summary>
    /// Sparse superblocks, large files, folder trees, huge files, group checksums, many links, large inodes, quota, metadata
    /// checksums, read-only, project quota, verity. Not: snapshots, bigalloc, replicas, shared blocks, orphans present.
    /// </summary>
    private const uint KnownReadOnly = 0x1 | 0x2 | 0x4 | 0x8 | 0x10 | 0x20 | 0x40 | 0x100 | 0x400 | 0x1000 | 0x2000 | 0x8000;

    /// <summary>Null where the map can be read.</summary>
    public static MapProblem? Check(ExtSuperblock superblock)
    {
        if (!superblock.IsChecksumValid)
        {
            return MapProblem.Of(FreeSpaceVerdict.ChecksumMismatch, $"The checksum of the superblock is not that of its bytes.");
        }

        if ((superblock.FeatureIncompat & ExtSuperblock.IncompatRecover) != 0)
        {
            return MapProblem.Of(FreeSpaceVerdict.NotClean,
                $"The journal holds changes that were not written yet: mount and unmount the file system first.");
        }

        if (superblock.State != ExtSuperblock.StateClean || superblock.LastOrphan != 0)
        {
            return MapProblem.Of(
                FreeSpaceVerdict.NotClean, $"The file system was not unmounted, or has errors: its state is {superblock.State:X4}.");
        }

        uint compat = superblock.FeatureCompat & ~KnownCompat, incompat = superblock.FeatureIncompat & ~KnownIncompat;
        uint readOnly = superblock.FeatureReadOnly & ~KnownReadOnly;
        if ((compat | incompat | readOnly) != 0)
        {
            return MapProblem.Of(
                FreeSpaceVerdict.FeatureUnsupported,
                $"Features are set that are not handled: compatible {compat:X}, incompatible {incompat:X}, read-only {readOnly:X}.");
        }

        // The two kinds of descriptor checksums exclude each other.
        return superblock.HasMetadataChecksum && superblock.HasGroupChecksum
            ? MapProblem.Of(FreeSpaceVerdict.Inconsistent, $"Two kinds of checksums are set that exclude each other.")
            : null;
    }
}
