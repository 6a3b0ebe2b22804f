namespace VhdPS.Engine.Partitions;

/// <summary>The rules that hold for the partitions of every table: in the disk, apart from each other and from the table, on a whole
/// MiB.</summary>
internal static class TableRules
{
    private const long Alignment = 1024 * 1024;

    /// <summary>Reports what violates them.</summary>
    public static void Check(PartitionTable table, PartitionFindingLog log)
    {
        for (int i = 0; i < table.Partitions.Count; i++)
        {
            Partition partition = table.Partitions[i];
            if (partition.Role == PartitionRole.WholeDisk)
            {
                continue;
            }

            if (partition.EndSector > table.SectorCount)
            {
                log.Add(
                    PartitionFault.PartitionPastEnd, PartitionStructure.Partition, partition.Offset,
                        $"at most sector {table.SectorCount - 1}",
                    $"sector {partition.EndSector - 1}", $"Partition {partition.Number} reaches past the end of the disk.",
                        partition.Number);
            }

            if (partition.StartSector % (Alignment / table.SectorSize) != 0 && partition.Role != PartitionRole.Extended)
            {
                log.Add(
                    PartitionFault.PartitionNotAligned, PartitionStructure.Partition, partition.Offset, $"a whole MiB",
                        $"sector {partition.StartSector}",
                    $"Partition {partition.Number} does not begin on a whole MiB.", partition.Number);
            }
        }

        CheckOverlaps(table, log);
    }

    /// <summary>The sectors that the table itself takes, by their start.</summary>
    public static List<(long Start, long End)> TableSectors(PartitionTable table)
    {
        var sectors = new List<(long Start, long End)>();
        if (table.Style is PartitionStyle.Mbr or PartitionStyle.Gpt)
        {
            sectors.Add((0, 1));
        }

        foreach (long record in table.ExtendedBootRecords)
        {
            sectors.Add((record, record + 1));
        }

        Add(table.Gpt?.Primary, sectors);
        Add(table.Gpt?.Backup, sectors);
        sectors.Sort();
        return sectors;
    }

    private static void Add(GptCopy? copy, List<(long Start, long End)> sectors)
    {
        if (copy is null)
        {
            return;
        }

        sectors.Add((copy.Lba, copy.Lba + 1));
        if (copy.Entries.Length > 0)
        {
            sectors.Add(((long)copy.Header.EntriesLba, (long)copy.Header.EntriesLba + copy.EntriesSectorCount));
        }
    }

    private static void CheckOverlaps(PartitionTable table, PartitionFindingLog log)
    {
        // An extended partition holds logical ones and may not share sectors with the other entries of its record.
        CheckNeighbours(Sort(table.Partitions, PartitionRole.Logical), log);
        List<Partition> inner = Sort(table.Partitions, PartitionRole.Extended);
        if (table.ExtendedBootRecords.Count > 0)
        {
            CheckNeighbours(inner, log, PartitionRole.Logical);
        }

        CheckTableSectors(inner, table, log);
    }

    /// <summary>The partitions that do not have a role, by their start.</summary>
    private static List<Partition> Sort(IReadOnlyList<Partition> partitions, PartitionRole without)
    {
        var sorted = new List<Partition>(partitions.Count);
        for (int i = 0; i < partitions.Count; i++)
        {
            if (partitions[i].Role != without && partitions[i].Role != PartitionRole.WholeDisk)
            {
                sorted.Add(partitions[i]);
            }
        }

        sorted.Sort(static (one, other) => one.StartSector != other.StartSector
            ? one.StartSector.CompareTo(other.StartSector)
            : one.Number.CompareTo(other.Number));
        return sorted;
    }

    /// <summary>Reports partitions that begin before an earlier one ends.</summary>
    private static void CheckNeighbours(List<Partition> sorted, PartitionFindingLog log, PartitionRole? onlyWith = null)
    {
        Partition? widest = null;
        foreach (Partition partition in sorted)
        {
            if (widest is not null && partition.StartSector < widest.EndSector
                && (onlyWith is null || widest.Role == onlyWith || partition.Role == onlyWith))
            {
                log.Add(
                    PartitionFault.PartitionsOverlap, PartitionStructure.Partition, partition.Offset,
                        $"a start at or after sector {widest.EndSector}",
                    $"sector {partition.StartSector}", $"Partitions {widest.Number} and {partition.Number} share sectors.",
                        partition.Number);
            }

            widest = widest is null || partition.EndSector > widest.EndSector ? partition : widest;
        }
    }

    private static void CheckTableSectors(List<Partition> sorted, PartitionTable table, PartitionFindingLog log)
    {
        List<(long Start, long End)> sectors = TableSectors(table);
        foreach (Partition partition in sorted)
        {
            foreach ((long start, long end) in sectors)
            {
                if (start < partition.EndSector && end > partition.StartSector)
                {
                    log.Add(
                        PartitionFault.PartitionOverlapsTable, PartitionStructure.Partition, partition.Offset,
                            $"sectors that the table does not take",
                        $"sector {Math.Max(start, partition.StartSector)}", $"Partition {partition.Number} covers sectors of the table.",
                            partition.Number);
                    break;
                }
            }
        }
    }
}
