using System.Globalization;
using VhdPS.Engine.Partitions;
using VhdPS.Engine.Partitions.FileSystems;
using VhdPS.Tests.Peers;

namespace VhdPS.Tests.Partitions;

/// <summary>What is recognised in a partition, against blkid and the programs that make it.</summary>
public sealed class FileSystemPeerTests : IDisposable
{
    private const long Mebi = 1024 * 1024;

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [PeerTheory(PeerPrograms.Blkid, PeerPrograms.MkNtfs, PeerPrograms.MkFat, PeerPrograms.MkExFat, PeerPrograms.MkXfs, PeerPrograms.MkBtrfs,
        PeerPrograms.MkSwap, PeerPrograms.Mke2fs)]
    [InlineData("NTFS", "ntfs", 20, "mkfs.ntfs -F -Q -q -L Windows")]
    [InlineData("NTFS", "ntfs", 20, "mkfs.ntfs -F -Q -q")]
    [InlineData("exFAT", "exfat", 20, "mkfs.exfat -L exlabel")]
    [InlineData("FAT12", "vfat", 4, "mkfs.fat -F 12 -n TWELVE")]
    [InlineData("FAT16", "vfat", 40, "mkfs.fat -F 16 -n SIXTEEN -i deadbeef")]
    [InlineData("FAT32", "vfat", 40, "mkfs.fat -F 32 -n THIRTYTWO")]
    [InlineData("FAT32", "vfat", 40, "mkfs.fat -F 32")]
    [InlineData("ext2", "ext2", 20, "mke2fs -q -F -t ext2 -L second")]
    [InlineData("ext3", "ext3", 20, "mke2fs -q -F -t ext3 -L third")]
    [InlineData("ext4", "ext4", 20, "mke2fs -q -F -t ext4 -L sixteenlettersxx")]
    [InlineData("ext4", "ext4", 20, "mke2fs -q -F -t ext4 -O ^has_journal")]
    [InlineData("ext4", "ext4", 40, "mke2fs -q -F -t ext4 -b 65536")]
    [InlineData("ext journal", "jbd", 20, "mke2fs -q -F -O journal_dev -L log")]
    [InlineData("XFS", "xfs", 320, "mkfs.xfs -q -L xlabel")]
    [InlineData("XFS", "xfs", 320, "mkfs.xfs -q -b size=1024 -m crc=0")]
    [InlineData("btrfs", "btrfs", 120, "mkfs.btrfs -q -L blabel")]
    [InlineData("swap", "swap", 4, "mkswap -L swapped")]
    [InlineData("swap", "swap", 4, "mkswap -p 65536")]
    public void A_file_system_is_what_blkid_says(string kind, string type, int mebibytes, string command)
    {
        string path = RawDisk.Create(_folder, "partition.img", mebibytes * Mebi);
        string[] words = command.Split(' ');
        PeerProcess.Run(words[0], [.. words[1..], path]);
        FileSystemDescription ours = Identify(path);
        AssertLikeBlkid(path, kind, type, ours);
        Assert.Empty(ours.Findings);
        if (type is not ("jbd" or "swap"))
        {
            Assert.InRange(ours.SizeBytes!.Value, (mebibytes * Mebi) - (128 * 1024), mebibytes * Mebi);
            Assert.InRange(ours.FreeBytes!.Value, 1, ours.SizeBytes!.Value - 1);
            Assert.Equal(ours.SizeBytes - ours.FreeBytes, ours.UsedBytes);
        }

        Assert.Equal(ours, InADisk(path, mebibytes * Mebi));
    }

    /// <summary>What needs a block device or a system that is not at hand is put together here, and blkid says that it is what it should
    /// be.</summary>
    [PeerTheory(PeerPrograms.Blkid)]
    [InlineData("LVM", "LVM2_member")]
    [InlineData("LUKS", "crypto_LUKS", 1)]
    [InlineData("LUKS", "crypto_LUKS", 2)]
    [InlineData("BitLocker", "BitLocker")]
    [InlineData("ReFS", "ReFS")]
    [InlineData("APFS", "apfs")]
    [InlineData("Linux RAID", "linux_raid_member")]
    public void A_volume_of_others_is_what_blkid_says(string kind, string type, int version = 0)
    {
        string path = RawDisk.Create(_folder, "partition.img", 8 * Mebi);
        RawDisk.Write(path, 0, VolumeBytes.Make(kind, version));
        FileSystemDescription ours = Identify(path);
        AssertLikeBlkid(path, kind, type, ours);
        Assert.Empty(ours.Findings);
        Assert.Equal(ours, InADisk(path, 8 * Mebi));
    }

    [PeerFact(PeerPrograms.MkNtfs)]
    public void A_label_may_have_any_letters()
    {
        string path = RawDisk.Create(_folder, "partition.img", 20 * Mebi);
        PeerProcess.Run(PeerPrograms.MkNtfs, "-F", "-Q", "-q", "-L", "Grüße 中", path);
        Assert.Equal("Grüße 中", Identify(path).Label);
    }

    [PeerFact(PeerPrograms.MkFat)]
    public void A_discovery_volume_of_BitLocker_is_no_FAT()
    {
        string path = RawDisk.Create(_folder, "partition.img", 40 * Mebi);
        PeerProcess.Run(PeerPrograms.MkFat, "-F", "32", path);
        RawDisk.Write(path, 3, "MSWIN4.1"u8);
        RawDisk.Write(path, 424, new Guid("4967D63B-2E29-4AD8-8399-F6A339E3D001").ToByteArray());
        Assert.Equal(FileSystemKind.BitLocker, Identify(path).Kind);
    }

    [PeerFact(PeerPrograms.Mke2fs, PeerPrograms.Dumpe2fs)]
    public void A_file_system_larger_than_its_partition_and_one_with_a_wrong_checksum_are_reported()
    {
        string path = RawDisk.Create(_folder, "partition.img", 20 * Mebi);
        PeerProcess.Run(PeerPrograms.Mke2fs, "-q", "-F", "-t", "ext4", path);
        RawDisk.SetLength(path, 18 * Mebi);
        Assert.Equal(PartitionFault.FileSystemPastEnd, Assert.Single(Identify(path).Findings).Code);
        RawDisk.SetLength(path, 20 * Mebi);
        RawDisk.Write(path, 1024 + 120, "other"u8);
        PartitionFinding finding = Assert.Single(Identify(path).Findings);
        Assert.Equal((PartitionFault.FileSystemChecksumMismatch, 1024L), (finding.Code, finding.DiskOffset));
    }

    [PeerFact(PeerPrograms.Mke2fs, PeerPrograms.MkSwap)]
    public void Signatures_of_two_file_systems_are_reported()
    {
        string path = RawDisk.Create(_folder, "partition.img", 20 * Mebi);
        PeerProcess.Run(PeerPrograms.Mke2fs, "-q", "-F", "-t", "ext4", "-b", "4096", path);
        RawDisk.Write(path, 4086, "SWAPSPACE2"u8);
        FileSystemDescription ours = Identify(path);
        Assert.Equal(FileSystemKind.Ext4, ours.Kind);
        Assert.Equal(PartitionFault.FileSystemAmbiguous, Assert.Single(ours.Findings).Code);
    }

    /// <summary>A damaged superblock or master file table is a finding.</summary>
    [PeerFact(PeerPrograms.MkNtfs)]
    public void A_master_file_table_that_is_not_there_is_reported()
    {
        string path = RawDisk.Create(_folder, "partition.img", 20 * Mebi);
        PeerProcess.Run(PeerPrograms.MkNtfs, "-F", "-Q", "-q", path);
        RawDisk.Write(path, 48, [77]);
        Assert.Equal(PartitionFault.FileSystemFieldInvalid, Assert.Single(Identify(path).Findings).Code);
    }

    /// <summary>A whole-disk file system is the disk's one partition, of number 0.</summary>
    private static FileSystemDescription Identify(string path)
    {
        DiskContent content = RawDisk.Use(path, disk => DiskContent.Read(disk));
        Assert.Equal((PartitionStyle.None, 0), (content.Table.Style, content.Table.Findings.Count));
        PartitionContent whole = Assert.Single(content.Partitions);
        Assert.Equal((0, PartitionRole.WholeDisk, 0L), (whole.Partition.Number, whole.Partition.Role, whole.Partition.Offset));
        return whole.FileSystem!;
    }

    /// <summary>The same bytes in the second partition of a disk.</summary>
    private FileSystemDescription InADisk(string path, long size)
    {
        const long Start = 8192;
        string disk = RawDisk.Create(_folder, "disk.img", (Start * 512) + size + Mebi);
        TableBytes table = TableBytes.Mbr(64, (0xDA, 2048, 2048), (0x83, (uint)Start, (uint)(size / 512)));
        RawDisk.Write(disk, 0, table.Bytes.AsSpan(0, 512));
        using (FileStream source = File.OpenRead(path), target = File.OpenWrite(disk))
        {
            target.Position = Start * 512;
            source.CopyTo(target);
        }

        DiskContent content = RawDisk.Use(disk, disk => DiskContent.Read(disk));
        Assert.Null(content.Partitions[0].FileSystem);
        return content.Partitions[1].FileSystem! with { Findings = [] };
    }

    private static void AssertLikeBlkid(string path, string kind, string type, FileSystemDescription ours)
    {
        Dictionary<string, string> theirs = PeerProcess.Run(PeerPrograms.Blkid, "-p", "-o", "export", path).Split('\n')
            .Select(line => line.Split('=', 2)).Where(pair => pair.Length == 2)
            .ToDictionary(pair => pair[0], pair => pair[1].Replace("\\ ", " ", StringComparison.Ordinal));
        Assert.Equal((kind, type), (ours.Name, theirs["TYPE"]));
        Assert.Equal(theirs.GetValueOrDefault("LABEL", string.Empty), ours.Label);
        Assert.Equal(theirs.GetValueOrDefault("UUID", theirs.GetValueOrDefault("LOGUUID", string.Empty)), ours.Uuid, ignoreCase: true);
        Assert.Contains(ours.Version.ToString(CultureInfo.InvariantCulture), theirs.GetValueOrDefault(
            "VERSION", ours.Version), StringComparison.Ordinal);
    }
}
