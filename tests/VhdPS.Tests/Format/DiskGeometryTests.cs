using VhdPS.Engine.Format;
using VhdPS.Engine.Images;


namespace VhdPS.Tests.Format;

public sealed class DiskGeometryTests
{
    private const long MiB = 1024 * 1024;
    private const long GiB = 1024 * MiB;
    private const long BorderSectors = 65535L * 16 * 63;
    private const long MaxSectors = 65535L * 16 * 255;

    /// <summary>Requested bytes, the specification's geometry, the geometry that covers, the size that whole cylinders give.</summary>
    public static TheoryData<long, string, string, long> Vectors => new()
    {
        { 512, "0/4/17", "1/4/17", 34816 },
        { MiB, "30/4/17", "31/4/17", 1079296 },
        { 7 * MiB, "210/4/17", "211/4/17", 7346176 },
        { 20 * MiB, "602/4/17", "603/4/17", 20994048 },
        { 40 * MiB, "963/5/17", "964/5/17", 41953280 },
        { 64 * MiB, "963/8/17", "964/8/17", 67125248 },
        { 128 * MiB, "963/16/17", "964/16/17", 134250496 },
        { 504 * MiB, "1024/16/63", "1024/16/63", 528482304 },
        { 512 * MiB, "1040/16/63", "1041/16/63", 537255936 },
        { GiB, "2080/16/63", "2081/16/63", 1073995776 },
        { 4 * GiB, "8322/16/63", "8323/16/63", 4295467008 },
        { 30 * GiB, "62415/16/63", "62416/16/63", 32212647936 },
        { BorderSectors * 512, "16191/16/255", "16191/16/255", 33822351360 },
        { 32 * GiB, "16448/16/255", "16449/16/255", 34361303040 },
        { 127 * GiB, "65278/16/255", "65279/16/255", 136365219840 },
        { MaxSectors * 512, "65535/16/255", "65535/16/255", 136899993600 },
        { 128 * GiB, "65535/16/255", "65535/16/255", 137438953472 },
        { 2040 * GiB, "65535/16/255", "65535/16/255", 2190433320960 },
    };

    [Theory]
    [MemberData(nameof(Vectors))]
    public void KnownSizesGiveKnownGeometries(long requested, string specification, string covering, long stored)
    {
        long sectors = requested / 512;
        Assert.Equal(specification, DiskGeometry.ForSectorCount(sectors).ToString());
        Assert.Equal(covering, DiskGeometry.CoveringSectorCount(sectors).ToString());

        NewImage image = Chs(requested);
        HardDiskFooter footer = image.CreateFooter();
        Assert.Equal(stored, image.DiskSize);
        Assert.Equal(covering, footer.Geometry.ToString());
        Assert.Equal((ulong)stored, footer.CurrentSize);
        Assert.Equal((ulong)stored, footer.OriginalSize);
        Assert.Equal((stored + (2 * MiB) - 1) / (2 * MiB), image.BlockCount);
    }

    [Fact]
    public void TheSpecificationsAlgorithmHoldsForRandomSizes()
    {
        foreach (long sectors in RandomSectorCounts())
        {
            Assert.Equal((sectors, BySpecification(sectors)), (sectors, Tuple(DiskGeometry.ForSectorCount(sectors))));
        }
    }

    [Fact]
    public void WholeCylindersAreThoseOfTheAlgorithmOf2010ForRandomSizes()
    {
        foreach (long sectors in RandomSectorCounts())
        {
            (int Cylinders, int Heads, int Sectors)? expected = Of2010(sectors);
            HardDiskFooter footer = Chs(sectors * 512).CreateFooter();
            if (expected is not { } chs)
            {
                Assert.True(footer.Geometry.IsMax);
                Assert.Equal((ulong)sectors * 512, footer.CurrentSize);
                continue;
            }

            long size = (long)chs.Cylinders * chs.Heads * chs.Sectors * 512;
            Assert.Equal((sectors, (ulong)size), (sectors, footer.CurrentSize));
            Assert.Equal((sectors, size), (sectors, footer.Geometry.SizeBytes));
            if (size != BorderSectors * 512)
            {
                Assert.Equal((sectors, chs), (sectors, Tuple(footer.Geometry)));
            }

            Assert.Equal((ulong)size, VirtualSize.Of(footer).SizeBytes);
        }
    }

    [Fact]
    public void NothingIsDividedByZero()
    {
        Assert.Equal("0/4/17", DiskGeometry.ForSectorCount(0).ToString());
        Assert.Equal("0/4/17", DiskGeometry.ForSectorCount(-5).ToString());
        Assert.Equal(DiskGeometry.Max, DiskGeometry.ForSectorCount(long.MaxValue));
        Assert.Equal(DiskGeometry.Max, DiskGeometry.CoveringSectorCount(long.MaxValue));
        Assert.Equal(65535L * 255 * 255 * 512, new DiskGeometry(65535, 255, 255).SizeBytes);
    }

    private static NewImage Chs(long size) => new(size)
    {
        GeometryRule = GeometryRule.Chs,
        UniqueId = ImageBytes.UniqueId,
        TimeStamp = VhdSpec.Epoch,
    };

    private static (int Cylinders, int Heads, int Sectors) Tuple(DiskGeometry geometry) =>
        (geometry.Cylinders, geometry.Heads, geometry.SectorsPerTrack);

    /// <summary>Sizes of every magnitude, those around whole cylinders and the steps of the algorithm among them.</summary>
    private static IEnumerable<long> RandomSectorCounts()
    {
        var random = new Random(2010);
        long[] steps = [1, 68, 17 * 4 * 1024, 17 * 5 * 819, 17 * 16 * 1024, 31 * 16 * 1024, 63 * 16 * 1024, BorderSectors, MaxSectors];
        foreach (long step in steps)
        {
            for (long around = Math.Max(1, step - 80); around <= Math.Min(step + 80, MaxSectors + 80); around++)
            {
                yield return around;
            }
        }

        for (int i = 0; i < 10_000; i++)
        {
            long limit = 1L << random.Next(1, 38);
            yield return random.NextInt64(1, Math.Min(limit, MaxSectors * 2) + 1);
        }
    }

    /// <summary>The appendix of the specification, by its description.</summary>
    private static (int Cylinders, int Heads, int Sectors) BySpecification(long totalSectors)
    {
        long total = Math.Min(totalSectors, MaxSectors);
        return Steps(total, total >= BorderSectors);
    }

    /// <summary>
    /// The driver of 2010: 255 sectors per track only above the border, and sectors are added one by one until the geometry
    /// holds what was asked for; null where it refused.
    /// </summary>
    private static (int Cylinders, int Heads, int Sectors)? Of2010(long requested)
    {
        for (long total = requested; total <= MaxSectors; total++)
        {
            (int Cylinders, int Heads, int Sectors) chs = Steps(total, total > BorderSectors);
            if ((long)chs.Cylinders * chs.Heads * chs.Sectors >= requested)
            {
                return chs;
            }
        }

        return null;
    }

    private static (int Cylinders, int Heads, int Sectors) Steps(long total, bool isLarge)
    {
        if (isLarge)
        {
            return ((int)(total / 255 / 16), 16, 255);
        }

        int perTrack = 17;
        long cylindersTimesHeads = total / perTrack;
        long heads = Math.Max((cylindersTimesHeads + 1023) / 1024, 4);
        if (cylindersTimesHeads >= heads * 1024 || heads > 16)
        {
            perTrack = 31;
            heads = 16;
            cylindersTimesHeads = total / perTrack;
        }

        if (cylindersTimesHeads >= heads * 1024)
        {
            perTrack = 63;
            heads = 16;
            cylindersTimesHeads = total / perTrack;
        }

        return ((int)(cylindersTimesHeads / heads), (int)heads, perTrack);
    }
}
