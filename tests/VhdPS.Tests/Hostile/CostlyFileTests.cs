using System.Buffers.Binary;
using VhdPS.Engine.Checking;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Engine.Layout;
using VhdPS.Engine.Operations.Repair;
using VhdPS.Tests.Files;

namespace VhdPS.Tests.Hostile;

/// <summary>
/// Small files that claim much: what they cost is counted in findings, calls and bytes, which do not depend on the machine.
/// </summary>
public sealed class CostlyFileTests
{
    private const int MiB = 1024 * 1024;
    private const int ManyEntries = (16 * MiB) - (64 * 1024);
    private const int SmallBlock = 64 * 1024;

    private static readonly DateTime Now = new(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc);

    /// <summary>The table is a hole: each of its entries is 0, the place of the footer's copy.</summary>
    [Fact]
    public void A_table_of_zeros_is_one_finding_and_is_never_in_memory()
    {
        using MemoryImageFile file = Make(ManyEntries, SmallBlock, table: null);
        (CheckReport report, long bytes) = Count(() => ImageChecker.Check(file, new CheckOptions { Full = true }));
        Finding finding = Assert.Single(report.Findings, finding => finding.Severity == Severity.Error);
        Assert.Equal((FaultCode.BatEntryInStructure, 0L, (long)ManyEntries), (finding.Code, finding.BlockIndex, finding.BlockCount));
        Assert.Contains($"the {ManyEntries - 1} after it", finding.Message, StringComparison.Ordinal);
        Assert.Equal(ManyEntries, report.ErrorCount);
        Assert.InRange(bytes, 0, 2L * MiB);
    }

    [Fact]
    public void A_table_of_zeros_is_one_run_of_damaged_blocks()
    {
        using MemoryImageFile file = Make(ManyEntries, SmallBlock, table: null);
        (BlockRun[] runs, long bytes) = Count<BlockRun[]>(() =>
        {
            using VhdImage image = VhdImage.Open(file.Reopen());
            return [.. BlockMap.FromTable(image), .. BlockMap.Detailed(image), .. BlockMap.OfChain(image)];
        });
        Assert.All(runs, run => Assert.Equal(
            (BlockState.Damaged, 0L, (long)ManyEntries, -1L), (run.State, run.Block, run.Count, run.FileOffset)));
        Assert.Equal(3, runs.Length);

        // The table itself, and a bit a block.
        Assert.InRange(bytes, 0, 72L * MiB);
    }

    /// <summary>Each entry names one place, which is a good one.</summary>
    [Fact]
    public void A_table_of_one_place_is_counted_and_not_sorted()
    {
        uint place = (uint)((1536 + (4L * ManyEntries)) / 512);
        using MemoryImageFile file = Make(ManyEntries, SmallBlock, table: _ => place, blockCount: 1);
        (CheckReport report, long bytes) = Count(() => ImageChecker.Check(file));
        Assert.Equal(ManyEntries - 1, report.ErrorCount);
        Assert.All(report.Findings.Where(finding => finding.Severity == Severity.Error),
            finding => Assert.Equal(FaultCode.BatEntryDuplicate, finding.Code));
        Assert.InRange(report.Findings.Count, 1, 4);
        Assert.InRange(bytes, 0, 16L * MiB);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_million_entries_past_the_end_are_a_few_steps_of_a_repair(int step)
    {
        using MemoryImageFile file = Make(MiB, MiB, i => i % step == 0 ? 0x1000_0000 + ((uint)i * 2049) : VhdSpec.UnusedEntry);
        (RepairPlan plan, long bytes) = Count(() => RepairOperation.Plan(file));
        Assert.InRange(plan.Steps.Count, 1, 110);
        Assert.Equal(MiB / step, plan.Report.ErrorCount);
        Assert.All(
            plan.Steps.Where(made => made.Finding.Code == FaultCode.BatEntryPastEnd),
            made => Assert.Equal(RepairOutcome.Repair, made.Outcome));
        Assert.Equal(4L * MiB, plan.Phases.SelectMany(phase => phase.Edits).Sum(edit => (long)edit.NewBytes.Length));
        Assert.InRange(bytes, 0, 200L * MiB);

        using MemoryImageFile repaired = file.Copy();
        RepairOperation.Run(repaired, plan, undo: null);
        Assert.Equal(0, ImageChecker.Check(repaired).ErrorCount);
    }

    /// <summary>Every second bit is clear, and the data is a hole, or zeros.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Bitmaps_with_every_second_bit_clear_are_asked_for_in_few_calls(bool isHole)
    {
        const int BlockCount = 64, BlockSize = 2 * MiB, BlockSectors = (BlockSize / 512) + 1;
        uint first = 1536 / 512 + 1;
        using MemoryImageFile file = Make(BlockCount, BlockSize, i => first + ((uint)i * BlockSectors), BlockCount);
        byte[] bitmap = new byte[512];
        bitmap.AsSpan().Fill(0x55);
        for (int block = 0; block < BlockCount; block++)
        {
            file.WriteAt((first + ((long)block * BlockSectors)) * 512, bitmap);
        }

        var counted = new CountingFile(file, isHole);
        CheckReport report = ImageChecker.Check(counted, new CheckOptions { Full = true });
        Assert.Equal(0, report.ErrorCount);

        // A bitmap a block, and 256 KiB of data a read; the table and the structures besides.
        Assert.InRange(counted.ReadCount, BlockCount, (BlockCount * (isHole ? 1 : 9)) + 64);
        Assert.InRange(counted.FindDataCount, 0, isHole ? BlockCount * 10 : 16);
    }

    [Fact]
    public void Hidden_data_is_found_under_every_second_bit()
    {
        var random = new Random(5);
        for (int round = 0; round < 40; round++)
        {
            byte[] bitmap = new byte[512], data = new byte[MiB], expected = new byte[512];
            random.NextBytes(bitmap);
            bitmap.AsSpan(random.Next(0, 200), random.Next(0, 200)).Fill((byte)(random.Next(2) * 0xFF));
            for (int sector = 0; sector < 2048; sector++)
            {
                if (random.Next(3) == 0)
                {
                    data[(sector * 512) + random.Next(512)] = 1;
                    if (!SectorBitmap.IsSet(bitmap, sector))
                    {
                        SectorBitmap.SetRange(expected, sector, 1);
                    }
                }
            }

            uint first = 1536 / 512 + 1;
            using MemoryImageFile file = Make(1, MiB, _ => first, blockCount: 1);
            file.WriteAt(first * 512, bitmap);
            file.WriteAt((first * 512) + 512, data);
            byte[] shown = new byte[512];
            new HiddenData(file, ImageLayout.Read(file)).Find(0, first, bitmap, shown, CancellationToken.None);
            Assert.Equal(expected, shown);
        }
    }

    /// <summary>A dynamic image whose table is given, with free space for blocks after it.</summary>
    private static MemoryImageFile Make(int entryCount, int blockSize, Func<int, uint>? table, int blockCount = 0)
    {
        var image = new NewImage((long)entryCount * blockSize) { BlockSize = blockSize, UniqueId = Guid.NewGuid(), TimeStamp = Now };
        HardDiskFooter footer = image.CreateFooter();
        var file = new MemoryImageFile(footer.Bytes);
        file.WriteAt(512, DynamicDiskHeader.Create(1536, entryCount, blockSize).Bytes);
        byte[] chunk = new byte[256 * 1024];
        for (int first = 0; table is not null && first < entryCount; first += chunk.Length / 4)
        {
            int count = Math.Min(chunk.Length / 4, entryCount - first);
            for (int i = 0; i < count; i++)
            {
                BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(i * 4), table(first + i));
            }

            file.WriteAt(1536 + (first * 4L), chunk.AsSpan(0, count * 4));
        }

        long end = VhdSpec.RoundUp(1536 + (entryCount * 4L), 512) + (blockCount * (blockSize + 512L));
        file.WriteAt(end, footer.Bytes);
        return file;
    }

    private static (T Result, long Bytes) Count<T>(Func<T> work)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        T result = work();
        return (result, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private sealed class CountingFile(ImageFile inner, bool hasHoles) : PassThroughImageFile(inner)
    {
        private readonly ImageFile _inner = inner;

        public int ReadCount { get; private set; }

        public int FindDataCount { get; private set; }

        public override int ReadAt(long fileOffset, Span<byte> buffer)
        {
            ReadCount++;
            return base.ReadAt(fileOffset, buffer);
        }

        public override bool TryFindData(long fileOffset, out long dataOffset, out long dataEnd)
        {
            FindDataCount++;
            if (!hasHoles)
            {
                (dataOffset, dataEnd) = (fileOffset, _inner.Length);
                return fileOffset < _inner.Length;
            }

            // Bitmaps are data, in pages of 512 bytes.
            const long Span = (2L * MiB) + 512, First = 2048;
            long block = Math.Max(0, (fileOffset - First) / Span);
            long start = First + (block * Span);
            start = fileOffset < start + 512 ? start : start + Span;
            (dataOffset, dataEnd) = (Math.Max(fileOffset, start), start + 512);
            return dataOffset < _inner.Length;
        }
    }
}
