using System.Globalization;

namespace VhdPS.Engine.Partitions;

/// <summary>
/// Moves the backup of a GPT to the end of a disk that becomes larger or smaller. The writes are done step by step, with a flush
/// after each: the backup first, so that at every moment one copy is valid. A disk that becomes larger does so before them, one
/// that becomes smaller after them.
/// </summary>
/// <param name="Verdict">Whether there is something to do.</param>
/// <param name="Reason">Why nothing is done, a sentence; empty where something is.</param>
/// <param name="Steps">The writes.</param>
internal sealed record GptMove(GptMoveVerdict Verdict, string Reason, IReadOnlyList<IReadOnlyList<DiskWrite>> Steps)
{
    /// <summary>The backup as it is to be at its new place, whether it has to be written or lies there already.</summary>
    public IReadOnlyList<DiskWrite> Backup { get; private init; } = [];

    /// <summary>Plans the move.</summary>
    /// <param name="table">The table as it was read.</param>
    /// <param name="newSizeBytes">The size that the disk gets, or has already.</param>
    public static GptMove Plan(PartitionTable table, long newSizeBytes)
    {
        ArgumentNullException.ThrowIfNull(table);
        if (table.Style != PartitionStyle.Gpt || table.Gpt is not { } gpt)
        {
            return Nothing(GptMoveVerdict.NotNeeded, $"The disk has no GPT.");
        }

        if (gpt.Primary is not { IsValid: true } primary)
        {
            return Nothing(GptMoveVerdict.TableDamaged, $"The GPT at sector 1 is damaged.");
        }

        if (table.Findings.Any(finding => finding.Code is PartitionFault.PartitionRangeInvalid or PartitionFault.GptEntriesOverlap))
        {
            return Nothing(GptMoveVerdict.TableDamaged, $"The GPT describes what no disk can have.");
        }

        long lastLba = (newSizeBytes / table.SectorSize) - 1, entriesLba = lastLba - primary.EntriesSectorCount;
        long neededEnd = NeededEnd(table, primary);
        if (entriesLba < neededEnd || (ulong)entriesLba <= primary.Header.FirstUsableLba)
        {
            return Nothing(
                GptMoveVerdict.DoesNotFit,
                $"The partitions reach to sector {neededEnd - 1}; the backup GPT needs {primary.EntriesSectorCount + 1} sectors more.");
        }

        // A range that was made shorter on purpose stays so, unless the end of the disk moves.
        ulong lastUsable = (ulong)(entriesLba - 1);
        lastUsable = primary.Header.AlternateLba == (ulong)lastLba ? Math.Min(lastUsable, primary.Header.LastUsableLba) : lastUsable;
        GptHeader header = primary.Header.With(alternateLba: (ulong)lastLba, lastUsableLba: lastUsable);
        GptHeader backup = header.With(myLba: (ulong)lastLba, alternateLba: 1, entriesLba: (ulong)entriesLba);
        List<IReadOnlyList<DiskWrite>> steps = [];
        DiskWrite[] newBackup =
        [
            new DiskWrite(PartitionStructure.GptBackupEntries, entriesLba * table.SectorSize, WholeSectors(primary, table.SectorSize)),
            new DiskWrite(PartitionStructure.GptBackupHeader, lastLba * table.SectorSize, backup.Bytes.ToArray()),
        ];
        if (!IsInPlace(gpt.Backup, primary, backup))
        {
            steps.Add(newBackup);
        }

        if (!header.Bytes.SequenceEqual(primary.Header.Bytes))
        {
            steps.Add([new DiskWrite(PartitionStructure.GptHeader, table.SectorSize, header.Bytes.ToArray())]);
        }

        if (Protect(table, lastLba) is { } record)
        {
            steps.Add([new DiskWrite(PartitionStructure.MasterBootRecord, 0, record.Bytes.ToArray())]);
        }

        return steps.Count == 0
            ? Nothing(GptMoveVerdict.NotNeeded, $"The backup of the GPT is where it belongs.")
            : new GptMove(GptMoveVerdict.Planned, string.Empty, steps) { Backup = newBackup };
    }

    /// <summary>The first sector that the backup may use: past the partitions, those of a hybrid record, and the entries at the
    /// start.</summary>
    internal static long NeededEnd(PartitionTable table, GptCopy primary)
    {
        long end = Math.Max(2, (long)primary.Header.EntriesLba + primary.EntriesSectorCount);
        foreach (Partition partition in table.Partitions)
        {
            end = Math.Max(end, partition.EndSector);
        }

        return table.IsHybrid
            ? table.Mbr!.Entries.Where(entry => entry is { IsUsed: true, IsProtective: false })
                .Aggregate(end, (most, entry) => Math.Max(most, (long)entry.StartSector + entry.SectorCount))
            : end;
    }

    private static GptMove Nothing(GptMoveVerdict verdict, FormattableString reason) =>
        new(verdict, reason.ToString(CultureInfo.InvariantCulture), []);

    private static bool IsInPlace(GptCopy? found, GptCopy primary, GptHeader wanted) =>
        found is { IsValid: true } && (ulong)found.Lba == wanted.MyLba && found.Entries.Span.SequenceEqual(primary.Entries.Span)
        && found.Header.AgreesWith(wanted) && found.Header.AlternateLba == wanted.AlternateLba
            && found.Header.EntriesLba == wanted.EntriesLba;

    private static byte[] WholeSectors(GptCopy copy, int sectorSize)
    {
        byte[] bytes = new byte[copy.EntriesSectorCount * sectorSize];
        copy.Entries.Span.CopyTo(bytes);
        return bytes;
    }

    /// <summary>
    /// A protective record that covers the disk. Left as they are: one with partitions of its own, one that says the most that can
    /// be said (as Windows writes it), and one that does not begin at sector 1.
    /// </summary>
    private static MasterBootRecord? Protect(PartitionTable table, long lastLba)
    {
        uint wanted = (uint)Math.Min(lastLba, uint.MaxValue);
        return table.Mbr is { IsHybrid: false, ProtectiveEntry: { StartSector: 1 } entry } && entry.SectorCount != uint.MaxValue
            && entry.SectorCount != wanted
            ? table.Mbr.WithSectorCount(entry.Index, wanted)
            : null;
    }
}
