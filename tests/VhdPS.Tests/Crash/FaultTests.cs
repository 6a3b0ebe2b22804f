using VhdPS.Engine.Chains;
using VhdPS.Engine.Checking;
using VhdPS.Engine.Files;
using VhdPS.Engine.Images;
using VhdPS.Engine.Operations.Repair;
using VhdPS.Tests.Files;
using VhdPS.Tests.Operations.Repair;
using Xunit.Abstractions;

namespace VhdPS.Tests.Crash;

/// <summary>
/// Each operation on a file failing in its turn: a typed error, an image as good as after a crash, a handle that agrees
/// with the file and takes no more writes.
/// </summary>
public sealed class FaultTests(ITestOutputHelper output)
{
    private static readonly int Runs = LongRun.Count(150, 5000);

    [Fact]
    public void AFailedWriteOrSyncLosesNothingThatAFlushPromised()
    {
        int faults = 0;
        for (int seed = 1; seed <= Runs; seed++)
        {
            byte[] initial = CrashImages.Make(new Random(seed)).Bytes;
            int count = Run(initial, seed, failAt: -1, staysBroken: false, bytesOfFailedWrite: 0);
            var random = new Random(seed);
            for (int sample = 0; sample < 12; sample++)
            {
                faults++;
                Run(initial, seed, random.Next(count), random.Next(2) == 0, random.Next(18) * 512);
            }
        }

        output.WriteLine($"{faults} faults in {Runs} runs");
    }

    [Fact]
    public void AFullDiskTakesNothingBackThatWasThere()
    {
        for (int seed = 1; seed <= Runs; seed++)
        {
            var random = new Random(seed);
            byte[] initial = CrashImages.Make(random).Bytes;
            using var file = new MemoryImageFile(initial) { MaxLength = initial.Length + (random.Next(18) * 512) };
            var model = new DiskModel(ReadAll(initial));
            using VhdImage image = VhdImage.Open(new KeptOpenImageFile(file), new VhdOpenOptions { ForWriting = true });
            for (int step = 1; step < 60; step++)
            {
                int sector = random.Next(model.SectorCount);
                ulong[] values = [.. Enumerable.Repeat((ulong)step, random.Next(1, Math.Min(4, model.SectorCount - sector) + 1))];
                try
                {
                    image.WriteSectors(sector, DiskModel.Encode(values));
                    model.Write(-1, sector, values);
                }
                catch (ImageIOException error)
                {
                    Assert.True(error.IsDiskFull);
                    Assert.Equal(OperationError.EarlierWriteFailed, Assert.Throws<VhdOperationException>(
                        () => image.WriteSectors(0, new byte[512])).Code);
                    CheckFooterAtEnd(file);
                    model.Write(-1, sector, values);
                    break;
                }
            }

            file.MaxLength = long.MaxValue;
            ulong[] seen = CrashWorkload.ReadValues(image);
            image.Dispose();
            AssertAllowed(file, model, seen, $"seed {seed}");
        }
    }

    [Fact]
    public void AFailedReadIsATypedErrorAndChangesNothing()
    {
        for (int seed = 1; seed <= 60; seed++)
        {
            byte[] initial = CrashImages.Make(new Random(seed)).Bytes;
            int count = ReadThrough(initial, -1);
            for (int failAt = 0; failAt < count; failAt++)
            {
                int failing = failAt;
                Assert.Throws<ImageIOException>(() => ReadThrough(initial, failing));
            }
        }
    }

    [Fact]
    public void AFailedRepairCanBeUndone()
    {
        int faults = 0;
        foreach (DamagedImage damaged in DamagedImages.All().Where(damaged => damaged.IsMended))
        {
            using var whole = new RecordingImageFile(new MemoryImageFile(damaged.Bytes));
            var options = new RepairOptions { UniqueId = Guid.NewGuid() };
            RepairOperation.Run(whole, RepairOperation.Plan(whole, options), undo: null);
            for (int failAt = 0; failAt < whole.Changes.Count * 2; failAt++)
            {
                // A system may also take a part of a sector, which no crash does.
                faults++;
                bool isTorn = failAt % 2 == 1;
                using var memory = new MemoryImageFile(damaged.Bytes);
                using var file = new RecordingImageFile(new KeptOpenImageFile(memory))
                {
                    FailAt = failAt / 2,
                    BytesOfFailedWrite = isTorn ? 100 : 0,
                };
                using var undo = new MemoryImageFile([]);
                RepairPlan plan = RepairOperation.Plan(file, options);
                Assert.Throws<ImageIOException>(() => RepairOperation.Run(file, plan, undo));
                CheckReport report = ImageChecker.Check(memory, new CheckOptions { Full = true });
                Assert.True(isTorn || report.ErrorCount <= plan.Report.ErrorCount, damaged.Name);
                UndoOperation.Run(memory, UndoRecord.Read(undo));
                Assert.Equal(damaged.Bytes, memory.ToArray());
            }
        }

        output.WriteLine($"{faults} faults");
    }

    /// <summary>Runs a workload whose <paramref name="failAt"/>-th change fails, and returns how many changes there were.</summary>
    private static int Run(byte[] initial, int seed, int failAt, bool staysBroken, int bytesOfFailedWrite)
    {
        var random = new Random(seed * 31);
        using var store = new MemoryImageFile(initial);
        using var file = new RecordingImageFile(new KeptOpenImageFile(store))
        {
            FailAt = failAt,
            StaysBroken = staysBroken,
            BytesOfFailedWrite = bytesOfFailedWrite,
        };
        var model = new DiskModel(ReadAll(initial));
        VhdImage image = VhdImage.Open(file, new VhdOpenOptions { ForWriting = true });
        bool isFlushFailed = false;
        try
        {
            for (int step = 1; step < 20; step++)
            {
                int sector = random.Next(model.SectorCount);
                ulong[] values = [.. Enumerable.Repeat((ulong)step, random.Next(1, Math.Min(8, model.SectorCount - sector) + 1))];
                model.Write(-1, sector, values);
                image.WriteSectors(sector, DiskModel.Encode(values));
                if (random.Next(4) == 0)
                {
                    isFlushFailed = true;
                    image.Flush();
                    isFlushFailed = false;
                    model.Flushed(0);
                }
            }
        }
        catch (ImageIOException)
        {
            Assert.True(file.HasFailed);
            Assert.Equal(
                OperationError.EarlierWriteFailed, Assert.Throws<VhdOperationException>(() => image.WriteSectors(0, new byte[512])).Code);
        }

        ulong[] seen = CrashWorkload.ReadValues(image);
        bool isClosed = true;
        try
        {
            image.Dispose();
        }
        catch (ImageIOException)
        {
            isClosed = false;
        }

        // A handle that could still flush has published what it showed; the file must show the same.
        AssertAllowed(store, model, isClosed && !isFlushFailed ? seen : null, $"seed {seed}, change {failAt} fails");
        return file.Changes.Count;
    }

    private static void AssertAllowed(MemoryImageFile file, DiskModel model, ulong[]? seen, string what)
    {
        CheckReport report = ImageChecker.Check(file.Reopen(), new CheckOptions { Full = true });
        Assert.True(report.IsValid, what + string.Join('\n', report.Findings.Select(finding => finding.Describe())));
        ulong[] values = ReadAll(file.ToArray());
        for (int sector = 0; sector < values.Length; sector++)
        {
            Assert.True(model.Allows(0, sector, values[sector]), $"{what}: sector {sector} reads {values[sector]:X}");
            Assert.True(seen is null || seen[sector] == values[sector], $"{what}: the handle shows another sector {sector} than the file");
        }
    }

    private static void CheckFooterAtEnd(MemoryImageFile file)
    {
        CheckReport report = ImageChecker.Check(file.Reopen());
        Assert.True(report.IsValid, string.Join('\n', report.Findings.Select(finding => finding.Describe())));
        Assert.NotNull(report.Layout!.Footers.End);
        Assert.Equal(0, report.Layout.Footers.TrailingBytes);
    }

    private static ulong[] ReadAll(byte[] bytes)
    {
        using VhdImage image = VhdImage.Open(new MemoryImageFile(bytes));
        return CrashWorkload.ReadValues(image);
    }

    private static int ReadThrough(byte[] initial, int failAt)
    {
        var memory = new MemoryImageFile(initial);
        using var file = new UnreadableImageFile(new KeptOpenImageFile(memory), failAt);
        try
        {
            using (VhdImage image = VhdImage.Open(file))
            {
                CrashWorkload.ReadValues(image);
            }

            RepairOperation.Plan(file, new RepairOptions { RebuildTable = true });
            return file.ReadCount;
        }
        finally
        {
            Assert.Equal(initial, memory.ToArray());
        }
    }
}
