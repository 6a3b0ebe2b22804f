using VhdPS.Engine.Chains;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Engine.Layout;
using VhdPS.Engine.Operations.Resize;
using VhdPS.Tests.Checking;
using VhdPS.Tests.Files;
using VhdPS.Tests.Format;

namespace VhdPS.Tests.Operations.Resize;

/// <summary>The order of the writes and syncs of a fixed image that gets another size (X1 to X4).</summary>
public sealed class FixedResizeTests
{
    private const int Size = 64 * 1024;

    [Theory]
    [InlineData(Size + 4096, 4096, new[] { Size + 4096 })]
    [InlineData(Size + 4096, 8192, new[] { Size + 4096 })]
    [InlineData(Size + 8192, 4096, new[] { Size + 4096, Size + 8192 })]
    [InlineData(Size + 8704, 4096, new[] { Size + 4096, Size + 8192, Size + 8704 })]
    public void A_growth_puts_the_old_footer_ahead_clears_its_place_and_then_says_the_size(int newSize, int step, int[] ends)
    {
        (RecordingImageFile file, StepProgress progress) = Resize(ImageBytes.Fixed(), newSize, step);
        var expected = new List<(ChangeKind Kind, long Offset, long Size)>();
        long size = Size;
        foreach (int end in ends)
        {
            expected.AddRange([(ChangeKind.Write, end, size), (ChangeKind.Flush, 0, -1)]);
            expected.AddRange([(ChangeKind.Write, size, 0), (ChangeKind.Flush, 0, -1)]);
            expected.AddRange([(ChangeKind.Write, end, end), (ChangeKind.Flush, 0, -1)]);
            size = end;
        }

        Assert.Equal(expected, Describe(file));
        Assert.Equal(
            ends.Select(end => ((long)end - Size, (long)newSize - Size)), progress.Steps.Select(one => (one.DoneBytes, one.TotalBytes)));
        AssertResult(file, newSize);
    }

    [Fact]
    public void A_smaller_size_is_said_first_then_put_at_its_end_and_then_the_file_is_cut()
    {
        (RecordingImageFile file, _) = Resize(ImageBytes.Fixed(), 4096);
        Assert.Equal(
            [
                (ChangeKind.Write, Size, 4096), (ChangeKind.Flush, 0, -1), (ChangeKind.Write, 4096, 4096), (ChangeKind.Flush, 0, -1),
                (ChangeKind.SetLength, 4096 + 512, -1), (ChangeKind.Flush, 0, -1),
            ],
            Describe(file));
        AssertResult(file, 4096);
    }

    /// <summary>A footer that is not where the disk ends, has 511 bytes, or says its size by the geometry is settled first.</summary>
    [Theory]
    [InlineData("behind a gap", true)]
    [InlineData("511 bytes", false)]
    [InlineData("by geometry", true)]
    public void A_footer_that_does_not_prove_itself_is_settled_first(string what, bool isCut)
    {
        ImageBytes bytes = ImageBytes.Fixed(what == "by geometry" ? (68 * 3 + 13) * 512 : Size);
        long size = what == "by geometry" ? 68 * 3 * 512 : Size;
        switch (what)
        {
            case "behind a gap": bytes.Insert([.. Enumerable.Repeat((byte)0xEE, 1024)]); break;
            case "511 bytes": bytes.CutEnd(1); break;
            default: bytes.PutFooter(28, "vpc ").PutFooter(56, [0, 3, 4, 17]); break;
        }

        int newSize = Size * 2;
        (RecordingImageFile file, _) = Resize(bytes, newSize);
        List<(ChangeKind Kind, long Offset, long Size)> changes = Describe(file);
        Assert.Equal([(ChangeKind.Write, size, size), (ChangeKind.Flush, 0, -1)], changes.Take(2));
        Assert.Equal(
            isCut ? [(ChangeKind.SetLength, size + 512, -1), (ChangeKind.Flush, 0, -1)] : [], changes.Skip(2).Take(isCut ? 2 : 0));
        Assert.Equal((ChangeKind.Write, newSize, size), changes[isCut ? 4 : 2]);
        AssertResult(file, newSize, (int)size);
    }

    [Fact]
    public void Whether_there_is_something_to_change_is_known_before()
    {
        ImageBytes gap = ImageBytes.Fixed();
        gap.Insert(new byte[1024]);
        foreach ((ImageBytes bytes, int size, bool isChange) in new[]
        {
            (ImageBytes.Fixed(), Size, false), (ImageBytes.Fixed(), Size + 512, true), (ImageBytes.Fixed(), Size - 512, true),
            (gap, Size, true), (ImageBytes.Fixed().CutEnd(1), Size, true),
        })
        {
            using VhdImage image = VhdImage.Open(bytes.ToFile());
            var resize = new FixedResize(image, size);
            Assert.Equal((isChange, size + 512L), (resize.IsChange, resize.NewFileLength));
        }

        (RecordingImageFile file, _) = Resize(gap, Size);
        AssertResult(file, Size);
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(4096, true)]
    [InlineData(0, false)]
    [InlineData(-4096, false)]
    public void Zeros_after_the_footer_are_cut_and_nothing_else_is(int trailing, bool isRepaired)
    {
        byte[] after = new byte[Math.Abs(trailing)];
        if (trailing < 0)
        {
            after[^1] = 1;
        }

        ImageBytes bytes = ImageBytes.Fixed().Append(after);
        var file = new RecordingImageFile(bytes.ToFile());
        var layout = ImageLayout.Read(file);
        Assert.Equal(isRepaired, FixedResize.CanRepair(file, layout));
        Assert.Equal(isRepaired, FixedResize.TryRepair(file, layout));
        Assert.Equal(
            isRepaired ? [(ChangeKind.SetLength, Size + 512), (ChangeKind.Flush, 0)] : [],
            file.Changes.Select(change => (change.Kind, change.FileOffset)));
        if (isRepaired)
        {
            AssertResult(file, Size);
        }
    }

    [Fact]
    public void Nothing_is_cut_of_an_image_with_another_fault()
    {
        // Of an image with no disk the footer is not the disk's.
        ImageBytes bytes = ImageBytes.Dynamic().AddBlock(0, 7).Append(new byte[4096]);
        Assert.False(FixedResize.CanRepair(bytes.ToFile(), ImageLayout.Read(bytes.ToFile())));
        Assert.False(FixedResize.CanRepair(new MemoryImageFile(new byte[8192]), ImageLayout.Read(new MemoryImageFile(new byte[8192]))));
    }

    [Fact]
    public void A_growth_that_is_cancelled_goes_back_in_the_same_order()
    {
        var file = new RecordingImageFile(ImageBytes.Fixed().ToFile());
        using var cancellation = new CancellationTokenSource();
        using (VhdImage image = VhdImage.Open(new WritableNonOwningImageFile(file), new VhdOpenOptions { ForWriting = true }))
        {
            var progress = new StepProgress(_ => cancellation.Cancel());
            Assert.Throws<OperationCanceledException>(
                () => new FixedResize(image, Size + 8192, 4096).Run(progress, cancellation.Token));
        }

        Assert.Equal(
            [
                (ChangeKind.Write, Size + 4096, Size), (ChangeKind.Flush, 0, -1), (ChangeKind.Write, Size, Size), (ChangeKind.Flush, 0, -1),
                (ChangeKind.SetLength, Size + 512, -1), (ChangeKind.Flush, 0, -1),
            ],
            Describe(file).Skip(6));
        AssertResult(file, Size);
    }

    /// <summary>Where the system knows a hole, the rest of a growth is one step; where it knows none, each goes as far as zeros are
    /// searched.</summary>
    [UnixFact]
    public void What_is_known_to_be_a_hole_is_passed_in_one_step()
    {
        const long newSize = 300L << 20;
        using var folder = new TempFolder();
        string path = folder.Write("fixed.vhd", ImageBytes.Fixed().Bytes);
        var progress = new StepProgress();
        using (VhdImage image = VhdImage.Open(path, new VhdOpenOptions { ForWriting = true }))
        {
            new FixedResize(image, newSize).Run(progress, CancellationToken.None);
        }

        Assert.Equal([64L << 20, newSize - Size], progress.Steps.Select(step => step.DoneBytes));
        Verdict.AssertClean(path);
        (RecordingImageFile file, StepProgress told) = Resize(ImageBytes.Fixed(), (int)newSize, FooterPair.ZeroSearchDistance);
        Assert.Equal(5, told.Steps.Count);
        using VhdImage grown = VhdImage.Open(new WritableNonOwningImageFile(file));
        Assert.Equal(newSize / 512, grown.SectorCount);
    }

    private static (RecordingImageFile File, StepProgress Progress) Resize(ImageBytes bytes, int newSize, int step = 1 << 20)
    {
        var file = new RecordingImageFile(bytes.ToFile());
        var progress = new StepProgress();
        using (VhdImage image = VhdImage.Open(new WritableNonOwningImageFile(file), new VhdOpenOptions { ForWriting = true }))
        {
            new FixedResize(image, newSize, step).Run(progress, CancellationToken.None);
        }

        return (file, progress);
    }

    /// <summary>Each change, and of a footer the size that it says; 0 of zeros.</summary>
    private static List<(ChangeKind Kind, long Offset, long Size)> Describe(RecordingImageFile file) => [.. file.Changes.Select(change => (
        change.Kind,
        change.FileOffset,
        change.Kind != ChangeKind.Write ? -1L
            : change.Data.AsSpan().ContainsAnyExcept((byte)0) ? (long)HardDiskFooter.Parse(change.Data).CurrentSize : 0L))];

    private static void AssertResult(RecordingImageFile file, int size, int kept = Size)
    {
        Assert.Equal(size + 512, file.Length);
        Verdict.AssertClean(new WritableNonOwningImageFile(file));
        using VhdImage image = VhdImage.Open(new WritableNonOwningImageFile(file));
        Assert.Equal(size / 512, image.SectorCount);
        byte[] disk = new byte[size];
        image.ReadSectors(0, disk);
        int same = Math.Min(kept, size);
        Assert.Equal(ImageBytes.Fixed(same).Bytes[..same], disk[..same]);
        Assert.False(disk.AsSpan(same).ContainsAnyExcept((byte)0));
    }
}
