using VhdPS.Engine.Images;
using VhdPS.Engine.Layout;
using VhdPS.Tests.Checking;
using VhdPS.Tests.Files;
using VhdPS.Tests.Format;

namespace VhdPS.Tests.Images;

/// <summary>Where footers go, and what is made of an image in which one of the two is missing or is not the last thing.</summary>
public sealed class FooterWriterTests
{
    [Theory]
    [InlineData(1024, 100, 1024)]
    [InlineData(1024, 1024, 1024)]
    [InlineData(1024, 1500, 1536)]
    [InlineData(1000, 100, 1536)]
    [InlineData(1000, 1512, 1536)]
    [InlineData(1000, 5000, 5120)]
    [InlineData(511, 0, 1024)]
    public void A_footer_moves_to_a_sector_clear_of_its_present_place(long endOffset, long wanted, long expected) =>
        Assert.Equal(expected, FooterWriter.PlaceAtOrAfter(endOffset, wanted));

    [Theory]
    [InlineData(-512, true)]
    [InlineData(-1024, true)]
    [InlineData(-511, false)]
    [InlineData(-600, false)]
    [InlineData(-256, false)]
    [InlineData(0, false)]
    [InlineData(512, false)]
    public void A_file_is_cut_only_at_a_sector_clear_of_the_footer(int fromEnd, bool isCut)
    {
        ImageBytes bytes = ImageBytes.Dynamic().AddBlock(0, 7);
        bytes.Insert(new byte[4096]);
        MemoryImageFile file = bytes.ToFile();
        var footers = new FooterWriter(file, ImageLayout.Read(file));
        long end = footers.EndOffset;
        footers.CutTo(end + fromEnd);
        Assert.Equal(isCut ? end + fromEnd : end, footers.EndOffset);
        Assert.Equal(footers.EndOffset + 512, file.Length);
        Verdict.AssertClean(file.Reopen());
    }

    [Theory]
    [InlineData("end", 0)]
    [InlineData("end cut", 0)]
    [InlineData("front", 0)]
    [InlineData("zeros after", 0)]
    [InlineData("zeros after", 100)]
    [InlineData("byte after", 0)]
    [InlineData("data after", 0)]
    [InlineData("data after", 100)]
    [InlineData("front and odd", 100)]
    public void What_is_planned_for_a_missing_footer_is_what_is_made(string missing, int odd)
    {
        ImageBytes bytes = ImageBytes.Dynamic().AddBlock(0, 7);
        bytes.Insert(new byte[odd]);
        int footer = bytes.FooterOffset;
        switch (missing)
        {
            case "end": bytes.Poke(footer, new byte[512]); break;
            case "end cut": bytes.CutEnd(512); break;
            case "front" or "front and odd": bytes.Poke(0, new byte[512]); break;
            case "zeros after": bytes.Append(new byte[700]); break;
            case "byte after": bytes.Append([1]); break;
            default: bytes.Append([.. new byte[600], 1, .. new byte[99]]); break;
        }

        MemoryImageFile file = bytes.ToFile();
        var layout = ImageLayout.Read(file);
        Assert.True(FooterWriter.CanRepair(file, layout));
        long planned = FooterWriter.EndAfterRepair(file, layout, SectorMap.ReadTable(file, layout));
        Assert.True(FooterWriter.TryRepair(file, layout));
        var after = ImageLayout.Read(file);
        Assert.Equal((planned, planned + 512), (after.DataEnd, file.Length));
        if (missing == "zeros after" && odd == 0)
        {
            Assert.Equal(footer, planned);
        }

        if (missing == "byte after")
        {
            Assert.Equal(footer + 1024, planned);
            Assert.Equal(1, file.ToArray()[footer + 512]);
        }

        if (missing == "data after")
        {
            Assert.True(planned >= footer + 512 + 600);
            Assert.Equal(1, file.ToArray()[footer + 512 + 600]);
        }

        Verdict.AssertClean(file.Reopen());
        Assert.False(FooterWriter.TryRepair(file, ImageLayout.Read(file)));
    }
    [Theory]
    [InlineData(0)]
    [InlineData(100)]
    [InlineData(511)]
    public void A_changed_footer_is_put_in_both_places_one_sync_after_the_other(int odd)
    {
        ImageBytes bytes = ImageBytes.Dynamic().AddBlock(0, 7);
        bytes.Insert(new byte[odd]);
        var recorder = new RecordingImageFile(bytes.ToFile());
        var layout = ImageLayout.Read(recorder);
        var footers = new FooterWriter(recorder, layout);
        var id = Guid.NewGuid();
        footers.Publish(layout.Footer.With(uniqueId: id));
        long place = odd == 0 ? bytes.FooterOffset : (bytes.FooterOffset / 512 * 512) + 1024;
        Assert.Equal(place, footers.EndOffset);
        Assert.Equal([ChangeKind.Write, ChangeKind.Flush, ChangeKind.Write, ChangeKind.Flush], recorder.Changes.Select(one => one.Kind));
        Assert.Equal((place, 0L), (recorder.Changes[0].FileOffset, recorder.Changes[2].FileOffset));
        var after = ImageLayout.Read(recorder);
        Assert.Equal((id, place), (after.Footer.UniqueId, after.DataEnd));
        Assert.True(recorder.Changes[0].Data.AsSpan().SequenceEqual(recorder.Changes[2].Data));
        Verdict.AssertClean(recorder);
    }
    /// <summary>An entry past the end may name data that a cut took with the footer: then nothing is put in order.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Footers_of_an_image_that_was_cut_off_are_left_alone(bool isEndMissing)
    {
        ImageBytes bytes = ImageBytes.Dynamic().AddBlock(0, 7).PutEntry(1, 0x00FFFFF0);
        bytes = isEndMissing ? bytes.CutEnd(512) : bytes.Poke(0, new byte[512]);
        MemoryImageFile file = bytes.ToFile();
        var layout = ImageLayout.Read(file);
        Assert.NotNull(layout.FindBlockingFinding(forWriting: true));
        Assert.False(FooterWriter.CanRepair(file, layout));
        Assert.Equal(layout.DataEnd, FooterWriter.EndAfterRepair(file, layout, SectorMap.ReadTable(file, layout)));
        Assert.False(FooterWriter.TryRepair(file, layout));
        Assert.Equal(bytes.Bytes, file.ToArray());
    }
}
