using VhdPS.Engine.Chains;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Engine.Operations.Resize;
using VhdPS.Engine.Partitions;
using VhdPS.Tests.Files;
using VhdPS.Tests.Format;
using VhdPS.Tests.Partitions;

namespace VhdPS.Tests.Crash;

/// <summary>
/// A resize of a disk with a GPT may be cut at any write: the disk has its partitions with their content, by the same table, and the
/// same resize run again leaves a table without a fault whose backup is the disk's last sector.
/// </summary>
public sealed class TableMoveCrashTests
{
    private const int Sectors = 1000;
    private const int FirstSector = 100;
    private const int LastSector = 299;

    [Theory]
    [InlineData(true, Sectors + 1)]
    [InlineData(true, Sectors + 700)]
    [InlineData(true, Sectors - 20)]
    [InlineData(true, 400)]
    [InlineData(true, LastSector + 1 + 33)]
    [InlineData(false, Sectors + 1)]
    [InlineData(false, Sectors + 700)]
    [InlineData(false, Sectors - 20)]
    [InlineData(false, 400)]
    [InlineData(false, LastSector + 1 + 33)]
    public void No_cut_loses_a_partition(bool isFixed, int newCount)
    {
        byte[] initial = Make(isFixed);
        var recorder = new RecordingImageFile(new MemoryImageFile(initial));
        var options = new ResizeOptions(recorder.Path) { SizeBytes = newCount * 512L };
        ResizePlan plan = ResizeOperation.Run(recorder, options);
        Assert.True(plan.IsGptMoved);
        int states = 0;
        foreach (PowerCut.State state in new PowerCut(initial, recorder.Changes).Enumerate(new Random(newCount), isFixed ? 24 : 8))
        {
            states++;
            Verify(state.Bytes, newCount, isFinished: false);
            var file = new MemoryImageFile(state.Bytes);
            ResizeOperation.Run(file.Reopen(), options);
            Verify(file.ToArray(), newCount, isFinished: true);
        }

        Assert.True(states > 40, $"only {states} cuts");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_grown_disk_shrinks_back_to_its_partitions(bool isFixed)
    {
        var file = new MemoryImageFile(Make(isFixed));
        ResizeOperation.Run(file.Reopen(), new ResizeOptions(file.Path) { SizeBytes = 4L << 20 });
        ResizePlan plan = ResizeOperation.Run(file.Reopen(), new ResizeOptions(file.Path) { ToMinimumSize = true });
        Assert.Equal(1 << 20, plan.NewSizeBytes);
        Verify(file.ToArray(), 2048, isFinished: true);
    }

    [Fact]
    public void Data_outside_of_partitions_is_not_cut_off_nor_written_over()
    {
        var file = new MemoryImageFile(Make(isFixed: true));
        Write(file, 420, 7);
        var small = new ResizeOptions(file.Path) { SizeBytes = 440 * 512 };
        VhdOperationException error = Assert.Throws<VhdOperationException>(() => ResizeOperation.Run(file.Reopen(), small));
        Assert.Equal(OperationError.DataWouldBeLost, error.Code);
        Assert.Contains("sector 420", error.Message, StringComparison.Ordinal);
        ResizeOperation.Run(file.Reopen(), small with { SizeBytes = (421 + 33) * 512 });
        Verify(file.ToArray(), 421 + 33, isFinished: true);
    }

    [Fact]
    public void A_size_without_space_for_the_partitions_is_refused()
    {
        byte[] initial = Make(isFixed: false);
        var file = new MemoryImageFile(initial);
        VhdOperationException error = Assert.Throws<VhdOperationException>(() =>
            ResizeOperation.Run(file.Reopen(), new ResizeOptions(file.Path) { SizeBytes = (LastSector + 33) * 512 }));
        Assert.Equal(OperationError.DataWouldBeLost, error.Code);
        Assert.Equal(initial, file.ToArray());
    }

    [Fact]
    public void A_table_that_is_to_be_kept_is_kept()
    {
        var file = new MemoryImageFile(Make(isFixed: true));
        ResizeOperation.Run(file.Reopen(), new ResizeOptions(file.Path) { SizeBytes = 1 << 20, KeepPartitionTable = true });
        Assert.Equal(TableBytes.Gpt(Sectors, (FirstSector, LastSector)).Bytes[512..1024], file.ToArray()[512..1024]);
    }

    private static byte[] Make(bool isFixed)
    {
        byte[] disk = TableBytes.Gpt(Sectors, (FirstSector, LastSector)).Bytes;
        for (int sector = FirstSector; sector <= LastSector; sector++)
        {
            disk.AsSpan(sector * 512, 512).Fill((byte)(sector | 1));
        }

        ImageBytes image = isFixed ? ImageBytes.Fixed(Sectors * 512) : ImageBytes.Dynamic(Sectors * 512, 4096);
        var file = new MemoryImageFile(image.Bytes);
        using (VhdImage opened = VhdImage.Open(file.Reopen(), new VhdOpenOptions { ForWriting = true }))
        {
            opened.WriteSectors(0, disk);
            opened.Flush();
        }

        return file.ToArray();
    }

    private static void Write(MemoryImageFile file, long sector, byte value)
    {
        using VhdImage image = VhdImage.Open(file.Reopen(), new VhdOpenOptions { ForWriting = true });
        image.WriteSectors(sector, Enumerable.Repeat(value, 512).ToArray());
        image.Flush();
    }

    private static void Verify(byte[] bytes, long newCount, bool isFinished)
    {
        using VhdImage image = VhdImage.Open(new MemoryImageFile(bytes));
        Assert.True(image.SectorCount == newCount || (!isFinished && image.SectorCount == Sectors), $"{image.SectorCount} sectors");
        PartitionTable table = PartitionTable.Read(new ImageDiskReader(image));
        Partition partition = Assert.Single(table.Partitions);
        Assert.Equal((FirstSector, LastSector + 1), (partition.StartSector, partition.EndSector));
        byte[] content = new byte[(LastSector - FirstSector + 1) * 512];
        image.ReadSectors(FirstSector, content);
        for (int i = 0; i < content.Length; i++)
        {
            Assert.Equal((byte)((FirstSector + (i / 512)) | 1), content[i]);
        }

        if (isFinished)
        {
            Assert.DoesNotContain(table.Findings, finding => finding.Severity != Severity.Note);
            Assert.Equal(newCount - 1, table.Gpt!.Backup!.Lba);
            Assert.True(table.Gpt.Backup.IsValid);
        }
    }
}
