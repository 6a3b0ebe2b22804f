using System.Globalization;
using VhdPS.Engine.Partitions.FreeSpace;
using VhdPS.Tests.Peers;

namespace VhdPS.Tests.Partitions;

/// <summary>A file system that others make in a file, over bytes that are not zeros, with files written and some deleted.</summary>
/// <param name="Kind">Its name as the engine shows it.</param>
/// <param name="Size">Bytes of the partition.</param>
/// <param name="Make">Makes it in a file of that size, with a scratch folder at hand.</param>
/// <param name="Verdict">What is to be said of its free space.</param>
internal sealed record FileSystemCase(
    string Kind, long Size, Action<string, TempFolder> Make, FreeSpaceVerdict Verdict = FreeSpaceVerdict.Known);

/// <summary>File systems of every kind whose map is read, in the shapes that make a difference to it.</summary>
internal static class FileSystemCases
{
    private const long Mebi = 1024 * 1024;

    /// <summary>The programs that make and judge them.</summary>
    public static readonly string[] Programs =
    [
        PeerPrograms.Mke2fs, PeerPrograms.Dumpe2fs, PeerPrograms.Debugfs, PeerPrograms.E2fsck, PeerPrograms.Resize2fs,
        PeerPrograms.MkNtfs, PeerPrograms.NtfsInfo, PeerPrograms.NtfsCat, PeerPrograms.NtfsCp, PeerPrograms.NtfsFix,
        PeerPrograms.MkFat, PeerPrograms.FsckFat, PeerPrograms.MCopy,
        PeerPrograms.MkExFat, PeerPrograms.DumpExFat, PeerPrograms.FsckExFat, PeerPrograms.SevenZip,
    ];

    /// <summary>The cases by name.</summary>
    public static readonly IReadOnlyDictionary<string, FileSystemCase> All = new Dictionary<string, FileSystemCase>
    {
        ["ext2"] = Ext("ext2", 20),
        ["ext2 of 4 KiB"] = Ext("ext2", 40, "-b", "4096"),
        ["ext2 with all superblocks"] = Ext("ext2", 40, "-b", "1024", "-O", "^sparse_super,^resize_inode"),
        ["ext2 of revision 0"] = Ext("ext2", 24, "-b", "1024", "-r", "0", "-O", "none"),
        ["ext3"] = Ext("ext3", 40, "-b", "2048"),
        ["ext3 of small groups"] = Ext("ext3", 40, "-b", "1024", "-g", "1016"),
        ["ext4"] = Ext("ext4", 64),
        ["ext4 of 4 KiB"] = Ext("ext4", 140, "-b", "4096"),
        ["ext4 of one group"] = Ext("ext4", 40, "-b", "4096"),
        ["ext4 with group checksums"] = Ext("ext4", 64, "-b", "1024", "-O", "uninit_bg,^metadata_csum"),
        ["ext4 with group checksums of 32 bytes"] = Ext("ext4", 64, "-b", "1024", "-O", "uninit_bg,^metadata_csum,^64bit"),
        ["ext4 without flexible groups"] = Ext("ext4", 64, "-b", "1024", "-O", "^flex_bg,^resize_inode"),
        ["ext4 with two backups"] = Ext("ext4", 64, "-b", "1024", "-O", "sparse_super2,^resize_inode"),
        ["ext4 with descriptors of 32 bytes"] = Ext("ext4", 64, "-b", "1024", "-O", "^64bit"),
        ["ext4 with a checksum seed"] = Ext("ext4", 64, "-b", "1024", "-O", "metadata_csum_seed,orphan_file,large_dir,ea_inode"),
        ["ext4 with quota and project"] = Ext("ext4", 64) with
        {
            Make = (path, folder) =>
            {
                // The quota's own figures are right only after a check.
                MakeExt(path, folder, "ext4", ["-b", "1024", "-O", "quota,project,verity,encrypt,casefold"], null);
                PeerProcess.TryRun(PeerPrograms.E2fsck, "-fy", path);
            },
        },
        ["ext4 without a journal"] = Ext("ext4", 64, "-b", "1024", "-O", "^has_journal"),
        ["ext4 in a larger partition"] = Ext(
            "ext4", 64, "-b", "1024") with
        { Make = (path, folder) => MakeExt(path, folder, "ext4", ["-b", "1024"], "40M") },
        ["ext4 resized"] = Ext("ext4", 64) with
        {
            Make = (path, folder) =>
            {
                MakeExt(path, folder, "ext4", ["-b", "1024"], "24M");
                PeerProcess.Run(PeerPrograms.E2fsck, "-fy", path);
                PeerProcess.Run(PeerPrograms.Resize2fs, path, "64M");
            },
        },
        ["ext4 with bigalloc"] = Ext("ext4", 64, "-O", "bigalloc") with { Verdict = FreeSpaceVerdict.FeatureUnsupported },
        ["ext4 with meta groups"] = Ext(
            "ext4", 64, "-b", "1024", "-O", "meta_bg,^resize_inode") with
        { Verdict = FreeSpaceVerdict.FeatureUnsupported },
        ["ext4 with multiple mount protection"] = Ext("ext4", 64, "-O", "mmp") with { Verdict = FreeSpaceVerdict.FeatureUnsupported },
        ["ext4 to be recovered"] = Edited("ext4", FreeSpaceVerdict.NotClean, "feature needs_recovery"),
        ["ext2 not unmounted"] = Edited("ext2", FreeSpaceVerdict.NotClean, "set_super_value state 0"),
        ["ext2 with errors"] = Edited("ext2", FreeSpaceVerdict.NotClean, "set_super_value state 3"),
        ["ext4 with an orphan"] = Edited("ext4", FreeSpaceVerdict.NotClean, "set_super_value last_orphan 12"),
        ["ext4 with a free block in use"] = Edited("ext2", FreeSpaceVerdict.Inconsistent, "setb 20000"),
        ["ext2 with its map freed"] = Edited("ext2", FreeSpaceVerdict.Inconsistent, "freeb 3"),

        ["NTFS"] = Ntfs(64),
        ["NTFS of 512 bytes"] = Ntfs(32, "-c", "512"),
        ["NTFS of 64 KiB"] = Ntfs(64, "-c", "65536"),
        ["NTFS of large sectors"] = Ntfs(64, "-s", "4096"),
        ["NTFS of 150 MiB"] = Ntfs(150),
        ["NTFS marked dirty"] = Ntfs(64) with
        {
            Make = (path, folder) =>
            {
                MakeNtfs(path, folder, []);
                MarkDirty(path);
            },
            Verdict = FreeSpaceVerdict.NotClean,
        },

        ["FAT16"] = Fat(64, 16),
        ["FAT16 of large clusters"] = Fat(64, 16, "-s", "16"),
        ["FAT16 with one table"] = Fat(64, 16, "-f", "1"),
        ["FAT32"] = Fat(64, 32),
        ["FAT32 of clusters of two sectors"] = Fat(70, 32, "-s", "2"),
        ["FAT32 of large sectors"] = Fat(270, 32, "-S", "4096", "-s", "1"),
        ["FAT12"] = Fat(4, 12) with { Verdict = FreeSpaceVerdict.NotSupported },
        ["FAT16 marked dirty"] = Fat(
            64, 16) with
        { Make = (path, folder) => MakeDirtyFat(path, folder, 16, 0x25), Verdict = FreeSpaceVerdict.NotClean },
        ["FAT32 marked dirty"] = Fat(
            64, 32) with
        { Make = (path, folder) => MakeDirtyFat(path, folder, 32, 0x41), Verdict = FreeSpaceVerdict.NotClean },

        ["exFAT"] = ExFat(64),
        ["exFAT of large clusters"] = ExFat(64, "-c", "128K"),
        ["exFAT with a packed map"] = ExFat(64, "--pack-bitmap", "-c", "4K"),
        ["exFAT marked dirty"] = ExFat(64) with
        {
            Make = (path, _) =>
            {
                PeerProcess.Run(PeerPrograms.MkExFat, path);
                RawDisk.Write(path, 106, [2]);
            },
            Verdict = FreeSpaceVerdict.NotClean,
        },
    };

    /// <summary>Makes a case in a new file.</summary>
    public static string Make(FileSystemCase one, TempFolder folder, string name = "partition.img")
    {
        string path = folder[name];
        WriteNoise(path, one.Size);
        one.Make(path, folder);
        Assert.Equal(one.Size, new FileInfo(path).Length);
        return path;
    }

    /// <summary>Bytes of which none is zero, so that a free cluster that was cleared is seen.</summary>
    public static void WriteNoise(string path, long size)
    {
        byte[] noise = new byte[Mebi];
        new Random(19).NextBytes(noise);
        for (int i = 0; i < noise.Length; i++)
        {
            noise[i] |= 1;
        }

        using FileStream file = File.Create(path);
        for (long at = 0; at < size; at += noise.Length)
        {
            file.Write(noise, 0, (int)Math.Min(noise.Length, size - at));
        }
    }

    private static FileSystemCase Ext(string kind, int mebibytes, params string[] options) =>
        new(kind, mebibytes * Mebi, (path, folder) => MakeExt(path, folder, kind, options, null));

    private static FileSystemCase Edited(string kind, FreeSpaceVerdict verdict, string request) => new(kind, 24 * Mebi, (path, folder) =>
    {
        MakeExt(path, folder, kind, ["-b", "1024"], null);
        PeerProcess.Run(PeerPrograms.Debugfs, "-w", "-R", request, path);
    }, verdict);

    private static FileSystemCase Ntfs(int mebibytes, params string[] options) =>
        new("NTFS", mebibytes * Mebi, (path, folder) => MakeNtfs(path, folder, options));

    private static FileSystemCase Fat(int mebibytes, int bits, params string[] options) => new(
        "FAT" + bits.ToString(CultureInfo.InvariantCulture), mebibytes * Mebi, (path, folder) => MakeFat(path, folder, bits, options));

    private static FileSystemCase ExFat(int mebibytes, params string[] options) =>
        new("exFAT", mebibytes * Mebi, (path, _) => PeerProcess.Run(PeerPrograms.MkExFat, ["-L", "ex", .. options, path]));

    private static void MakeExt(string path, TempFolder folder, string kind, string[] options, string? size)
    {
        string files = MakeFiles(folder);
        PeerProcess.Run(PeerPrograms.Mke2fs, ["-q", "-F", "-t", kind, "-E", "nodiscard", "-L", "label", "-d", files, .. options, path,
            .. size is null ? Array.Empty<string>() : [size]]);
        foreach (string name in new[] { "a/deleted", "deleted 1", "deleted 2" })
        {
            PeerProcess.Run(PeerPrograms.Debugfs, "-w", "-R", $"rm \"/{name}\"", path);
        }
    }

    private static void MakeNtfs(string path, TempFolder folder, string[] options)
    {
        PeerProcess.Run(PeerPrograms.MkNtfs, ["-F", "-Q", "-q", "-L", "Etikett", .. options, path]);
        foreach (string file in Directory.GetFiles(MakeFiles(folder)))
        {
            PeerProcess.Run(PeerPrograms.NtfsCp, path, file, Path.GetFileName(file));
        }
    }

    private static void MakeFat(string path, TempFolder folder, int bits, string[] options)
    {
        PeerProcess.Run(PeerPrograms.MkFat, ["-F", bits.ToString(CultureInfo.InvariantCulture), "-n", "LABEL", .. options, path]);
        foreach (string entry in Directory.GetFileSystemEntries(MakeFiles(folder)))
        {
            PeerProcess.Run(PeerPrograms.MCopy, "-s", "-i", path, entry, "::");
        }

        PeerProcess.Run("mdel", "-i", path, "::/deleted 1", "::/a/deleted");
    }

    private static void MakeDirtyFat(string path, TempFolder folder, int bits, long at)
    {
        MakeFat(path, folder, bits, []);
        RawDisk.Write(path, at, [1]);
    }

    /// <summary>Sets the dirty bit in the record of $Volume, which the boot sector and the record's size lead to.</summary>
    private static void MarkDirty(string path)
    {
        byte[] boot = RawDisk.Read(path, 0, 512);
        long mft = BitConverter.ToInt64(boot, 48) * boot[13] * BitConverter.ToUInt16(boot, 11);
        byte[] record = RawDisk.Read(path, mft + (3 * 1024), 1024);
        int at = record.AsSpan().IndexOf("\x70\0\0\0"u8);
        RawDisk.Write(path, mft + (3 * 1024) + at + BitConverter.ToUInt16(record, at + 20) + 10, [1]);
    }

    /// <summary>Files of many sizes in a folder and two below it.</summary>
    private static string MakeFiles(TempFolder folder)
    {
        string root = folder["files"];
        if (Directory.Exists(root))
        {
            return root;
        }

        Directory.CreateDirectory(Path.Combine(root, "a", "b"));
        var random = new Random(4);
        foreach (string name in new[] { "one", "two", "deleted 1", "three", "deleted 2", "a/four", "a/deleted", "a/b/five", "empty" })
        {
            byte[] bytes = new byte[name == "empty" ? 0 : random.Next(1, 300_000)];
            random.NextBytes(bytes);
            File.WriteAllBytes(Path.Combine(root, name), bytes);
        }

        return root;
    }
}
