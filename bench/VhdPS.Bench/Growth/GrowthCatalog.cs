using System.Globalization;
using VhdPS.Bench.Compare;
using VhdPS.Engine.Chains;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Engine.Vhdx;

namespace VhdPS.Bench.Growth;

/// <summary>What is measured against which size.</summary>
internal static class GrowthCatalog
{
    private const long GiB = BenchData.GiB;
    private const long MiB = BenchData.MiB;

    private static readonly (string, string)[] Reading =
    [
        ("Get-VpcImage", "Get-VpcImage -LiteralPath $path"),
        ("Get-VpcBlock -Allocated", "Get-VpcBlock -LiteralPath $path -Allocated"),
        ("Test-VpcImage", "Test-VpcImage -LiteralPath $path"),
        ("Convert-VpcImage to dynamic", "Convert-VpcImage -LiteralPath $path $target -VhdType Dynamic"),
    ];

    /// <param name="isQuick">Small sizes, which show that it runs.</param>
    /// <param name="mostDataBytes">The largest disk of data.</param>
    public static IReadOnlyList<GrowthSeries> All(bool isQuick, long mostDataBytes)
    {
        long[] counts = isQuick ? [100, 200, 400] : [1250, 2500, 5000, 10_000];
        return
        [
            new("data", Doubling(isQuick ? 32 * MiB : GiB, isQuick ? 128 * MiB : mostDataBytes), size => Figures.Bytes(size),
                (data, size) => data.Dynamic(DiskFill.Full, size),
                [
                    .. Reading,
                    ("Test-VpcImage -Full", "Test-VpcImage -LiteralPath $path -Full"),
                    ("Get-VpcHash", "Get-VpcHash -LiteralPath $path"),
                ]),
            new("virtual size, VHD with 64 MiB of data", [GiB, 8 * GiB, 64 * GiB, 512 * GiB, 2040 * GiB], size => Figures.Bytes(size),
                MakeSparse, Reading),
            new("virtual size, VHDX without data", [GiB, 64 * GiB, 1024 * GiB, 65536 * GiB], size => Figures.Bytes(size),
                MakeSparseVhdx, [.. Reading[..3], ("Convert-VpcImage to VHDX", "Convert-VpcImage -LiteralPath $path \"${target}x\"")]),
            new("images with ids of their own", counts, Count, (data, count) => MakeFolder(data, (int)count, isCopy: false),
                [
                    ("Get-VpcImage", "Get-VpcImage \"$path/*.vhd\""),
                    ("Test-VpcImage", "Test-VpcImage \"$path/*.vhd\""),
                    ("Get-VpcChain", "Get-VpcChain $path"),
                ]),
            new("copies of one image", counts, Count, (data, count) => MakeFolder(data, (int)count, isCopy: true),
                [("Get-VpcChain", "Get-VpcChain $path")]),
            new("images resized in one pipeline", isQuick ? [50, 100, 200] : [500, 1000, 2000], Count,
                (data, count) => MakeFolder(data, (int)count, isCopy: false),
                [("Resize-VpcImage", "$bytes = (Get-VpcImage \"$path/0.vhd\").Size + 1MB; Resize-VpcImage \"$path/*.vhd\" $bytes")]),
            new("depth of a chain", isQuick ? [2, 4, 8] : [4, 8, 16, 32, 64], Count, (data, depth) => MakeChain(data, (int)depth),
                [
                    ("Get-VpcChain", "Get-VpcChain $path"),
                    ("Get-VpcHash", "Get-VpcHash $path"),
                    ("Convert-VpcImage to dynamic", "Convert-VpcImage $path $target"),
                ]),
        ];
    }

    private static string Count(long count) => count.ToString("N0", CultureInfo.InvariantCulture);

    private static long[] Doubling(long from, long to)
    {
        var sizes = new List<long>();
        for (long size = from; size <= to; size *= 2)
        {
            sizes.Add(size);
        }

        return [.. sizes];
    }

    private static string MakeSparse(BenchData data, long sizeBytes)
    {
        string path = data.PathOf($"virtual-{sizeBytes / GiB}.vhd");
        BenchData.CreateDynamic(path, sizeBytes);
        byte[] chunk = BenchData.RandomBytes((int)MiB);
        using VhdImage image = VhdImage.Open(path, new VhdOpenOptions { ForWriting = true });
        for (int i = 0; i < 64; i++)
        {
            image.WriteSectors((sizeBytes / 64 * i) / VhdSpec.SectorSize, chunk);
        }

        image.Flush();
        return path;
    }

    private static string MakeSparseVhdx(BenchData data, long sizeBytes)
    {
        string path = data.PathOf($"virtual-{sizeBytes / GiB}.vhdx");
        VhdxCreator.Create(
            path, new NewVhdx(sizeBytes) { UniqueId = Guid.NewGuid(), TimeStamp = VhdSpec.Epoch }, overwrite: true);
        return path;
    }

    private static string MakeFolder(BenchData data, int count, bool isCopy)
    {
        string folder = data.PathOf($"folder-{count}-{isCopy}");
        if (Directory.Exists(folder))
        {
            return folder;
        }

        Directory.CreateDirectory(folder);
        var first = new NewImage(64 * MiB) { UniqueId = Guid.NewGuid(), TimeStamp = VhdSpec.Epoch };
        for (int i = 0; i < count; i++)
        {
            string path = Path.Combine(folder, $"{i}.vhd");
            if (isCopy && i > 0)
            {
                File.Copy(Path.Combine(folder, "0.vhd"), path);
            }
            else
            {
                ImageCreator.Create(path, first with { UniqueId = Guid.NewGuid() }, sync: false);
            }
        }

        return folder;
    }

    private static string MakeChain(BenchData data, int depth)
    {
        string folder = data.PathOf($"depth-{depth}");
        Directory.CreateDirectory(folder);
        string path = Path.Combine(folder, "0.vhd");
        byte[] chunk = BenchData.RandomBytes((int)MiB);
        for (int level = 0; level < depth; level++)
        {
            string image = Path.Combine(folder, $"{level}.vhd");
            File.Delete(image);
            if (level == 0)
            {
                ImageCreator.Create(image, new NewImage(64 * MiB) { UniqueId = Guid.NewGuid(), TimeStamp = VhdSpec.Epoch }, sync: false);
            }
            else
            {
                ChildCreator.Create(image, new NewChild(path) { UniqueId = Guid.NewGuid(), TimeStamp = VhdSpec.Epoch }, sync: false);
            }

            using VhdImage written = VhdImage.Open(image, new VhdOpenOptions { ForWriting = true });
            written.WriteSectors(level % 64 * MiB / VhdSpec.SectorSize, chunk);
            path = image;
        }

        return path;
    }
}
