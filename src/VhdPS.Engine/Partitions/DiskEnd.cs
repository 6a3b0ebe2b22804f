using VhdPS.Engine.Disks;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;

namespace VhdPS.Engine.Partitions;

/// <summary>What the end of a disk in an image has to do with its partition table: the backup of a GPT lies there and moves with
/// it.</summary>
internal sealed class DiskEnd
{
    private readonly PartitionTable _table;
    private readonly List<(long Start, long End)> _backups = [];

    private DiskEnd(PartitionTable table) => _table = table;

    /// <summary>How small the disk can become by its table.</summary>
    public MinimumDiskSize Minimum => MinimumDiskSize.Of(_table);

    /// <summary>Bytes at the end of the disk that the table needs for itself: a GPT's backup.</summary>
    public long BackupBytes => _table is { Style: PartitionStyle.Gpt, Gpt.Primary: { IsValid: true } primary }
        ? (primary.EntriesSectorCount + 1) * _table.SectorSize
        : 0;

    /// <summary>Reads the table, and looks for backups of it that are not needed once a new one is at the new end.</summary>
    /// <exception cref="VhdFormatException">A sector cannot be found.</exception>
    public static DiskEnd Read(IDiskReader reader)
    {
        var end = new DiskEnd(PartitionTable.Read(reader));
        if (end._table is { Style: PartitionStyle.Gpt, Gpt.Primary: { IsValid: true } primary } table)
        {
            // A move that was cut off leaves one where the header at sector 1 says and one at the end, either of them damaged.
            Span<byte> sector = new byte[table.SectorSize];
            foreach (ulong lba in new[] { primary.Header.AlternateLba, (ulong)(table.SectorCount - 1) }.Distinct())
            {
                if (lba > 1 && lba < (ulong)table.SectorCount)
                {
                    reader.ReadAt((long)lba * table.SectorSize, sector);
                    end.AddBackup(primary, GptHeader.Parse(sector), (long)lba);
                }
            }
        }

        return end;
    }

    /// <summary>Plans the move of the backup.</summary>
    /// <param name="newSizeBytes">The size that the disk gets, or has already.</param>
    public GptMove PlanMove(long newSizeBytes) => GptMove.Plan(_table, newSizeBytes);

    /// <summary>Puts zeros where a backup lies in sectors that were read: what a new one replaces is no data, and no more is what an
    /// earlier move, cut off, has written of the new one.</summary>
    /// <param name="move">The move that is planned; null for none.</param>
    public SectorMask HideBackups(GptMove? move) => (firstSector, sectors) =>
    {
        long offset = firstSector * VhdSpec.SectorSize;
        foreach ((long start, long end) in _backups)
        {
            long from = Math.Max(start, offset), to = Math.Min(end, offset + sectors.Length);
            if (from < to)
            {
                sectors[(int)(from - offset)..(int)(to - offset)].Clear();
            }
        }

        foreach (DiskWrite write in move?.Backup ?? [])
        {
            for (long at = Math.Max(write.Offset, offset); at < Math.Min(write.End, offset + sectors.Length); at += VhdSpec.SectorSize)
            {
                Span<byte> sector = sectors.Slice((int)(at - offset), VhdSpec.SectorSize);
                if (sector.SequenceEqual(write.Bytes.Span.Slice((int)(at - write.Offset), VhdSpec.SectorSize)))
                {
                    sector.Clear();
                }
            }
        }
    };

    /// <summary>The move for a disk that is copied: what is written, and zeros where the old backup was.</summary>
    public IEnumerable<DiskEdit> EditsFor(GptMove move) => move.Steps.SelectMany(step => step)
        .Select(write => new DiskEdit(write.Offset, write.Bytes))
        .Concat(OldBackups(move).Select(range => new DiskEdit(range.Start, new byte[range.End - range.Start])));

    /// <summary>
    /// Writes the steps of a move, each on the medium before the next, and at last zeros over the old backup: left where it is it would
    /// be taken for data that keeps the disk from being made smaller.
    /// </summary>
    /// <param name="image">The image.</param>
    /// <param name="move">The move.</param>
    /// <param name="clearsOld">Whether the old backup stays on the disk, which does not become smaller.</param>
    public void Write(VhdImage image, GptMove move, bool clearsOld)
    {
        foreach (IReadOnlyList<DiskWrite> step in move.Steps)
        {
            foreach (DiskWrite write in step)
            {
                image.WriteSectors(write.Offset / VhdSpec.SectorSize, write.Bytes.Span);
            }

            image.Flush();
        }

        foreach ((long start, long end) in clearsOld ? OldBackups(move) : [])
        {
            image.ZeroSectors(start / VhdSpec.SectorSize, (end - start) / VhdSpec.SectorSize);
        }

        image.Flush();
    }

    /// <summary>Where the old backups lie and the move writes nothing.</summary>
    private List<(long Start, long End)> OldBackups(GptMove move)
    {
        List<(long Start, long End)> left = [.. _backups];
        foreach (DiskWrite write in move.Backup.Concat(move.Steps.SelectMany(step => step)))
        {
            left = [.. left.SelectMany(range => new[]
            {
                (range.Start, Math.Min(range.End, write.Offset)),
                (Math.Max(range.Start, write.End), range.End),
            }).Where(range => range.Item1 < range.Item2)];
        }

        left.Sort();
        int last = -1;
        foreach ((long start, long end) in left.ToArray())
        {
            // Two ways to find a backup may find the same one.
            last++;
            if (last > 0 && start < left[last - 1].End)
            {
                left[last - 1] = (left[last - 1].Start, Math.Max(left[last - 1].End, end));
                left.RemoveAt(last--);
            }
        }

        return left;
    }

    /// <summary>Only a backup of this very table, past all partitions, is given up.</summary>
    private void AddBackup(GptCopy primary, GptHeader? header, long lba)
    {
        if (header is { IsCrcValid: true } && header.MyLba == (ulong)lba && header.DiskId == primary.Header.DiskId
            && header.EntryCount == primary.Header.EntryCount && header.EntrySize == primary.Header.EntrySize
            && header.EntriesLba >= (ulong)GptMove.NeededEnd(_table, primary)
            && header.EntriesLba <= (ulong)(lba - primary.EntriesSectorCount))
        {
            long entries = (long)header.EntriesLba;
            _backups.Add((entries * _table.SectorSize, (entries + primary.EntriesSectorCount) * _table.SectorSize));
            _backups.Add((lba * _table.SectorSize, (lba + 1) * _table.SectorSize));
        }
    }
}
