using VhdPS.Engine.Disks;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Partitions;

namespace VhdPS;

/// <summary>A partition as a map shows it.</summary>
/// <param name="Label">Its number, and what is in it or what it is meant for.</param>
/// <param name="Title">The same with name and size.</param>
/// <param name="Start">Where it begins on the disk, 0 to 1.</param>
/// <param name="End">Where it ends on the disk, 0 to 1.</param>
internal readonly record struct MapPartition(string Label, string Title, double Start, double End)
{
    /// <summary>A table can name thousands, and a picture is to stay small.</summary>
    private const int MaxCount = 256;

    /// <summary>The partitions of a disk; none where it has no table or cannot be read.</summary>
    public static IReadOnlyList<MapPartition> Find(DiskSource source, CancellationToken cancellation)
    {
        try
        {
            return Read(source, cancellation);
        }
        catch (Exception error) when (error is VhdFormatException or ImageIOException)
        {
            return [];
        }
    }

    /// <summary>The partitions of a disk; none where it has no table.</summary>
    /// <exception cref="VhdFormatException">The table cannot be read.</exception>
    /// <exception cref="ImageIOException">The file could not be read.</exception>
    public static IReadOnlyList<MapPartition> Read(DiskSource source, CancellationToken cancellation)
    {
        if (source.SizeBytes == 0)
        {
            return [];
        }

        var content = DiskContent.Read(new DiskSourceReader(source), countsFreeSpace: false, cancellation);
        return [.. content.Partitions.Where(IsShown).Take(MaxCount).Select(partition => Of(partition, source.SizeBytes))];
    }

    /// <summary>An extended partition is shown by the logical ones in it.</summary>
    private static bool IsShown(PartitionContent content) =>
        content.Partition.Role is PartitionRole.Primary or PartitionRole.Logical && content.Partition.SectorCount > 0;

    private static MapPartition Of(PartitionContent content, long sizeBytes)
    {
        Partition partition = content.Partition;
        string fileSystem = content.FileSystem is { } found ? found.Name : partition.Type.Name;
        string name = partition.Name.Length > 0 ? $" '{partition.Name}'" : string.Empty;
        double size = sizeBytes;
        return new MapPartition(
            $"{partition.Number} {fileSystem}", $"{partition.Number}{name}: {fileSystem}, {VpcSize.Format(partition.SizeBytes)}",
            Math.Clamp(partition.Offset / size, 0, 1), Math.Clamp(partition.EndOffset / size, 0, 1));
    }
}
