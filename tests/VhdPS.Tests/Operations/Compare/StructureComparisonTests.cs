using VhdPS.Engine.Chains;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
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

    [Fact]
    public void Entries_that_one_table_has_alone_are_one_difference()
    {
        string folder = Directory.CreateTempSubdirectory("vhdps-structures-").FullName;
        try
        {
            string small = Path.Combine(folder, "small.vhd"), large = Path.Combine(folder, "large.vhd");
            Create(small, 4);
            Create(large, 1000);
            using (var image = VhdImage.Open(large, new VhdOpenOptions { ForWriting = true }))
            {
                byte[] data = Enumerable.Repeat((byte)7, 512).ToArray();
                image.WriteSectors(2 * 4096, data);
                image.WriteSectors(999 * 4096, data);
            }

            using LocalImageFile left = LocalImageFile.OpenRead(small), right = LocalImageFile.OpenRead(large);
            Assert.Equal(
                ["Block 2: not allocated / sector", "Blocks 4 to 999:  / 996 entries, 1 allocated"],
                Entries(left, right).Select(text => text.Contains("sector", StringComparison.Ordinal)
                    ? text[..(text.IndexOf("sector", StringComparison.Ordinal) + 6)] : text));
            Assert.Equal("Blocks 4 to 999: 996 entries, 1 allocated / ", Entries(right, left)[^1]);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        static void Create(string path, int blockCount) => ImageCreator.Create(
            path, new NewImage(blockCount * 2L * 1024 * 1024) { UniqueId = Guid.NewGuid(), TimeStamp = DateTime.UtcNow });

        static List<string> Entries(ImageFile left, ImageFile right) =>
        [
            .. StructureComparison.FindDifferences(left, right)
                .Where(found => found.Structure == VhdStructure.BlockAllocationTable)
                .Select(found => $"{found.Field}: {found.Reference} / {found.Difference}"),
        ];
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
