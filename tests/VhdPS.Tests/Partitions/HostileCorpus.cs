using System.Buffers.Binary;
using VhdPS.Engine.Format;
using VhdPS.Engine.Partitions.FreeSpace;
using VhdPS.Tests.Peers;

namespace VhdPS.Tests.Partitions;

/// <summary>A sound disk, the structures that are mutated, and what may be dropped of it: what its sound maps call free.</summary>
internal sealed record HostileSource(string Name, byte[] Bytes, HostileSpot[] Spots, FreeRange[] Free)
{
    /// <summary>Whether a range is free by the sound maps; what a disk that was made longer has past its old end was never in
    /// use.</summary>
    public bool IsFree(FreeRange range)
    {
        range = range with { Length = Math.Min(range.End, Bytes.Length) - range.Offset };
        if (range.Length <= 0)
        {
            return true;
        }

        int low = 0, high = Free.Length - 1;
        while (low <= high)
        {
            int middle = (low + high) / 2;
            if (Free[middle].End <= range.Offset)
            {
                low = middle + 1;
            }
            else if (Free[middle].Offset > range.Offset)
            {
                high = middle - 1;
            }
            else
            {
                return Free[middle].End >= range.End;
            }
        }

        return false;
    }
}

/// <summary>Small disks with each file system whose map is read, made by others.</summary>
internal static class HostileCorpus
{
    private const int Mebi = 1024 * 1024;

    /// <summary>Makes the disks.</summary>
    public static HostileSource[] Make(TempFolder folder)
    {
        string files = Directory.CreateDirectory(folder["files"]).FullName;
        Directory.CreateDirectory(Path.Combine(files, "folder"));
        var random = new Random(3);
        foreach (string name in new[] { "one", "two", "folder/three" })
        {
            byte[] bytes = new byte[random.Next(1000, 60_000)];
            random.NextBytes(bytes);
            File.WriteAllBytes(Path.Combine(files, name), bytes);
        }

        byte[] ext2 = Volume(folder, 6, path => PeerProcess.Run(
            PeerPrograms.Mke2fs, "-q", "-F", "-t", "ext2", "-b", "1024", "-g", "2048", "-d", files, path));
        byte[] ext4 = Volume(folder, 12, path => PeerProcess.Run(
            PeerPrograms.Mke2fs, "-q", "-F", "-t", "ext4", "-b", "1024", "-g", "4096", "-O", "metadata_csum,^resize_inode", "-d", files,
                path));
        byte[] ext4Group = Volume(folder, 12, path => PeerProcess.Run(
            PeerPrograms.Mke2fs, "-q", "-F", "-t", "ext4", "-b", "1024", "-g", "2048", "-O", "^metadata_csum,uninit_bg", "-d", files,
                path));
        byte[] ntfs = Volume(folder, 6, path =>
        {
            PeerProcess.Run(PeerPrograms.MkNtfs, "-F", "-Q", "-q", path);
            PeerProcess.Run(PeerPrograms.NtfsCp, path, Path.Combine(files, "one"), "one");
            PeerProcess.Run(PeerPrograms.NtfsCp, path, Path.Combine(files, "two"), "two");
        });
        byte[] fat16 = Volume(folder, 5, path => MakeFat(path, files, "16"));
        byte[] fat32 = Volume(folder, 34, path => MakeFat(path, files, "32"));
        byte[] exFat = Volume(folder, 6, path => PeerProcess.Run(PeerPrograms.MkExFat, "-c", "4K", path));
        return
        [
            Gpt("ext2", ext2, at => [.. ExtSpots(ext2, at, 1024, 32)]),
            Gpt("ext4", ext4, at => [.. ExtSpots(ext4, at, 1024, 64)]),
            Mbr("ext4 with group checksums", ext4Group, at => [.. ExtSpots(ext4Group, at, 1024, 64)]),
            Gpt("NTFS", ntfs, at => [.. NtfsSpots(ntfs, at)]),
            Mbr("FAT16", fat16, at => [.. FatSpots(fat16, at)]),
            Mbr("FAT32", fat32, at => [.. FatSpots(fat32, at)]),
            Gpt("exFAT", exFat, at => [.. ExFatSpots(exFat, at)]),
            Whole("whole disk ext4", ext4, [.. ExtSpots(ext4, 0, 1024, 64)]),
            Whole("whole disk FAT16", fat16, [.. FatSpots(fat16, 0)]),
        ];
    }

    private static byte[] Volume(TempFolder folder, int mebibytes, Action<string> make)
    {
        string path = folder["volume.img"];
        FileSystemCases.WriteNoise(path, mebibytes * Mebi);
        make(path);
        return File.ReadAllBytes(path);
    }

    private static void MakeFat(string path, string files, string bits)
    {
        PeerProcess.Run(PeerPrograms.MkFat, "-F", bits, "-s", "1", path);
        PeerProcess.Run(PeerPrograms.MCopy, "-s", "-i", path, Path.Combine(files, "one"), Path.Combine(files, "folder"), "::");
    }

    private static HostileSource Gpt(string name, byte[] volume, Func<long, HostileSpot[]> spots)
    {
        long sectors = 2048 + (volume.Length / 512) + 2048;
        TableBytes table = TableBytes.Gpt(
            sectors, (2048, 2047 + (ulong)(volume.Length / 512)), ((ulong)sectors - 1500, (ulong)sectors - 40));
        volume.CopyTo(table.Bytes, 2048 * 512);
        long last = (sectors - 1) * 512;
        return Source("GPT, " + name, table.Bytes,
        [
            new("protective record", 440, 72),
            new("GPT header", 512, 92, disk => SealGpt(disk, 512)),
            new("GPT entries", 1024, 256, disk => SealGpt(disk, 512)),
            new("GPT backup", last, 92, disk => SealGpt(disk, last)),
            new("GPT backup entries", last - (32 * 512), 256, disk => SealGpt(disk, last)),
            .. spots(2048 * 512),
        ]);
    }

    private static HostileSource Mbr(string name, byte[] volume, Func<long, HostileSpot[]> spots)
    {
        uint count = (uint)(volume.Length / 512);
        TableBytes table = TableBytes.Mbr(2048 + count + 8192, (0x83, 2048, count), (0x05, 2048 + count, 8192));
        table.PutRecord(2048 + count, (0x83, 64, 1000), (0x05, 2048, 3000)).PutRecord(2048 + count + 2048, (0x07, 64, 1000));
        volume.CopyTo(table.Bytes, 2048 * 512);
        return Source("MBR, " + name, table.Bytes,
        [
            new("master boot record", 440, 72),
            new("extended boot record", ((2048 + count) * 512) + 446, 66),
            new("second extended boot record", ((4096 + count) * 512) + 446, 66),
            .. spots(2048 * 512),
        ]);
    }

    private static HostileSource Whole(string name, byte[] volume, HostileSpot[] spots) => Source(name, volume, spots);

    private static HostileSource Source(string name, byte[] bytes, HostileSpot[] spots)
    {
        FreeSpaceMap map = FreeSpaceMap.Read(new MemoryDisk(bytes));
        FreeRange[] free = [.. map.List()];
        Assert.True(free.Length > 0, name + ": " + string.Join(", ", map.Partitions.Select(one => one.Reason)));
        return new HostileSource(name, bytes, spots, free);
    }

    private static IEnumerable<HostileSpot> ExtSpots(byte[] volume, long at, int blockSize, int descriptorSize)
    {
        int perGroup = BinaryPrimitives.ReadInt32LittleEndian(volume.AsSpan(1024 + 32));
        int groups = ((volume.Length / blockSize) - 1 + perGroup - 1) / perGroup;
        long descriptors = at + (2 * blockSize), backup = at + ((perGroup + 1L) * blockSize);
        yield return new("superblock's numbers", at + 1024, 104, disk => SealExt(disk, at + 1024));
        yield return new("superblock", at + 1024, 1024, disk => SealExt(disk, at + 1024));
        yield return new("superblock's backup", backup, 104, disk => SealExt(disk, backup));
        yield return new("group descriptors", descriptors, groups * descriptorSize, disk => SealDescriptors(
            disk, at + 1024, descriptors, groups, descriptorSize));
        yield return new("backup of the descriptors", backup + blockSize, groups * descriptorSize);
        if ((BinaryPrimitives.ReadUInt32LittleEndian(volume.AsSpan(1024 + 100)) & 0x400) != 0)
        {
            for (int group = 0; group < groups; group++)
            {
                int map = BinaryPrimitives.ReadInt32LittleEndian(volume.AsSpan((2 * blockSize) + (group * descriptorSize)));
                yield return new("map of a group", at + ((long)map * blockSize), perGroup / 8);
            }
        }
    }

    private static IEnumerable<HostileSpot> NtfsSpots(byte[] volume, long at)
    {
        int cluster = volume[13] * 512;
        long mft = BinaryPrimitives.ReadInt64LittleEndian(volume.AsSpan(48)) * cluster, mirror = BinaryPrimitives.ReadInt64LittleEndian(
            volume.AsSpan(56)) * cluster;
        yield return new("boot sector", at, 84);
        yield return new("backup of the boot sector", at + volume.Length - 512, 84);
        foreach (int record in new[] { 0, 1, 2, 3, 5, 6, 6, 6 })
        {
            yield return new("record of the master file table", at + mft + (record * 1024), 512);
        }

        yield return new("mirror", at + mirror, 2048);
    }

    private static IEnumerable<HostileSpot> FatSpots(byte[] volume, long at)
    {
        int reserved = volume[14], table = reserved * 512, root = table + (
            2 * BinaryPrimitives.ReadUInt16LittleEndian(volume.AsSpan(22)) * 512);
        yield return new("boot sector's numbers", at + 11, 30);
        yield return new("boot sector", at, 90);
        yield return new("backup of the boot sector", at + (6 * 512), 90);
        yield return new("table", at + table, 512);
        yield return new("second table", at + (table / 2) + (root / 2), 512);
        yield return new("root folder", at + root, 128);
    }

    private static IEnumerable<HostileSpot> ExFatSpots(byte[] volume, long at)
    {
        long fat = BinaryPrimitives.ReadUInt32LittleEndian(volume.AsSpan(80)) * 512L, heap = BinaryPrimitives.ReadUInt32LittleEndian(
            volume.AsSpan(88)) * 512L;
        long root = heap + ((BinaryPrimitives.ReadUInt32LittleEndian(volume.AsSpan(96)) - 2) * 4096L);
        yield return new("boot sector", at + 64, 56, disk => SealExFat(disk, at));
        yield return new("backup of the boot sector", at + (12 * 512) + 64, 56, disk => SealExFat(disk, at + (12 * 512)));
        yield return new("table", at + fat, 64);
        yield return new("root folder", at + root, 128);
    }

    private static void SealGpt(HostileDisk disk, long headerAt)
    {
        byte[] header = disk.Read(headerAt, 512);
        ulong entries = BinaryPrimitives.ReadUInt64LittleEndian(header.AsSpan(72));
        ulong length = (ulong)BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(80)) * BinaryPrimitives.ReadUInt32LittleEndian(
            header.AsSpan(84));
        if (length <= 65536 && entries < 100_000)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(88), Crc32.Compute(disk.Read((long)entries * 512, (int)length)));
        }

        header.AsSpan(16, 4).Clear();
        uint size = Math.Min(512, BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(12)));
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(16), Crc32.Compute(header.AsSpan(0, (int)size)));
        disk.Write(headerAt, header);
    }

    private static void SealExt(HostileDisk disk, long at)
    {
        byte[] superblock = disk.Read(at, 1024);
        BinaryPrimitives.WriteUInt32LittleEndian(superblock.AsSpan(0x3FC), Crc32C.Append(Crc32C.Start, superblock.AsSpan(0, 0x3FC)));
        disk.Write(at, superblock);
    }

    private static void SealDescriptors(HostileDisk disk, long superblockAt, long at, int groups, int size)
    {
        byte[] id = disk.Read(superblockAt + 104, 16);
        bool isCrc32 = (disk.Read(superblockAt + 100, 4)[1] & 4) != 0;
        for (uint group = 0; group < groups; group++)
        {
            byte[] descriptor = disk.Read(at + (group * size), size);
            byte[] number = BitConverter.GetBytes(group);
            uint sum;
            if (isCrc32)
            {
                descriptor.AsSpan(30, 2).Clear();
                sum = Crc32C.Append(Crc32C.Append(Crc32C.Append(Crc32C.Start, id), number), descriptor);
            }
            else
            {
                sum = Crc16.Append(
                    Crc16.Append(Crc16.Append(Crc16.Append(0xFFFF, id), number), descriptor.AsSpan(0, 30)), descriptor.AsSpan(32));
            }

            BinaryPrimitives.WriteUInt16LittleEndian(descriptor.AsSpan(30), (ushort)(sum & 0xFFFF));
            disk.Write(at + (group * size), descriptor);
        }
    }

    private static void SealExFat(HostileDisk disk, long at)
    {
        byte[] region = disk.Read(at, 11 * 512);
        uint sum = 0;
        for (int i = 0; i < region.Length; i++)
        {
            sum = i is 106 or 107 or 112 ? sum : (uint)((((sum & 1UL) << 31) + (sum >> 1) + region[i]) & uint.MaxValue);
        }

        byte[] sector = new byte[512];
        for (int i = 0; i < 512; i += 4)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(sector.AsSpan(i), sum);
        }

        disk.Write(at + (11 * 512), sector);
    }
}
