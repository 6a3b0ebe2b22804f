using VhdPS.Engine.Chains;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Engine.Layout;
using VhdPS.Tests.Checking;
using VhdPS.Tests.Files;
using VhdPS.Tests.Format;

namespace VhdPS.Tests.Layout;

/// <summary>Odd and hostile files and footers: what each is called, and that it reads, or is refused, as it should.</summary>
public sealed class FooterFaultTests
{
    private const int End = SoundImage.DynamicFooterOffset;

    private static readonly byte[] DynamicContent = SoundImage.DynamicContent();
    private static readonly byte[] FixedContent = SoundImage.FixedContent();

    [Fact]
    public void SoundImagesHaveNoFindings()
    {
        Assert.Empty(ImageLayout.Read(SoundImage.Fixed().ToFile()).Findings);
        Assert.Empty(ImageLayout.Read(SoundImage.Dynamic().ToFile()).Findings);
        Assert.Empty(ImageLayout.Read(ImageBytes.Differencing().ToFile()).Findings);
        Verdict.AssertContent(SoundImage.Fixed().Bytes, VhdOpenOptions.Default, FixedContent);
        Verdict.AssertContent(SoundImage.Dynamic().Bytes, VhdOpenOptions.Default, DynamicContent);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(510)]
    public void FileTooSmall(int length)
    {
        Finding finding = Verdict.AssertRefused(new byte[length], VhdOpenOptions.Default);
        Assert.Equal((FaultCode.FileTooSmall, VhdStructure.File, null), (finding.Code, finding.Structure, finding.FileOffset));
        Assert.Equal((Severity.Error, FaultEffect.Unreadable), (finding.Severity, finding.Effect));
        Assert.Equal(length.ToString(System.Globalization.CultureInfo.InvariantCulture), finding.Actual);
    }

    [Theory]
    [InlineData(511, 0)]
    [InlineData(512, 0)]
    [InlineData(513, 1)]
    [InlineData(3 * 1024 * 1024, (3 * 1024 * 1024) - 512)]
    public void NotVhd_Zeros(int length, int offset) =>
        new Verdict(FaultCode.NotVhd, VhdStructure.Footer, offset, Severity.Error, FaultEffect.Unreadable).Holds(new byte[length]);

    [Fact]
    public void NotVhd_CookieWrongInBoth() =>
        new Verdict(FaultCode.NotVhd, VhdStructure.Footer, End, Severity.Error, FaultEffect.Unreadable)
            .Holds(SoundImage.Dynamic().PutFooter(0, "Conectix"));

    [Theory]
    [InlineData("514649FB00000003", "disk.vhd", "QCOW2")]
    [InlineData("4B444D5601000000", "disk.vhd", "VMDK")]
    [InlineData("1F8B080000000000", "disk.vhd", "gzip")]
    [InlineData("425A683931415926", "disk.vhd", "bzip2")]
    [InlineData("FD377A585A000004", "disk.vhd", "xz")]
    [InlineData("28B52FFD04000000", "disk.vhd", "zstd")]
    [InlineData("504B030414000000", "disk.vhd", "zip")]
    [InlineData("377ABCAF271C0004", "disk.vhd", "7z")]
    [InlineData("3C3C3C204F7261636C65", "disk.vhd", "VDI")]
    [InlineData("0000000000000000", "disk.v01", "split")]
    public void NotVhd_NamesTheFormat(string head, string name, string format)
    {
        byte[] bytes = new byte[4096];
        Convert.FromHexString(head).CopyTo(bytes, 0);
        Convert.FromHexString("7F10DABE").CopyTo(bytes, 0x40);
        var error = Assert.Throws<VhdFormatException>(() => VhdImage.Open(new MemoryImageFile(bytes, name)));
        Assert.Equal(FaultCode.NotVhd, error.Finding.Code);
        Assert.Contains(format, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void VhdxInsteadOfVhd_IsNamed()
    {
        byte[] bytes = new byte[4096];
        "vhdxfile"u8.CopyTo(bytes);
        var error = Assert.Throws<VhdFormatException>(() => VhdImage.Open(new MemoryImageFile(bytes, "disk.vhd")));
        Assert.Equal(FaultCode.VhdxInsteadOfVhd, error.Finding.Code);
        Assert.Contains("VHDX", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void FooterPoisoned(bool atEnd, bool atFront)
    {
        ImageBytes image = SoundImage.Dynamic();
        _ = atEnd ? image.PutEnd(0, "v_poison"u8.ToArray()) : image;
        _ = atFront ? image.PutFront(0, "v_poison"u8.ToArray()) : image;
        Finding finding = new Verdict(
            FaultCode.FooterPoisoned,
            atEnd ? VhdStructure.Footer : VhdStructure.FooterCopy,
            atEnd ? End : 0,
            Severity.Error,
            FaultEffect.Unreadable).Holds(image);
        Assert.Contains("Xen", finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void FooterPoisoned_FixedOnlyAtTheEnd()
    {
        new Verdict(FaultCode.FooterPoisoned, VhdStructure.Footer, SoundImage.Size, Severity.Error, FaultEffect.Unreadable)
            .Holds(SoundImage.Fixed().PutEnd(0, "v_poison"u8.ToArray()));
        byte[] content = SoundImage.FixedContent();
        "v_poison"u8.CopyTo(content);
        Verdict.AssertContent(SoundImage.Fixed().Poke(0, "v_poison"u8).Bytes, VhdOpenOptions.Default, content);
    }

    [Fact]
    public void FooterMissing_CutOff() =>
        new Verdict(FaultCode.FooterMissing, VhdStructure.Footer, End - 512, Severity.Warning, FaultEffect.ReadOnly)
            .Holds(SoundImage.Dynamic().CutEnd(512), DynamicContent);

    [Theory]
    [InlineData(0x00)]
    [InlineData(0xC7)] // tapdisk while it has the image open
    public void FooterMissing_Overwritten(byte fill) =>
        new Verdict(FaultCode.FooterMissing, VhdStructure.Footer, End, Severity.Warning, FaultEffect.ReadOnly)
            .Holds(SoundImage.Dynamic().Poke(End, Enumerable.Repeat(fill, 512).ToArray()), DynamicContent);

    [Fact]
    public void FooterCopyMissing() =>
        new Verdict(FaultCode.FooterCopyMissing, VhdStructure.FooterCopy, 0, Severity.Warning, FaultEffect.ReadOnly)
            .Holds(SoundImage.Dynamic().Poke(0, new byte[512]), DynamicContent);

    [Fact]
    public void FooterChecksumMismatch_AtTheEnd() =>
        new Verdict(FaultCode.FooterChecksumMismatch, VhdStructure.Footer, End, Severity.Warning, FaultEffect.ReadOnly)
            .Holds(SoundImage.Dynamic().PutEnd(48, ImageBytes.BigEndian(2ul), reseal: false), DynamicContent);

    [Fact]
    public void FooterChecksumMismatch_AtTheFront() =>
        new Verdict(FaultCode.FooterChecksumMismatch, VhdStructure.FooterCopy, 0, Severity.Warning, FaultEffect.ReadOnly)
            .Holds(SoundImage.Dynamic().PutFront(48, ImageBytes.BigEndian(2ul), reseal: false), DynamicContent);

    [Fact]
    public void FooterChecksumMismatch_InBoth()
    {
        byte[] bytes = SoundImage.Dynamic().PutFooter(64, 0x12345678u, reseal: false).Bytes;
        var layout = ImageLayout.Read(new MemoryImageFile(bytes));
        Assert.Equal([End, 0L], layout.Findings.Select(finding => finding.FileOffset!.Value));
        Assert.All(layout.Findings, finding => Assert.Equal(
            (FaultCode.FooterChecksumMismatch, Severity.Error, FaultEffect.UnreadableUnlessForced),
            (finding.Code, finding.Severity, finding.Effect)));
        Finding refusal = Verdict.AssertRefused(bytes, VhdOpenOptions.Default);
        Assert.Equal("0x12345678", refusal.Actual);
        Assert.Equal($"0x{layout.Footers.End!.Footer.ComputedChecksum:X8}", refusal.Expected);
        Verdict.AssertContent(bytes, new VhdOpenOptions { Force = true }, DynamicContent);
        Verdict.AssertRefused(bytes, new VhdOpenOptions { ForWriting = true });
    }

    [Fact]
    public void FooterChecksumMismatch_Fixed() =>
        new Verdict(
            FaultCode.FooterChecksumMismatch, VhdStructure.Footer, SoundImage.Size, Severity.Error, FaultEffect.UnreadableUnlessForced)
            .Holds(SoundImage.Fixed().PutFooter(64, 0u, reseal: false), FixedContent);

    [Fact]
    public void FooterChecksumZero() =>
        new Verdict(FaultCode.FooterChecksumZero, VhdStructure.Footer, End, Severity.Note, FaultEffect.ReadOnly)
            .Holds(SoundImage.Dynamic().PutEnd(64, new byte[4], reseal: false), DynamicContent);

    [Fact]
    public void FootersDiffer_InTheUniqueId() =>
        new Verdict(FaultCode.FootersDiffer, VhdStructure.FooterCopy, 68 + 1, Severity.Warning, FaultEffect.None)
            .Holds(SoundImage.Dynamic().PutFront(68, new byte[16]), DynamicContent);

    [Fact]
    public void FootersDiffer_InTheSize()
    {
        // The end wins. Writing waits for repair: a crash could leave the copy alone, and with it another disk.
        new Verdict(FaultCode.FootersDiffer, VhdStructure.FooterCopy, 53, Severity.Warning, FaultEffect.ReadOnly)
            .Holds(SoundImage.Dynamic().PutFront(48, ImageBytes.BigEndian(4096ul)), DynamicContent);
    }

    [Fact]
    public void FooterIs511Bytes_Fixed() =>
        new Verdict(FaultCode.FooterIs511Bytes, VhdStructure.Footer, SoundImage.Size, Severity.Note, FaultEffect.None)
            .Holds(SoundImage.Fixed().CutEnd(1), FixedContent);

    [Fact]
    public void FooterIs511Bytes_Dynamic() =>
        new Verdict(FaultCode.FooterIs511Bytes, VhdStructure.Footer, End, Severity.Note, FaultEffect.None)
            .Holds(SoundImage.Dynamic().CutEnd(1), DynamicContent);

    [Theory]
    [InlineData(512)]
    [InlineData(100)]
    [InlineData(4096 - 512)]
    [InlineData(1024 * 1024)]
    public void TrailingBytes_Fixed(int padding) =>
        new Verdict(FaultCode.TrailingBytes, VhdStructure.File, SoundImage.Size + 512, Severity.Warning, FaultEffect.ReadOnly)
            .Holds(SoundImage.Fixed().Append(new byte[padding]), FixedContent);

    [Theory]
    [InlineData(512)]
    [InlineData(4096 - 512)]
    [InlineData(1024 * 1024)]
    public void TrailingBytes_Dynamic(int padding) =>
        new Verdict(FaultCode.TrailingBytes, VhdStructure.File, End + 512, Severity.Warning, FaultEffect.ReadOnly)
            .Holds(SoundImage.Dynamic().Append(new byte[padding]), DynamicContent);

    [Fact]
    public void TrailingBytes_AreSearchedForABoundedDistance()
    {
        new Verdict(FaultCode.NotVhd, VhdStructure.Footer, SoundImage.Size + (2 * 1024 * 1024), Severity.Error, FaultEffect.Unreadable)
            .Holds(SoundImage.Fixed().Append([.. Enumerable.Repeat((byte)0xC7, 2 * 1024 * 1024)]));
        new Verdict(FaultCode.FooterMissing, VhdStructure.Footer, End + (2 * 1024 * 1024), Severity.Warning, FaultEffect.ReadOnly)
            .Holds(SoundImage.Dynamic().Append(new byte[2 * 1024 * 1024]), DynamicContent);
    }

    [Theory]
    [InlineData(0u, FaultCode.FeatureReservedBitClear, Severity.Note)]
    [InlineData(1u, FaultCode.FeatureReservedBitClear, Severity.Note)]
    [InlineData(0x103u, FaultCode.FeatureBitsUnknown, Severity.Warning)]
    public void FeatureBits(uint features, FaultCode code, Severity severity)
    {
        new Verdict(code, VhdStructure.Footer, End + 8, severity, FaultEffect.None)
            .Holds(SoundImage.Dynamic().PutFooter(8, features), DynamicContent);
        new Verdict(code, VhdStructure.Footer, SoundImage.Size + 8, severity, FaultEffect.None)
            .Holds(SoundImage.Fixed().PutFooter(8, features), FixedContent);
    }

    [Fact]
    public void TheTemporaryBitIsKnown() =>
        Assert.Empty(ImageLayout.Read(SoundImage.Dynamic().PutFooter(8, 3u).ToFile()).Findings);

    [Theory]
    [InlineData(0x00020000u)]
    [InlineData(0u)]
    [InlineData(0xFFFFFFFFu)]
    public void FormatVersionUnsupported(uint version) =>
        new Verdict(FaultCode.FormatVersionUnsupported, VhdStructure.Footer, End + 12, Severity.Error, FaultEffect.Unreadable)
            .Holds(SoundImage.Dynamic().PutFooter(12, version));

    [Fact]
    public void FormatVersionMinorUnknown() =>
        new Verdict(FaultCode.FormatVersionMinorUnknown, VhdStructure.Footer, End + 12, Severity.Warning, FaultEffect.None)
            .Holds(SoundImage.Dynamic().PutFooter(12, 0x00010001u), DynamicContent);

    [Theory]
    [InlineData(0xFFFF_FFFF_FFFF_FFFFul, 512)]
    [InlineData(512ul, 512)]
    [InlineData(8192ul, 8192)]
    public void DiskTypeAmbiguous(ulong dataOffset, int headerOffset)
    {
        ImageBytes image = ImageBytes.Dynamic(headerOffset: headerOffset).AddBlock(1, 0x5A).PutFooter(60, 2u).PutFooter(16, dataOffset);
        ImageLayout layout = ImageLayout.Read(image.ToFile());
        Finding finding = Assert.Single(layout.Findings, finding => finding.Code == FaultCode.DiskTypeAmbiguous);
        Assert.Equal((FaultEffect.UnreadableUnlessForced, image.FooterOffset + 60), (finding.Effect, (int)finding.FileOffset!));
        Assert.Throws<VhdFormatException>(() => VhdImage.Open(image.ToFile()));
        Assert.Throws<VhdFormatException>(() => VhdImage.Open(image.ToFile(), new VhdOpenOptions { ForWriting = true }));

        using VhdImage forced = VhdImage.Open(image.ToFile(), new VhdOpenOptions { Force = true });
        byte[] sector = new byte[512];
        forced.ReadSectors(8, sector);
        Assert.All(sector, value => Assert.Equal(0x5A, value));
    }

    [Theory]
    [InlineData(512)]
    [InlineData(511)]
    public void ADynamicImageNestedInAFixedOneIsItsData(int footerLength)
    {
        byte[] nested = ImageBytes.Dynamic().AddBlock(1, 0x5A).Bytes;
        byte[] disk = [.. nested, .. new byte[(64 * 1024) - nested.Length]];
        byte[] bytes = [.. ImageBytes.Fixed().Poke(0, disk).Bytes[..((64 * 1024) + footerLength)]];
        using VhdImage image = VhdImage.Open(new MemoryImageFile(bytes));
        Assert.Equal(VhdType.Fixed, image.Layout.VhdType);
        byte[] read = new byte[64 * 1024];
        image.ReadSectors(0, read);
        Assert.Equal(disk, read);
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(1u)]
    [InlineData(5u)]
    [InlineData(6u)]
    [InlineData(0xFFFFFFFFu)]
    public void DiskTypeUnsupported(uint type)
    {
        new Verdict(FaultCode.DiskTypeUnsupported, VhdStructure.Footer, End + 60, Severity.Error, FaultEffect.Unreadable)
            .Holds(SoundImage.Dynamic().PutFooter(60, type));
        new Verdict(FaultCode.DiskTypeUnsupported, VhdStructure.Footer, SoundImage.Size + 60, Severity.Error, FaultEffect.Unreadable)
            .Beside(FaultCode.FooterCopyMissing).Holds(SoundImage.Fixed().PutFooter(60, type));
    }

    [Theory]
    [InlineData(ulong.MaxValue)]
    [InlineData(0xFFFFFFFFul)]
    [InlineData((ulong)End + 512)]
    [InlineData((ulong)End - 500)]
    [InlineData(1ul << 40)]
    [InlineData(1ul << 63)]
    [InlineData((ulong)long.MaxValue)]
    [InlineData(0ul)]
    [InlineData(511ul)]
    public void DataOffsetOutOfRange(ulong offset) =>
        new Verdict(FaultCode.DataOffsetOutOfRange, VhdStructure.Footer, End + 16, Severity.Error, FaultEffect.Unreadable)
            .Holds(SoundImage.Dynamic().PutFooter(16, offset));

    [Fact]
    public void DataOffsetPresent() =>
        new Verdict(FaultCode.DataOffsetPresent, VhdStructure.Footer, SoundImage.Size + 16, Severity.Note, FaultEffect.None)
            .Holds(SoundImage.Fixed().PutFooter(16, 512ul), FixedContent);

    [Fact]
    public void DataOffsetOf32OnesIsAbsentInAFixedImage() =>
        Assert.Empty(ImageLayout.Read(SoundImage.Fixed().PutFooter(16, 0xFFFFFFFFul).ToFile()).Findings);

    [Fact]
    public void TheHeaderMayLieAnywhere()
    {
        byte[] bytes = SoundImage.Dynamic(headerOffset: 8192).Bytes;
        Assert.Empty(ImageLayout.Read(new MemoryImageFile(bytes)).Findings);
        Verdict.AssertContent(bytes, VhdOpenOptions.Default, DynamicContent);
    }

    [Fact]
    public void SizeZero_FooterOnly() =>
        new Verdict(FaultCode.SizeZero, VhdStructure.Footer, 48, Severity.Warning, FaultEffect.None).Holds(ImageBytes.Fixed(0), []);

    [Fact]
    public void SizeZero_Dynamic() =>
        new Verdict(FaultCode.SizeZero, VhdStructure.Footer, 1536 + 48, Severity.Warning, FaultEffect.None)
            .Holds(ImageBytes.Dynamic(0), []);

    [Theory]
    [InlineData(1ul << 63)]
    [InlineData(ulong.MaxValue)]
    [InlineData((ulong)long.MaxValue)]
    public void SizeTooLarge(ulong size)
    {
        new Verdict(FaultCode.SizeTooLarge, VhdStructure.Footer, End + 48, Severity.Error, FaultEffect.Unreadable)
            .Beside(FaultCode.TableEntriesTooMany).Holds(SoundImage.Dynamic().PutFooter(48, size));
        new Verdict(FaultCode.SizeTooLarge, VhdStructure.Footer, SoundImage.Size + 48, Severity.Error, FaultEffect.Unreadable)
            .Holds(SoundImage.Fixed().PutFooter(48, size));
    }

    [Theory]
    [InlineData((ulong)SoundImage.Size + 1, new[] { FaultCode.SizeNotSectorAligned })]
    [InlineData((ulong)SoundImage.Size + 512, new FaultCode[0])]
    [InlineData(1ul << 62, new FaultCode[0])]
    public void SizeAboveWhatTheTableCovers(ulong size, FaultCode[] also)
    {
        byte[] content = new byte[size > int.MaxValue ? 0 : (int)size];
        SoundImage.DynamicContent().AsSpan(0, Math.Min(content.Length, SoundImage.Size)).CopyTo(content);
        FaultEffect effect = size > int.MaxValue ? FaultEffect.Unreadable : FaultEffect.UnreadableUnlessForced;
        new Verdict(FaultCode.TableEntriesTooFew, VhdStructure.DynamicHeader, 512 + 28, Severity.Error, effect)
            .Beside(also).Holds(SoundImage.Dynamic().PutFooter(48, size), content);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(488)]
    [InlineData(511)]
    public void SizeNotSectorAligned_Fixed(int used)
    {
        byte[] content = FixedContent[..(4096 + used)];
        ImageBytes image = ImageBytes.Fixed(4096 + used);
        new Verdict(FaultCode.SizeNotSectorAligned, VhdStructure.Footer, 4096 + used + 48, Severity.Warning, FaultEffect.ReadOnly)
            .Holds(image, content);
    }

    [Fact]
    public void SizeNotSectorAligned_Dynamic()
    {
        ImageBytes image = SoundImage.Dynamic().AddBlock(15, 0xAF);
        image.PutFooter(48, (ulong)SoundImage.Size - 500);
        byte[] content = (byte[])DynamicContent.Clone();
        content.AsSpan(15 * 4096).Fill(0xAF);
        new Verdict(FaultCode.SizeNotSectorAligned, VhdStructure.Footer, image.FooterOffset + 48, Severity.Warning, FaultEffect.ReadOnly)
            .Holds(image, content[..^500]);
    }

    [Fact]
    public void TheCurrentSizeHoldsNotTheOriginal()
    {
        byte[] bytes = SoundImage.Dynamic().PutFooter(40, 4096ul).Bytes;
        Assert.Empty(ImageLayout.Read(new MemoryImageFile(bytes)).Findings);
        Verdict.AssertContent(bytes, VhdOpenOptions.Default, DynamicContent);
    }

    [Theory]
    [InlineData("qemu", Severity.Warning)]
    [InlineData("vpc ", Severity.Warning)]
    [InlineData("win ", Severity.Note)]
    public void GeometryZero(string creator, Severity severity)
    {
        ImageBytes image = SoundImage.Dynamic().PutFooter(28, creator).PutFooter(56, 0u);
        new Verdict(FaultCode.GeometryZero, VhdStructure.Footer, End + 56, severity, FaultEffect.None).Holds(image, DynamicContent);
        Assert.Equal(SizeRule.CurrentSize, ImageLayout.Read(image.ToFile()).Size.Rule);
    }

    [Fact]
    public void TheLargestGeometryStandsForTheCurrentSize()
    {
        ImageBytes image = SoundImage.Dynamic().PutFooter(28, "vpc ").PutFooter(56, 0xFFFF10FFu);
        Assert.Empty(ImageLayout.Read(image.ToFile()).Findings);
        Verdict.AssertContent(image.Bytes, VhdOpenOptions.Default, DynamicContent);
    }

    [Theory]
    [InlineData("vbox")]
    [InlineData("wa\0\0")]
    [InlineData("vs  ")]
    public void GeometrySizeDiffers(string creator)
    {
        // 1/4/17 = 68 sectors of the 128.
        ImageBytes image = SoundImage.Dynamic().PutFooter(28, creator).PutFooter(56, 0x00010411u);
        Finding finding = new Verdict(FaultCode.GeometrySizeDiffers, VhdStructure.Footer, End + 56, Severity.Note, FaultEffect.None)
            .Holds(image, DynamicContent);
        Assert.Contains("34816", finding.Actual, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("vpc ", SizeRule.Auto, 68)]
    [InlineData("qemu", SizeRule.Auto, 68)]
    [InlineData("qem2", SizeRule.Auto, 128)]
    [InlineData("win ", SizeRule.Auto, 128)]
    [InlineData("vpc ", SizeRule.CurrentSize, 128)]
    [InlineData("win ", SizeRule.Chs, 68)]
    public void SizeRuleChooses(string creator, SizeRule rule, long sectors)
    {
        foreach (ImageBytes image in new[] { SoundImage.Dynamic(), SoundImage.Fixed() })
        {
            image.PutFooter(28, creator).PutFooter(56, 0x00010411u);
            using VhdImage open = VhdImage.Open(image.ToFile(), new VhdOpenOptions { SizeRule = rule });
            Assert.Equal(sectors, open.SectorCount);
            Assert.NotEqual(SizeRule.Auto, open.Layout.Size.Rule);
            Assert.Throws<ArgumentOutOfRangeException>(() => open.ReadSectors(sectors, new byte[512]));
        }
    }

    [Theory]
    [InlineData(512)]
    [InlineData(SoundImage.Size)]
    [InlineData(700)]
    public void FixedDataTruncated(int missing)
    {
        ImageBytes whole = SoundImage.Fixed();
        byte[] bytes = [.. whole.Bytes.AsSpan(0, SoundImage.Size - missing), .. whole.Bytes.AsSpan(SoundImage.Size)];
        byte[] content = (byte[])FixedContent.Clone();
        content.AsSpan(SoundImage.Size - missing).Clear();
        new Verdict(
            FaultCode.FixedDataTruncated, VhdStructure.Data, SoundImage.Size - missing, Severity.Error, FaultEffect.UnreadableUnlessForced)
            .Holds(bytes, content);
    }

    [Fact]
    public void FixedFileTooLong() =>
        new Verdict(FaultCode.FixedFileTooLong, VhdStructure.Data, SoundImage.Size - 4096, Severity.Warning, FaultEffect.None)
            .Holds(SoundImage.Fixed().PutFooter(48, (ulong)SoundImage.Size - 4096), FixedContent[..^4096]);

    [Fact]
    public void SavedState() =>
        new Verdict(FaultCode.SavedState, VhdStructure.Footer, End + 84, Severity.Note, FaultEffect.None)
            .Holds(SoundImage.Dynamic().PutFooter(84, [1]), DynamicContent);

    [Fact]
    public void ReservedBytesNotZero_ArePreserved()
    {
        ImageBytes image = SoundImage.Dynamic().PutFooter(85, [1]).PutFooter(511, [0xAB]);
        new Verdict(FaultCode.ReservedBytesNotZero, VhdStructure.Footer, End + 85, Severity.Note, FaultEffect.None)
            .Holds(image, DynamicContent);

        MemoryImageFile file = image.ToFile();
        using (VhdImage open = VhdImage.Open(file, new VhdOpenOptions { ForWriting = true }))
        {
            open.WriteSectors(0, Enumerable.Repeat((byte)1, 512).ToArray());
        }

        byte[] after = file.Reopen().ToArray();
        Assert.True(after.Length > image.Bytes.Length);
        Assert.Equal(image.Bytes[^512..], after[^512..]);
        Assert.Equal(image.Bytes[..512], after[..512]);
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(0xFFFFFFFFu)]
    public void EveryTimeStampOpens(uint seconds)
    {
        byte[] bytes = SoundImage.Dynamic().PutFooter(24, seconds).PutHeader(56, seconds).Bytes;
        Assert.Empty(ImageLayout.Read(new MemoryImageFile(bytes)).Findings);
        Verdict.AssertContent(bytes, VhdOpenOptions.Default, DynamicContent);
    }

    [Fact]
    public void UniqueIdNull() =>
        new Verdict(FaultCode.UniqueIdNull, VhdStructure.Footer, End + 68, Severity.Warning, FaultEffect.None)
            .Holds(SoundImage.Dynamic().PutFooter(68, new byte[16]), DynamicContent);

    [Fact]
    public void AGuestsFooterInSector0OfAFixedImageIsData()
    {
        byte[] guest = SoundImage.Dynamic().Bytes;
        byte[] content = SoundImage.FixedContent();
        guest.CopyTo(content, 0);
        ImageBytes image = SoundImage.Fixed().Poke(0, guest);
        Assert.Empty(ImageLayout.Read(image.ToFile()).Findings);
        Verdict.AssertContent(image.Bytes, VhdOpenOptions.Default, content);

        // Also when the real footer is hurt: the guest must not be able to take its place.
        new Verdict(
            FaultCode.FooterChecksumMismatch, VhdStructure.Footer, SoundImage.Size, Severity.Error, FaultEffect.UnreadableUnlessForced)
            .Holds(image.PutEnd(64, [1, 2, 3, 4], reseal: false).PutEnd(68, [9, 9], reseal: false), content);
    }

    [Fact]
    public void AGuestsFixedFooterInSector0OfARawDiskIsNoVhd()
    {
        byte[] raw = new byte[SoundImage.Size];
        ImageBytes.Fixed(4096).Bytes.AsSpan(4096, 512).CopyTo(raw);
        new Verdict(FaultCode.NotVhd, VhdStructure.Footer, SoundImage.Size - 512, Severity.Error, FaultEffect.Unreadable).Holds(raw);
    }

    [Fact]
    public void TheOutermostOfNestedImagesWins()
    {
        byte[] inner = SoundImage.Fixed().Bytes;
        ImageBytes outer = ImageBytes.Fixed(inner.Length).Poke(0, inner);
        Verdict.AssertContent(outer.Bytes, VhdOpenOptions.Default, inner);
    }

    [Fact]
    public void ParentInformationMissing()
    {
        ImageBytes image = ImageBytes.Differencing(parentName: string.Empty).PutHeader(40, new byte[16]).AddBlock(0, 0xB0);
        ImageLayout layout = ImageLayout.Read(image.ToFile());
        Finding finding = Assert.Single(layout.Findings);
        Assert.Equal(
            (FaultCode.ParentInformationMissing, VhdStructure.DynamicHeader, 512 + 40, Severity.Warning, FaultEffect.None),
            (finding.Code, finding.Structure, finding.FileOffset, finding.Severity, finding.Effect));

        using VhdImage open = VhdImage.Open(image.ToFile());
        byte[] sector = new byte[512];
        open.ReadSectors(0, sector);
        Assert.All(sector, value => Assert.Equal(0xB0, value));
        Assert.Throws<VhdFormatException>(() => open.ReadSectors(8, sector));
    }
}
