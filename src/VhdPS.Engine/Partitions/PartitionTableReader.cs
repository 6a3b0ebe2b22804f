using System.Buffers;
using VhdPS.Engine.Format;
using VhdPS.Engine.Partitions.FileSystems;

namespace VhdPS.Engine.Partitions;

/// <summary>Finds out which kind of table a disk has, and reads it.</summary>
internal static class PartitionTableReader
{
    private const int LargeSectorSize = 4096;

    /// <summary>What is read at once of the beginning: the MBR, a GPT's header and its 128 entries in sectors of either size.</summary>
    private const int HeadSize = 24 * 1024;

    public static PartitionTable Read(IDiskReader disk)
    {
        var log = new PartitionFindingLog();
        byte[] buffer = ArrayPool<byte>.Shared.Rent(HeadSize);
        Memory<byte> head = buffer.AsMemory(0, HeadSize);
        disk.ReadAt(0, head.Span);
        int sectorSize = disk.LogicalSectorSize is VhdSpec.SectorSize or LargeSectorSize ? disk.LogicalSectorSize
            : FindSectorSize(head.Span);
        PartitionTable table = Judge(disk, head, sectorSize, log);
        ArrayPool<byte>.Shared.Return(buffer);
        TableRules.Check(table, log);
        IReadOnlyList<PartitionFinding> findings = log.Close();
        return table with { Findings = findings, IsWhole = !findings.Any(IsTableHurt) };
    }

    private static PartitionTable Judge(IDiskReader disk, ReadOnlyMemory<byte> head, int sectorSize, PartitionFindingLog log)
    {
        var table = new PartitionTable(
            disk.SizeBytes, sectorSize)
        { Mbr = disk.SizeBytes >= MasterBootRecord.Size ? MasterBootRecord.Parse(head.Span) : null };
        bool isAnnounced = table.Mbr?.ProtectiveEntry is not null;
        bool hasHeader = head.Span[sectorSize..].StartsWith(GptHeader.Signature);
        bool isBootSector = FileSystemProbe.IsBootSector(head.Span);
        bool describesPartitions = table.Mbr is { HasEntries: true } && !isBootSector;
        CheckOtherSectorSize(head.Span, sectorSize, hasHeader, log);
        if (isAnnounced || hasHeader)
        {
            if (isAnnounced || !(describesPartitions || isBootSector))
            {
                if (ReadGpt(disk, head, table, log) is { } gpt)
                {
                    return gpt;
                }
            }
            else
            {
                log.Add(
                    PartitionFault.GptNotAnnounced, PartitionStructure.GptHeader, sectorSize, $"", $"a header",
                    $"A GPT's header is left from an earlier use of the disk; the first sector does not announce one.");
            }
        }

        if (describesPartitions)
        {
            List<Partition> partitions = MbrReader.Read(disk, table.Mbr!, sectorSize, log, out List<long> bootRecords);
            return table with { Style = PartitionStyle.Mbr, Partitions = partitions, ExtendedBootRecords = bootRecords };
        }

        return ReadWithoutTable(disk, head, table, log);
    }

    private static PartitionTable? ReadGpt(IDiskReader disk, ReadOnlyMemory<byte> head, PartitionTable table, PartitionFindingLog log)
    {
        if (GptReader.Read(disk, table.SectorSize, head, log) is not { } gpt)
        {
            log.Add(
                PartitionFault.GptHeaderMissing, PartitionStructure.GptHeader, table.SectorSize, $"\"EFI PART\"", $"something else",
                $"The master boot record announces a GPT, and there is no header, neither at sector 1 nor at the end.");
            return null;
        }

        CheckProtection(table, log);
        return table with { Style = PartitionStyle.Gpt, Gpt = gpt, Partitions = gpt.Used is { } copy ? GptPartitions.List(copy, log) : [] };
    }

    /// <summary>A disk that has no MBR with entries and announces no GPT.</summary>
    private static PartitionTable ReadWithoutTable(
        IDiskReader disk, ReadOnlyMemory<byte> head, PartitionTable table, PartitionFindingLog log)
    {
        if (FileSystemProbe.Identify(DiskWindow.Whole(disk)) is { } fileSystem)
        {
            var whole = new Partition(
                0, PartitionStyle.None, PartitionType.None, 0, table.SectorCount, table.SectorSize)
            { Role = PartitionRole.WholeDisk };
            return table with { Partitions = [whole], WholeDisk = fileSystem };
        }

        if (ForeignTable.Identify(head.Span) is { } kind)
        {
            log.Add(
                PartitionFault.TableKindUnsupported, PartitionStructure.Disk, 0, $"an MBR or a GPT", $"{kind}",
                    $"The disk has a table of a kind that is not read.");
            return table with { Style = PartitionStyle.Other, OtherKind = kind };
        }

        if (table.Mbr is not null)
        {
            return table with { Style = PartitionStyle.Mbr };
        }

        // What lay at the beginning is gone, but the backup may still say what there was.
        if (GptReader.Read(disk, table.SectorSize, head, log) is { Used: { } copy } gpt)
        {
            CheckProtection(table, log);
            return table with { Style = PartitionStyle.Gpt, Gpt = gpt, Partitions = GptPartitions.List(copy, log) };
        }

        return table;
    }

    private static void CheckProtection(PartitionTable table, PartitionFindingLog log)
    {
        if (table.Mbr?.ProtectiveEntry is not { } entry)
        {
            log.Add(
                PartitionFault.ProtectiveMbrMissing, PartitionStructure.MasterBootRecord, MasterBootRecord.OffsetOf(
                    0), $"an entry of type EE", $"none",
                $"The disk has a GPT, and no master boot record protects it from programs that do not know one.");
            return;
        }

        long offset = MasterBootRecord.OffsetOf(entry.Index);
        if (entry.StartSector != 1)
        {
            log.Add(
                PartitionFault.ProtectiveMbrStartDiffers, PartitionStructure.MasterBootRecord, offset, $"sector 1",
                    $"sector {entry.StartSector}",
                $"The protective entry does not begin at sector 1; some systems then do not look for the GPT.");
        }

        if (table.Mbr!.IsHybrid)
        {
            log.Add(
                PartitionFault.MbrIsHybrid, PartitionStructure.MasterBootRecord, offset, $"one entry of type EE", $"others beside it",
                $"The master boot record describes partitions beside the GPT.");
        }
        else if (entry.SectorCount != uint.MaxValue && entry.SectorCount != Math.Min(table.SectorCount - 1, uint.MaxValue))
        {
            log.Add(
                PartitionFault.ProtectiveMbrSizeDiffers, PartitionStructure.MasterBootRecord, offset,
                    $"{Math.Min(table.SectorCount - 1, uint.MaxValue)} sectors",
                $"{entry.SectorCount}", $"The protective entry does not cover the disk.");
        }
    }

    /// <summary>Where nobody knows the sector size, the place of a GPT's header says it.</summary>
    private static int FindSectorSize(ReadOnlySpan<byte> head) =>
        !head[VhdSpec.SectorSize..].StartsWith(GptHeader.Signature) && IsHeader(head, LargeSectorSize) ? LargeSectorSize
            : VhdSpec.SectorSize;

    private static void CheckOtherSectorSize(ReadOnlySpan<byte> head, int sectorSize, bool hasHeader, PartitionFindingLog log)
    {
        int other = sectorSize == VhdSpec.SectorSize ? LargeSectorSize : VhdSpec.SectorSize;
        if (!hasHeader && IsHeader(head, other))
        {
            log.Add(
                PartitionFault.TableSectorSizeDiffers, PartitionStructure.GptHeader, other, $"{sectorSize}", $"{other}",
                $"The GPT was made for a disk whose sectors have another size.");
        }
    }

    private static bool IsHeader(ReadOnlySpan<byte> head, int sectorSize) =>
        GptHeader.Parse(head.Slice(sectorSize, sectorSize)) is { IsCrcValid: true, MyLba: 1 };

    /// <summary>Faults that may hide a partition. Those of the backup do not where the copy at sector 1 is valid.</summary>
    private static bool IsTableHurt(PartitionFinding finding) => finding.Code switch
    {
        PartitionFault.GptHeaderCrcMismatch or PartitionFault.GptHeaderFieldInvalid or PartitionFault.GptEntriesTooMany
            or PartitionFault.GptEntriesPastEnd or PartitionFault.GptEntriesOverlap or PartitionFault.GptEntriesCrcMismatch =>
            finding.Structure is PartitionStructure.GptHeader or PartitionStructure.GptEntries,
        PartitionFault.TableKindUnsupported or PartitionFault.TableSectorSizeDiffers or PartitionFault.MbrExtendedDuplicate
            or PartitionFault.ExtendedSignatureMissing or PartitionFault.ExtendedChainLoop or PartitionFault.ExtendedChainTooLong
            or PartitionFault.ExtendedLinkOutside or PartitionFault.ExtendedEntryUnexpected or PartitionFault.LogicalOutsideExtended
            or PartitionFault.GptNotAnnounced or PartitionFault.GptCopiesDiffer or PartitionFault.GptHeaderMissing
            or PartitionFault.ProtectiveMbrMissing or PartitionFault.PartitionRangeInvalid => true,
        _ => false,
    };
}
