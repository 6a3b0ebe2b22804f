using System.Security.Cryptography;
using VhdPS.Engine.Chains;
using VhdPS.Engine.Checking;
using VhdPS.Engine.Disks;
using VhdPS.Engine.Files;
using VhdPS.Engine.Images;
using VhdPS.Engine.Operations.Compare;
using VhdPS.Engine.Operations.Convert;
using VhdPS.Engine.Operations.Hash;
using VhdPS.Engine.Operations.Merge;
using VhdPS.Engine.Operations.Optimize;
using VhdPS.Engine.Operations.Repair;
using VhdPS.Tests.Disks;
using VhdPS.Tests.Format;

namespace VhdPS.Tests.Files;

/// <summary>Work that is held back reads no more bytes in a time than it may, and waits for nothing that it does not read.</summary>
public sealed class RateLimitTests : IDisposable
{
    private const int Rate = 1000;
    private const int BlockSize = 256 * 1024;
    private const int BlockCount = 8;

    private readonly TempFolder _folder = new();
    private readonly Clock _clock = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Bytes_come_at_the_rate_and_time_without_any_is_not_made_up_for()
    {
        RateLimit limit = Limit();
        for (int i = 0; i < 10; i++)
        {
            limit.Wait(Rate);
        }

        Assert.InRange(_clock.Now.TotalSeconds, 9.8, 10);
        _clock.Now += TimeSpan.FromHours(1);
        double before = _clock.Now.TotalSeconds;
        limit.Wait(5 * Rate);
        Assert.InRange(_clock.Now.TotalSeconds - before, 4.8, 5);
    }

    [Fact]
    public void Waiting_ends_when_it_is_cancelled()
    {
        using var stop = new CancellationTokenSource();
        var limit = new RateLimit(1, stop.Token);
        using var timer = new Timer(_ => stop.Cancel(), null, 50, Timeout.Infinite);
        Assert.Throws<OperationCanceledException>(() => limit.Wait(1 << 20));
    }

    [Theory]
    [InlineData("hash")]
    [InlineData("compare")]
    [InlineData("convert")]
    [InlineData("optimize")]
    [InlineData("optimize in place")]
    public void A_disk_costs_the_time_of_its_data(string work)
    {
        // Three blocks of eight have data, at the end of the file's order, so that in place one of them moves.
        string path = _folder.Write("a.vhd", ImageBytes.Dynamic(BlockCount * BlockSize, BlockSize)
            .AddBlock(6, 0).AddBlock(1, 7).AddBlock(2, 8).AddBlock(3, 9).Bytes);
        byte[] disk = DiskModel.Read(path, SourceFormat.Vhd);
        RateLimit limit = Limit();
        int dataBlockCount = 4;
        switch (work)
        {
            case "hash":
                using (DiskSource source = Open(path, limit))
                {
                    Assert.Equal(SHA256.HashData(disk), DiskHash.Compute(source, HashAlgorithmName.SHA256));
                }

                break;
            case "compare":
                dataBlockCount *= 2;
                File.Copy(path, _folder["b.vhd"]);
                using (DiskSource reference = Open(path, limit), difference = Open(_folder["b.vhd"], limit))
                {
                    Assert.Empty(DiskComparison.FindDifferences(reference, difference));
                }

                break;
            case "convert":
                using (ConvertOperation operation = ConvertOperation.Begin(new ConvertOptions(path, _folder["b.vhd"])
                {
                    TargetFormat = DiskFormat.Dynamic,
                    RateLimit = limit,
                    UniqueId = DiskModel.UniqueId,
                    TimeStamp = DiskModel.TimeStamp,
                }))
                {
                    operation.Run();
                }

                path = _folder["b.vhd"];
                break;
            case "optimize":
                using (OptimizeOperation operation = OptimizeOperation.Begin(new OptimizeOptions(path) { RateLimit = limit }))
                {
                    operation.Run();
                }

                break;
            default:
                // The last block moves into the gap of the one that was empty.
                dataBlockCount++;
                OptimizeOperation.RunInPlace(new OptimizeOptions(path) { RateLimit = limit });
                break;
        }

        Assert.InRange(_clock.Now.TotalSeconds * Rate / BlockSize, dataBlockCount - 0.1, dataBlockCount + 0.1);
        Assert.Equal(disk, DiskModel.Read(path, SourceFormat.Vhd));
        Assert.True(ImageChecker.Check(path, new CheckOptions { Full = true }).IsValid);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_merge_costs_the_time_of_what_the_child_holds(bool intoNewFile)
    {
        string parent = _folder.Write("parent.vhd", ImageBytes.Dynamic(BlockCount * BlockSize, BlockSize).AddBlock(0, 5).Bytes);
        string child = _folder["child.vhd"];
        ChildCreator.Create(child, new NewChild(parent) { UniqueId = DiskModel.UniqueId, TimeStamp = DiskModel.TimeStamp });
        using (VhdImage image = VhdImage.Open(child, new VhdOpenOptions { ForWriting = true }))
        {
            image.WriteSectors(BlockSize / 512, Enumerable.Repeat((byte)3, BlockSize).ToArray());
            image.Flush();
        }

        byte[] disk = DiskModel.Read(child, SourceFormat.Vhd);
        MergePlan plan = MergeOperation.Run(new MergeOptions(child)
        {
            DestinationPath = intoNewFile ? _folder["new.vhd"] : null,
            RateLimit = Limit(),
            UniqueId = DiskModel.UniqueId,
            TimeStamp = DiskModel.TimeStamp,
        });

        // A new file takes the whole disk, the parent only what it lacks.
        Assert.InRange(_clock.Now.TotalSeconds * Rate / BlockSize, intoNewFile ? 1.9 : 0.9, intoNewFile ? 2.1 : 1.1);
        Assert.Equal(disk, DiskModel.Read(plan.TargetPath, SourceFormat.Vhd));
        Assert.True(ImageChecker.Check(plan.TargetPath, new CheckOptions { Full = true }).IsValid);
    }

    /// <summary>One block of the child is the parent's, which only reading both tells.</summary>
    [Theory]
    [InlineData("optimize")]
    [InlineData("optimize in place")]
    [InlineData("what differs")]
    public void A_parent_that_is_asked_costs_its_time_too(string work)
    {
        string parent = _folder.Write("parent.vhd", ImageBytes.Dynamic(BlockCount * BlockSize, BlockSize).AddBlock(1, 5).Bytes);
        string child = _folder["child.vhd"];
        ChildCreator.Create(child, new NewChild(parent) { UniqueId = DiskModel.UniqueId, TimeStamp = DiskModel.TimeStamp });
        using (VhdImage image = VhdImage.Open(child, new VhdOpenOptions { ForWriting = true }))
        {
            image.WriteSectors(BlockSize / 512, Enumerable.Repeat((byte)5, BlockSize).ToArray());
            image.Flush();
        }

        byte[] disk = DiskModel.Read(child, SourceFormat.Vhd);
        var options = new OptimizeOptions(child) { RateLimit = Limit() };
        switch (work)
        {
            case "optimize":
                using (OptimizeOperation operation = OptimizeOperation.Begin(options))
                {
                    operation.Run();
                }

                break;
            case "optimize in place":
                OptimizeOperation.RunInPlace(options);
                break;
            default:
                string target = _folder["new.vhd"];
                using (ConvertOperation operation = ConvertOperation.Begin(new ConvertOptions(child, target)
                {
                    TargetFormat = DiskFormat.Differencing,
                    ParentPath = parent,
                    RateLimit = options.RateLimit,
                    UniqueId = Guid.NewGuid(),
                    TimeStamp = DiskModel.TimeStamp,
                }))
                {
                    operation.Run();
                }

                child = target;
                break;
        }

        Assert.InRange(_clock.Now.TotalSeconds * Rate / BlockSize, 1.9, 2.1);
        Assert.Equal(disk, DiskModel.Read(child, SourceFormat.Vhd));
        Assert.True(ImageChecker.Check(child, new CheckOptions { Full = true }).IsValid);
    }

    [Fact]
    public void A_check_waits_for_what_it_reads()
    {
        string path = _folder.Write("a.vhd", ImageBytes.Dynamic(BlockCount * BlockSize, BlockSize).AddBlock(1, 7).Bytes);
        CheckReport report = RepairOutlook.Check(path, new CheckOptions { Full = true, RateLimit = Limit() });
        Assert.True(report.IsValid);
        Assert.True(_clock.Now > TimeSpan.FromSeconds(1));
    }

    private static DiskSource Open(string path, RateLimit limit) =>
        DiskSource.Open(path, SourceFormat.Vhd, new VhdOpenOptions { RateLimit = limit });

    private RateLimit Limit() => new(Rate, () => _clock.Now, _clock.WaitUntil);

    /// <summary>A clock on which only waiting takes time, on several threads at once.</summary>
    private sealed class Clock
    {
        private long _ticks;

        public TimeSpan Now
        {
            get => new(Interlocked.Read(ref _ticks));
            set => Interlocked.Exchange(ref _ticks, value.Ticks);
        }

        public void WaitUntil(TimeSpan due)
        {
            for (long now = Now.Ticks; now < due.Ticks; now = Now.Ticks)
            {
                Interlocked.CompareExchange(ref _ticks, due.Ticks, now);
            }
        }
    }
}
