using VhdPS.Engine.Format;
using VhdPS.Engine.Vhdx;
using VhdPS.Tests.Files;
using static VhdPS.Tests.Vhdx.VhdxBytes;

namespace VhdPS.Tests.Vhdx;

public sealed class VhdxCheckTests
{
    [Fact]
    public void ASoundFileIsValidWithoutAWord()
    {
        var dynamic = new VhdxBytes(10 * MiB);
        dynamic.AddBlock(3);
        dynamic.AddBlock(0);
        dynamic.PutEntry(dynamic.EntryOffset(1), 2);
        dynamic.PutEntry(dynamic.EntryOffset(2), 3, dynamic.Reserve(MiB));
        AssertFindings(dynamic);

        var whole = new VhdxBytes(3 * MiB, isFixed: true);
        Enumerable.Range(0, 3).ToList().ForEach(block => whole.AddBlock(block));
        VhdxCheckReport report = AssertFindings(whole);
        Assert.Equal((3L, 0L), (report.AllocatedBlockCount, report.UnusedBytes));

        VhdxBytes child = Child();
        child.AddPartialBlock(2, new bool[2048], new byte[MiB]);
        AssertFindings(child);
    }

    public static TheoryData<string> Damages() => VhdxLayoutTests.Damages();

    /// <summary>The check says what opening says, and more where it can, and never throws.</summary>
    [Theory]
    [MemberData(nameof(Damages))]
    public void ADamageOfTheStructuresIsReported(string name)
    {
        VhdxDamage damage = VhdxDamage.All[name];
        VhdxCheckReport report = Check(damage.CreateImage());
        Finding finding = Assert.Single(report.Findings, finding => finding.Code == damage.Code);
        Assert.Equal((damage.FileOffset, damage.Severity, damage.Effect), (finding.FileOffset, finding.Severity, finding.Effect));
        Assert.Equal(damage.Severity != Severity.Error, report.IsValid);
    }

    [Fact]
    public void BlocksOfAFileThatWasCutOffAreOneFinding()
    {
        var image = new VhdxBytes(10 * MiB);
        long first = image.AddBlock(2);
        Enumerable.Range(3, 4).ToList().ForEach(block => image.AddBlock(block));
        image.AddBlock(0);
        image.File.SetLength(first + MiB);
        VhdxCheckReport report = AssertFindings(image, (FaultCode.VhdxBlockPastEnd, 0L), (FaultCode.VhdxBlockPastEnd, 3L));
        Assert.Equal(2, report.ErrorCount);
        Assert.Equal(
            ["Block 0 is not whole in the file.", "Block 3 is not whole in the file. The same is true of the 3 after it."],
            report.Findings.Select(finding => finding.Message));
    }

    [Theory]
    [InlineData(4, 0L, FaultCode.VhdxBlockStateInvalid)]
    [InlineData(7, 4L << 20, FaultCode.VhdxBlockStateInvalid)]
    [InlineData(5, 0L, FaultCode.VhdxBlockStateOfDraft)]
    [InlineData(6, 0L, FaultCode.VhdxBlockInStructure)]
    [InlineData(6, 3L << 20, FaultCode.VhdxBlockInStructure)]
    [InlineData(6, long.MinValue, FaultCode.VhdxBlockPastEnd)]
    [InlineData(2, 8L, FaultCode.VhdxReservedNotZero)]
    [InlineData(0, 1L << 19, FaultCode.VhdxReservedNotZero)]
    public void AnEntryThatCannotBeIsReported(int state, long fileOffset, FaultCode code)
    {
        var image = new VhdxBytes(4 * MiB);
        image.AddBlock(0);
        image.PutEntry(image.EntryOffset(1), state, fileOffset);
        Finding finding = Assert.Single(AssertFindings(image, (code, 1L)).Findings);
        Assert.Equal((VhdStructure.BlockAllocationTable, image.EntryOffset(1)), (finding.Structure, finding.FileOffset));
    }

    [Fact]
    public void BlocksThatShareAPlaceAreReportedWithEachOther()
    {
        var image = new VhdxBytes(20 * MiB, 4 * (int)MiB);
        long first = image.AddBlock(1);
        image.PutEntry(image.EntryOffset(3), 6, first);
        long second = image.AddBlock(0);
        image.PutEntry(image.EntryOffset(4), 6, second + MiB);
        image.Reserve(MiB);
        VhdxCheckReport report = AssertFindings(image, (FaultCode.VhdxBlocksOverlap, 3L), (FaultCode.VhdxBlocksOverlap, 4L));
        Assert.Equal(["Block 3 overlaps block 1.", "Block 4 overlaps block 0."], report.Findings.Select(finding => finding.Message));
        Assert.Equal(2, report.ErrorCount);

        // The data can be read all the same.
        using VhdxImage disk = VhdxImage.Open(image.File.Reopen());
        disk.ReadAt(0, new byte[20 * MiB]);
    }

    /// <summary>A writer would put the block's next data into the place that is kept, over the other's.</summary>
    [Fact]
    public void APlaceThatIsKeptIsSharedWithNoBlock()
    {
        var image = new VhdxBytes(20 * MiB, 4 * (int)MiB);
        long first = image.AddBlock(1);
        image.PutEntry(image.EntryOffset(3), 3, first + (3 * MiB));
        image.Reserve(3 * MiB);
        VhdxCheckReport report = AssertFindings(image, (FaultCode.VhdxBlocksOverlap, 3L));
        Assert.Equal("Block 3 overlaps block 1.", report.Findings[0].Message);
    }

    [Fact]
    public void ABitmapBlockThatSharesAPlaceIsReported()
    {
        VhdxBytes child = Child();
        child.AddPartialBlock(0, new bool[2048], new byte[MiB]);
        child.PutEntry(child.BitmapEntryOffset(0), 6, child.File.Length - (2 * MiB));
        VhdxCheckReport report = AssertFindings(child, (FaultCode.VhdxBlocksOverlap, null), (FaultCode.VhdxSpaceUnused, null));
        Assert.Equal("A bitmap block overlaps block 0.", report.Findings[0].Message);
    }

    [Theory]
    [InlineData(0, 0L, FaultCode.VhdxBitmapMissing)]
    [InlineData(2, 0L, FaultCode.VhdxBitmapStateInvalid)]
    [InlineData(7, 5L << 20, FaultCode.VhdxBitmapStateInvalid)]
    [InlineData(6, 1L << 40, FaultCode.VhdxBlockPastEnd)]
    [InlineData(6, 2L << 20, FaultCode.VhdxBlockInStructure)]
    public void ABitmapEntryThatCannotBeIsReported(int state, long fileOffset, FaultCode code)
    {
        VhdxBytes child = Child();
        child.AddPartialBlock(2, new bool[2048], new byte[MiB]);
        child.PutEntry(child.BitmapEntryOffset(0), state, fileOffset);
        VhdxCheckReport report = AssertFindings(child, (code, null), (FaultCode.VhdxSpaceUnused, null));
        Assert.Equal(child.BitmapEntryOffset(0), report.Findings[0].FileOffset);
    }

    /// <summary>A bitmap block is needed only where a block is partially present.</summary>
    [Fact]
    public void AChunkWithoutPartialBlocksNeedsNoBitmap()
    {
        VhdxBytes child = Child();
        child.AddBlock(2);
        AssertFindings(child);
    }

    [Fact]
    public void ABitmapBlockOfAnImageWithoutAParentIsReported()
    {
        var image = new VhdxBytes(5000 * MiB);
        image.PutEntry(image.BitmapEntryOffset(0), 6, image.Reserve(MiB));
        AssertFindings(image, (FaultCode.VhdxBitmapUnexpected, null), (FaultCode.VhdxSpaceUnused, null));
    }

    [Fact]
    public void AFixedImageHasAllItsBlocks()
    {
        var image = new VhdxBytes(4 * MiB, isFixed: true);
        image.AddBlock(3);
        VhdxCheckReport report = AssertFindings(image, (FaultCode.VhdxBlockNotAllocated, 0L));
        Assert.True(report.IsValid);
    }

    [Fact]
    public void TheLastBlockMayBeShort()
    {
        var image = new VhdxBytes(MiB + 4096);
        long at = image.AddBlock(1);
        image.File.SetLength(at + 4096);
        AssertFindings(image, (FaultCode.VhdxLastBlockShort, 1L));
    }

    [Fact]
    public void WhatBelongsToNothingIsCounted()
    {
        var image = new VhdxBytes(4 * MiB);
        image.Reserve(3 * MiB);
        image.AddBlock(0);
        VhdxCheckReport report = AssertFindings(image, (FaultCode.VhdxSpaceUnused, null));
        Assert.Equal(3 * MiB, report.UnusedBytes);
    }

    [Fact]
    public void AFileLongerThanAnyIsNotSearchedWhole()
    {
        var image = new VhdxBytes(4 * MiB);
        image.File.SetLength(1L << 60);
        image.PutEntry(image.EntryOffset(0), 6, 1L << 59);
        image.PutEntry(image.EntryOffset(1), 6, 1L << 59);
        AssertFindings(image, (FaultCode.VhdxFileTooLong, null));
    }

    /// <summary>The table is checked with the changes that wait in the log.</summary>
    [Fact]
    public void TheTableIsCheckedAsItWillBe()
    {
        var image = new VhdxBytes(10 * MiB);
        long at = image.Reserve(MiB);
        image.PutEntry(image.EntryOffset(1), 6, 1L << 50);
        var log = new LogBytes(image);
        log.Add(new LogChange(TableOffset, RandomLog.TableSector((3, 6, at))));
        log.MarkDirty();
        AssertFindings(image, (FaultCode.VhdxLogDirty, null));
    }

    /// <summary>Bad entries by the hundred thousand take no more memory than a few findings.</summary>
    [Fact]
    public void BadEntriesWithoutNumberAreAFewFindings()
    {
        var image = new VhdxBytes(1L << 40);
        image.AddBlock(0);
        byte[] entries = new byte[2 << 20];
        ulong[] kinds = [4, 6, 0x7FFF_0000_0000_0006, 7, 6 | (5UL << 20), 6 | (5UL << 20), 5, 8];
        for (int i = 0; i < entries.Length; i += 8)
        {
            BitConverter.TryWriteBytes(entries.AsSpan(i), kinds[i / 8 % kinds.Length]);
        }

        image.File.WriteAt(TableOffset, entries);
        long before = GC.GetAllocatedBytesForCurrentThread();
        VhdxCheckReport report = VhdxChecker.Check(image.File, findingLimit: 100);
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 200 << 20);
        Assert.True(report.Findings.Count < 700, $"{report.Findings.Count} findings");
        Assert.True(report.ErrorCount > 125_000, $"{report.ErrorCount} errors");
        Assert.All(report.Findings, finding => Assert.NotEmpty(finding.Describe()));
    }

    [Fact]
    public void ACheckCanBeStopped()
    {
        using var stopping = new CancellationTokenSource();
        stopping.Cancel();
        Assert.Throws<OperationCanceledException>(() => VhdxChecker.Check(new VhdxBytes(10 * MiB).File, cancellation: stopping.Token));
    }

    private static VhdxBytes Child()
    {
        var image = new VhdxBytes(10 * MiB, hasParent: true);
        image.AddLocator(("parent_linkage", "{" + DataWriteGuid + "}"), ("relative_path", ".\\parent.vhdx"));
        return image;
    }

    private static VhdxCheckReport Check(VhdxBytes image) =>
        VhdxChecker.Check(new GuardedImageFile(image.File.Reopen(), () => Assert.Fail("the file is changed")));

    private static VhdxCheckReport AssertFindings(VhdxBytes image, params (FaultCode Code, long? BlockIndex)[] expected)
    {
        VhdxCheckReport report = Check(image);
        Assert.Equal(expected, report.Findings.Select(finding => (finding.Code, finding.BlockIndex)));
        Assert.Equal(report.Findings.Count(finding => finding.Severity == Severity.Error), report.ErrorCount);
        return report;
    }
}
