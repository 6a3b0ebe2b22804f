using VhdPS.Engine.Format;
using VhdPS.Engine.Partitions.FileSystems;

namespace VhdPS.Engine.Partitions.FreeSpace;

/// <summary>The map of ext2, ext3 and ext4: a block of bits for each group of blocks, or none where a group was never used.</summary>
internal sealed class ExtMap : ClusterMap
{
    private const int WideDescriptorSize = 64;

    private readonly ExtSuperblock _superblock;
    private readonly ExtGeometry _geometry;
    private readonly ExtGroup[] _groups;
    private readonly uint _seed;

    private ExtMap(ExtSuperblock superblock, ExtGeometry geometry, ExtGroup[] groups)
    {
        _superblock = superblock;
        _geometry = geometry;
        _groups = groups;
        _seed = superblock.ChecksumSeed;
    }

    /// <summary>Opens the map of a clean file system.</summary>
    /// <returns>Null with a problem where it cannot be relied on.</returns>
    public static ExtMap? Open(DiskWindow window, CancellationToken cancellation, out MapProblem? problem)
    {
        byte[] bytes = new byte[ExtSuperblock.Size];
        if (!window.TryRead(ExtSuperblock.Offset, bytes) || ExtSuperblock.Parse(bytes) is not { } superblock)
        {
            problem = MapProblem.Of(FreeSpaceVerdict.Inconsistent, $"There is no superblock.");
            return null;
        }

        problem = ExtFeatures.Check(superblock);
        if (problem is not null
            || ExtGeometry.Of(superblock, window.Length, out problem) is not { } geometry
            || ExtGroups.Read(window, superblock, geometry, cancellation, out problem) is not { } groups
            || FindOccupied(geometry, groups, out problem) is not { } occupied)
        {
            return null;
        }

        return new ExtMap(superblock, geometry, groups)
        {
            Window = window,
            FirstClusterOffset = geometry.FirstDataBlock * geometry.BlockSize,
            ClusterSize = geometry.BlockSize,
            ClusterCount = geometry.BlockCount - geometry.FirstDataBlock,
            PartClusterCount = geometry.BlocksPerGroup,
            Occupied = occupied,
        };
    }

    protected override MapProblem? Read(long part, Span<byte> bits)
    {
        ExtGroup group = _groups[part];
        int count = _geometry.BlocksIn(part);
        bits = bits[..UseBits.BytesFor(_geometry.BlocksPerGroup)];
        if (group.IsUninitialized && (_superblock.HasMetadataChecksum || _superblock.HasGroupChecksum))
        {
            long first = part * _geometry.BlocksPerGroup;
            bits.Clear();
            foreach ((long start, long end) in Occupied.Within(first, first + count))
            {
                UseBits.Set(bits, (int)(start - first), (int)(end - first));
            }
        }
        else if (!Window.TryRead(group.BlockBitmap * _geometry.BlockSize, bits))
        {
            return MapProblem.Of(FreeSpaceVerdict.PastEnd, $"The map of group {part} does not lie in the partition.");
        }
        else if (!IsChecksumValid(group, bits))
        {
            return MapProblem.Of(FreeSpaceVerdict.ChecksumMismatch, $"The checksum of the map of group {part} is not that of its bytes.");
        }

        int freeCount = UseBits.CountClear(bits, count);
        return (uint)freeCount == group.FreeBlockCount
            ? null
            : MapProblem.Of(FreeSpaceVerdict.Inconsistent,
                $"The map of group {part} has {freeCount} free blocks, and its descriptor says {group.FreeBlockCount}.");
    }

    /// <summary>Everything that the descriptors say is taken, counted from the first group's first block.</summary>
    private static ClusterRanges? FindOccupied(ExtGeometry geometry, ExtGroup[] groups, out MapProblem? problem)
    {
        var occupied = new ClusterRanges();
        for (long i = 0; i < groups.Length; i++)
        {
            ExtGroup group = groups[i];
            occupied.Add(geometry.FirstBlock(i) - geometry.FirstDataBlock, geometry.SuperBlocksIn(i));
            foreach ((long block, long count) in new[] { (group.BlockBitmap, 1L), (group.InodeBitmap, 1L), (
                group.InodeTable, geometry.InodeTableBlockCount) })
            {
                if (block < geometry.FirstDataBlock || block > geometry.BlockCount - count)
                {
                    problem = MapProblem.Of(FreeSpaceVerdict.Inconsistent,
                        $"The descriptor of group {i} names block {block}, which is none of the file system's.");
                    return null;
                }

                occupied.Add(block - geometry.FirstDataBlock, count);
            }
        }

        problem = occupied.Sort() ? null : MapProblem.Of(FreeSpaceVerdict.Inconsistent, $"Structures of the groups overlap.");
        return problem is null ? occupied : null;
    }

    private bool IsChecksumValid(ExtGroup group, ReadOnlySpan<byte> bits)
    {
        if (!_superblock.HasMetadataChecksum)
        {
            return true;
        }

        uint mask = _superblock.DescriptorSize >= WideDescriptorSize ? uint.MaxValue : ushort.MaxValue;
        return (Crc32C.Append(_seed, bits) & mask) == (group.BitmapChecksum & mask);
    }
}
