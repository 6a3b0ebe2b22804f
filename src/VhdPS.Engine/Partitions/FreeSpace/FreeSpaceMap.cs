namespace VhdPS.Engine.Partitions.FreeSpace;

/// <summary>
/// The free space of a disk: ranges that file systems call free by maps that were judged before. Bytes of a free range can be
/// anything without a file changing. The disk must not change while the map is used; threads may ask at once.
/// </summary>
internal sealed class FreeSpaceMap
{
    private readonly PartitionFreeSpace[] _byOffset;

    private FreeSpaceMap(PartitionTable table, IReadOnlyList<PartitionFreeSpace> partitions)
    {
        Table = table;
        Partitions = partitions;
        _byOffset = [.. partitions.Where(partition => partition.Map is not null).OrderBy(partition => partition.Partition.Offset)];
    }

    /// <summary>The disk's table.</summary>
    public PartitionTable Table { get; }

    /// <summary>What is known of each partition, in the order of the table; extended ones, which hold others, are left out.</summary>
    public IReadOnlyList<PartitionFreeSpace> Partitions { get; }

    /// <summary>Bytes of all free ranges.</summary>
    public long FreeBytes => Partitions.Sum(partition => partition.FreeBytes);

    /// <summary>Finds and judges the maps of a disk. What cannot be relied on is left, with the reason.</summary>
    public static FreeSpaceMap Read(IDiskReader disk, CancellationToken cancellation = default)
    {
        PartitionTable table = PartitionTable.Read(disk);
        return new FreeSpaceMap(table, FreeSpaceScan.Run(disk, table, cancellation));
    }

    /// <summary>The free ranges in order.</summary>
    public IEnumerable<FreeRange> List() => List(0, long.MaxValue);

    /// <summary>The parts of free ranges that lie between two offsets, in order.</summary>
    /// <param name="fromOffset">Bytes from the start of the disk.</param>
    /// <param name="toOffset">The first byte past the last one asked for.</param>
    public IEnumerable<FreeRange> List(long fromOffset, long toOffset)
    {
        foreach (PartitionFreeSpace partition in _byOffset)
        {
            if (partition.Partition.EndOffset > fromOffset && partition.Partition.Offset < toOffset)
            {
                foreach (FreeRange range in partition.Map!.ListFree(fromOffset, toOffset))
                {
                    yield return range;
                }
            }
        }
    }
}
