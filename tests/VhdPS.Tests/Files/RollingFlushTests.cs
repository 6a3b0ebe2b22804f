using VhdPS.Engine.Files;

namespace VhdPS.Tests.Files;

/// <summary>Syncs beside the writing: one a stretch of 64 MiB, one at a time, and none that failed is taken for done.</summary>
public sealed class RollingFlushTests
{
    private const long MiB = 1 << 20;

    [Fact]
    public void One_sync_is_begun_for_each_stretch()
    {
        var file = new CountingFile();
        using var flush = new RollingFlush(file);
        int[] counts = [.. new[] { 63, 64, 65, 127, 128, 500, 563, 564 }.Select(written =>
        {
            flush.Step(written * MiB, CancellationToken.None);
            flush.Finish(CancellationToken.None);
            return file.FlushCount;
        })];
        Assert.Equal([0, 1, 1, 1, 2, 3, 3, 4], counts);
    }

    [Fact]
    public void A_sync_that_failed_is_told_by_the_next_and_at_the_end()
    {
        var file = new CountingFile { Fails = true };
        using var flush = new RollingFlush(file);
        flush.Step(64 * MiB, CancellationToken.None);
        Assert.Throws<ImageIOException>(() => flush.Step(128 * MiB, CancellationToken.None));
        Assert.Throws<ImageIOException>(() => flush.Finish(CancellationToken.None));
        Assert.Equal(1, file.FlushCount);
    }

    [Fact]
    public async Task The_end_waits_for_the_last_sync_and_can_be_cancelled()
    {
        using var stop = new CancellationTokenSource();
        using var gate = new ManualResetEventSlim();
        var file = new CountingFile { Gate = gate };
        var flush = new RollingFlush(file);
        flush.Step(64 * MiB, CancellationToken.None);
        stop.Cancel();
        Assert.Throws<OperationCanceledException>(() => flush.Finish(stop.Token));
        Assert.Throws<OperationCanceledException>(() => flush.Step(128 * MiB, stop.Token));
        Assert.Equal(0, file.FlushCount);
        Task end = Task.Run(flush.Dispose);
        Assert.NotSame(end, await Task.WhenAny(end, Task.Delay(50)));
        gate.Set();
        await end;
        Assert.Equal(1, file.FlushCount);
        flush.Finish(CancellationToken.None);
    }

    private sealed class CountingFile() : PassThroughImageFile(new MemoryImageFile([]))
    {
        private int _flushCount;

        public bool Fails { get; init; }

        public ManualResetEventSlim? Gate { get; init; }

        public int FlushCount => _flushCount;

        public override void Flush()
        {
            Gate?.Wait();
            Interlocked.Increment(ref _flushCount);
            if (Fails)
            {
                throw new ImageIOException(Path, ImageIOOperation.Flush, 0, new IOException("gone"));
            }
        }
    }
}
