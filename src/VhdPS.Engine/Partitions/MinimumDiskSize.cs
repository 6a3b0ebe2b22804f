using VhdPS.Engine.Format;


namespace VhdPS.Engine.Partitions;

/// <summary>
/// How small a disk can become by its table: the end of its last partition, logical ones and those of a hybrid record included, in a
/// GPT the backup after it, rounded up to a whole MiB.
/// </summary>
/// <param name="Verdict">Whether the table says it.</param>
/// <param name="Reason">Why it does not, a sentence; empty where it does.</param>
/// <param name="SizeBytes">The size, at most that of the disk; null where the disk is not made smaller.</param>
internal sealed record MinimumDiskSize(MinimumSizeVerdict Verdict, string Reason, long? SizeBytes)
{
    /// <summary>What the size is rounded up to, in bytes.</summary>
    public const long Unit = 1024 * 1024;

    /// <summary>Asks a table.</summary>
    public static MinimumDiskSize Of(PartitionTable table)
    {
        ArgumentNullException.ThrowIfNull(table);
        return table.Style switch
        {
            PartitionStyle.None when table.Partitions.Count > 0 =>
                Unknown(MinimumSizeVerdict.WholeDisk,
                    "A file system begins at the first sector of the disk and would have to shrink first."),
            PartitionStyle.None => Unknown(MinimumSizeVerdict.NoTable, "The disk has no partition table."),
            PartitionStyle.Other =>
                Unknown(MinimumSizeVerdict.TableUnknown, $"The disk has a table of a kind that is not read: {table.OtherKind}."),
            _ when !table.IsWhole => Unknown(MinimumSizeVerdict.TableDamaged, "The partition table is damaged."),
            PartitionStyle.Gpt => OfGpt(table),
            _ => OfMbr(table),
        };
    }

    private static MinimumDiskSize OfGpt(PartitionTable table)
    {
        // A whole table has a valid copy at sector 1.
        GptCopy primary = table.Gpt!.Primary!;
        long end = Math.Max(GptMove.NeededEnd(table, primary), (long)Math.Min(primary.Header.FirstUsableLba, (ulong)table.SectorCount) + 1);
        return Known(table, end + primary.EntriesSectorCount + 1);
    }

    private static MinimumDiskSize OfMbr(PartitionTable table)
    {
        if (table.Partitions.Any(partition => partition.Type.Code == PartitionType.DynamicDiskCode))
        {
            return Unknown(MinimumSizeVerdict.Managed, "Windows dynamic disks keep their database at the end of the disk.");
        }

        return table.Partitions.Count == 0
            ? Unknown(MinimumSizeVerdict.TableUnknown, "The master boot record describes no partition.")
            : Known(table, table.Partitions.Max(partition => partition.EndSector));
    }

    private static MinimumDiskSize Known(PartitionTable table, long sectorCount)
    {
        if (sectorCount > table.SectorCount)
        {
            return Unknown(
                MinimumSizeVerdict.TableDamaged, "The partitions, with what the table needs after them, do not lie in the disk.");
        }

        long size = VhdSpec.RoundUp(sectorCount * table.SectorSize, Unit);
        return new MinimumDiskSize(MinimumSizeVerdict.Known, string.Empty, Math.Min(size, table.DiskSizeBytes));
    }

    private static MinimumDiskSize Unknown(MinimumSizeVerdict verdict, string reason) => new(verdict, reason, null);
}
