using VhdPS.Engine.Disks;
using VhdPS.Engine.Operations.Convert;

namespace VhdPS.Bench.Compare;

/// <summary>Disks with something inside, made by others.</summary>
internal static class InsideDisk
{
    private const int SectorBytes = 512;
    private const int FirstSector = 2048;

    /// <summary>Makes a raw disk with a GPT, an ext4 and a FAT32, each of a half of it.</summary>
    public static void Partition(string path, long sizeBytes)
    {
        using (FileStream file = File.Create(path))
        {
            file.SetLength(sizeBytes);
        }

        long half = (sizeBytes / SectorBytes / 2) - FirstSector;
        PeerProcess.Time("sgdisk", "-n", $"1:{FirstSector}:{half - 1}", "-n", $"2:{half}:0", "-t", "2:0700", path);
        long kibibytes = half / 2;
        PeerProcess.Time(
            "mke2fs", "-q", "-F", "-t", "ext4", "-E", $"offset={FirstSector * SectorBytes}", path, $"{kibibytes - (FirstSector / 2)}k");
        PeerProcess.Time("mkfs.fat", "-F", "32", "--offset", $"{half}", path, $"{kibibytes}");
    }

    /// <summary>Makes a dynamic image of a raw disk.</summary>
    public static void Convert(string rawPath, string imagePath)
    {
        using ConvertOperation operation = ConvertOperation.Begin(new ConvertOptions(rawPath, imagePath)
        {
            SourceFormat = SourceFormat.Raw,
            TargetFormat = DiskFormat.Dynamic,
            UniqueId = new Guid("5f0e5b1c-0d1e-4a53-9a0b-1c0f6a2b7d12"),
            TimeStamp = new DateTime(2010, 1, 1, 0, 0, 0, DateTimeKind.Utc),
            Sync = false,
        });
        operation.Run();
    }
}
