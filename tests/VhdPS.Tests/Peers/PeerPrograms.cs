namespace VhdPS.Tests.Peers;

/// <summary>The other implementations that images are held against, and what checks the file systems in them.</summary>
internal static class PeerPrograms
{
    public const string QemuImg = "qemu-img";
    public const string QemuIO = "qemu-io";
    public const string SevenZip = "7zz";
    public const string VhdiInfo = "vhdiinfo";
    public const string Mke2fs = "mke2fs";
    public const string E2fsck = "e2fsck";
    public const string Debugfs = "debugfs";
    public const string Strace = "strace";
    public const string NbdKit = "nbdkit";
    public const string NbdFuse = "nbdfuse";
    public const string Dumpe2fs = "dumpe2fs";
    public const string Sfdisk = "sfdisk";
    public const string Fdisk = "fdisk";
    public const string Sgdisk = "sgdisk";
    public const string Parted = "parted";
    public const string Blkid = "blkid";
    public const string Resize2fs = "resize2fs";
    public const string MkNtfs = "mkfs.ntfs";
    public const string NtfsInfo = "ntfsinfo";
    public const string NtfsCat = "ntfscat";
    public const string NtfsCp = "ntfscp";
    public const string NtfsFix = "ntfsfix";
    public const string NtfsProbe = "ntfs-3g.probe";
    public const string MkFat = "mkfs.fat";
    public const string FsckFat = "fsck.fat";
    public const string MCopy = "mcopy";
    public const string MkExFat = "mkfs.exfat";
    public const string DumpExFat = "dump.exfat";
    public const string FsckExFat = "fsck.exfat";
    public const string MkXfs = "mkfs.xfs";
    public const string MkBtrfs = "mkfs.btrfs";
    public const string MkSwap = "mkswap";

    /// <summary>Whether a missing program fails a test instead of skipping it.</summary>
    public static readonly bool AreRequired = Environment.GetEnvironmentVariable("VHDPS_REQUIRE_PEERS") == "1";

    /// <summary>Full path of a program in PATH or in the folders of administrators' programs; null where there is none.</summary>
    public static string? Find(string program)
    {
        if (Path.IsPathRooted(program))
        {
            return File.Exists(program) ? program : null;
        }

        IEnumerable<string> folders = (Environment.GetEnvironmentVariable("PATH") ?? string.Empty)
            .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        string[] names = OperatingSystem.IsWindows() ? [program + ".exe"] : [program];
        return folders.Concat(["/usr/sbin", "/sbin"])
            .SelectMany(folder => names.Select(name => Path.Combine(folder, name)))
            .FirstOrDefault(File.Exists);
    }

    /// <summary>The reason to skip a test that needs <paramref name="programs"/>, or null to run it.</summary>
    public static string? FindSkipReason(IEnumerable<string> programs)
    {
        string[] missing = AreRequired ? [] : [.. programs.Where(program => Find(program) is null)];
        return missing.Length == 0 ? null : $"not installed: {string.Join(", ", missing)}";
    }
}
