using VhdPS.Engine.Chains;
using VhdPS.Engine.Checking;
using VhdPS.Engine.Disks;
using VhdPS.Engine.Images;
using VhdPS.Engine.Operations.Optimize;
using VhdPS.Tests.Disks;
using VhdPS.Tests.Format;

namespace VhdPS.Tests.Operations.Optimize;

/// <summary>Making an image smaller never makes it larger, however its blocks lie.</summary>
public sealed class OptimizeGrowthTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(OptimizeMode.Quick)]
    [InlineData(OptimizeMode.Full)]
    public void Three_blocks_of_512_bytes_stay_three(OptimizeMode mode)
    {
        ImageBytes image = ImageBytes.Dynamic(64 * 512, 512).AddBlock(3, 7).AddBlock(20, 8).AddBlock(41, 9);
        string path = _folder.Write("small.vhd", image.Bytes);
        byte[] disk = DiskModel.Read(path, SourceFormat.Vhd);
        OptimizeResult result = Run(path, mode, estimateOnly: false, inPlace: false);
        Assert.Equal((3, 3), (result.BlockCountBefore, result.BlockCountAfter));
        Assert.True(new FileInfo(path).Length <= image.Bytes.Length);
        Assert.Equal(disk, DiskModel.Read(path, SourceFormat.Vhd));
    }

    /// <summary>Images as other programs lay them out: bitmaps and gaps anywhere, blocks in any order.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Images_laid_out_at_random_never_grow(int seed)
    {
        var random = new Random(seed);
        for (int round = 0; round < 60; round++)
        {
            int blockSize = 512 << random.Next(0, 8);
            ImageBytes image = ImageBytes.Dynamic((random.Next(4, 40) * (long)blockSize) - (512 * random.Next(2)), blockSize);
            int[] blocks = [.. Enumerable.Range(0, 4).Select(_ => random.Next(4)).Distinct()];
            foreach (int block in blocks)
            {
                image.Insert(new byte[512 * random.Next(0, 9)]);
                byte[] bitmap = new byte[image.BitmapSize];
                random.NextBytes(bitmap);
                image.AddBlock(block, (byte)random.Next(3), random.Next(3) == 0 ? bitmap : null);
            }

            AssertNeverGrows(_folder.Write($"random{round}.vhd", image.Bytes), random, $"seed {seed}, round {round}");
        }
    }

    /// <summary>Images of our own, written to, made smaller and written to again.</summary>
    [Theory]
    [InlineData(11, 512)]
    [InlineData(12, 4096)]
    [InlineData(13, 32768)]
    [InlineData(14, 2 << 20)]
    public void Random_steps_never_make_an_image_larger(int seed, int blockSize)
    {
        var random = new Random(seed);
        string path = _folder["steps.vhd"];
        ImageCreator.Create(path, new NewImage(Math.Max(64L * blockSize, 1 << 20))
        {
            BlockSize = blockSize,
            UniqueId = DiskModel.UniqueId,
            TimeStamp = DiskModel.TimeStamp,
        });
        for (int step = 0; step < 40; step++)
        {
            using (VhdImage image = VhdImage.Open(path, new VhdOpenOptions { ForWriting = true }))
            {
                for (int i = random.Next(1, 6); i > 0; i--)
                {
                    byte[] data = new byte[512 * random.Next(1, 20)];
                    data.AsSpan().Fill((byte)random.Next(3));
                    image.WriteSectors(random.Next((int)image.SectorCount - 20), data);
                }
            }

            AssertNeverGrows(path, random, $"seed {seed}, step {step}");
        }
    }

    private static void AssertNeverGrows(string path, Random random, string what)
    {
        byte[] disk = DiskModel.Read(path, SourceFormat.Vhd);
        long before = new FileInfo(path).Length;
        OptimizeMode mode = random.Next(3) == 0 ? OptimizeMode.Full : OptimizeMode.Quick;
        bool inPlace = random.Next(3) == 0;
        OptimizeResult estimate = Run(path, mode, estimateOnly: true, inPlace);
        OptimizeResult result = Run(path, mode, estimateOnly: false, inPlace);
        Assert.True(new FileInfo(path).Length <= before, $"{what}, {mode}: {before} became {new FileInfo(path).Length}");
        Assert.True(result.BlockCountAfter <= result.BlockCountBefore, what);
        Assert.Equal(
            (new FileInfo(path).Length, estimate.FileSizeAfter, estimate.BlockCountAfter),
            (result.FileSizeAfter, result.FileSizeAfter, result.BlockCountAfter));
        Assert.Equal(disk, DiskModel.Read(path, SourceFormat.Vhd));
        Assert.Equal(0, ImageChecker.Check(path).ErrorCount);
    }

    private static OptimizeResult Run(string path, OptimizeMode mode, bool estimateOnly, bool inPlace)
    {
        var options = new OptimizeOptions(path) { Mode = mode, EstimateOnly = estimateOnly, Sync = false };
        if (inPlace)
        {
            return OptimizeOperation.RunInPlace(options);
        }

        using var operation = OptimizeOperation.Begin(options);
        return operation.Run();
    }
}
