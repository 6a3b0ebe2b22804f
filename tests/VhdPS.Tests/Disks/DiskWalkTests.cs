using VhdPS.Engine.Disks;
using VhdPS.Tests.Files;
using VhdPS.Tests.Format;

namespace VhdPS.Tests.Disks;

public class DiskWalkTests
{
    [Theory]
    [InlineData("raw with holes", 4096)]
    [InlineData("raw with holes", 1 << 20)]
    [InlineData("small blocks backward", 4096)]
    [InlineData("small blocks backward", 1 << 16)]
    [InlineData("small blocks backward", 1 << 22)]
    [InlineData("dynamic", 1 << 20)]
    [InlineData("fixed", 1 << 20)]
    public void Units_cover_all_data_once_in_order(string form, int unitSize)
    {
        using var folder = new TempFolder();
        byte[] disk = DiskModel.Make("sectors", (5 << 20) + 1536);
        string path = DiskModel.Write(folder, form, disk);
        using DiskSource source =
            DiskSource.Open(path, form.StartsWith("raw", StringComparison.Ordinal) ? SourceFormat.Raw : SourceFormat.Vhd);
        bool[] isCovered = new bool[disk.Length];
        long lastEnd = 0, number = 0;
        foreach (DiskUnit unit in DiskWalk.Units(source, unitSize))
        {
            Assert.Equal(number++, unit.Number);
            Assert.True(unit.Offset % unitSize == 0 && unit.Offset >= lastEnd);
            Assert.Equal(Math.Min(unit.Offset + unitSize, disk.Length), unit.End);
            Assert.NotEmpty(unit.Data);
            long at = unit.Offset;
            foreach (DiskExtent extent in unit.Data)
            {
                Assert.True(extent.Offset >= at && extent.Length > 0 && extent.End <= unit.End && !extent.IsZero);
                isCovered.AsSpan((int)extent.Offset, (int)extent.Length).Fill(true);
                at = extent.End;
            }

            lastEnd = unit.End;
        }

        Assert.DoesNotContain(disk.Zip(isCovered), pair => pair.First != 0 && !pair.Second);
    }

    [Fact]
    public void A_huge_empty_disk_has_no_units_and_one_with_its_last_sector_has_one()
    {
        byte[] image = ImageBytes.Dynamic(2040L << 30, 1 << 28).AddBlock(8159, 7, [0x80]).Bytes;
        using DiskSource source = DiskSource.Open(new MemoryImageFile(image), SourceFormat.Vhd);
        DiskUnit unit = Assert.Single(DiskWalk.Units(source, 1 << 20));
        Assert.Equal(8159L << 28, unit.Offset);
        Assert.Equal(1 << 28, source.CountDataBytes(0, source.SizeBytes));
        Assert.Equal(4096, unit.Data.Sum(extent => extent.Length));
    }

    [Theory]
    [InlineData("raw with holes")]
    [InlineData("small blocks backward")]
    [InlineData("fixed")]
    public void Counted_parts_add_up_to_the_whole(string form)
    {
        using var folder = new TempFolder();
        byte[] disk = DiskModel.Make("scattered", (5 << 20) + 1536);
        string path = DiskModel.Write(folder, form, disk);
        using DiskSource source =
            DiskSource.Open(path, form.StartsWith("raw", StringComparison.Ordinal) ? SourceFormat.Raw : SourceFormat.Vhd);
        long whole = source.CountDataBytes(0, source.SizeBytes);
        var random = new Random(1);
        long sum = 0;
        for (long at = 0; at < source.SizeBytes;)
        {
            long end = Math.Min(source.SizeBytes, at + (512 * random.Next(1, 900)));
            sum += source.CountDataBytes(at, end);
            at = end;
        }

        Assert.Equal(whole, sum);
        Assert.InRange(whole, 1, source.SizeBytes);
    }
}
