using VhdPS.Engine.Partitions.FileSystems;

namespace VhdPS.Engine.Partitions.FreeSpace;

/// <summary>Where the groups of an ext file system lie, computed from a superblock whose numbers fit together.</summary>
internal sealed class ExtGeometry
{
    /// <summary>The most bytes of group descriptors: those of 64 TiB in blocks of 4 KiB.</summary>
    private const long MaxDescriptorBytes = 32L * 1024 * 1024;

    private const int SuperblockSectorSize = 1024;

    private readonly ExtSuperblock _superblock;

    private ExtGeometry(ExtSuperblock superblock)
    {
        _superblock = superblock;
        BlockSize = superblock.BlockSize;
        BlocksPerGroup = (int)superblock.BlocksPerGroup;
        FirstDataBlock = superblock.FirstDataBlock;
        BlockCount = (long)superblock.BlockCount;
        GroupCount = (BlockCount - FirstDataBlock + BlocksPerGroup - 1) / BlocksPerGroup;
        DescriptorBytes = GroupCount * superblock.DescriptorSize;
        DescriptorBlockCount = (DescriptorBytes + BlockSize - 1) / BlockSize;
        InodeTableBlockCount = (((long)superblock.InodesPerGroup * superblock.InodeSize) + BlockSize - 1) / BlockSize;
    }

    public int BlockSize { get; }

    public int BlocksPerGroup { get; }

    public long FirstDataBlock { get; }

    /// <summary>Blocks of the file system, those before the first group included.</summary>
    public long BlockCount { get; }

    public long GroupCount { get; }

    public long DescriptorBytes { get; }

    /// <summary>Blocks of one copy of the group descriptors.</summary>
    public long DescriptorBlockCount { get; }

    public long InodeTableBlockCount { get; }

    /// <summary>Computes the geometry.</summary>
    /// <returns>Null with a problem where the numbers do not fit together or the volume.</returns>
    public static ExtGeometry? Of(ExtSuperblock superblock, long volumeBytes, out MapProblem? problem)
    {
        problem = CheckNumbers(superblock);
        if (problem is not null)
        {
            return null;
        }

        if (superblock.BlockCount > (ulong)(volumeBytes / superblock.BlockSize))
        {
            problem = MapProblem.Of(
                FreeSpaceVerdict.PastEnd, $"The file system has {superblock.BlockCount} blocks, more than the partition.");
            return null;
        }

        var geometry = new ExtGeometry(superblock);
        if (geometry.DescriptorBytes > MaxDescriptorBytes)
        {
            problem = MapProblem.Of(
                FreeSpaceVerdict.FeatureUnsupported, $"The file system has {geometry.GroupCount} groups, more than are read.");
        }
        else if (geometry.GroupCount * superblock.InodesPerGroup != superblock.InodeCount
            || geometry.DescriptorBlockCount + superblock.ReservedDescriptorBlockCount + 1 > geometry.BlocksPerGroup
            || geometry.InodeTableBlockCount > geometry.BlocksPerGroup)
        {
            problem = MapProblem.Of(
                FreeSpaceVerdict.Inconsistent, $"The superblock's numbers of groups, inodes and blocks do not fit together.");
        }

        return problem is null ? geometry : null;
    }

    /// <summary>The first block of a group.</summary>
    public long FirstBlock(long group) => FirstDataBlock + (group * BlocksPerGroup);

    /// <summary>Blocks of a group; the last may have fewer.</summary>
    public int BlocksIn(long group) => (int)Math.Min(BlocksPerGroup, BlockCount - FirstBlock(group));

    /// <summary>Blocks at the start of a group that a copy of the superblock, the descriptors and what is kept for more of them
    /// take.</summary>
    public long SuperBlocksIn(long group) =>
        HasSuperblock(group) ? Math.Min(BlocksIn(group), 1 + DescriptorBlockCount + _superblock.ReservedDescriptorBlockCount) : 0;

    /// <summary>The first group after group 0 with a copy of the superblock; null where there is none.</summary>
    public long? FirstBackupGroup()
    {
        for (long group = 1; group < GroupCount; group++)
        {
            if (HasSuperblock(group))
            {
                return group;
            }
        }

        return null;
    }

    private bool HasSuperblock(long group)
    {
        if (group == 0)
        {
            return true;
        }

        if ((_superblock.FeatureCompat & ExtSuperblock.CompatSparseSuper2) != 0)
        {
            return group == _superblock.BackupGroups.First || group == _superblock.BackupGroups.Second;
        }

        return group == 1
            || (_superblock.FeatureReadOnly & ExtSuperblock.ReadOnlySparseSuper) == 0
            || IsPowerOf(3, group) || IsPowerOf(5, group) || IsPowerOf(7, group);
    }

    private static bool IsPowerOf(long number, long group)
    {
        long power = number;
        while (power < group)
        {
            power *= number;
        }

        return power == group;
    }

    private static MapProblem? CheckNumbers(ExtSuperblock superblock)
    {
        int blockSize = superblock.BlockSize;
        bool isValid = superblock.LogClusterSize == superblock.LogBlockSize
            && superblock.FirstDataBlock == (blockSize == SuperblockSectorSize ? 1u : 0u)
            && superblock.GroupNumber == 0
            && superblock.BlockCount > superblock.FirstDataBlock
            && superblock.FreeBlockCount <= superblock.BlockCount
            && superblock.BlocksPerGroup > 0 && superblock.BlocksPerGroup % 8 == 0 && superblock.BlocksPerGroup <= 8L * blockSize
            && superblock.InodesPerGroup > 0 && superblock.InodesPerGroup <= 8L * blockSize
            && superblock.InodeSize >= 128 && superblock.InodeSize <= blockSize && int.IsPow2(superblock.InodeSize)
            && int.IsPow2(superblock.DescriptorSize) && superblock.DescriptorSize <= 1024
            && superblock.DescriptorSize >= (superblock.Has64Bit ? 64 : 32);
        return isValid ? null
            : MapProblem.Of(FreeSpaceVerdict.Inconsistent, $"The superblock has numbers that no ext file system can have.");
    }
}
