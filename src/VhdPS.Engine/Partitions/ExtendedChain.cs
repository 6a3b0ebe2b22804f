namespace VhdPS.Engine.Partitions;

/// <summary>
/// Follows the boot records of an extended partition. Each describes a logical partition, counted from the record, and links to
/// the next record, counted from the extended partition.
/// </summary>
internal static class ExtendedChain
{
    /// <summary>Records that are followed; Linux knows at most 252 logical partitions, sfdisk 56.</summary>
    public const int MaxRecordCount = 1024;

    private const int FirstLogicalNumber = 5;

    /// <summary>Adds the logical partitions to the list.</summary>
    /// <returns>The sectors of the records.</returns>
    public static List<long> Follow(
        IDiskReader disk, MbrEntry container, int sectorSize, PartitionFindingLog log, List<Partition> partitions)
    {
        var records = new List<long>();
        var seen = new HashSet<long>();
        long diskSectorCount = disk.SizeBytes / sectorSize;
        long containerEnd = (long)container.StartSector + container.SectorCount;
        int number = FirstLogicalNumber;
        byte[] buffer = new byte[MasterBootRecord.Size];
        for (long sector = container.StartSector; ;)
        {
            long offset = sector * sectorSize;
            if (!seen.Add(sector))
            {
                log.Add(
                    PartitionFault.ExtendedChainLoop, PartitionStructure.ExtendedBootRecord, offset, $"a record that was not seen before",
                    $"sector {sector}", $"The chain of extended boot records comes back to a record of its own.");
                return records;
            }

            if (sector >= diskSectorCount || sector >= containerEnd)
            {
                log.Add(
                    PartitionFault.ExtendedLinkOutside, PartitionStructure.ExtendedBootRecord, offset,
                    $"less than {Math.Min(containerEnd, diskSectorCount)}", $"sector {sector}",
                    $"An extended boot record lies outside of the extended partition or of the disk.");
                return records;
            }

            if (records.Count == MaxRecordCount)
            {
                log.Add(
                    PartitionFault.ExtendedChainTooLong, PartitionStructure.ExtendedBootRecord, offset, $"at most {MaxRecordCount} records",
                    $"more", $"The chain of extended boot records is longer than is followed.");
                return records;
            }

            disk.ReadAt(offset, buffer);
            if (MasterBootRecord.Parse(buffer) is not { } record)
            {
                log.Add(
                    PartitionFault.ExtendedSignatureMissing, PartitionStructure.ExtendedBootRecord, offset + 510, $"55 AA",
                    $"{buffer[510]:X2} {buffer[511]:X2}", $"An extended boot record has no signature.");
                return records;
            }

            records.Add(sector);
            (MbrEntry? data, MbrEntry? link) = Split(record, offset, log);
            if (data is { } entry)
            {
                Add(entry, sector, number++, container, containerEnd, sectorSize, log, partitions);
            }

            if (link is null)
            {
                return records;
            }

            sector = (long)container.StartSector + link.Value.StartSector;
        }
    }

    /// <summary>The first partition and the first link of a record; what more it has is reported.</summary>
    private static (MbrEntry? Data, MbrEntry? Link) Split(MasterBootRecord record, long offset, PartitionFindingLog log)
    {
        MbrEntry? data = null, link = null;
        foreach (MbrEntry entry in record.Entries.Where(entry => entry.IsUsed))
        {
            if (entry.IsExtended ? link is null : data is null)
            {
                data = entry.IsExtended ? data : entry;
                link = entry.IsExtended ? entry : link;
            }
            else
            {
                log.Add(
                    PartitionFault.ExtendedEntryUnexpected, PartitionStructure.ExtendedBootRecord,
                    offset + MasterBootRecord.OffsetOf(
                        entry.Index), $"a partition and a link", $"type {entry.TypeCode:X2} with {entry.SectorCount} sectors",
                    $"An extended boot record has one entry too many; it is not used.");
            }
        }

        return (data, link);
    }

    private static void Add(
        MbrEntry entry,
        long recordSector,
        int number,
        MbrEntry container,
        long containerEnd,
        int sectorSize,
        PartitionFindingLog log,
        List<Partition> partitions)
    {
        long fieldOffset = (recordSector * sectorSize) + MasterBootRecord.OffsetOf(entry.Index);
        MbrReader.CheckBootFlag(log, entry, PartitionStructure.ExtendedBootRecord, fieldOffset, number);
        Partition partition = MbrReader.ToPartition(entry, recordSector + entry.StartSector, number, sectorSize, PartitionRole.Logical);
        partitions.Add(partition);
        if (partition.StartSector < container.StartSector || partition.EndSector > containerEnd)
        {
            log.Add(
                PartitionFault.LogicalOutsideExtended, PartitionStructure.ExtendedBootRecord, fieldOffset,
                $"sectors {container.StartSector} to {containerEnd - 1}", $"sectors {partition.StartSector} to {partition.EndSector - 1}",
                $"Logical partition {number} does not lie in the extended partition.", number);
        }
    }
}
