using VhdPS.Engine.Partitions;
using VhdPS.Tests.Peers;

namespace VhdPS.Tests.Partitions;

/// <summary>The backup of a GPT moved with the end of its disk: as sgdisk does it, and with a valid copy at every moment.</summary>
public sealed class GptMoveTests : IDisposable
{
    private const long Sectors = 40_000;

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>
    /// Cut after any number of sectors of any step, in an order that the disk may choose within the step, the disk has the same
    /// partitions; cut between steps, at least one copy is valid at its place.
    /// </summary>
    [Theory]
    [InlineData(Sectors + 1)]
    [InlineData(Sectors + 20)]
    [InlineData(Sectors + 33)]
    [InlineData(Sectors + 4096)]
    [InlineData(Sectors - 1)]
    [InlineData(Sectors - 20)]
    [InlineData(Sectors - 8000)]
    [InlineData(9034)]
    public void A_write_that_is_cut_off_loses_no_partition(long newSectors)
    {
        TableBytes old = TableBytes.Gpt(Sectors, (2048, 4095), (8192, 9000));
        long widest = Math.Max(Sectors, newSectors);
        byte[] disk = [.. old.Bytes, .. new byte[(widest - Sectors) * 512]];
        PartitionTable before = old.Table;
        GptMove move = GptMove.Plan(before, newSectors * 512);
        Assert.Equal(GptMoveVerdict.Planned, move.Verdict);
        var random = new Random((int)newSectors);
        foreach (IReadOnlyList<DiskWrite> step in move.Steps)
        {
            (long Offset, byte[] Bytes)[] sectors = [.. step.SelectMany(write => Enumerable.Range(0, write.Bytes.Length / 512)
                .Select(i => (write.Offset + (i * 512), write.Bytes.Slice(i * 512, 512).ToArray())))];
            for (int trial = 0; trial < 40; trial++)
            {
                byte[] cut = (byte[])disk.Clone();
                foreach ((long offset, byte[] bytes) in sectors.OrderBy(_ => random.Next()).Take(random.Next(sectors.Length + 1)))
                {
                    bytes.CopyTo(cut, offset);
                }

                AssertSame(before, PartitionTable.Read(new MemoryDisk(cut)));
            }

            foreach ((long offset, byte[] bytes) in sectors)
            {
                bytes.CopyTo(disk, offset);
            }
        }

        // A disk that becomes smaller is cut only now.
        PartitionTable after = PartitionTable.Read(new MemoryDisk(disk[..(int)(newSectors * 512)]));
        AssertSame(before, after);
        Assert.Empty(after.Findings);
        Assert.True(after.Gpt!.Backup!.IsValid);
        Assert.Equal(GptMoveVerdict.NotNeeded, GptMove.Plan(after, newSectors * 512).Verdict);
    }

    [Fact]
    public void A_disk_too_small_for_the_partitions_and_the_backup_is_refused()
    {
        PartitionTable table = TableBytes.Gpt(Sectors, (2048, 4095), (8192, 9000)).Table;
        Assert.Equal(GptMoveVerdict.Planned, GptMove.Plan(table, (9001 + 33) * 512).Verdict);
        Assert.Equal(GptMoveVerdict.DoesNotFit, GptMove.Plan(table, (9001 + 32) * 512).Verdict);
        Assert.Equal(GptMoveVerdict.DoesNotFit, GptMove.Plan(table, 0).Verdict);
        Assert.Equal(GptMoveVerdict.DoesNotFit, GptMove.Plan(TableBytes.Gpt(Sectors).Table, 60 * 512).Verdict);
        Assert.Equal(GptMoveVerdict.NotNeeded, GptMove.Plan(table, Sectors * 512).Verdict);
        Assert.Equal(GptMoveVerdict.NotNeeded, GptMove.Plan(TableBytes.Mbr(Sectors, (0x83, 2048, 4096)).Table, 1 << 30).Verdict);
    }

    [Fact]
    public void A_damaged_primary_is_not_built_upon()
    {
        foreach (long hurt in new[] { 512L, 512 + 60, 1024 + 40 })
        {
            Assert.Equal(
                GptMoveVerdict.TableDamaged, GptMove.Plan(TableBytes.Gpt(Sectors, (2048, 4095)).Put(hurt, 9).Table, 1 << 26).Verdict);
        }

        Assert.Equal(GptMoveVerdict.TableDamaged, GptMove.Plan(TableBytes.Gpt(Sectors, (4096, 2048)).Table, 1 << 26).Verdict);
    }

    [Fact]
    public void A_damaged_backup_is_written_anew_at_the_same_size()
    {
        TableBytes bytes = TableBytes.Gpt(Sectors, (2048, 4095)).Put((Sectors - 1) * 512, 9);
        GptMove move = GptMove.Plan(bytes.Table, Sectors * 512);
        Assert.Equal([PartitionStructure.GptBackupEntries, PartitionStructure.GptBackupHeader], move.Steps.SelectMany(step => step).Select(
            write => write.Structure));
        Apply(move, bytes.Bytes);
        Assert.Empty(bytes.Table.Findings);
    }

    [Fact]
    public void A_hybrid_record_and_the_largest_protective_entry_stay()
    {
        foreach (TableBytes bytes in new[]
        {
            TableBytes.Gpt(Sectors, (2048, 4095)).PutRecord(0, (0xEE, 1, 2047), (0x83, 2048, 2048)),
            TableBytes.Gpt(Sectors, (2048, 4095)).Put(458, uint.MaxValue, 4),
        })
        {
            GptMove move = GptMove.Plan(bytes.Table, 1 << 26);
            Assert.DoesNotContain(move.Steps.SelectMany(step => step), write => write.Offset == 0);
            Assert.Equal(3, move.Steps.SelectMany(step => step).Count());
        }

        // What a hybrid record describes beside the GPT is not written over.
        PartitionTable hybrid = TableBytes.Gpt(Sectors, (2048, 4095)).PutRecord(0, (0xEE, 1, 2047), (0x83, 2048, 20_000)).Table;
        Assert.Equal(GptMoveVerdict.DoesNotFit, GptMove.Plan(hybrid, 22_000 * 512).Verdict);
    }

    /// <summary>
    /// The same bytes in both copies as sgdisk -e writes; where partitions may begin only later, it ends the usable range by as much
    /// earlier, so that sfdisk is asked, which does not.
    /// </summary>
    [PeerTheory(PeerPrograms.Sgdisk, PeerPrograms.Sfdisk, PeerPrograms.Fdisk, PeerPrograms.Parted)]
    [InlineData("gpt one", 80)]
    [InlineData("gpt names", 65)]
    [InlineData("gpt usable range", 64)]
    [InlineData("gpt usable range", 128)]
    [InlineData("gpt table of 64", 100)]
    [InlineData("sgdisk empty", 70)]
    [InlineData("sgdisk 256 entries", 300)]
    [InlineData("sgdisk table moved", 90)]
    [InlineData("sgdisk full", 66)]
    [InlineData("gpt 4 TiB", 5 * 1024 * 1024)]
    public void The_bytes_are_those_of_others(string name, int newMebibytes)
    {
        (long size, Action<string> make) = TableCases.All[name];
        string path = RawDisk.Create(_folder, "disk.img", size);
        make(path);
        long newSize = newMebibytes * 1024L * 1024;
        PartitionTable before = RawDisk.Table(path);
        GptMove move = GptMove.Plan(before, newSize);
        RawDisk.SetLength(path, newSize);
        string theirs = _folder["theirs.img"];
        PeerProcess.Run("cp", "--sparse=always", path, theirs);
        Apply(move, path);
        GptCopy old = before.Gpt!.Used!;
        bool isDense = old.Header.FirstUsableLba == old.Header.EntriesLba + (ulong)old.EntriesSectorCount && old.Header.EntriesLba == 2;
        PeerProcess.Run(
            isDense ? PeerPrograms.Sgdisk : PeerPrograms.Sfdisk, isDense ? ["-e", theirs]
                : ["--relocate", "gpt-bak-std", "--no-tell-kernel", theirs]);
        PartitionTable table = RawDisk.Table(path);
        Assert.DoesNotContain(table.Findings, finding => finding.Code != PartitionFault.PartitionNotAligned);
        int backup = (int)(table.Gpt!.Used!.EntriesSectorCount + 1) * 512;
        Assert.Equal(RawDisk.Read(theirs, 512, 40 * 512), RawDisk.Read(path, 512, 40 * 512));
        Assert.Equal(RawDisk.Read(theirs, newSize - backup, backup), RawDisk.Read(path, newSize - backup, backup));
        Assert.Contains("No problems found", PeerProcess.Run(PeerPrograms.Sgdisk, "-v", path), StringComparison.Ordinal);
        Assert.DoesNotContain("PMBR", PeerProcess.TryRun(PeerPrograms.Fdisk, "-l", path).ToString(), StringComparison.Ordinal);
    }

    /// <summary>Every table of the corpus, made as small as it says that it can be: sgdisk and sfdisk find all partitions and no
    /// problem.</summary>
    [PeerTheory(PeerPrograms.Sgdisk, PeerPrograms.Sfdisk, PeerPrograms.Fdisk, PeerPrograms.Parted)]
    [MemberData(nameof(TablePeerTests.Cases), MemberType = typeof(TablePeerTests))]
    public void The_minimum_size_keeps_every_partition(string name)
    {
        if (name.Contains("4096", StringComparison.Ordinal))
        {
            return;
        }

        (long size, Action<string> make) = TableCases.All[name];
        string path = RawDisk.Create(_folder, "disk.img", size);
        make(path);
        PartitionTable before = RawDisk.Table(path);
        MinimumDiskSize minimum = MinimumDiskSize.Of(before);
        bool isRefused = name is "mbr empty" or "mbr dynamic disk" or "gpt backup only" or "gpt entries hurt";
        Assert.Equal(isRefused, minimum.SizeBytes is null);
        if (minimum.SizeBytes is not { } newSize)
        {
            Assert.NotEmpty(minimum.Reason);
            return;
        }

        GptMove move = GptMove.Plan(before, newSize);
        Apply(move, path);
        RawDisk.SetLength(path, newSize);
        AssertSame(before, RawDisk.Table(path));
        long end = before.Partitions.Count == 0 ? 34 : before.Partitions.Max(partition => partition.EndSector);
        Assert.True(newSize == size || newSize - (end * 512) < (2 << 20) + (65 * 512), $"{newSize} for an end at sector {end}");
        if (before.Style == PartitionStyle.Gpt)
        {
            Assert.Contains("No problems found", PeerProcess.Run(PeerPrograms.Sgdisk, "-v", path), StringComparison.Ordinal);
            Assert.Equal(GptMoveVerdict.DoesNotFit, GptMove.Plan(before, newSize - (2 << 20)).Verdict);
        }

        Assert.DoesNotContain("ilter", PeerProcess.Run(PeerPrograms.Sfdisk, "--verify", path), StringComparison.Ordinal);
    }

    private static void Apply(GptMove move, string path)
    {
        foreach (DiskWrite write in move.Steps.SelectMany(step => step))
        {
            RawDisk.Write(path, write.Offset, write.Bytes.Span);
        }
    }

    private static void Apply(GptMove move, byte[] disk)
    {
        foreach (DiskWrite write in move.Steps.SelectMany(step => step))
        {
            write.Bytes.Span.CopyTo(disk.AsSpan((int)write.Offset));
        }
    }

    private static void AssertSame(PartitionTable before, PartitionTable after) => Assert.Equal(before.Partitions, after.Partitions);
}
