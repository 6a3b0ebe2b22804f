using System.Globalization;
using System.Text.RegularExpressions;
using VhdPS.Engine.Partitions.FreeSpace;
using VhdPS.Tests.Peers;

namespace VhdPS.Tests.Partitions;

/// <summary>What other programs call free in a file system, in ranges of bytes.</summary>
internal static partial class FreeSpaceOracle
{
    /// <summary>The free ranges, in order, adjacent ones joined.</summary>
    public static List<FreeRange> List(string kind, string path) => kind switch
    {
        "NTFS" => Ntfs(path),
        "exFAT" => ExFat(path),
        "FAT16" or "FAT32" => Fat(path, kind == "FAT32" ? 4 : 2),
        _ => Ext(path),
    };

    private static List<FreeRange> Ext(string path)
    {
        string dump = PeerProcess.Run(PeerPrograms.Dumpe2fs, path);
        long blockSize = Number(dump, @"^Block size: +(\d+)");
        IEnumerable<(long Start, long End)> blocks = FreeBlocks().Matches(dump).SelectMany(
            match => match.Groups[1].Value.Split(", ", StringSplitOptions.RemoveEmptyEntries))
            .Select(range => range.Split('-'))
            .Select(range => (long.Parse(range[0], CultureInfo.InvariantCulture), long.Parse(range[^1], CultureInfo.InvariantCulture) + 1));
        List<FreeRange> free = Join(blocks.Select(range => (range.Start * blockSize, range.End * blockSize)));
        Assert.Equal(Number(dump, @"^Free blocks: +(\d+)") * blockSize, free.Sum(range => range.Length));
        return free;
    }

    private static List<FreeRange> Ntfs(string path)
    {
        string info = PeerProcess.Run(PeerPrograms.NtfsInfo, "-m", path);
        string map = path + ".bitmap";
        PeerProcess.Run("sh", "-c", $"{PeerPrograms.NtfsCat} -i 6 '{path}' > '{map}'");
        long size = Number(info, @"Cluster Size: (\d+)"), count = Number(info, @"Volume Size in Clusters: (\d+)");
        byte[] bits = File.ReadAllBytes(map);
        List<FreeRange> free = Bits(bits, count, 0, size);
        Assert.Equal(Number(info, @"Free Clusters: (\d+)") * size, free.Sum(range => range.Length));
        return free;
    }

    private static List<FreeRange> ExFat(string path)
    {
        string dump = PeerProcess.Run(PeerPrograms.DumpExFat, path);
        long sector = 1L << (int)Number(dump, @"Sector Size Bits:\s+(\d+)"), size = Number(dump, @"Cluster size:\s+(\d+)");
        long heap = Number(dump, @"Cluster Heap Offset \(sector offset\):\s+(\d+)") * sector, count = Number(
            dump, @"Cluster Count:\s+(\d+)");
        long map = heap + ((Number(dump, @"Bitmap start cluster:\s+(\d+)") - 2) * size);
        List<FreeRange> free = Bits(RawDisk.Read(path, map, (int)Number(dump, @"Bitmap size:\s+(\d+)")), count, heap, size);
        Assert.Equal(Number(dump, @"Free Clusters:\s+(\d+)") * size, free.Sum(range => range.Length));
        return free;
    }

    private static List<FreeRange> Fat(string path, int entrySize)
    {
        string check = PeerProcess.Run(PeerPrograms.FsckFat, "-nv", path);
        long size = Number(check, @"(\d+) bytes per cluster"), table = Number(check, @"First FAT starts at byte (\d+)");
        long data = Number(check, @"Data area starts at byte (\d+)"), count = Number(check, @"(\d+) data clusters");
        byte[] entries = RawDisk.Read(path, table + (2 * entrySize), (int)count * entrySize);
        List<FreeRange> free = Join(Enumerable.Range(0, (int)count)
            .Where(i => entrySize == 4 ? (BitConverter.ToUInt32(entries, i * 4) & 0x0FFF_FFFF) == 0 : BitConverter.ToUInt16(
                entries, i * 2) == 0)
            .Select(i => (data + (i * size), data + ((i + 1) * size))));
        Assert.Equal((count - Number(check, @"(\d+)/\d+ clusters")) * size, free.Sum(range => range.Length));
        return free;
    }

    private static List<FreeRange> Bits(byte[] bits, long count, long start, long size) => Join(Enumerable.Range(0, (int)count)
        .Where(i => (bits[i / 8] >> (i % 8) & 1) == 0)
        .Select(i => (start + (i * size), start + ((i + 1) * size))));

    private static List<FreeRange> Join(IEnumerable<(long Start, long End)> ranges)
    {
        var joined = new List<FreeRange>();
        foreach ((long start, long end) in ranges)
        {
            if (joined.Count > 0 && joined[^1].End == start)
            {
                joined[^1] = joined[^1] with { Length = end - joined[^1].Offset };
            }
            else
            {
                joined.Add(new FreeRange(start, end - start));
            }
        }

        return joined;
    }

    private static long Number(string text, string pattern)
    {
        Match match = Regex.Match(text, pattern, RegexOptions.Multiline);
        Assert.True(match.Success, $"{pattern} is not in:\n{text}");
        return long.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture);
    }

    [GeneratedRegex("^  Free blocks: (.*)$", RegexOptions.Multiline)]
    private static partial Regex FreeBlocks();
}
