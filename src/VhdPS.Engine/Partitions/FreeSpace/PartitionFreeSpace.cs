using VhdPS.Engine.Partitions.FileSystems;

namespace VhdPS.Engine.Partitions.FreeSpace;

/// <summary>What is known of the free space of one partition.</summary>
/// <param name="Partition">The partition.</param>
/// <param name="FileSystem">What it holds; null where nothing is recognised.</param>
/// <param name="Verdict">Whether its free space is known, or the kind of reason why not.</param>
/// <param name="Reason">The reason, a sentence; empty where it is known.</param>
internal sealed record PartitionFreeSpace(Partition Partition, FileSystemDescription? FileSystem, FreeSpaceVerdict Verdict, string Reason)
{
    /// <summary>Bytes that no file has; 0 where that is not known.</summary>
    public long FreeBytes { get; init; }

    /// <summary>Ranges that these bytes are in.</summary>
    public long FreeRangeCount { get; init; }

    internal ClusterMap? Map { get; init; }
}
