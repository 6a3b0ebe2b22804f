namespace VhdPS.Engine.Partitions;

/// <summary>Lists the partitions of a master boot record and of the extended partition in it.</summary>
internal static class MbrReader
{
    /// <summary>All partitions in the order in which the table has them, the extended one included.</summary>
    /// <param name="disk">The disk.</param>
    /// <param name="record">Its first 512 bytes.</param>
    /// <param name="sectorSize">Bytes in a logical sector.</param>
    /// <param name="log">Takes what is wrong.</param>
    /// <param name="bootRecords">The sectors of the extended boot records.</param>
    public static List<Partition> Read(
        IDiskReader disk, MasterBootRecord record, int sectorSize, PartitionFindingLog log, out List<long> bootRecords)
    {
        var partitions = new List<Partition>();
        bootRecords = [];
        MbrEntry? extended = null;
        int activeCount = 0;
        foreach (MbrEntry entry in record.Entries.Where(entry => entry.IsUsed))
        {
            long fieldOffset = MasterBootRecord.OffsetOf(entry.Index);
            int number = entry.Index + 1;
            CheckBootFlag(log, entry, PartitionStructure.MasterBootRecord, fieldOffset, number);
            activeCount += entry.BootFlag == MbrEntry.ActiveFlag ? 1 : 0;
            partitions.Add(ToPartition(
                entry, entry.StartSector, number, sectorSize, entry.IsExtended ? PartitionRole.Extended : PartitionRole.Primary));
            if (entry.IsExtended && extended is not null)
            {
                log.Add(
                    PartitionFault.MbrExtendedDuplicate, PartitionStructure.MasterBootRecord, fieldOffset, $"one extended partition",
                        $"another",
                    $"Partition {number} is a second extended partition; logical ones are looked for in the first.", number);
            }
            else if (entry.IsExtended)
            {
                extended = entry;
            }
        }

        if (activeCount > 1)
        {
            log.Add(
                PartitionFault.MbrSeveralActive, PartitionStructure.MasterBootRecord, MasterBootRecord.OffsetOf(
                    0), $"at most 1", $"{activeCount}",
                $"Several partitions are marked as active.");
        }

        if (extended is { } container)
        {
            bootRecords = ExtendedChain.Follow(disk, container, sectorSize, log, partitions);
        }

        return partitions;
    }

    /// <summary>An entry as a partition.</summary>
    internal static Partition ToPartition(MbrEntry entry, long startSector, int number, int sectorSize, PartitionRole role) =>
        new(number, PartitionStyle.Mbr, PartitionType.FromCode(entry.TypeCode), startSector, entry.SectorCount, sectorSize)
        {
            Role = role,
            IsBootable = entry.BootFlag == MbrEntry.ActiveFlag,
        };

    /// <summary>Reports a boot flag that is none.</summary>
    internal static void CheckBootFlag(PartitionFindingLog log, MbrEntry entry, PartitionStructure structure, long diskOffset, int number)
    {
        if (!entry.IsBootFlagValid)
        {
            log.Add(
                PartitionFault.MbrBootFlagInvalid, structure, diskOffset, $"00 or 80", $"{entry.BootFlag:X2}",
                $"The boot flag of partition {number} is none.", number);
        }
    }
}
