using System.Security.Cryptography;
using VhdPS.Engine.Disks;
using VhdPS.Engine.Operations.Convert;
using VhdPS.Engine.Operations.Optimize;
using VhdPS.Engine.Partitions.FreeSpace;
using VhdPS.Tests.Peers;

namespace VhdPS.Tests.Partitions;

/// <summary>Free space against what other programs call free, to the cluster, and the proof that no file changes when it is
/// cleared.</summary>
public sealed class FreeSpacePeerTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string> Cases => [.. FileSystemCases.All.Keys];

    [FileSystemTheory]
    [MemberData(nameof(Cases))]
    public void Free_clusters_are_those_that_others_call_free_and_no_file_has_one(string name)
    {
        FileSystemCase one = FileSystemCases.All[name];
        string path = FileSystemCases.Make(one, _folder);
        (PartitionFreeSpace result, List<FreeRange> free) = Scan(path);
        Assert.Equal(one.Kind, result.FileSystem!.Name);
        Assert.True(one.Verdict == result.Verdict, $"{result.Verdict}: {result.Reason}");
        Assert.Equal(one.Verdict == FreeSpaceVerdict.Known, result.Reason.Length == 0);
        if (one.Verdict != FreeSpaceVerdict.Known)
        {
            Assert.Empty(free);
            return;
        }

        Assert.Equal(FreeSpaceOracle.List(one.Kind, path), free);
        Assert.Equal((result.FreeBytes, result.FreeRangeCount), (free.Sum(range => range.Length), free.Count));
        Assert.NotEmpty(free);
        Dictionary<string, string> before = Hash(one.Kind, path, "before");
        Clear(path, free);
        Dictionary<string, string> after = Hash(one.Kind, path, "after");
        Assert.Equal(before, after);
        Assert.True(one.Kind == "exFAT" || before.Count >= 5, string.Join(", ", before.Keys));
        Verify(one.Kind, path);

        // What was cleared changes nothing of what is free.
        Assert.Equal(free, Scan(path).Free);
    }

    /// <summary>
    /// Compacting and converting with the free space as zeros: every byte outside of the free ranges is as it was, the ranges are
    /// zeros, all files have their content, and the programs of the file system find no fault. What is not known stays byte for byte.
    /// </summary>
    [FileSystemTheory]
    [MemberData(nameof(Cases))]
    public void The_verbs_change_nothing_but_free_clusters(string name)
    {
        FileSystemCase one = FileSystemCases.All[name];
        string path = FileSystemCases.Make(one, _folder);
        (PartitionFreeSpace found, List<FreeRange> free) = Scan(path);
        byte[] expected = File.ReadAllBytes(path);
        Dictionary<string, string>? files = one.Verdict == FreeSpaceVerdict.Known ? Hash(one.Kind, path, "before") : null;
        foreach (FreeRange range in free)
        {
            expected.AsSpan((int)range.Offset, (int)range.Length).Clear();
        }

        string image = _folder["disk.vhd"], result = _folder["result.raw"];
        Copy(path, image, DiskFormat.Dynamic, SourceFormat.Raw, clears: false);
        Copy(image, _folder["copy.vhd"], DiskFormat.Fixed, SourceFormat.Vhd, clears: true);
        using (OptimizeOperation operation = OptimizeOperation.Begin(new OptimizeOptions(image) { ClearsFreeSpace = true }))
        {
            PartitionFreeSpace partition = Assert.Single(operation.Run().FreeSpace);
            Assert.Equal((found.Verdict, found.FreeBytes, found.FreeRangeCount),
                (partition.Verdict, partition.FreeBytes, partition.FreeRangeCount));
        }

        foreach (string made in new[] { image, _folder["copy.vhd"] })
        {
            Copy(made, result, DiskFormat.Raw, SourceFormat.Vhd, clears: false);
            Assert.True(expected.AsSpan().SequenceEqual(File.ReadAllBytes(result)), $"{Path.GetFileName(made)} has other bytes");
            if (files is not null)
            {
                // What fsck.exfat says names the path.
                Assert.True(one.Kind == "exFAT" || files.Count >= 5);
                if (one.Kind != "exFAT")
                {
                    Assert.Equal(files, Hash(one.Kind, result, Path.GetFileName(made) + ".files"));
                }

                Verify(one.Kind, result);
            }
        }
    }

    /// <summary>
    /// The same in place, with blocks so small that some are free in part: every byte that is no free one is as it was, a free one is a
    /// zero or as it was, and of each block that has nothing else it is a zero.
    /// </summary>
    [FileSystemTheory]
    [MemberData(nameof(Cases))]
    public void In_place_whole_blocks_go_and_all_else_stays(string name)
    {
        FileSystemCase one = FileSystemCases.All[name];
        string path = FileSystemCases.Make(one, _folder), image = _folder["disk.vhd"], result = _folder["result.raw"];
        (PartitionFreeSpace found, List<FreeRange> free) = Scan(path);
        byte[] before = File.ReadAllBytes(path), cleared = [.. before];
        Dictionary<string, string>? files = one.Verdict == FreeSpaceVerdict.Known ? Hash(one.Kind, path, "before") : null;
        foreach (FreeRange range in free)
        {
            cleared.AsSpan((int)range.Offset, (int)range.Length).Clear();
        }

        const int BlockSize = 64 * 1024;
        Copy(path, image, DiskFormat.Dynamic, SourceFormat.Raw, clears: false, BlockSize);
        OptimizeResult run = OptimizeOperation.RunInPlace(new OptimizeOptions(image) { ClearsFreeSpace = true });
        PartitionFreeSpace partition = Assert.Single(run.FreeSpace);
        Assert.Equal((found.Verdict, found.FreeBytes, found.FreeRangeCount),
            (partition.Verdict, partition.FreeBytes, partition.FreeRangeCount));
        Copy(image, result, DiskFormat.Raw, SourceFormat.Vhd, clears: false);
        byte[] after = File.ReadAllBytes(result);
        int dropped = 0;
        for (int at = 0; at < before.Length; at += BlockSize)
        {
            int length = Math.Min(BlockSize, before.Length - at);
            bool isFree = cleared.AsSpan(at, length).IndexOfAnyExcept((byte)0) < 0;
            Assert.True(after.AsSpan(at, length).SequenceEqual((isFree ? cleared : before).AsSpan(at, length)), $"block at {at}");
            dropped += isFree && before.AsSpan(at, length).IndexOfAnyExcept((byte)0) >= 0 ? 1 : 0;
        }

        Assert.Equal(dropped, run.BlockCountBefore - run.BlockCountAfter);
        Assert.True(files is null || dropped > 0, "nothing was dropped");
        if (files is not null)
        {
            if (one.Kind != "exFAT")
            {
                Assert.Equal(files, Hash(one.Kind, result, "after"));
            }

            Verify(one.Kind, result);
        }
    }

    private static void Copy(string from, string to, DiskFormat format, SourceFormat sourceFormat, bool clears, int? blockSize = null)
    {
        using var operation = ConvertOperation.Begin(new ConvertOptions(from, to)
        {
            TargetFormat = format,
            SourceFormat = sourceFormat,
            ClearsFreeSpace = clears,
            BlockSize = blockSize,
            Verify = true,
            Force = true,
            UniqueId = Guid.NewGuid(),
            TimeStamp = DateTime.UtcNow,
        });
        operation.Run();
    }

    /// <summary>Files in a row and in pieces: fsck.exfat counts them, their clusters are not free, and their bytes stay when the others
    /// are cleared.</summary>
    [PeerTheory(PeerPrograms.MkExFat, PeerPrograms.DumpExFat, PeerPrograms.FsckExFat)]
    [InlineData("4K")]
    [InlineData("32K")]
    public void Files_of_exFAT_stay_when_its_free_clusters_are_cleared(string clusterSize)
    {
        string path = _folder["partition.img"];
        FileSystemCases.WriteNoise(path, 48 << 20);
        PeerProcess.Run(PeerPrograms.MkExFat, "-c", clusterSize, path);
        var files = new ExFatFiles(path);
        byte[] row = new byte[(5 * files.ClusterSize) - 100], pieces = new byte[(3 * files.ClusterSize) - 1];
        new Random(1).NextBytes(row);
        new Random(2).NextBytes(pieces);
        files.Add("in a row", row, 100, 101, 102, 103, 104);
        files.Add("in pieces", pieces, 700, 90, 401);
        Assert.Contains("files 2", PeerProcess.Run(PeerPrograms.FsckExFat, "-n", path), StringComparison.Ordinal);
        (PartitionFreeSpace result, List<FreeRange> free) = Scan(path);
        Assert.Equal(FreeSpaceVerdict.Known, result.Verdict);
        Assert.Equal(FreeSpaceOracle.List("exFAT", path), free);
        Clear(path, free);
        Assert.Equal(row, files.Read(row.Length, 100, 101, 102, 103, 104));
        Assert.Equal(pieces, files.Read(pieces.Length, 700, 90, 401));
        Assert.Contains("clean", PeerProcess.Run(PeerPrograms.FsckExFat, "-n", path), StringComparison.Ordinal);
    }

    /// <summary>Every part of the disk's ranges, asked for in pieces, is what the whole list has there.</summary>
    [PeerFact(PeerPrograms.Mke2fs, PeerPrograms.Debugfs)]
    public void A_part_of_the_disk_has_its_part_of_the_ranges()
    {
        string path = FileSystemCases.Make(FileSystemCases.All["ext3 of small groups"], _folder);
        RawDisk.Use(path, disk =>
        {
            FreeSpaceMap map = FreeSpaceMap.Read(disk);
            FreeRange[] all = [.. map.List()];
            var random = new Random(8);
            for (int trial = 0; trial < 300; trial++)
            {
                long from = random.NextInt64(disk.SizeBytes), to = from + random.NextInt64(disk.SizeBytes - from + 1);
                IEnumerable<FreeRange> expected = all.Select(range => (Start: Math.Max(range.Offset, from), End: Math.Min(range.End, to)))
                    .Where(range => range.Start < range.End).Select(range => new FreeRange(range.Start, range.End - range.Start));
                Assert.Equal(expected, map.List(from, to));
            }

            return 0;
        });
    }

    /// <summary>Two partitions of a GPT, each with another file system: the ranges are those of both, moved to their places.</summary>
    [PeerFact(PeerPrograms.Sfdisk, PeerPrograms.Mke2fs, PeerPrograms.Dumpe2fs, PeerPrograms.Debugfs, PeerPrograms.MkFat,
        PeerPrograms.FsckFat, PeerPrograms.MCopy)]
    public void The_partitions_of_a_disk_are_gone_through_in_order()
    {
        FileSystemCase ext = FileSystemCases.All["ext2"], fat = FileSystemCases.All["FAT16"];
        string extPath = FileSystemCases.Make(ext, _folder, "ext.img"), fatPath = FileSystemCases.Make(fat, _folder, "fat.img");
        string path = RawDisk.Create(_folder, "disk.img", 100 << 20);
        PeerProcess.RunWith(
            "label: gpt\n2: start=2048, size=40960\n1: start=43008, size=131072\n3: size=2048\n", PeerPrograms.Sfdisk, "-q", path);
        RawDisk.Write(path, 2048 * 512, File.ReadAllBytes(extPath));
        RawDisk.Write(path, 43008 * 512, File.ReadAllBytes(fatPath));
        FreeSpaceMap map = RawDisk.Use(path, disk => FreeSpaceMap.Read(disk));
        Assert.Equal(
            [(1, FreeSpaceVerdict.Known), (2, FreeSpaceVerdict.Known), (3, FreeSpaceVerdict.NotRecognized)],
            map.Partitions.Select(one => (one.Partition.Number, one.Verdict)));
        IEnumerable<FreeRange> expected =
        [
            .. FreeSpaceOracle.List("ext2", extPath).Select(range => range with { Offset = range.Offset + (2048 * 512) }),
            .. FreeSpaceOracle.List("FAT16", fatPath).Select(range => range with { Offset = range.Offset + (43008 * 512) }),
        ];
        Assert.Equal(expected, RawDisk.Use(path, disk => FreeSpaceMap.Read(disk).List().ToList()));
    }

    private static (PartitionFreeSpace Result, List<FreeRange> Free) Scan(string path) => RawDisk.Use(path, disk =>
    {
        FreeSpaceMap map = FreeSpaceMap.Read(disk);
        return (Assert.Single(map.Partitions), map.List().ToList());
    });

    private static void Clear(string path, List<FreeRange> free)
    {
        byte[] zeros = new byte[1 << 20];
        using FileStream file = File.OpenWrite(path);
        foreach (FreeRange range in free)
        {
            file.Position = range.Offset;
            for (long left = range.Length; left > 0; left -= zeros.Length)
            {
                file.Write(zeros, 0, (int)Math.Min(left, zeros.Length));
            }
        }
    }

    /// <summary>Every file by two readers that have nothing in common, where there are two.</summary>
    private Dictionary<string, string> Hash(string kind, string path, string name)
    {
        string first = Directory.CreateDirectory(_folder[name]).FullName, second = Directory.CreateDirectory(_folder[name + " again"])
            .FullName;
        switch (kind)
        {
            case "exFAT":
                return new Dictionary<string, string> { ["check"] = PeerProcess.Run(PeerPrograms.FsckExFat, "-n", path) };
            case "NTFS":
                Extract("NTFS", path, first);
                foreach (string file in Directory.GetFiles(_folder["files"]))
                {
                    PeerProcess.Run("sh", "-c",
                        $"{PeerPrograms.NtfsCat} '{path}' '{Path.GetFileName(file)}' > '{Path.Combine(second, Path.GetFileName(file))}'");
                }

                break;
            case "FAT16" or "FAT32":
                Extract("FAT", path, first);
                PeerProcess.Run(PeerPrograms.MCopy, "-s", "-n", "-i", path, "::", second);
                break;
            default:
                Extract("Ext", path, first);
                PeerProcess.Run(PeerPrograms.Debugfs, "-R", $"rdump / \"{second}\"", path);
                break;
        }

        Dictionary<string, string> hashes = [];
        foreach (string file in new[] { first, second }.SelectMany(folder => Directory.GetFiles(folder, "*", SearchOption.AllDirectories)))
        {
            hashes.Add(Path.GetRelativePath(_folder[name], file).Replace(
                name + " again", "again", StringComparison.Ordinal), Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(file))));
        }

        // What was written is what is read, before and after.
        foreach (string file in Directory.GetFiles(_folder["files"]).Where(
            file => !Path.GetFileName(file).StartsWith("deleted", StringComparison.Ordinal)))
        {
            string read = Assert.Single(Directory.GetFiles(second, Path.GetFileName(file), SearchOption.AllDirectories));
            Assert.True(File.ReadAllBytes(file).AsSpan().SequenceEqual(File.ReadAllBytes(read)), $"{read} differs");
        }

        return hashes;
    }

    /// <summary>7-Zip stumbles over some of these file systems; then the other reader stands alone.</summary>
    private static void Extract(string type, string path, string folder)
    {
        PeerResult result = PeerProcess.TryRun(PeerPrograms.SevenZip, "x", "-y", "-t" + type, "-o" + folder, path);
        Assert.True(result.ExitCode == 0 || result.Error.Contains("Cannot open the file as", StringComparison.Ordinal), result.ToString());
    }

    private static void Verify(string kind, string path)
    {
        PeerResult result = kind switch
        {
            "NTFS" => PeerProcess.TryRun(PeerPrograms.NtfsFix, "-n", path),
            "exFAT" => PeerProcess.TryRun(PeerPrograms.FsckExFat, "-n", path),
            "FAT16" or "FAT32" => PeerProcess.TryRun(PeerPrograms.FsckFat, "-n", path),
            _ => PeerProcess.TryRun(PeerPrograms.E2fsck, "-fn", path),
        };
        Assert.True(result.ExitCode == 0, result.ToString());
    }
}
