using VhdPS.Engine.Disks;
using VhdPS.Engine.Files;
using VhdPS.Engine.Operations.Compare;
using VhdPS.Tests.Disks;
using VhdPS.Tests.Files;
using VhdPS.Tests.Format;

namespace VhdPS.Tests.Operations.Compare;

public class DiskComparisonTests
{
    [Theory]
    [InlineData("raw", "dynamic")]
    [InlineData("small blocks backward", "fixed")]
    [InlineData("dynamic", "raw with holes")]
    [InlineData("small blocks backward", "small blocks backward")]
    public void The_ranges_are_those_that_a_model_finds(string referenceForm, string differenceForm)
    {
        foreach (string content in DiskModel.Contents)
        {
            using TempFolder left = new(), right = new();
            const int Size = (3 << 20) + 1024;
            byte[] reference = DiskModel.Make(content, Size);
            byte[] difference = (byte[])reference.Clone();
            var random = new Random(5);
            for (int i = 0; i < 30; i++)
            {
                int at = random.Next(Size / 512) * 512;
                random.NextBytes(difference.AsSpan(at, Math.Min(512 * random.Next(1, 20), Size - at)));
                at = random.Next(Size / 512) * 512;
                difference.AsSpan(at, Math.Min(512 * random.Next(1, 50), Size - at)).Clear();
            }

            using DiskSource a = Open(left, referenceForm, reference);
            using DiskSource b = Open(right, differenceForm, difference);
            List<ComparedRange> expected = Model(reference, difference);
            Assert.Equal(expected, DiskComparison.FindDifferences(a, b));
            List<ComparedRange> all = [.. DiskComparison.IncludeEqual(DiskComparison.FindDifferences(a, b), a.SectorCount)];
            Assert.Equal(expected, all.Where(range => range.Side != ComparisonSide.Equal));
            Assert.Equal(a.SectorCount, all.Sum(range => range.SectorCount));
            Assert.All(all.Zip(all.Skip(1)), pair => Assert.Equal(pair.First.EndSector, pair.Second.Sector));
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    public void Only_data_behind_the_end_of_the_shorter_disk_is_a_difference(byte tail)
    {
        byte[] shorter = DiskModel.Make("full", 1 << 20);
        byte[] longer = [.. shorter, .. new byte[1 << 20]];
        longer.AsSpan((1 << 20) + 5120, 1024).Fill(tail);
        using DiskSource a = Raw(shorter), b = Raw(longer);
        ComparedRange[] expected = tail == 0 ? [] : [new ComparedRange(2058, 2, ComparisonSide.Difference)];
        Assert.Equal(expected, DiskComparison.FindDifferences(a, b));
        Assert.Equal(expected.Select(range => range with { Side = ComparisonSide.Reference }), DiskComparison.FindDifferences(b, a));
    }

    [Fact]
    public void What_is_zeros_on_both_is_not_read()
    {
        byte[] image = ImageBytes.Dynamic(2040L << 30, 1 << 21).AddBlock(1000, 9).Bytes;
        using FlakyImageFile left = new(new MemoryImageFile(image)), right = new(new MemoryImageFile(image));
        using DiskSource a = DiskSource.Open(left, SourceFormat.Vhd), b = DiskSource.Open(right, SourceFormat.Vhd);
        int before = left.Reads;
        Assert.Empty(DiskComparison.FindDifferences(a, b));

        // The bitmap, and two requests for a block of 2 MiB.
        Assert.Equal(3, left.Reads - before);
    }

    [Fact]
    public void Progress_reaches_the_end_of_the_data_and_never_goes_back()
    {
        using DiskSource a = Raw(DiskModel.Make("full", 6 << 20)), b = Raw(DiskModel.Make("full", 6 << 20));
        var progress = new StepProgress();
        Assert.Empty(DiskComparison.FindDifferences(a, b, progress));
        Assert.Equal(progress.Steps.OrderBy(step => step.DoneBytes), progress.Steps);
        Assert.Equal(6 << 20, progress.Steps[^1].DoneBytes);
        Assert.All(progress.Steps, step => Assert.Equal(6 << 20, step.TotalBytes));
    }

    [Fact]
    public void A_failed_read_names_its_file()
    {
        using var broken = new FlakyImageFile(new MemoryImageFile(DiskModel.Make("full", 6 << 20), "broken.raw"));
        using DiskSource a = Raw(DiskModel.Make("full", 6 << 20)), b = DiskSource.Open(broken, SourceFormat.Raw);
        broken.FailingRead = 2;
        var error = Assert.Throws<ImageIOException>(() => DiskComparison.FindDifferences(a, b).ToList());
        Assert.Equal("broken.raw", error.Path);
    }

    private static DiskSource Raw(byte[] disk) => DiskSource.Open(new MemoryImageFile(disk), SourceFormat.Raw);

    private static DiskSource Open(TempFolder folder, string form, byte[] disk) => DiskSource.Open(
        DiskModel.Write(folder, form, disk), form.StartsWith("raw", StringComparison.Ordinal) ? SourceFormat.Raw : SourceFormat.Vhd);

    private static List<ComparedRange> Model(byte[] reference, byte[] difference)
    {
        var ranges = new List<ComparedRange>();
        for (int sector = 0; sector < reference.Length / 512; sector++)
        {
            if (reference.AsSpan(sector * 512, 512).SequenceEqual(difference.AsSpan(sector * 512, 512)))
            {
                continue;
            }

            if (ranges.Count > 0 && ranges[^1].EndSector == sector)
            {
                ranges[^1] = ranges[^1] with { SectorCount = ranges[^1].SectorCount + 1 };
            }
            else
            {
                ranges.Add(new ComparedRange(sector, 1, ComparisonSide.Both));
            }
        }

        return ranges;
    }
}
