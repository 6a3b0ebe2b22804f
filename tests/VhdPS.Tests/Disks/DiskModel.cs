using VhdPS.Engine.Chains;
using VhdPS.Engine.Disks;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;


namespace VhdPS.Tests.Disks;

/// <summary>Disks as plain bytes, made from a seed, and files that hold them.</summary>
internal static class DiskModel
{
    public static readonly Guid UniqueId = new("0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0");
    public static readonly DateTime TimeStamp = new(2020, 2, 29, 12, 0, 0, DateTimeKind.Utc);

    /// <summary>The kinds of content that <see cref="Make"/> knows.</summary>
    public static readonly string[] Contents = ["empty", "full", "scattered", "sectors", "last", "ones"];

    /// <summary>A disk of <paramref name="size"/> bytes.</summary>
    public static byte[] Make(string content, int size, int seed = 1)
    {
        var random = new Random(seed);
        byte[] disk = new byte[size];
        switch (content)
        {
            case "empty":
                break;
            case "full":
                random.NextBytes(disk);
                break;
            case "scattered":
                for (int i = 0; i < 40; i++)
                {
                    int start = random.Next(size / 4096) * 4096;
                    random.NextBytes(disk.AsSpan(start, Math.Min(random.Next(100_000), size - start)));
                }

                break;
            case "sectors":
                // One byte here and there: at the ends of sectors, pages, chunks.
                for (int i = 0; i < 60; i++)
                {
                    int edge = random.Next(size / 512) * 512;
                    disk[Math.Clamp(edge - random.Next(2), 0, size - 1)] = (byte)random.Next(1, 256);
                }

                break;
            case "last":
                disk[^1] = 0x5A;
                break;
            case "ones":
                Array.Fill(disk, (byte)0xFF);
                break;
            default:
                throw new ArgumentException(content);
        }

        return disk;
    }

    /// <summary>What the file at <paramref name="path"/> holds as a disk.</summary>
    public static byte[] Read(string path, SourceFormat format)
    {
        if (format == SourceFormat.Raw)
        {
            return File.ReadAllBytes(path);
        }

        using VhdImage image = VhdImage.Open(path);
        byte[] disk = new byte[image.SectorCount * VhdSpec.SectorSize];
        image.ReadSectors(0, disk);
        return disk;
    }

    /// <summary>Writes the disk as one of the forms that the tests read from.</summary>
    public static string Write(TempFolder folder, string form, byte[] disk)
    {
        switch (form)
        {
            case "raw":
                return folder.Write("source.raw", disk);
            case "raw with holes":
                return WriteSparse(folder["source.raw"], disk);
            case "fixed":
                return WriteThrough(folder["source.vhd"], disk, VhdType.Fixed, VhdSpec.DefaultBlockSize, isBackward: false);
            case "dynamic":
                return WriteThrough(folder["source.vhd"], disk, VhdType.Dynamic, VhdSpec.DefaultBlockSize, isBackward: false);
            case "small blocks backward":
                return WriteThrough(folder["source.vhd"], disk, VhdType.Dynamic, 64 * 1024, isBackward: true);
            default:
                throw new ArgumentException(form);
        }
    }

    private static string WriteSparse(string path, byte[] disk)
    {
        using var handle = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write);
        RandomAccess.SetLength(handle, disk.Length);
        for (int at = 0; at < disk.Length; at += 4096)
        {
            ReadOnlySpan<byte> page = disk.AsSpan(at, Math.Min(4096, disk.Length - at));
            if (page.ContainsAnyExcept((byte)0))
            {
                RandomAccess.Write(handle, page, at);
            }
        }

        return path;
    }

    private static string WriteThrough(string path, byte[] disk, VhdType type, int blockSize, bool isBackward)
    {
        ImageCreator.Create(path, new NewImage(disk.Length)
        {
            VhdType = type,
            BlockSize = blockSize,
            UniqueId = UniqueId,
            TimeStamp = TimeStamp,
        });
        using VhdImage image = VhdImage.Open(path, new VhdOpenOptions { ForWriting = true });
        byte[] padded = new byte[image.SectorCount * VhdSpec.SectorSize];
        disk.CopyTo(padded, 0);
        int[] offsets = [.. Enumerable.Range(0, (padded.Length + blockSize - 1) / blockSize).Select(block => block * blockSize)];
        foreach (int at in isBackward ? offsets.Reverse() : offsets)
        {
            image.WriteSectors(at / VhdSpec.SectorSize, padded.AsSpan(at, Math.Min(blockSize, padded.Length - at)));
        }

        return path;
    }
}
