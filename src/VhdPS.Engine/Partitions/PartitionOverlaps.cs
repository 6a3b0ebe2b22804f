using System.Globalization;

namespace VhdPS.Engine.Partitions;

/// <summary>Finds what shares sectors with a partition: another partition, the table, or an entry of a hybrid master boot record.</summary>
internal static class PartitionOverlaps
{
    /// <summary>By the number of each partition that shares sectors, with what it does, for people.</summary>
    public static Dictionary<int, string> Find(PartitionTable table)
    {
        var overlaps = new Dictionary<int, string>();
        if (!table.IsHybrid
            && !table.Findings.Any(finding => finding.Code is PartitionFault.PartitionsOverlap or PartitionFault.PartitionOverlapsTable))
        {
            return overlaps;
        }

        AddNeighbours([.. table.Partitions.Where(partition => partition.Role != PartitionRole.Logical)], overlaps);
        AddNeighbours([.. table.Partitions.Where(partition => partition.Role != PartitionRole.Extended)], overlaps);
        List<(long Start, long End)> tableSectors = TableRules.TableSectors(table);
        List<MbrEntry> hybrid = table.IsHybrid ? [.. table.Mbr!.Entries.Where(entry => entry is { IsUsed: true, IsProtective: false })]
            : [];
        foreach (
            Partition partition in table.Partitions.Where(partition => partition.Role is PartitionRole.Primary or PartitionRole.Logical))
        {
            if (tableSectors.Any(range => Overlap(partition, range.Start, range.End)))
            {
                overlaps[partition.Number] = "the table";
            }

            // A hybrid record names partitions of the GPT once more; anything else in it is a partition that the GPT does not know.
            if (hybrid.Any(entry => Overlap(partition, entry.StartSector, (long)entry.StartSector + entry.SectorCount)
                && (entry.StartSector != partition.StartSector || entry.SectorCount != partition.SectorCount)))
            {
                overlaps[partition.Number] = "an entry of the master boot record";
            }
        }

        return overlaps;
    }

    /// <summary>Goes through the partitions by their start: one that begins before an earlier one ends shares sectors with the one that
    /// ends last.</summary>
    private static void AddNeighbours(List<Partition> partitions, Dictionary<int, string> overlaps)
    {
        partitions.Sort((one, other) => one.StartSector.CompareTo(other.StartSector));
        Partition? widest = null;
        foreach (Partition partition in partitions)
        {
            if (widest is not null && partition.StartSector < widest.EndSector)
            {
                overlaps[partition.Number] = string.Create(CultureInfo.InvariantCulture, $"partition {widest.Number}");
                overlaps[widest.Number] = string.Create(CultureInfo.InvariantCulture, $"partition {partition.Number}");
            }

            widest = widest is null || partition.EndSector > widest.EndSector ? partition : widest;
        }
    }

    private static bool Overlap(Partition partition, long start, long end) => start < partition.EndSector && end > partition.StartSector;
}
