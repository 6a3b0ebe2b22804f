using VhdPS.Engine.Chains;
using VhdPS.Engine.Checking;
using VhdPS.Engine.Images;
using VhdPS.Engine.Layout;
using VhdPS.Engine.Operations.Resize;
using VhdPS.Tests.Files;
using VhdPS.Tests.Format;

namespace VhdPS.Tests.Crash;

/// <summary>
/// A fixed image grows by more than a footer is looked for among other bytes, on a file system that reports no holes: cut at
/// any write it opens, its data is whole, and the same growth run again finishes it.
/// </summary>
public sealed class FixedGrowthCrashTests
{
    private const int OldSize = 64 * 1024;
    private const int NewSize = OldSize + (3 * 1024 * 1024);

    [Theory]
    [InlineData(FooterPair.ZeroSearchDistance)]
    [InlineData(1024 * 1024)]
    public void No_cut_loses_the_image(int step)
    {
        byte[] initial = Initial();
        var recorder = new RecordingImageFile(new MemoryImageFile(initial));
        using (VhdImage image = VhdImage.Open(recorder, new VhdOpenOptions { ForWriting = true }))
        {
            new FixedResize(image, NewSize, step).Run(null, CancellationToken.None);
        }

        int states = 0, between = 0;
        foreach (PowerCut.State state in new PowerCut(initial, recorder.Changes).Enumerate(new Random(1), samples: 12))
        {
            states++;
            var file = new MemoryImageFile(state.Bytes);
            long size = Verify(file.Reopen(), initial);
            Assert.True(size is OldSize or NewSize || (
                step < NewSize - OldSize && size > OldSize && size < NewSize), $"{size} bytes after {state.ChangeCount} changes");
            between += size is OldSize or NewSize ? 0 : 1;
            ResizeOperation.Run(file.Reopen(), new ResizeOptions(file.Path) { SizeBytes = NewSize, Force = true });
            Assert.Equal(NewSize, Verify(file.Reopen(), initial));
            Assert.True(ImageChecker.Check(file, new CheckOptions { Full = true }).IsValid);
        }

        Assert.True(states > 8, $"{states} states");
        Assert.Equal(step < NewSize - OldSize, between > 0);
    }

    [Fact]
    public void A_growth_that_is_cancelled_leaves_the_old_size()
    {
        byte[] initial = Initial();
        var file = new MemoryImageFile(initial);
        using var cancellation = new CancellationTokenSource();
        using (VhdImage image = VhdImage.Open(file.Reopen(), new VhdOpenOptions { ForWriting = true }))
        {
            var progress = new StepProgress(_ => cancellation.Cancel());
            Assert.Throws<OperationCanceledException>(() => new FixedResize(image, NewSize, 1024 * 1024).Run(progress, cancellation.Token));
        }

        Assert.Equal(initial.Length, file.Length);
        Assert.Equal(initial[..OldSize], file.ToArray()[..OldSize]);
        Assert.True(ImageChecker.Check(file, new CheckOptions { Full = true }).IsValid);
    }

    [Fact]
    public void A_footer_farther_back_than_a_step_is_not_looked_for()
    {
        var file = new MemoryImageFile(Initial());
        file.SetLength(OldSize + FooterPair.ZeroSearchDistance + (2 * 1024 * 1024));
        Assert.Null(ImageLayout.Read(file).StoredFooter);
    }

    private static byte[] Initial()
    {
        ImageBytes image = ImageBytes.Fixed(OldSize);
        image.Poke(0, [.. Enumerable.Range(0, OldSize).Select(i => (byte)((i * 7) + (i / 512) + 1))]);
        return image.Bytes;
    }

    private static long Verify(MemoryImageFile file, byte[] initial)
    {
        using VhdImage image = VhdImage.Open(file);
        byte[] data = new byte[image.SectorCount * 512];
        image.ReadSectors(0, data);
        Assert.Equal(initial[..OldSize], data[..OldSize]);
        Assert.Equal(-1, data.AsSpan(OldSize).IndexOfAnyExcept((byte)0));
        return data.Length;
    }

    private sealed class StepProgress(Action<long> reached) : IProgress<Engine.Files.WorkProgress>
    {
        public void Report(Engine.Files.WorkProgress value) => reached(value.DoneBytes);
    }
}
