using System.Buffers.Binary;
using VhdPS.Engine.Chains;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Engine.Layout;
using VhdPS.Tests.Checking;
using VhdPS.Tests.Files;
using VhdPS.Tests.Format;

namespace VhdPS.Tests.Layout;

/// <summary>Odd and hostile headers, tables, bitmaps and batmaps, one fault at a time.</summary>
public sealed class HeaderAndTableFaultTests
{
    private const int Header = 512;
    private const int Table = 1536;
    private const int End = SoundImage.DynamicFooterOffset;

    private static readonly byte[] Content = SoundImage.DynamicContent();

    [Fact]
    public void HeaderCookieMismatch()
    {
        Refuses(FaultCode.HeaderCookieMismatch, 0).Holds(SoundImage.Dynamic().PutHeader(0, "cxspars\0"u8.ToArray()));
        Refuses(FaultCode.HeaderCookieMismatch, 0).Holds(SoundImage.Dynamic().PutHeader(0, new byte[1024], reseal: false));
    }

    [Fact]
    public void HeaderChecksumMismatch()
    {
        Finding finding = new Verdict(
            FaultCode.HeaderChecksumMismatch, VhdStructure.DynamicHeader, Header + 36, Severity.Error, FaultEffect.UnreadableUnlessForced)
            .Holds(SoundImage.Dynamic().PutHeader(36, 0xABCDEF01u, reseal: false), Content);
        Assert.Equal("0xABCDEF01", finding.Actual);
    }

    [Fact]
    public void HeaderVersionUnsupported() =>
        Refuses(FaultCode.HeaderVersionUnsupported, 24).Holds(SoundImage.Dynamic().PutHeader(24, 0x00020000u));

    [Theory]
    [InlineData(0x00000000FFFFFFFFul, Severity.Note)] // the driver of 2010
    [InlineData(512ul, Severity.Warning)] // its own offset
    [InlineData(0ul, Severity.Warning)]
    public void NextOffsetPresent(ulong next, Severity severity) =>
        new Verdict(FaultCode.NextOffsetPresent, VhdStructure.DynamicHeader, Header + 8, severity, FaultEffect.None)
            .Holds(SoundImage.Dynamic().PutHeader(8, next), Content);

    [Theory]
    [InlineData(60)]
    [InlineData(768)]
    public void ReservedBytesNotZero(int at) =>
        new Verdict(FaultCode.ReservedBytesNotZero, VhdStructure.DynamicHeader, Header + at, Severity.Note, FaultEffect.None)
            .Holds(SoundImage.Dynamic().PutHeader(at, [1]), Content);

    [Theory]
    [InlineData(0u)]
    [InlineData(1u)]
    [InlineData(256u)]
    [InlineData(3u * 1024 * 1024)]
    [InlineData(0x20000000u)]
    [InlineData(0x80000000u)]
    [InlineData(0xFFFFFFFFu)]
    public void BlockSizeUnsupported(uint size) =>
        Refuses(FaultCode.BlockSizeUnsupported, 32).Holds(SoundImage.Dynamic().PutHeader(32, size));

    [Fact]
    public void ABlockMayBeOneSector()
    {
        byte[] content = new byte[4096];
        content.AsSpan(512, 512).Fill(0xA1);
        byte[] bytes = ImageBytes.Dynamic(4096, 512).AddBlock(1, 0xA1).Bytes;
        Assert.Empty(ImageLayout.Read(new MemoryImageFile(bytes)).Findings);
        Verdict.AssertContent(bytes, VhdOpenOptions.Default, content);
    }

    [Fact]
    public void TheLargestBlocksAreNeverHeldWhole()
    {
        const long Block = 256L * 1024 * 1024;
        ImageBytes image = ImageBytes.Dynamic(2 * Block, (int)Block);
        MemoryImageFile file = image.ToFile();
        using (VhdImage open = VhdImage.Open(file, new VhdOpenOptions { ForWriting = true }))
        {
            byte[] data = Enumerable.Repeat((byte)7, 4096).ToArray();
            long before = GC.GetAllocatedBytesForCurrentThread();
            open.WriteSectors((Block / 512) + 1000, data);
            open.Flush();
            byte[] read = new byte[8192];
            open.ReadSectors((Block / 512) + 996, read);
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 8 * 1024 * 1024);
            Assert.Equal([.. new byte[2048], .. data, .. new byte[2048]], read);
        }

        Assert.True(file.Reopen().Length > Block);
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(15u)]
    public void TableEntriesTooFew(uint entries) =>
        RefusesUnlessForced(FaultCode.TableEntriesTooFew, 28)
            .Holds(SoundImage.Dynamic().PutHeader(28, entries), entries == 0 ? new byte[SoundImage.Size] : Content);

    [Theory]
    [InlineData(17u)]
    [InlineData(128u)]
    public void TableEntriesTooMany(uint entries) =>
        new Verdict(FaultCode.TableEntriesTooMany, VhdStructure.DynamicHeader, Header + 28, Severity.Note, FaultEffect.None)
            .Holds(SoundImage.Dynamic().PutHeader(28, entries), Content);

    [Fact]
    public void TableEntriesTooMany_NewBlocksStayOutOfTheWholeTable()
    {
        // 256 entries take two sectors, of which the disk needs one; the second is still the table's.
        ImageBytes image = ImageBytes.Dynamic(SoundImage.Size).PutHeader(28, 256u);
        image.Insert(Enumerable.Repeat((byte)0xFF, 512).ToArray());
        MemoryImageFile file = image.ToFile();
        using (VhdImage open = VhdImage.Open(file, new VhdOpenOptions { ForWriting = true }))
        {
            open.WriteSectors(0, Enumerable.Repeat((byte)0x55, 4096).ToArray());
        }

        byte[] after = file.Reopen().ToArray();
        Assert.True(BinaryPrimitives.ReadUInt32BigEndian(after.AsSpan(Table)) >= (Table + 1024) / 512);
        Assert.False(after.AsSpan(Table + 4, 1020).ContainsAnyExcept((byte)0xFF));
    }

    [Theory]
    [InlineData(0x40000000u)]
    [InlineData(0xFFFFFFFFu)]
    [InlineData(3000u)]
    public void TablePastEnd_Entries(uint entries) =>
        RefusesUnlessForced(FaultCode.TablePastEnd, 16).Beside(FaultCode.TableEntriesTooMany)
            .Holds(SoundImage.Dynamic().PutHeader(28, entries), Content);

    [Theory]
    [InlineData((ulong)End + 512)]
    [InlineData((ulong)End + 512 - 63)]
    [InlineData(1ul << 40)]
    [InlineData(1ul << 63)]
    [InlineData(ulong.MaxValue)]
    public void TablePastEnd_Offset(ulong offset) =>
        Refuses(FaultCode.TablePastEnd, 16).Holds(SoundImage.Dynamic().PutHeader(16, offset));

    [Fact]
    public void TableTooLarge()
    {
        const long Entries = (16 * 1024 * 1024) + 1;
        ImageBytes image = ImageBytes.Dynamic(4096, 512)
            .PutFooter(48, (ulong)Entries * 512).PutHeader(28, (uint)Entries);
        MemoryImageFile file = image.ToFile();
        file.WriteAt(Table + (Entries * 4), image.Bytes.AsSpan(image.FooterOffset, 512));
        Finding finding = Assert.Throws<VhdFormatException>(() => VhdImage.Open(file)).Finding;
        Assert.Equal((FaultCode.TableTooLarge, (long?)Header + 28), (finding.Code, finding.FileOffset));
    }

    [Theory]
    [InlineData(0ul)] // the footer copy
    [InlineData(511ul)]
    [InlineData(512ul)] // the header
    [InlineData(1024ul)]
    [InlineData(1535ul)]
    public void TableOverlapsHeader(ulong offset) =>
        Refuses(FaultCode.TableOverlapsHeader, 16).Holds(SoundImage.Dynamic().PutHeader(16, offset));

    [Fact]
    public void TableOverlapsHeader_FromBefore()
    {
        // Header at 1024; 16 entries from 1000 reach into it.
        ImageBytes image = SoundImage.Dynamic(headerOffset: 1024).PutHeader(16, 1000ul);
        new Verdict(FaultCode.TableOverlapsHeader, VhdStructure.DynamicHeader, 1024 + 16, Severity.Error, FaultEffect.Unreadable)
            .Holds(image);
    }

    [Fact]
    public void TheTableMayLieBeforeTheHeader()
    {
        byte[] bytes = SoundImage.Dynamic(headerOffset: 1024, tableOffset: 512).Bytes;
        Assert.Empty(ImageLayout.Read(new MemoryImageFile(bytes)).Findings);
        Verdict.AssertContent(bytes, VhdOpenOptions.Default, Content);
    }

    [Fact]
    public void TableNotAligned()
    {
        ImageBytes image = SoundImage.Dynamic();
        image.Poke(Table + 100, image.Bytes.AsSpan(Table, 64).ToArray()).PutHeader(16, (ulong)Table + 100);
        new Verdict(FaultCode.TableNotAligned, VhdStructure.DynamicHeader, Header + 16, Severity.Warning, FaultEffect.ReadOnly)
            .Holds(image, Content);
    }

    [Theory]
    [InlineData(FaultCode.BatEntryPastEnd, 22u)] // the footer
    [InlineData(FaultCode.BatEntryPastEnd, 14u)] // reaches into the footer by one sector
    [InlineData(FaultCode.BatEntryPastEnd, 1000u)]
    [InlineData(FaultCode.BatEntryPastEnd, 0x80000000u)]
    [InlineData(FaultCode.BatEntryPastEnd, 0xFFFFFFFEu)]
    [InlineData(FaultCode.BatEntryInStructure, 0u)] // the footer copy
    [InlineData(FaultCode.BatEntryInStructure, 1u)] // the header
    [InlineData(FaultCode.BatEntryInStructure, 3u)] // the table
    public void AMisplacedEntryKeepsItsOwnBlockFromBeingRead(FaultCode code, uint entry)
    {
        MemoryImageFile file = SoundImage.Dynamic().PutEntry(3, entry).ToFile();
        byte[] before = file.ToArray();
        foreach (bool ignoreBitmap in new[] { false, true })
        {
            using VhdImage image = VhdImage.Open(file.Reopen(), new VhdOpenOptions { IgnoreBitmap = ignoreBitmap });
            AssertReadsAllBut(image, 3);
            AssertMisplaced(Assert.Throws<VhdFormatException>(() => image.ReadSectors(24, new byte[512])).Finding, code, 3, entry);
        }
    }

    [Fact]
    public void AMisplacedEntryIsNeverWrittenThrough()
    {
        foreach (uint entry in new uint[] { 0, 1, 3, 0xFFFFFFFE })
        {
            ImageBytes sound = ImageBytes.Dynamic(SoundImage.Size);
            sound.Insert(new byte[8192]);
            byte[] before = sound.AddBlock(1, 0xA1).PutEntry(3, entry).Bytes;
            var file = new MemoryImageFile(before);
            var recording = new RecordingImageFile(file);
            using (VhdImage image = VhdImage.Open(recording, new VhdOpenOptions { ForWriting = true }))
            {
                // Blocks 1 and 2 are sound: nothing of a request that also names block 3 may be written.
                Assert.Throws<VhdFormatException>(() => image.WriteSectors(8, Enumerable.Repeat((byte)1, 3 * 4096).ToArray()));
                Assert.Throws<VhdFormatException>(() => image.WriteSectors(24, new byte[512]));
            }

            Assert.DoesNotContain(recording.Changes, change => change.Kind == ChangeKind.Write);
            Assert.Equal(before, file.Reopen().ToArray());
        }
    }

    [Theory]
    [InlineData(1000u)]
    [InlineData(0x7FFFFFFFu)]
    [InlineData(0xFFFFFFFEu)]
    public void BatEntryPastEnd_NoNewBlockIsLaidBehindIt(uint entry)
    {
        // Laid before it, the place that the entry names would come to exist; laid behind it, the file would grow to there.
        byte[] before = SoundImage.Dynamic().PutEntry(3, entry).Bytes;
        var file = new MemoryImageFile(before);
        using (VhdImage image = VhdImage.Open(file, new VhdOpenOptions { ForWriting = true }))
        {
            byte[] data = Enumerable.Repeat((byte)9, 512).ToArray();
            AssertMisplaced(
                Assert.Throws<VhdFormatException>(() => image.WriteSectors(0, data)).Finding, FaultCode.BatEntryPastEnd, 3, entry);
            image.WriteSectors(8, data);
            byte[] read = new byte[512];
            image.ReadSectors(8, read);
            Assert.Equal(data, read);
        }

        Assert.Equal(before.Length, file.Reopen().Length);
    }

    [Fact]
    public void BatEntryDuplicate()
    {
        ImageBytes image = SoundImage.Dynamic().PutEntry(7, 4);
        AssertReadsButIsNotWritten(image, FaultCode.BatEntryDuplicate, 7, 4);
        using VhdImage open = VhdImage.Open(image.ToFile());
        byte[] read = new byte[4096];
        open.ReadSectors(7 * 8, read);
        Assert.All(read, value => Assert.Equal(0xA1, value));
    }

    [Theory]
    [InlineData(5u)]
    [InlineData(12u)]
    public void BlocksOverlap(uint entry) =>
        AssertReadsButIsNotWritten(SoundImage.Dynamic().PutEntry(7, entry), FaultCode.BlocksOverlap, 7, entry);

    [Fact]
    public void LastBlockShort()
    {
        // 9 sectors: the second block has one sector in the disk, and the file ends behind it.
        ImageBytes image = ImageBytes.Dynamic(9 * 512).AddBlock(0, 0xC0).AddBlock(1, 0xC1);
        byte[] footer = image.Bytes[^512..];
        image.CutEnd(512 + (7 * 512)).Append(footer);
        byte[] content = [.. Enumerable.Repeat((byte)0xC0, 4096), .. Enumerable.Repeat((byte)0xC1, 512)];
        Assert.Empty(ImageLayout.Read(image.ToFile()).Findings);
        Verdict.AssertContent(image.Bytes, VhdOpenOptions.Default, content);
    }

    [Fact]
    public void LastBlockShort_ANewBlockFillsItUp()
    {
        // The short block lies last in the file while block 0 is still to come.
        ImageBytes image = ImageBytes.Dynamic(9 * 512).AddBlock(1, 0xC1);
        int block = (int)image.GetEntry(1) * 512;
        byte[] footer = image.Bytes[^512..];
        image.CutEnd(512 + (7 * 512)).Append(footer);
        MemoryImageFile file = image.ToFile();
        using (VhdImage open = VhdImage.Open(file, new VhdOpenOptions { ForWriting = true }))
        {
            open.WriteSectors(0, Enumerable.Repeat((byte)0xC0, 512).ToArray());
        }

        byte[] after = file.Reopen().ToArray();
        Assert.Empty(ImageLayout.Read(file.Reopen()).Findings);
        Assert.All(after[(block + 512)..(block + 1024)], value => Assert.Equal(0xC1, value));
        Assert.False(after.AsSpan(block + 1024, 7 * 512).ContainsAnyExcept((byte)0));
        Assert.True(BinaryPrimitives.ReadUInt32BigEndian(after.AsSpan(Table)) * 512 >= block + 512 + 4096);
        byte[] content = new byte[9 * 512];
        content.AsSpan(0, 512).Fill(0xC0);
        content.AsSpan(4096).Fill(0xC1);
        Verdict.AssertContent(after, VhdOpenOptions.Default, content);
    }

    [Fact]
    public void PaddingOfTheTableMeansNothing()
    {
        ImageBytes image = SoundImage.Dynamic().Poke(Table + 64, new byte[512 - 64]);
        Assert.Empty(ImageLayout.Read(image.ToFile()).Findings);
        MemoryImageFile file = image.ToFile();
        using (VhdImage open = VhdImage.Open(file, new VhdOpenOptions { ForWriting = true }))
        {
            open.WriteSectors(127, Enumerable.Repeat((byte)1, 512).ToArray());
        }

        byte[] content = SoundImage.DynamicContent();
        content.AsSpan(127 * 512).Fill(1);
        byte[] after = file.Reopen().ToArray();
        Verdict.AssertContent(after, VhdOpenOptions.Default, content);
        Assert.False(after.AsSpan(Table + 64, 512 - 64).ContainsAnyExcept((byte)0));
    }

    [Fact]
    public void GapsAndAnyOrderOfBlocksAreAccepted()
    {
        ImageBytes image = ImageBytes.Dynamic(SoundImage.Size);
        image.Insert(new byte[5 * 512]);
        image.AddBlock(9, 0x19).Insert(new byte[3 * 512]);
        image.AddBlock(4, 0x14).AddBlock(0, 0x10);
        byte[] content = new byte[SoundImage.Size];
        foreach (int block in new[] { 9, 4, 0 })
        {
            content.AsSpan(block * 4096, 4096).Fill((byte)(0x10 + block));
        }

        Assert.Empty(ImageLayout.Read(image.ToFile()).Findings);
        Verdict.AssertContent(image.Bytes, VhdOpenOptions.Default, content);
    }

    [Theory]
    [InlineData("00")]
    [InlineData("F0")]
    [InlineData("80")]
    [InlineData("01")]
    [InlineData("55")]
    [InlineData("7E")]
    public void BitmapsAreReadBitByBitUnlessIgnored(string bitmap)
    {
        byte bits = Convert.FromHexString(bitmap)[0];
        byte[] bytes = ImageBytes.Dynamic(SoundImage.Size).AddBlock(2, 0xD2, [bits]).Bytes;
        byte[] content = new byte[SoundImage.Size];
        for (int sector = 0; sector < 8; sector++)
        {
            content.AsSpan(8192 + (sector * 512), 512).Fill((bits & (0x80 >> sector)) != 0 ? (byte)0xD2 : (byte)0);
        }

        Verdict.AssertContent(bytes, VhdOpenOptions.Default, content);
        content.AsSpan(8192, 4096).Fill(0xD2);
        Verdict.AssertContent(bytes, new VhdOpenOptions { IgnoreBitmap = true }, content);
    }

    [Fact]
    public void IgnoringBitmapsDoesNotHideTheParent()
    {
        MemoryImageFile file = ImageBytes.Differencing().AddBlock(0, 0xB0, [0x80]).ToFile();
        using VhdImage image = VhdImage.Open(file, new VhdOpenOptions { IgnoreBitmap = true });
        byte[] sector = new byte[512];
        image.ReadSectors(0, sector);
        Assert.All(sector, value => Assert.Equal(0xB0, value));
        Assert.Throws<VhdFormatException>(() => image.ReadSectors(1, sector));
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void ForcedAndBitmapIgnoringHandlesAreForReading(bool force, bool ignoreBitmap)
    {
        MemoryImageFile file = SoundImage.Dynamic().ToFile();
        Assert.Throws<ArgumentException>(() =>
            VhdImage.Open(file, new VhdOpenOptions { ForWriting = true, Force = force, IgnoreBitmap = ignoreBitmap }));
        Assert.True(file.IsDisposed);
        using VhdImage image = VhdImage.Open(file.Reopen(), new VhdOpenOptions { Force = force, IgnoreBitmap = ignoreBitmap });
        var error = Assert.Throws<VhdOperationException>(() => image.WriteSectors(0, new byte[512]));
        Assert.Equal(OperationError.OpenedForReading, error.Code);
    }

    [Theory]
    [InlineData(0x1000ul, 1u, true)] // stale or of a wrong checksum: never looked at
    [InlineData(1ul << 62, 1u, false)]
    [InlineData(ulong.MaxValue, 1u, false)]
    [InlineData(0ul, 0xFFFFFFFFu, false)]
    [InlineData(0ul, 20u, false)] // bigger than needed, over everything
    public void ABatmapIsNotNeededForReading(ulong mapOffset, uint sectors, bool isSound)
    {
        ImageBytes image = ImageBytes.Dynamic(SoundImage.Size).PutFooter(28, "tap\0");
        byte[] batmap = new byte[512];
        "tdbatmap"u8.CopyTo(batmap);
        BinaryPrimitives.WriteUInt64BigEndian(batmap.AsSpan(8), mapOffset);
        BinaryPrimitives.WriteUInt32BigEndian(batmap.AsSpan(16), sectors);
        BinaryPrimitives.WriteUInt32BigEndian(batmap.AsSpan(20), 0x00010002);
        image.Insert(batmap);
        image.Insert(new byte[0x1200 - image.FooterOffset]);
        image.AddBlock(1, 0xA1).AddBlock(3, 0xA3, [0xF0]);
        Verdict.AssertContent(image.Bytes, VhdOpenOptions.Default, Content);
        Finding[] findings = [.. ImageLayout.Read(image.ToFile()).Findings];
        Assert.Equal(isSound ? [] : [FaultCode.BatmapInvalid], findings.Select(finding => finding.Code));
        Assert.All(findings, finding => Assert.Equal(
            (VhdStructure.Batmap, Severity.Note, FaultEffect.None), (finding.Structure, finding.Severity, finding.Effect)));
    }

    [Fact]
    public void NewBlocksStayOutOfABatmap()
    {
        ImageBytes image = ImageBytes.Dynamic(SoundImage.Size).PutFooter(28, "tap\0");
        byte[] batmap = new byte[1024];
        "tdbatmap"u8.CopyTo(batmap);
        BinaryPrimitives.WriteUInt64BigEndian(batmap.AsSpan(8), 2048 + 512);
        BinaryPrimitives.WriteUInt32BigEndian(batmap.AsSpan(16), 1);
        image.Insert(batmap);
        MemoryImageFile file = image.ToFile();
        using (VhdImage open = VhdImage.Open(file, new VhdOpenOptions { ForWriting = true }))
        {
            open.WriteSectors(0, Enumerable.Repeat((byte)0x55, 4096).ToArray());
        }

        Assert.Equal(batmap, file.Reopen().ToArray()[2048..3072]);
    }

    [Fact]
    public void ABitmapThatLooksLikeABatmapIsABitmap()
    {
        // The first block's bitmap lies where a batmap would; a guest chooses which sectors it writes.
        ImageBytes image = ImageBytes.Differencing(2 * 1024 * 1024, 256 * 1024)
            .AddBlock(0, 0xB0, "tdbatmap\0\0\0\0\0\0\0\0\0\0\xFF\0"u8.ToArray());
        Assert.Empty(ImageLayout.Read(image.ToFile()).Findings);
        using VhdImage open = VhdImage.Open(image.ToFile());
        byte[] sector = new byte[512];
        open.ReadSectors(1, sector);
        Assert.All(sector, value => Assert.Equal(0xB0, value));
    }

    [Fact]
    public void TheRoomOfALocatorDoesNotTakeABlockAway()
    {
        // Some writers count the room in bytes although it is below 512: by the rule of sectors it would cover the block.
        ImageBytes image = ImageBytes.Differencing();
        int at = image.Insert(new byte[512]);
        image.AddBlock(0, 0xB0).PutLocator(0, 0x57327275, 24, 24, (ulong)at);
        using VhdImage open = VhdImage.Open(image.ToFile());
        byte[] sector = new byte[512];
        open.ReadSectors(0, sector);
        Assert.All(sector, value => Assert.Equal(0xB0, value));
    }

    private static Verdict Refuses(FaultCode code, int at) =>
        new(code, VhdStructure.DynamicHeader, Header + at, Severity.Error, FaultEffect.Unreadable);

    private static Verdict RefusesUnlessForced(FaultCode code, int at) =>
        Refuses(code, at) with { Effect = FaultEffect.UnreadableUnlessForced };

    private static void AssertMisplaced(Finding finding, FaultCode code, int blockIndex, uint entry)
    {
        Assert.Equal(
            (code, VhdStructure.BlockAllocationTable, Table + (blockIndex * 4), blockIndex, Severity.Error, FaultEffect.BlockUnreadable),
            (finding.Code, finding.Structure, (int)finding.FileOffset!, (int)finding.BlockIndex!, finding.Severity, finding.Effect));
        Assert.Contains($"sector {entry} ", finding.Actual, StringComparison.Ordinal);
    }

    private static void AssertReadsAllBut(VhdImage image, int blockIndex)
    {
        byte[] block = new byte[4096];
        for (int other = 0; other < SoundImage.Size / 4096; other++)
        {
            if (other != blockIndex)
            {
                image.ReadSectors(other * 8, block);
                Assert.Equal(Content[(other * 4096)..((other + 1) * 4096)], block);
            }
        }
    }

    private static void AssertReadsButIsNotWritten(ImageBytes image, FaultCode code, int blockIndex, uint entry)
    {
        using (VhdImage open = VhdImage.Open(image.ToFile()))
        {
            open.ReadSectors(0, new byte[SoundImage.Size]);
        }

        Finding finding = Verdict.AssertRefused(image.Bytes, new VhdOpenOptions { ForWriting = true });
        Assert.Equal(
            (code, VhdStructure.BlockAllocationTable, (long?)blockIndex, Severity.Error, FaultEffect.ReadOnly),
            (finding.Code, finding.Structure, finding.BlockIndex, finding.Severity, finding.Effect));
        Assert.Equal(Table + (finding.BlockIndex!.Value * 4), finding.FileOffset);
        Assert.Contains($"sector {entry} ", finding.Actual, StringComparison.Ordinal);
    }
}
