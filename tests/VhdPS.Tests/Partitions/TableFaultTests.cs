using VhdPS.Engine.Format;
using VhdPS.Engine.Partitions;

namespace VhdPS.Tests.Partitions;

/// <summary>Each fault of a table, made on purpose: it is found, named, and nothing else is.</summary>
public sealed class TableFaultTests
{
    private const long Sectors = 40_000;
    private const long Header = 512;

    public static TheoryData<string> Faults => [.. Cases.Keys];

    private static readonly Dictionary<string, (Func<TableBytes> Make, PartitionFault[] Expected)> Cases = new()
    {
        ["sound MBR"] = (() => TableBytes.Mbr(Sectors, (0x83, 2048, 4096)), []),
        ["sound GPT"] = (() => TableBytes.Gpt(Sectors, (2048, 4095)), []),
        ["boot flag"] = (() => TableBytes.Mbr(Sectors, (0x83, 2048, 4096)).Put(446, 0x12, 1), [PartitionFault.MbrBootFlagInvalid]),
        ["several active"] = (
            () => TableBytes.Mbr(Sectors, (0x83, 2048, 2048), (0x83, 4096, 2048)).Put(446, 0x80, 1).Put(462, 0x80, 1), [
                PartitionFault.MbrSeveralActive]),
        ["two extended"] = (
            () => TableBytes.Mbr(Sectors, (0x05, 2048, 2048), (0x0F, 4096, 2048)).PutRecord(2048).PutRecord(4096), [
                PartitionFault.MbrExtendedDuplicate]),
        ["past the end"] = (() => TableBytes.Mbr(Sectors, (0x83, 2048, 40_000)), [PartitionFault.PartitionPastEnd]),
        ["overlap"] = (() => TableBytes.Mbr(Sectors, (0x83, 2048, 4096), (0x07, 4096, 4096)), [PartitionFault.PartitionsOverlap]),
        ["overlap of the table"] = (() => TableBytes.Mbr(Sectors, (0x83, 0, 4096)), [PartitionFault.PartitionOverlapsTable]),
        ["not aligned"] = (() => TableBytes.Mbr(Sectors, (0x83, 63, 4096)), [PartitionFault.PartitionNotAligned]),
        ["no signature in the chain"] = (() => TableBytes.Mbr(Sectors, (0x05, 2048, 8192)), [PartitionFault.ExtendedSignatureMissing]),
        ["chain that loops"] = (
            () => TableBytes.Mbr(Sectors, (0x05, 2048, 8192)).PutRecord(2048, (0x83, 2048, 1), (0x05, 4096, 1)).PutRecord(
                6144, (0x83, 2048, 1), (0x05, 4096, 1)),
            [PartitionFault.ExtendedChainLoop]),
        ["chain to itself"] = (
            () => TableBytes.Mbr(Sectors, (0x05, 2048, 8192)).PutRecord(2048, (0x83, 2048, 1), (0x05, 0, 1)), [
                PartitionFault.ExtendedChainLoop]),
        ["chain out of the container"] = (
            () => TableBytes.Mbr(Sectors, (0x05, 2048, 8192)).PutRecord(2048, (0x83, 2048, 1), (0x05, 9000, 1)), [
                PartitionFault.ExtendedLinkOutside]),
        ["chain without an end"] = (LongChain, [PartitionFault.ExtendedChainTooLong]),
        ["third entry of a chain"] = (
            () => TableBytes.Mbr(Sectors, (0x05, 2048, 8192)).PutRecord(2048, (0x83, 2048, 1), (0, 0, 0), (0x07, 4096, 1)), [
                PartitionFault.ExtendedEntryUnexpected]),
        ["logical outside"] = (
            () => TableBytes.Mbr(Sectors, (0x05, 2048, 8192)).PutRecord(2048, (0x83, 2048, 10_000)), [
                PartitionFault.LogicalOutsideExtended]),
        ["logical over its record"] = (
            () => TableBytes.Mbr(Sectors, (0x05, 2048, 8192)).PutRecord(2048, (0x83, 0, 4096)), [PartitionFault.PartitionOverlapsTable]),
        ["no protective record"] = (
            () => TableBytes.Gpt(Sectors, (2048, 4095)).Put(450, 0, 1).Put(458, 0, 4), [PartitionFault.ProtectiveMbrMissing]),
        ["protective start"] = (() => TableBytes.Gpt(Sectors, (2048, 4095)).Put(454, 2, 4), [PartitionFault.ProtectiveMbrStartDiffers]),
        ["protective size"] = (() => TableBytes.Gpt(Sectors, (2048, 4095)).Put(458, 77, 4), [PartitionFault.ProtectiveMbrSizeDiffers]),
        ["protective size at most"] = (() => TableBytes.Gpt(Sectors, (2048, 4095)).Put(458, uint.MaxValue, 4), []),
        ["hybrid"] = (
            () => TableBytes.Gpt(Sectors, (2048, 4095)).PutRecord(0, (0xEE, 1, 2047), (0x83, 2048, 2048)), [PartitionFault.MbrIsHybrid]),
        ["GPT not announced"] = (
            () => TableBytes.Gpt(Sectors, (2048, 4095)).PutRecord(0, (0x83, 2048, 2048)), [PartitionFault.GptNotAnnounced]),
        ["no header at all"] = (() => TableBytes.Mbr(Sectors, (0xEE, 1, (uint)Sectors - 1)), [
            PartitionFault.GptHeaderMissing, PartitionFault.PartitionNotAligned]),
        ["no header at sector 1"] = (() => TableBytes.Gpt(Sectors, (2048, 4095)).Put(Header, 0), [PartitionFault.GptHeaderMissing]),
        ["no backup"] = (() => TableBytes.Gpt(Sectors, (2048, 4095)).Put((Sectors - 1) * 512, 0), [PartitionFault.GptBackupMissing]),
        ["header CRC"] = (() => TableBytes.Gpt(Sectors, (2048, 4095)).Put(Header + 60, 5), [PartitionFault.GptHeaderCrcMismatch]),
        ["backup CRC"] = (
            () => TableBytes.Gpt(Sectors, (2048, 4095)).Put(((Sectors - 1) * 512) + 60, 5), [PartitionFault.GptHeaderCrcMismatch]),
        ["header size"] = (() => TableBytes.Gpt(Sectors, (2048, 4095)).Put(Header + 12, 4096, 4), [PartitionFault.GptHeaderFieldInvalid]),
        ["own sector"] = (() => TableBytes.Gpt(Sectors, (2048, 4095)).Put(Header + 24, 3).Seal(), [PartitionFault.GptHeaderFieldInvalid]),
        ["entry size"] = (
            () => TableBytes.Gpt(Sectors, (2048, 4095)).Put(Header + 84, 100, 4).Seal(), [PartitionFault.GptHeaderFieldInvalid]),
        ["revision"] = (
            () => TableBytes.Gpt(Sectors, (2048, 4095)).Put(Header + 8, 0x20000, 4).Seal(), [PartitionFault.GptRevisionUnknown]),
        ["too many entries"] = (
            () => TableBytes.Gpt(Sectors, (2048, 4095)).Put(Header + 80, 1 << 20, 4).Seal(), [PartitionFault.GptEntriesTooMany]),
        ["entries past the end"] = (
            () => TableBytes.Gpt(Sectors, (2048, 4095)).Put(Header + 72, 1 << 30).Seal(), [PartitionFault.GptEntriesPastEnd]),
        ["entries far past the end"] = (
            () => TableBytes.Gpt(Sectors, (2048, 4095)).Put(Header + 72, ulong.MaxValue).Seal(), [PartitionFault.GptEntriesPastEnd]),
        ["entries in the usable range"] = (
            () => TableBytes.Gpt(Sectors, (2048, 4095)).Put(Header + 40, 30).Seal(), [
                PartitionFault.GptEntriesOverlap, PartitionFault.GptCopiesDiffer]),
        ["entries CRC"] = (() => TableBytes.Gpt(Sectors, (2048, 4095)).Put(1024 + 40, 5000), [PartitionFault.GptEntriesCrcMismatch]),
        ["backup entries CRC"] = (
            () => TableBytes.Gpt(Sectors, (2048, 4095)).Put(((Sectors - 33) * 512) + 40, 5000), [PartitionFault.GptEntriesCrcMismatch]),
        ["copies differ"] = (() => TableBytes.Gpt(Sectors, (2048, 4095)).PutEntry(1, 8192, 9000).Seal(), [PartitionFault.GptCopiesDiffer]),
        ["backup past the end"] = (
            () => TableBytes.Gpt(Sectors, (2048, 4095)).Put(Header + 32, 50_000).Seal(), [PartitionFault.GptBackupPastEnd]),
        ["usable range past the end"] = (
            () => TableBytes.Gpt(Sectors, (2048, 4095)).Put(Header + 48, 50_000).Put(((Sectors - 1) * 512) + 48, 50_000).Seal(),
            [PartitionFault.GptUsableRangeInvalid, PartitionFault.GptUsableRangeInvalid, PartitionFault.GptEntriesOverlap]),
        ["equal ids"] = (
            () => TableBytes.Gpt(Sectors, (2048, 4095)).PutEntry(1, 8192, 9000, id: 1).CopyEntries().Seal(), [
                PartitionFault.GptUniqueIdDuplicate]),
        ["end before start"] = (() => TableBytes.Gpt(Sectors, (4096, 2048)), [PartitionFault.PartitionRangeInvalid]),
        ["range of no disk"] = (() => TableBytes.Gpt(Sectors, (4096, ulong.MaxValue)), [PartitionFault.PartitionRangeInvalid]),
        ["outside the usable range"] = (
            () => TableBytes.Gpt(Sectors, (2048, (ulong)Sectors - 34)).Put(Header + 48, 30_000).Put(((Sectors - 1) * 512) + 48, 30_000)
                .Seal(),
            [PartitionFault.PartitionOutsideUsableRange]),
        ["GPT past the end"] = (
            () => TableBytes.Gpt(Sectors, (2048, 50_000)),
            [PartitionFault.PartitionOutsideUsableRange, PartitionFault.PartitionPastEnd, PartitionFault.PartitionOverlapsTable]),
        ["GPT overlap"] = (() => TableBytes.Gpt(Sectors, (2048, 8000), (4096, 9000)), [PartitionFault.PartitionsOverlap]),
        ["GPT of large sectors"] = (
            LargeSectorGpt, [PartitionFault.TableSectorSizeDiffers, PartitionFault.GptHeaderMissing, PartitionFault.PartitionNotAligned]),
        ["Apple map"] = (Apple, [PartitionFault.TableKindUnsupported]),
    };

    /// <summary>A disk with one of the faults.</summary>
    internal static byte[] Disk(string fault) => Cases[fault].Make().Bytes;

    [Theory]
    [MemberData(nameof(Faults))]
    public void A_fault_is_found(string name)
    {
        (Func<TableBytes> make, PartitionFault[] expected) = Cases[name];
        PartitionTable table = make().Table;
        Assert.Equal(expected.Order(), table.Findings.Select(finding => finding.Code).Order());
        Assert.All(table.Findings, finding => Assert.NotEmpty(finding.Describe()));
    }

    /// <summary>Every fault of a table has a case above; those of file systems have theirs where these are tested.</summary>
    [Fact]
    public void Every_fault_has_a_case()
    {
        IEnumerable<PartitionFault> others =
        [
            PartitionFault.GptBackupNotAtEnd, PartitionFault.FileSystemPastEnd, PartitionFault.FileSystemFieldInvalid,
            PartitionFault.FileSystemChecksumMismatch, PartitionFault.FileSystemAmbiguous, PartitionFault.FileSystemUnreadable,
        ];
        Assert.Equal(Enum.GetValues<PartitionFault>(), Cases.Values.SelectMany(fault => fault.Expected).Concat(others).Distinct().Order());
    }

    [Fact]
    public void A_backup_that_is_not_at_the_end_is_found_where_the_header_says()
    {
        byte[] grown = [.. TableBytes.Gpt(Sectors, (2048, 4095)).Bytes, .. new byte[4096 * 512]];
        PartitionTable table = PartitionTable.Read(new MemoryDisk(grown));
        Assert.Equal([PartitionFault.ProtectiveMbrSizeDiffers, PartitionFault.GptBackupNotAtEnd], table.Findings.Select(
            finding => finding.Code).Order());
        Assert.Equal(Sectors - 1, table.Gpt!.Backup!.Lba);
        Assert.Equal((Sectors - 1) * 512, table.Findings.Single(finding => finding.Code == PartitionFault.GptBackupNotAtEnd).DiskOffset);
    }

    [Fact]
    public void The_backup_is_used_where_the_primary_is_damaged()
    {
        foreach (long hurt in new[] { Header, Header + 16, Header + 72, 1024 + 32 })
        {
            PartitionTable table = TableBytes.Gpt(Sectors, (2048, 4095), (8192, 9000)).Put(hurt, 0x1234).Table;
            Assert.Equal(Sectors - 1, table.Gpt!.Used!.Lba);
            Assert.Equal(
                [(1, 2048L, 2048L), (2, 8192L, 809L)], table.Partitions.Select(one => (one.Number, one.StartSector, one.SectorCount)));
            Assert.False(table.IsWhole);
        }
    }

    /// <summary>Without a first mebibyte nothing announces the GPT, but its backup says what there was.</summary>
    [Fact]
    public void The_backup_alone_is_found_on_a_disk_that_begins_with_zeros()
    {
        TableBytes bytes = TableBytes.Gpt(Sectors, (2048, 4095));
        bytes.Bytes.AsSpan(0, 1 << 20).Clear();
        PartitionTable table = bytes.Table;
        Assert.Equal(PartitionStyle.Gpt, table.Style);
        Assert.Equal(2048, Assert.Single(table.Partitions).StartSector);
        Assert.Contains(table.Findings, finding => finding is { Code: PartitionFault.ProtectiveMbrMissing, Severity: Severity.Warning });
    }

    [Fact]
    public void Nothing_is_listed_of_a_table_without_a_valid_copy()
    {
        PartitionTable table = TableBytes.Gpt(Sectors, (2048, 4095)).Put(1024 + 40, 5000).Put(((Sectors - 33) * 512) + 40, 5000).Table;
        Assert.Equal(PartitionStyle.Gpt, table.Style);
        Assert.Empty(table.Partitions);
        Assert.Equal(2, table.Findings.Count(finding => finding.Code == PartitionFault.GptEntriesCrcMismatch));
    }

    [Fact]
    public void A_thousand_findings_of_a_kind_are_counted_and_not_listed()
    {
        PartitionTable table = TableBytes.Gpt(Sectors, [.. Enumerable.Range(0, 128).Select(_ => (2048UL, 4095UL))]).Table;
        Assert.Equal(21, table.Findings.Count(finding => finding.Code == PartitionFault.PartitionsOverlap));
        Assert.Contains("127 in all", table.Findings.Last(finding => finding.Code == PartitionFault.PartitionsOverlap)
            .Describe(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(511)]
    [InlineData(512)]
    [InlineData(1024)]
    [InlineData(34 * 512)]
    public void A_tiny_disk_has_no_table(int length)
    {
        PartitionTable table = PartitionTable.Read(new MemoryDisk(new byte[length]));
        Assert.Equal((PartitionStyle.None, 0, 0), (table.Style, table.Partitions.Count, table.Findings.Count));
    }

    [Fact]
    public void The_sector_size_is_that_of_the_GPT_where_nobody_knows_it()
    {
        byte[] bytes = TableBytes.Gpt(2000, 4096, (256, 300)).Bytes;
        PartitionTable table = PartitionTable.Read(new MemoryDisk(bytes, 0));
        Assert.Equal((4096, PartitionStyle.Gpt, 256L * 4096), (table.SectorSize, table.Style, Assert.Single(table.Partitions).Offset));
        Assert.Empty(table.Findings);
        Assert.Equal(512, PartitionTable.Read(new MemoryDisk(TableBytes.Gpt(Sectors, (2048, 4095)).Bytes, 0)).SectorSize);
    }

    private static TableBytes LongChain()
    {
        TableBytes table = TableBytes.Mbr(Sectors, (0x05, 2048, 30_000));
        for (uint i = 0; i < 1100; i++)
        {
            table.PutRecord(2048 + (i * 8), (0, 0, 0), (0x05, (i + 1) * 8, 8));
        }

        return table;
    }

    private static TableBytes LargeSectorGpt()
    {
        TableBytes small = TableBytes.Mbr(16_000);
        TableBytes.Gpt(2000, 4096, (256, 300)).Bytes.CopyTo(small.Bytes, 0);
        return small;
    }

    private static TableBytes Apple()
    {
        TableBytes table = TableBytes.Mbr(Sectors);
        table.Bytes.AsSpan(0, 512).Clear();
        "ER"u8.CopyTo(table.Bytes);
        "PM"u8.CopyTo(table.Bytes.AsSpan(512));
        return table;
    }
}
