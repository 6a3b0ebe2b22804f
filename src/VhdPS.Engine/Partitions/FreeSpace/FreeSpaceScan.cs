using VhdPS.Engine.Format;
using VhdPS.Engine.Partitions.FileSystems;

namespace VhdPS.Engine.Partitions.FreeSpace;

/// <summary>Goes through the partitions of a disk and judges the map of each.</summary>
internal sealed class FreeSpaceScan
{
    private readonly IDiskReader _disk;
    private readonly PartitionTable _table;
    private readonly Dictionary<int, string> _overlaps;
    private readonly bool _isManaged;
    private readonly CancellationToken _cancellation;

    private FreeSpaceScan(IDiskReader disk, PartitionTable table, CancellationToken cancellation)
    {
        _disk = disk;
        _table = table;
        _overlaps = PartitionOverlaps.Find(table);
        _isManaged = table.Partitions.Any(partition => partition.Type.Code == PartitionType.DynamicDiskCode);
        _cancellation = cancellation;
    }

    public static IReadOnlyList<PartitionFreeSpace> Run(IDiskReader disk, PartitionTable table, CancellationToken cancellation)
    {
        var scan = new FreeSpaceScan(disk, table, cancellation);
        List<PartitionFreeSpace> results = [
            .. table.Partitions.Where(partition => partition.Role != PartitionRole.Extended).Select(scan.Judge)];

        // A stopped system remembers what it knew of every file system of the disk, not only of the one that it is saved in.
        if (results.Find(
            result => result.Verdict == FreeSpaceVerdict.Hibernated || result.FileSystem is { IsHibernated: true }) is { } stopped)
        {
            string reason = FormattableString.Invariant(
                $"A system is stopped in partition {stopped.Partition.Number} and expects the disk as it left it.");
            return [.. results.Select(result => result.Verdict != FreeSpaceVerdict.Known
                ? result
                : new PartitionFreeSpace(result.Partition, result.FileSystem, FreeSpaceVerdict.Hibernated, reason))];
        }

        return results;
    }

    private PartitionFreeSpace Judge(Partition partition)
    {
        _cancellation.ThrowIfCancellationRequested();
        MapProblem? problem = CheckPlace(partition);
        if (problem is not null)
        {
            return new PartitionFreeSpace(partition, null, problem.Verdict, problem.Reason);
        }

        var window = new DiskWindow(_disk, partition.Offset, partition.SizeBytes);
        FileSystemDescription? fileSystem = _table.WholeDisk ?? FileSystemProbe.Identify(window);
        ClusterMap? map = null;
        long freeClusters = 0, freeRanges = 0;
        try
        {
            problem = CheckKind(window, fileSystem);
            if (problem is null)
            {
                map = Open(window, fileSystem!.Kind, out problem);
                problem = map?.Verify(_cancellation, out freeClusters, out freeRanges) ?? problem;
            }

            if (problem is null && FatVolume.Open(window) is { } fat && map is FatMap)
            {
                problem = FatState.Check(fat, map.ClusterCount - freeClusters, _cancellation);
            }
        }
        catch (VhdFormatException error)
        {
            problem = new MapProblem(FreeSpaceVerdict.Unreadable, "A part of the file system cannot be read: " + error.Message);
        }

        return problem is not null
            ? new PartitionFreeSpace(partition, fileSystem, problem.Verdict, problem.Reason)
            : new PartitionFreeSpace(partition, fileSystem, FreeSpaceVerdict.Known, string.Empty)
            {
                FreeBytes = freeClusters * map!.ClusterSize,
                FreeRangeCount = freeRanges,
                Map = map,
            };
    }

    /// <summary>Only a partition that shares nothing with others, in a table without damage, is looked into.</summary>
    private MapProblem? CheckPlace(Partition partition)
    {
        if (!_table.IsWhole)
        {
            return MapProblem.Of(
                FreeSpaceVerdict.TableDamaged, $"The partition table is damaged, so what else lies in the partition is not known.");
        }

        if (partition.StartSector < 0 || partition.EndSector > _table.SectorCount)
        {
            return MapProblem.Of(FreeSpaceVerdict.PastEnd, $"The partition reaches past the end of the disk.");
        }

        if (_overlaps.TryGetValue(partition.Number, out string? other))
        {
            return MapProblem.Of(FreeSpaceVerdict.TableDamaged, $"The partition shares sectors with {other}.");
        }

        return partition.Type.IsManaged || _isManaged
            ? MapProblem.Of(FreeSpaceVerdict.Managed, $"A disk manager ({partition.Type.Name}) may spread volumes over the partitions.")
            : null;
    }

    private static MapProblem? CheckKind(DiskWindow window, FileSystemDescription? fileSystem)
    {
        if (fileSystem is null)
        {
            return MapProblem.Of(FreeSpaceVerdict.NotRecognized, $"Nothing is recognised in the partition.");
        }

        foreach (PartitionFinding finding in fileSystem.Findings)
        {
            FreeSpaceVerdict? verdict = finding.Code switch
            {
                PartitionFault.FileSystemAmbiguous => FreeSpaceVerdict.Ambiguous,
                PartitionFault.FileSystemPastEnd => FreeSpaceVerdict.PastEnd,
                PartitionFault.FileSystemUnreadable => FreeSpaceVerdict.Unreadable,
                PartitionFault.FileSystemChecksumMismatch => FreeSpaceVerdict.ChecksumMismatch,
                _ => null,
            };
            if (verdict is { } known)
            {
                return new MapProblem(known, finding.Message);
            }
        }

        return fileSystem.Kind == FileSystemKind.LinuxRaid || RaidSuperblock.IdentifyAtEnd(window) is not null
            ? MapProblem.Of(FreeSpaceVerdict.Managed, $"The partition is a member of a RAID.")
            : null;
    }

    /// <summary>Opens the map of a clean file system; whether FAT is clean is seen only when its map was counted.</summary>
    private ClusterMap? Open(DiskWindow window, FileSystemKind kind, out MapProblem? problem)
    {
        switch (kind)
        {
            case FileSystemKind.Ext2 or FileSystemKind.Ext3 or FileSystemKind.Ext4:
                return ExtMap.Open(window, _cancellation, out problem);
            case FileSystemKind.Ntfs when NtfsVolume.Open(window) is { } volume:
                problem = NtfsState.Check(volume, _cancellation);
                return problem is null ? NtfsMap.Open(volume, out problem) : null;
            case FileSystemKind.Fat16 or FileSystemKind.Fat32 when FatVolume.Open(window) is { } volume:
                return FatMap.Open(volume, out problem);
            case FileSystemKind.ExFat when ExFatVolume.Open(window) is { } volume:
                problem = ExFatState.Check(volume);
                return problem is null ? ExFatMap.Open(volume, out problem) : null;
            case FileSystemKind.Fat12:
                problem = MapProblem.Of(FreeSpaceVerdict.NotSupported, $"FAT12 does not store whether the volume is clean.");
                return null;
            case FileSystemKind.BitLocker or FileSystemKind.Luks:
                problem = MapProblem.Of(FreeSpaceVerdict.NotSupported, $"The partition is encrypted.");
                return null;
            default:
                problem = MapProblem.Of(FreeSpaceVerdict.NotSupported, $"The map of this file system is not read.");
                return null;
        }
    }
}
