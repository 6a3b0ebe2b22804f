using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using VhdPS.Engine.Format;
using VhdPS.Engine.Partitions;
using VhdPS.Tests.Peers;

namespace VhdPS.Tests.Partitions;

/// <summary>Partition tables, field by field, against sfdisk, sgdisk and fdisk.</summary>
public sealed partial class TablePeerTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string> Cases => [.. TableCases.All.Keys];

    [PeerTheory(PeerPrograms.Sfdisk, PeerPrograms.Sgdisk, PeerPrograms.Fdisk, PeerPrograms.Parted)]
    [MemberData(nameof(Cases))]
    public void The_table_is_what_others_say(string name)
    {
        (long size, Action<string> make) = TableCases.All[name];
        string path = RawDisk.Create(_folder, "disk.img", size);
        make(path);
        if (name.Contains("4096", StringComparison.Ordinal))
        {
            CompareWithFdisk(path, RawDisk.Table(path, 4096));
            return;
        }

        PartitionTable table = RawDisk.Table(path);
        CompareWithSfdisk(path, table);
        if (table.Style == PartitionStyle.Gpt)
        {
            CompareWithSgdisk(path, table);
        }
    }

    private static void CompareWithSfdisk(string path, PartitionTable table)
    {
        using JsonDocument json = JsonDocument.Parse(PeerProcess.Run(PeerPrograms.Sfdisk, "--json", path));
        JsonElement theirs = json.RootElement.GetProperty("partitiontable");
        string Text(JsonElement element, string property) =>
            element.TryGetProperty(property, out JsonElement value) ? value.ToString() : string.Empty;
        var expected = new List<string>
        {
            $"{Text(theirs, "label")} {Text(theirs, "id")} {Text(theirs, "sectorsize")} "
                + $"{Text(theirs, "firstlba")} {Text(theirs, "lastlba")} {Text(theirs, "table-length")}",
        };
        if (theirs.TryGetProperty("partitions", out JsonElement partitions))
        {
            expected.AddRange(partitions.EnumerateArray().Select(partition =>
                $"{Text(partition, "node")[path.Length..]} {Text(partition, "start")}+{Text(partition, "size")} "
                + $"{Text(partition, "type").ToUpperInvariant().PadLeft(2, '0')} "
                + $"{Text(partition, "uuid")} '{Text(partition, "name")}' {Text(partition, "attrs")} {Text(partition, "bootable")}"));
        }

        GptHeader? header = table.Gpt?.Used?.Header;
        string length = header is null or { EntryCount: 128 } ? string.Empty : Invariant($"{header.EntryCount}");
        var actual = new List<string>
        {
            Invariant($"{(table.Style == PartitionStyle.Gpt ? "gpt" : "dos")} {table.DiskId} {table.SectorSize} ")
                + Invariant($"{header?.FirstUsableLba} {header?.LastUsableLba} {length}"),
        };
        actual.AddRange(table.Partitions.Select(partition =>
            Invariant($"{partition.Number} {partition.StartSector}+{partition.SectorCount} {partition.Type.Value} ")
            + Invariant($"{partition.UniqueId?.ToString().ToUpperInvariant()} '{partition.Name}' {Attributes(partition)} ")
            + (partition.IsBootable && partition.Style == PartitionStyle.Mbr ? "True" : string.Empty)));
        Assert.Equal(expected, actual);
    }

    /// <summary>Attribute bits as sfdisk names them.</summary>
    private static string Attributes(Partition partition)
    {
        string[] names = ["RequiredPartition", "NoBlockIOProtocol", "LegacyBIOSBootable"];
        IEnumerable<string> named = names.Where((_, bit) => (partition.Attributes >> bit & 1) != 0);
        string others = string.Join(',', Enumerable.Range(48, 16).Where(bit => (partition.Attributes >> bit & 1) != 0));
        return string.Join(' ', others.Length > 0 ? named.Append("GUID:" + others) : named);
    }

    private static void CompareWithSgdisk(string path, PartitionTable table)
    {
        GptCopy copy = table.Gpt!.Used!;
        string print = PeerProcess.TryRun(PeerPrograms.Sgdisk, "-p", path).Output;
        Assert.Contains(Invariant($": {table.SectorCount} sectors,"), print, StringComparison.Ordinal);
        Assert.Contains(Invariant($"Disk identifier (GUID): {table.DiskId}"), print, StringComparison.Ordinal);
        Assert.Contains(Invariant($"Partition table holds up to {copy.Header.EntryCount} entries"), print, StringComparison.Ordinal);
        Assert.Contains(
            Invariant($"First usable sector is {copy.Header.FirstUsableLba}, last usable sector is {copy.Header.LastUsableLba}"), print,
                StringComparison.Ordinal);
        if (copy.Lba == 1)
        {
            Assert.Contains(
                Invariant($"Main partition table begins at sector {copy.Header.EntriesLba} and ends at sector ")
                    + Invariant($"{(long)copy.Header.EntriesLba + copy.EntriesSectorCount - 1}"),
                print, StringComparison.Ordinal);
        }

        Assert.Equal(table.Partitions.Count, NumberedLine().Count(print));
        foreach (Partition partition in table.Partitions.Take(12))
        {
            string info = PeerProcess.TryRun(PeerPrograms.Sgdisk, "-i", Invariant($"{partition.Number}"), path).Output;
            Assert.Contains($"Partition GUID code: {partition.Type.Value} ", info, StringComparison.Ordinal);
            Assert.Contains(
                $"Partition unique GUID: {partition.UniqueId!.Value.ToString().ToUpperInvariant()}", info, StringComparison.Ordinal);
            Assert.Contains(Invariant($"First sector: {partition.StartSector} "), info, StringComparison.Ordinal);
            Assert.Contains(Invariant($"Last sector: {partition.EndSector - 1} "), info, StringComparison.Ordinal);
            Assert.Contains(Invariant($"Partition size: {partition.SectorCount} sectors"), info, StringComparison.Ordinal);
            Assert.Contains(Invariant($"Attribute flags: {partition.Attributes:X16}"), info, StringComparison.Ordinal);
            Assert.Contains($"Partition name: '{partition.Name}'", info, StringComparison.Ordinal);
        }

        // What sgdisk calls a problem is a warning or an error here, and the reverse.
        string verdict = PeerProcess.TryRun(PeerPrograms.Sgdisk, "-v", path).Output;
        bool isSound = verdict.Contains("No problems found", StringComparison.Ordinal) && !verdict.Contains("CRC", StringComparison.Ordinal)
            && !verdict.Contains("corrupt GPT", StringComparison.Ordinal);
        IEnumerable<PartitionFinding> findings = table.Findings.Where(finding => finding.Severity != Severity.Note);
        Assert.True(isSound == !findings.Any(), verdict + "\n--\n" + string.Join('\n', findings.Select(finding => finding.Describe())));
    }

    /// <summary>sfdisk does not take a sector size for a file, so disks of large sectors are held against fdisk's list.</summary>
    private static void CompareWithFdisk(string path, PartitionTable table)
    {
        bool isGpt = table.Style == PartitionStyle.Gpt;
        string list = PeerProcess.Run(PeerPrograms.Fdisk, "-b", "4096", "-l", "-o",
            isGpt ? "Device,Start,End,Sectors,Type-UUID,UUID" : "Device,Start,End,Sectors,Id", path);
        Assert.Contains(Invariant($"{table.SectorCount} sectors"), list, StringComparison.Ordinal);
        Assert.Contains($"Disk identifier: {table.DiskId}", list, StringComparison.Ordinal);
        string[] theirs = [.. list.Split('\n').Where(line => line.StartsWith(path, StringComparison.Ordinal)).Select(
            line => Blanks().Replace(line[path.Length..].Trim(), " "))];
        string[] ours = [.. table.Partitions.Select(partition => Invariant(
            $"{partition.Number} {partition.StartSector} {partition.EndSector - 1} {partition.SectorCount} ")
            + (isGpt ? $"{partition.Type.Value} {partition.UniqueId!.Value.ToString().ToUpperInvariant()}"
                : Invariant($"{partition.Type.Code:x}")))];
        Assert.Equal(theirs, ours);
        Assert.NotEmpty(ours);
        Assert.Equal(4096, table.SectorSize);
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^ +\d+ +\d+ +\d+ ", RegexOptions.Multiline)]
    private static partial Regex NumberedLine();

    [GeneratedRegex(" +")]
    private static partial Regex Blanks();
}
