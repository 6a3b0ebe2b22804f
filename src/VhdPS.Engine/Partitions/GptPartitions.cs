namespace VhdPS.Engine.Partitions;

/// <summary>Lists the partitions of a valid copy of a GUID partition table.</summary>
internal static class GptPartitions
{
    /// <summary>No disk has a sector past this one; what names one cannot be computed with.</summary>
    private const ulong MaxLba = 1UL << 50;

    /// <summary>All partitions in the order of their entries.</summary>
    public static List<Partition> List(GptCopy copy, PartitionFindingLog log)
    {
        GptHeader header = copy.Header;
        PartitionStructure structure = copy.Lba == 1 ? PartitionStructure.GptEntries : PartitionStructure.GptBackupEntries;
        var partitions = new List<Partition>();
        var ids = new HashSet<Guid>();
        ReadOnlySpan<byte> entries = copy.Entries.Span;
        int size = (int)header.EntrySize;
        for (int at = 0, number = 1; at < entries.Length; at += size, number++)
        {
            // Most of a table is empty: the next byte that is not zero is found at once.
            int used = entries[at..].IndexOfAnyExcept((byte)0);
            if (used < 0)
            {
                break;
            }

            at += used - (used % size);
            number += used / size;
            if (GptEntry.Parse(entries.Slice(at, size)) is not { } entry)
            {
                continue;
            }

            long offset = ((long)header.EntriesLba * copy.SectorSize) + at;
            if (entry.FirstLba > entry.LastLba || entry.LastLba > MaxLba)
            {
                log.Add(
                    PartitionFault.PartitionRangeInvalid, structure, offset, $"a last sector at or after the first",
                    $"sectors {entry.FirstLba} to {entry.LastLba}",
                        $"Partition {number} has no range that a disk could have; it is not listed.", number);
                continue;
            }

            if (!ids.Add(entry.UniqueId))
            {
                log.Add(
                    PartitionFault.GptUniqueIdDuplicate, structure, offset + 16, $"an id of its own", $"{entry.UniqueId}",
                    $"Partition {number} has the unique id of another.", number);
            }

            if (entry.FirstLba < header.FirstUsableLba || entry.LastLba > header.LastUsableLba)
            {
                log.Add(
                    PartitionFault.PartitionOutsideUsableRange, structure, offset,
                        $"from sector {header.FirstUsableLba} to {header.LastUsableLba}",
                    $"sectors {entry.FirstLba} to {entry.LastLba}",
                        $"Partition {number} does not lie in the range that partitions may use.", number);
            }

            partitions.Add(new Partition(
                number, PartitionStyle.Gpt, PartitionType.FromId(entry.TypeId), (long)entry.FirstLba, (long)(
                    entry.LastLba - entry.FirstLba + 1), copy.SectorSize)
            {
                Name = entry.Name,
                UniqueId = entry.UniqueId,
                Attributes = entry.Attributes,
                IsBootable = (entry.Attributes & GptEntry.LegacyBootAttribute) != 0,
            });
        }

        return partitions;
    }
}
