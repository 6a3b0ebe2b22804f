using VhdPS.Engine.Format;
using VhdPS.Engine.Operations.Compare;
using VhdPS.Tests.Checking;
using VhdPS.Tests.Files;
using VhdPS.Tests.Format;

namespace VhdPS.Tests.Operations.Compare;

public class StructureComparisonTests
{
    [Fact]
    public void Fields_cover_every_byte_of_footer_and_header_once()
    {
        AssertCovered(HardDiskFooter.Parse(ImageBytes.Fixed().Bytes.AsSpan(SoundImage.Size)).Fields, 512);
        AssertCovered(DynamicDiskHeader.Parse(SoundImage.Dynamic().Bytes.AsSpan(512, 1024)).Fields, 1024);
    }

    [Fact]
    public void Equal_images_have_no_difference_whatever_their_disks_hold()
    {
        using var left = new MemoryImageFile(ImageBytes.Fixed().Bytes);
        using var right = new MemoryImageFile(ImageBytes.Fixed().Poke(100, [1, 2, 3]).Bytes);
        Assert.Empty(StructureComparison.FindDifferences(left, right));
    }

    [Fact]
    public void Each_field_that_differs_is_named_with_both_values()
    {
        using MemoryImageFile left = SoundImage.Dynamic().ToFile();
        using MemoryImageFile right = SoundImage.Dynamic().PutFooter(28, "qem2").PutHeader(64, [0, (byte)'p']).PutEntry(5, 99).ToFile();
        List<StructureDifference> found = [.. StructureComparison.FindDifferences(left, right)];
        Assert.Contains(new StructureDifference(VhdStructure.Footer, "CreatorApplication", "win ", "qem2"), found);
        Assert.Contains(new StructureDifference(VhdStructure.FooterCopy, "CreatorApplication", "win ", "qem2"), found);
        Assert.Contains(new StructureDifference(VhdStructure.DynamicHeader, "ParentUnicodeName", string.Empty, "p"), found);
        Assert.Contains(new StructureDifference(VhdStructure.BlockAllocationTable, "Block 5", "not allocated", "sector 99"), found);

        // Those four, and the three checksums.
        Assert.Equal(7, found.Count);
        Assert.Equal(3, found.Count(difference => difference.Field == "Checksum"));
    }

    [Fact]
    public void Structures_that_one_image_lacks_are_empty_on_its_side()
    {
        using MemoryImageFile left = SoundImage.Dynamic().ToFile();
        using var right = new MemoryImageFile(ImageBytes.Fixed().Bytes);
        List<StructureDifference> found = [.. StructureComparison.FindDifferences(left, right)];
        Assert.Contains(new StructureDifference(VhdStructure.Footer, "DiskType", "Dynamic", "Fixed"), found);
        Assert.Contains(new StructureDifference(VhdStructure.DynamicHeader, "BlockSize", "4096", string.Empty), found);
    }

    private static void AssertCovered(IReadOnlyList<StructureField> fields, int size)
    {
        int at = 0;
        foreach (StructureField field in fields)
        {
            Assert.Equal(at, field.Offset);
            at += field.Length;
        }

        Assert.Equal(size, at);
    }
}
