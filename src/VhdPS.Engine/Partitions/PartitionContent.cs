using VhdPS.Engine.Partitions.FileSystems;

namespace VhdPS.Engine.Partitions;

/// <summary>A partition and what it holds.</summary>
/// <param name="Partition">The partition.</param>
/// <param name="FileSystem">What is recognised in it; null where nothing is.</param>
public sealed record PartitionContent(Partition Partition, FileSystemDescription? FileSystem);
