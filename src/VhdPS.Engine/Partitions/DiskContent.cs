using VhdPS.Engine.Format;
using VhdPS.Engine.Partitions.FileSystems;
using VhdPS.Engine.Partitions.FreeSpace;

namespace VhdPS.Engine.Partitions;

/// <summary>What is on a disk: its table, its partitions, and what they hold.</summary>
/// <param name="Table">The table.</param>
/// <param name="Partitions">The partitions in the order of the table.</param>
internal sealed record DiskContent(PartitionTable Table, IReadOnlyList<PartitionContent> Partitions)
{
    /// <summary>Of partitions that share sectors no more are looked into: a table can name one place a thousand times.</summary>
    private const int MaxOverlapping = 128;

    /// <summary>The findings of the table and of all partitions.</summary>
    public IEnumerable<PartitionFinding> Findings => Table.Findings.Concat(Partitions.SelectMany(content =>
        content.FileSystem?.Findings.Select(finding => finding with { PartitionNumber = content.Partition.Number }) ?? []));

    /// <summary>Looks at a disk.</summary>
    /// <param name="disk">The disk.</param>
    /// <param name="countsFreeSpace">Whether free space that only a map says is counted (NTFS, FAT, exFAT); else only what is stored as a
    /// number.</param>
    /// <param name="cancellation">Stops the counting.</param>
    public static DiskContent Read(IDiskReader disk, bool countsFreeSpace = true, CancellationToken cancellation = default)
    {
        PartitionTable table = PartitionTable.Read(disk);
        Dictionary<int, string> overlaps = PartitionOverlaps.Find(table);
        var contents = new List<PartitionContent>(table.Partitions.Count);
        int overlapping = 0;
        foreach (Partition partition in table.Partitions)
        {
            cancellation.ThrowIfCancellationRequested();
            bool isAlone = !overlaps.ContainsKey(partition.Number);
            bool isInDisk = partition.StartSector < table.SectorCount && partition.Role != PartitionRole.Extended;
            FileSystemDescription? fileSystem = null;
            if (isInDisk && (isAlone || overlapping++ < MaxOverlapping))
            {
                var window = new DiskWindow(disk, partition.Offset, Math.Min(partition.SizeBytes, table.DiskSizeBytes - partition.Offset));
                fileSystem = table.WholeDisk ?? FileSystemProbe.Identify(window);
                fileSystem = fileSystem is not null && countsFreeSpace && isAlone ? Count(window, fileSystem, cancellation) : fileSystem;
            }

            contents.Add(new PartitionContent(partition, fileSystem));
        }

        return new DiskContent(table, contents);
    }

    /// <summary>Adds what the map says, be it clean or not: it is shown, and nothing depends on it.</summary>
    private static FileSystemDescription Count(DiskWindow window, FileSystemDescription fileSystem, CancellationToken cancellation)
    {
        try
        {
            ClusterMap? map = fileSystem.Kind switch
            {
                FileSystemKind.Ntfs when NtfsVolume.Open(window) is { } volume => NtfsMap.Open(volume, out _),
                FileSystemKind.Fat16 or FileSystemKind.Fat32 when FatVolume.Open(window) is { } volume => FatMap.Open(volume, out _),
                FileSystemKind.ExFat when ExFatVolume.Open(window) is { } volume => ExFatMap.Open(volume, out _),
                _ => null,
            };
            long? freeClusters = fileSystem.Kind == FileSystemKind.Fat12 && FatVolume.Open(window) is { } fat12
                ? FatMap.CountFreeFat12(fat12)
                : map is not null && map.Verify(cancellation, out long free, out _) is null ? free : null;
            return freeClusters is { } count ? fileSystem with { FreeBytes = count * (fileSystem.ClusterSizeBytes ?? 0) } : fileSystem;
        }
        catch (VhdFormatException)
        {
            return fileSystem;
        }
    }
}
