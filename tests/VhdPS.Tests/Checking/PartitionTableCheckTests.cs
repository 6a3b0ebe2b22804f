using VhdPS.Engine.Chains;
using VhdPS.Engine.Checking;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Engine.Operations.Repair;
using VhdPS.Engine.Partitions;
using VhdPS.Tests.Files;
using VhdPS.Tests.Format;
using VhdPS.Tests.Partitions;
using VhdPS.Tests.Peers;
using VhdPS.Tests.Vhdx;

namespace VhdPS.Tests.Checking;

/// <summary>What a check of an image says of the partition table on its disk, whatever kind of image holds it.</summary>
public sealed class PartitionTableCheckTests : IDisposable
{
    private const int Sectors = 40_000;
    private const int MiB = 1 << 20;

    private readonly TempFolder _folder = new();

    public static TheoryData<string> Faults => TableFaultTests.Faults;

    public void Dispose() => _folder.Dispose();

    /// <summary>What is found on the disk is found in the image; a fault is a warning, what is worth knowing a note.</summary>
    [Theory]
    [MemberData(nameof(Faults))]
    public void Every_fault_of_a_table_is_a_finding_of_the_image_and_no_error(string fault)
    {
        byte[] disk = TableFaultTests.Disk(fault);
        CheckReport report = Check(Fixed(disk));
        AssertFound(disk, 512, report);
        Assert.True(report.IsValid);
    }

    [Fact]
    public void A_backup_left_behind_is_said_with_its_place_on_the_disk()
    {
        byte[] disk = [.. TableBytes.Gpt(Sectors, (2048, 4095)).Bytes, .. new byte[MiB]];
        CheckReport report = Check(Fixed(disk));
        AssertFound(disk, 512, report);
        Finding finding = Assert.Single(report.Findings, finding => finding.Code == FaultCode.PartitionTableInvalid);
        Assert.StartsWith(
            "PartitionTable: GptBackupNotAtEnd at offset 20479488 of the disk: ", finding.Describe(), StringComparison.Ordinal);
        Assert.Equal(
            (Severity.Warning, FaultEffect.None, false, 1L),
            (finding.Severity, finding.Effect, finding.IsRepairable, report.WarningCount));
    }

    [Fact]
    public void A_disk_without_a_table_or_with_one_in_order_has_no_finding()
    {
        byte[] noise = new byte[4 * MiB];
        new Random(5).NextBytes(noise);
        noise[510] = 0;
        foreach (byte[] disk in new[] { new byte[4 * MiB], noise, TableBytes.Gpt(Sectors, (2048, 4095)).Bytes, new byte[512], [] })
        {
            Assert.DoesNotContain(Check(Fixed(disk)).Findings, IsOfTable);
        }
    }

    [Fact]
    public void The_table_is_judged_only_where_asked_and_never_by_a_repair()
    {
        byte[] disk = TableFaultTests.Disk("overlap");
        var options = new CheckOptions { Full = true };
        Assert.DoesNotContain(ImageChecker.Check(Fixed(disk).ToFile(), options).Findings, IsOfTable);
        Assert.DoesNotContain(RepairOperation.Plan(Fixed(disk).ToFile()).Steps, step => IsOfTable(step.Finding));
        CheckReport report = RepairOutlook.Check(Fixed(disk).ToFile(), options with { PartitionTable = true });
        Assert.False(Assert.Single(report.Findings, IsOfTable).IsRepairable);
    }

    [Fact]
    public void The_table_in_a_VHDX_is_judged_in_sectors_of_its_own_size()
    {
        byte[] disk = TableBytes.Gpt(1024, 4096, (256, 511), (400, 600)).Bytes;
        var image = new VhdxBytes(disk.Length, sectorSize: 4096);
        for (int block = 0; block < disk.Length / MiB; block++)
        {
            image.AddBlock(block, disk.AsSpan(block * MiB, MiB));
        }

        CheckReport report = ImageChecker.Check(image.File, new CheckOptions { PartitionTable = true });
        AssertFound(disk, 4096, report);
        Assert.Contains(report.Findings, IsOfTable);
    }

    /// <summary>The first sector is the child's, the rest of the table its parent's: only both together are a GPT in order.</summary>
    [Fact]
    public void The_table_of_a_child_is_that_of_its_chain_and_unknown_without_it()
    {
        string child = MakeChild(out byte[] disk);
        CheckReport report = ImageChecker.Check(child, new CheckOptions { PartitionTable = true, Parents = ParentPolicy.Default });
        AssertFound(disk, 512, report);
        Assert.Contains(report.Findings, IsOfTable);
        Assert.DoesNotContain(ImageChecker.Check(child, new CheckOptions { PartitionTable = true }).Findings, IsOfTable);

        File.Delete(_folder["parent.vhd"]);
        report = ImageChecker.Check(child, new CheckOptions { PartitionTable = true, Parents = ParentPolicy.Default });
        Assert.DoesNotContain(report.Findings, IsOfTable);
        Assert.Contains(report.Findings, finding => finding.Code == FaultCode.ParentNotFound);
    }

    /// <summary>Where the image cannot be opened, or its first block not be read, its own faults are all that is said.</summary>
    [Fact]
    public void Of_a_disk_that_cannot_be_read_nothing_is_said()
    {
        byte[] disk = TableFaultTests.Disk("overlap");
        byte[][] images =
        [
            Fixed(disk).PutFooter(60, 9u).Bytes, Fixed(disk).PutFooter(48, (ulong)disk.Length * 2).Bytes,
            ImageBytes.Dynamic().AddBlock(0, 1).PutEntry(0, 0xFFFF_FFF0).Bytes, new byte[100], [],
        ];
        foreach (byte[] image in images)
        {
            CheckReport report = ImageChecker.Check(new MemoryImageFile(image), new CheckOptions { PartitionTable = true });
            Assert.False(report.IsValid);
            Assert.DoesNotContain(report.Findings, IsOfTable);
        }
    }

    [PeerFact(PeerPrograms.Sgdisk)]
    public void What_sgdisk_makes_has_no_warning_and_has_one_when_the_disk_grew()
    {
        string raw = RawDisk.Create(_folder, "disk.img", 64 * MiB);
        PeerProcess.Run(PeerPrograms.Sgdisk, "-n", "1:2048:+16M", "-n", "2:0:0", raw);
        byte[] disk = File.ReadAllBytes(raw);
        Assert.DoesNotContain(Check(Fixed(disk)).Findings, IsOfTable);
        Finding[] grown = [.. Check(Fixed([.. disk, .. new byte[MiB]])).Findings.Where(finding => finding.Severity == Severity.Warning)];
        Assert.Contains("GptBackupNotAtEnd", Assert.Single(grown).Message, StringComparison.Ordinal);
    }

    /// <summary>The table is in order, and the end of the file system cut off.</summary>
    [PeerTheory(PeerPrograms.Mke2fs, PeerPrograms.Sgdisk)]
    [InlineData(false)]
    [InlineData(true)]
    public void A_file_system_that_is_larger_than_its_partition_or_disk_is_said(bool hasTable)
    {
        string raw = RawDisk.Create(_folder, "disk.img", 20 * MiB);
        PeerProcess.Run(PeerPrograms.Mke2fs, "-q", "-F", "-t", "ext4", "-b", "4096", raw);
        byte[] disk = File.ReadAllBytes(raw);
        Assert.DoesNotContain(Check(Fixed(disk)).Findings, IsOfDisk);
        disk = disk[..(18 * MiB)];
        long offset = 0;
        if (hasTable)
        {
            string partitioned = RawDisk.Create(_folder, "table.img", 32 * MiB);
            PeerProcess.Run(PeerPrograms.Sgdisk, "-n", "1:2048:+18M", "-n", "2:0:0", partitioned);
            RawDisk.Write(partitioned, MiB, disk);
            (disk, offset) = (File.ReadAllBytes(partitioned), MiB);
        }

        CheckReport report = Check(Fixed(disk));
        Finding finding = Assert.Single(report.Findings, IsOfDisk);
        Assert.Equal(
            (FaultCode.FileSystemInvalid, VhdStructure.FileSystem, Severity.Warning, FaultEffect.None, true, false),
            (finding.Code, finding.Structure, finding.Severity, finding.Effect, report.IsValid, finding.IsRepairable));
        Assert.Equal(
            $"FileSystem: FileSystemPastEnd at offset {offset} of the disk: {(hasTable ? "Partition 1: " : string.Empty)}"
                + $"The ext4 file system is larger than its partition or disk. Found {20 * MiB}, expected at most {18 * MiB} bytes.",
            finding.Describe());
    }

    /// <summary>All first structures of a GPT's partitions, in a sector size that is not 512, as they are found on the disk.</summary>
    [Fact]
    public void The_file_systems_in_a_VHDX_are_looked_at_too()
    {
        byte[] disk = TableBytes.Gpt(1024, 4096, (256, 511), (512, 767)).Bytes;
        "XFSB"u8.CopyTo(disk.AsSpan(512 * 4096));
        disk[(512 * 4096) + 6] = 0x10;
        disk[(512 * 4096) + 14] = 0x10;
        var image = new VhdxBytes(disk.Length, sectorSize: 4096);
        for (int block = 0; block < disk.Length / MiB; block++)
        {
            image.AddBlock(block, disk.AsSpan(block * MiB, MiB));
        }

        Finding finding = Assert.Single(
            ImageChecker.Check(image.File, new CheckOptions { PartitionTable = true }).Findings,
            finding => finding.Code == FaultCode.FileSystemInvalid);
        Assert.StartsWith(
            $"FileSystemPastEnd at offset {512 * 4096} of the disk: Partition 2: ", finding.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(ImageChecker.Check(image.File, new CheckOptions { Full = true }).Findings, IsOfDisk);
    }

    private string MakeChild(out byte[] disk)
    {
        disk = TableBytes.Gpt(Sectors, (2048, 8000), (4096, 9000)).Bytes;
        string parent = _folder["parent.vhd"];
        string child = _folder["child.vhd"];
        ImageCreator.Create(parent, new NewImage(disk.Length) { UniqueId = Guid.NewGuid(), TimeStamp = VhdSpec.Epoch });
        Write(parent, 1, disk.AsSpan(512));
        ChildCreator.Create(child, new NewChild(parent) { UniqueId = Guid.NewGuid(), TimeStamp = VhdSpec.Epoch });
        Write(child, 0, disk.AsSpan(0, 512));
        return child;
    }

    private static void Write(string path, long sector, ReadOnlySpan<byte> data)
    {
        using VhdImage image = VhdImage.Open(path, new VhdOpenOptions { ForWriting = true });
        image.WriteSectors(sector, data);
    }

    /// <summary>Asserts that the findings about the table are those of the disk by itself.</summary>
    private static void AssertFound(byte[] disk, int sectorSize, CheckReport report)
    {
        var table = PartitionTable.Read(new MemoryDisk(disk, sectorSize));
        Assert.Equal(
            table.Findings.Select(finding => (
                finding.Severity == Severity.Note ? Severity.Note : Severity.Warning, $"{finding.Code}", finding.Expected, finding.Actual)),
            report.Findings.Where(IsOfTable).Select(
                finding => (finding.Severity, finding.Message.Split(' ', ':')[0], finding.Expected, finding.Actual)));
    }

    private static CheckReport Check(ImageBytes image) =>
        ImageChecker.Check(image.ToFile(), new CheckOptions { PartitionTable = true });

    private static ImageBytes Fixed(byte[] disk) => ImageBytes.Fixed(disk.Length).Poke(0, disk);

    private static bool IsOfDisk(Finding finding) => IsOfTable(finding) || finding.Structure == VhdStructure.FileSystem;

    private static bool IsOfTable(Finding finding) => finding.Structure == VhdStructure.PartitionTable;
}
