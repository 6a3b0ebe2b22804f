using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Engine.Layout;
using VhdPS.Engine.Operations.Repair;
using VhdPS.Tests.Files;
using VhdPS.Tests.Format;

namespace VhdPS.Tests.Layout;

/// <summary>What only looks like a footer, and footers of other times.</summary>
public sealed class FooterInBlockTests
{
    [Theory]
    [InlineData(3, true)]
    [InlineData(4, true)]
    [InlineData(3, false)]
    public void AFooterInAGuestsDataIsNotTheImages(int type, bool isSealed)
    {
        // The file ends inside block 5, after a sector in which the guest keeps an image of its own.
        ImageBytes image = ImageBytes.Dynamic().AddBlock(2, 0x11).AddBlock(5, 0x33);
        ImageBytes other = ImageBytes.Dynamic(1024 * 1024).PutFooter(68, [9, 9, 9]).PutFooter(60, (uint)type);
        int at = ((int)image.GetEntry(5) * 512) + image.BitmapSize + 1024;
        byte[] guest = other.Bytes[^512..];
        guest[100] = isSealed ? guest[100] : (byte)7;
        byte[] bytes = [.. image.Bytes[..at], .. guest];
        var layout = ImageLayout.Read(new MemoryImageFile(bytes));
        Assert.Null(layout.Footers.End);
        Assert.Equal((ImageBytes.UniqueId, 64 * 1024), (layout.Footer.UniqueId, layout.SectorCount * 512));
        Assert.Equal(bytes.Length, layout.DataEnd);
        using var file = new MemoryImageFile(bytes);
        RepairPlan plan = RepairOperation.Plan(file);
        Assert.False(plan.HasChanges, string.Join('\n', plan.Steps));
    }

    [Fact]
    public void AFooterAfterTheDisksPartOfAShortBlockIsTheImages()
    {
        ImageBytes image = ImageBytes.Dynamic((16 * 4096) - 1024).AddBlock(15, 0x22).PutFront(68, [9]);
        byte[] bytes = [.. image.Bytes[..^1536], .. image.Bytes[^512..]];
        Assert.Equal(bytes.Length - 512, ImageLayout.Read(new MemoryImageFile(bytes)).Footers.End!.FileOffset);
    }

    [Fact]
    public void AnOldFooterInTheTailOfAShortBlockIsNotTheEndWhereBlocksFollow()
    {
        ImageBytes image = ImageBytes.Dynamic((16 * 4096) - 1024).AddBlock(15, 0x22);
        image.Poke(image.FooterOffset - 512, image.Bytes.AsSpan(0, 512));
        image.AddBlock(3, 0x33).AddBlock(4, 0x44);
        AssertLostFooterIsWrittenAgain(image);
    }

    [Fact]
    public void AnOldFooterBeforeBlocksThatWereAddedIsNotTheEnd()
    {
        // Between two blocks, in space that a write went past.
        ImageBytes image = ImageBytes.Dynamic().AddBlock(2, 0x22);
        image.Insert([.. image.Bytes.AsSpan(0, 512), .. new byte[4096]]);
        image.AddBlock(3, 0x33);
        AssertLostFooterIsWrittenAgain(image);

        // Bytes after the footer that no entry names leave it the end.
        byte[] padded = [.. ImageBytes.Dynamic().AddBlock(2, 0x22).Bytes, .. new byte[4096]];
        Assert.Equal(padded.Length - 4608, ImageLayout.Read(new MemoryImageFile(padded)).Footers.End!.FileOffset);
    }

    [Fact]
    public void TapsHiddenByteMayBeSetAfterTheChecksum()
    {
        ImageBytes image = ImageBytes.Dynamic().AddBlock(2, 0x11).PutFooter(28, "tap\0").PutFooter(85, [1], reseal: false);
        var layout = ImageLayout.Read(image.ToFile());
        Assert.Null(layout.FindBlockingFinding(forWriting: true));
        Assert.DoesNotContain(layout.Findings, finding => finding.Code == FaultCode.FooterChecksumMismatch);
        Assert.Contains(
            ImageLayout.Read(ImageBytes.Dynamic().PutFooter(28, "tap\0").PutFooter(85, [2], reseal: false).ToFile()).Findings,
            finding => finding.Code == FaultCode.FooterChecksumMismatch);
        Assert.Contains(
            ImageLayout.Read(ImageBytes.Dynamic().PutFooter(85, [1], reseal: false).ToFile()).Findings,
            finding => finding.Code == FaultCode.FooterChecksumMismatch);
    }

    [Theory]
    [InlineData("vpc ")]
    [InlineData("qemu")]
    public void AGeometryLargerThanTheCurrentSizeIsNotReadTo(string creator)
    {
        foreach (ImageBytes image in new[] { ImageBytes.Dynamic().AddBlock(2, 0x11), ImageBytes.Fixed() })
        {
            image.PutFooter(28, creator).PutFooter(56, [0x10, 0x00, 16, 63]);
            var layout = ImageLayout.Read(image.ToFile());
            Assert.Null(layout.FindBlockingFinding(forWriting: true));
            Assert.Equal((64 * 1024, SizeRule.CurrentSize), (layout.SectorCount * 512, layout.Size.Rule));
            Assert.Equal(
                Severity.Warning, Assert.Single(layout.Findings, finding => finding.Code == FaultCode.GeometrySizeDiffers).Severity);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void AFooterOf511BytesGetsItsLastWithAnyWrite(bool isFixed)
    {
        ImageBytes whole = isFixed ? ImageBytes.Fixed() : ImageBytes.Dynamic().AddBlock(2, 0x11);
        using var file = new MemoryImageFile(whole.Bytes.AsSpan(0, whole.Bytes.Length - 1));
        using (VhdImage image = VhdImage.Open(file.Reopen(), new() { ForWriting = true }))
        {
            // In place: no block is made, so no footer moves.
            image.WriteSectors(16, new byte[512]);
            image.Flush();
        }

        Assert.Equal(whole.Bytes.Length, file.Length);
        Assert.Equal(whole.Bytes[^512..], file.ToArray()[^512..]);
        Assert.DoesNotContain(ImageLayout.Read(file).Findings, finding => finding.Code == FaultCode.FooterIs511Bytes);
    }

    [Theory]
    [InlineData("parent.vhd")]
    [InlineData("p\0a\0r\0e\0n\0t\0.\0v\0h\0d\0")]
    public void TheDeprecatedRelativeLocatorIsTried(string stored)
    {
        ImageBytes child = ImageBytes.Differencing(parentName: "elsewhere.vhd");
        int at = child.Insert(new byte[512]);
        byte[] text = System.Text.Encoding.Latin1.GetBytes(stored);
        child.PutLocator(0, (uint)ParentLocatorCode.Wi2r, 512, (uint)text.Length, (ulong)at).Poke(at, text);
        using MemoryImageFile file = child.ToFile();
        var layout = ImageLayout.Read(file);
        Assert.Contains(
            VhdPS.Engine.Chains.StoredParentPath.ReadAll(file, layout.Header!), path => (path.Source, path.Text) == ("Wi2r", "parent.vhd"));
    }

    /// <summary>The footer at the end is lost, as a cut leaves it while a block is being added.</summary>
    private static void AssertLostFooterIsWrittenAgain(ImageBytes image)
    {
        byte[] bytes = [.. image.Bytes[..^512], .. new byte[512]];
        var layout = ImageLayout.Read(new MemoryImageFile(bytes));
        Assert.Null(layout.Footers.End);
        Assert.Equal(FaultCode.FooterMissing, Assert.Single(layout.Findings).Code);
        using var file = new MemoryImageFile(bytes);
        RepairOperation.Run(file, RepairOperation.Plan(file), undo: null);
        Assert.Equal(image.Bytes.Length - 512, ImageLayout.Read(file).Footers.End!.FileOffset);
    }
}
