using VhdPS.Engine.Chains;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Engine.Layout;
using VhdPS.Tests.Files;
using VhdPS.Tests.Format;

namespace VhdPS.Tests.Images;

/// <summary>Parent locators whose paths lie past the end of the file, or share a place.</summary>
public sealed class LocatorPlaceTests
{
    private const uint W2ku = 0x57326B75;
    private const uint Unknown = 0x58595A31;

    /// <summary>A path that is in the file once it has grown must not become the bitmap of a block.</summary>
    [Theory]
    [InlineData(0, 1, 1)]
    [InlineData(0, 512, 1)]
    [InlineData(-511, 512, 1)]
    [InlineData(-512, 512, 0)]
    [InlineData(1, 512, 0)]
    [InlineData(0, 4096, 1)]
    [InlineData(0, 4097, 2)]
    public void A_new_block_does_not_begin_in_a_path_past_the_end(int fromPlace, int length, int skipped)
    {
        // The bitmap of the next block would lie here, and its data on 4 KiB.
        const int place = 4096 - 512;
        ImageBytes bytes = ImageBytes.Differencing();
        Assert.InRange(bytes.Bytes.Length, 0, place - 512);
        bytes.PutLocator(0, W2ku, (uint)((length + 511) / 512 * 512), (uint)length, (ulong)(place + fromPlace));
        AssertPlace(bytes, place + Skip(place, place + fromPlace + length, skipped));
    }

    [Fact]
    public void A_new_block_passes_one_path_after_the_other()
    {
        const int place = 4096 - 512;
        ImageBytes bytes = ImageBytes.Differencing();

        // The later one stands first in the header.
        bytes.PutLocator(0, W2ku, 512, 512, place + 4096).PutLocator(1, Unknown, 512, 512, place);
        AssertPlace(bytes, place + (2 * 4096));
    }

    /// <summary>A path in a place that a kept locator names as well stays when the other is replaced.</summary>
    [Theory]
    [InlineData(Unknown, true)]
    [InlineData(0x57327275, false)]
    public void A_place_that_a_kept_locator_shares_is_not_given_up(uint otherCode, bool isKept)
    {
        ImageBytes bytes = ImageBytes.Differencing();
        byte[] text = [.. "kept"u8, .. new byte[3068]];
        int place = bytes.Insert(text);
        bytes.PutLocator(0, W2ku, 3072, 4, (ulong)place).PutLocator(1, otherCode, 3072, 4, (ulong)place).AddBlock(0, 1);
        MemoryImageFile file = bytes.ToFile("child.vhd");
        var layout = ImageLayout.Read(file);
        HeaderRewrite.Relink(file, layout, layout.Footer, new ParentFacts("p.vhd", Guid.NewGuid(), VhdSpec.Epoch));
        Assert.Equal(isKept, file.ToArray().AsSpan(place, text.Length).SequenceEqual(text));
        DynamicDiskHeader header = ImageLayout.Read(file).Header!;
        Assert.Equal(isKept, header.ParentLocators.Any(locator => locator.Code == (ParentLocatorCode)Unknown));
        Assert.Contains(header.ParentLocators, locator => locator.ReadPath(file) is "p.vhd" or ".\\p.vhd");
        AssertRest(file);
    }

    /// <summary>Locators that are not in use, or lie elsewhere, keep their words when others move.</summary>
    [Fact]
    public void Only_the_locators_of_a_moved_place_move()
    {
        ImageBytes bytes = ImageBytes.Differencing();
        int first = bytes.Insert([.. "first"u8, .. new byte[507]]), second = bytes.Insert([.. "second"u8, .. new byte[506]]);
        bytes.PutLocator(0, W2ku, 512, 5, (ulong)first).PutLocator(1, Unknown, 512, 6, (ulong)second)
            .PutLocator(2, Unknown + 1, 512, 4, (ulong)first).PutLocator(3, 0, 512, 5, (ulong)first).AddBlock(0, 1);
        MemoryImageFile file = bytes.ToFile();
        var layout = ImageLayout.Read(file);
        StructureExtent moved = layout.Structures.First(extent => extent.FileOffset == first);
        long end = bytes.FooterOffset;
        Assert.Equal(end + 512, HeaderRewrite.MoveLocators(file, layout, [moved], end));
        DynamicDiskHeader header = ImageLayout.Read(file).Header!;
        Assert.Equal(
            [(ulong)end, (ulong)second, (ulong)end, (ulong)first], header.ParentLocators.Take(4).Select(locator => locator.DataOffset));
        Assert.Equal("first"u8, file.ToArray().AsSpan((int)end, 5));
        AssertRest(file);
    }

    private static int Skip(int place, int pathEnd, int skipped)
    {
        int expected = skipped == 0 ? place : ((pathEnd + 512 + 4095) / 4096 * 4096) - 512;
        Assert.Equal(skipped, (expected - place) / 4096);
        return expected - place;
    }

    private static void AssertPlace(ImageBytes bytes, int expected)
    {
        MemoryImageFile file = bytes.ToFile();
        using (VhdImage child = VhdImage.Open(file.Reopen(), new VhdOpenOptions { ForWriting = true }))
        {
            child.WriteSectors(0, [7, .. new byte[511]]);
            child.Flush();
            Assert.Equal(expected, child.Map.Table![0] * 512L);
        }

        AssertRest(file);
    }

    /// <summary>The image opens for writing, without a footer or a block in a wrong place.</summary>
    private static void AssertRest(MemoryImageFile file)
    {
        using VhdImage image = VhdImage.Open(file.Reopen(), new VhdOpenOptions { ForWriting = true });
        Assert.DoesNotContain(image.Layout.Findings, finding => finding.Severity == Severity.Error);
        byte[] read = new byte[512];
        image.ReadSectors(0, read);
        Assert.NotEqual(0, read[0]);
    }
}
