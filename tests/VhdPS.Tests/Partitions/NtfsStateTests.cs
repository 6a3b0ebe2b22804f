using System.Buffers.Binary;
using System.Text;
using VhdPS.Engine.Partitions;
using VhdPS.Engine.Partitions.FileSystems;
using VhdPS.Engine.Partitions.FreeSpace;
using VhdPS.Tests.Peers;

namespace VhdPS.Tests.Partitions;

/// <summary>NTFS volumes that must be left, against ntfs-3g.probe, which mounts for writing only what is clean.</summary>
public sealed class NtfsStateTests : IDisposable
{
    private const int Clean = 0;
    private const int Hibernated = 14;
    private const int Unclean = 15;

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [PeerTheory(PeerPrograms.MkNtfs, PeerPrograms.NtfsCp, PeerPrograms.NtfsProbe)]
    [InlineData("hibr", FreeSpaceVerdict.Hibernated)]
    [InlineData("HIBR", FreeSpaceVerdict.Hibernated)]
    [InlineData("wake", FreeSpaceVerdict.Hibernated)]
    [InlineData("WAKE", FreeSpaceVerdict.Hibernated)]
    [InlineData("\0\0\0\0", FreeSpaceVerdict.Known)]
    public void A_volume_with_a_stopped_Windows_is_left(string signature, FreeSpaceVerdict verdict)
    {
        string path = Make();
        CopyHibernationFile(path, signature);
        Assert.Equal(verdict, Judge(path).Verdict);
        if (signature == "hibr" || verdict == FreeSpaceVerdict.Known)
        {
            Assert.Equal(verdict == FreeSpaceVerdict.Known ? Clean : Hibernated, Probe(path));
        }
    }

    /// <summary>The root folder has hundreds of names, so the one that is looked for is in a block of its index.</summary>
    [PeerFact(PeerPrograms.MkNtfs, PeerPrograms.NtfsCp)]
    public void A_stopped_Windows_is_found_among_many_names()
    {
        string path = Make();
        string file = _folder.Write("file", "x"u8);
        for (int i = 0; i < 60; i++)
        {
            PeerProcess.Run(PeerPrograms.NtfsCp, path, file, $"a file with quite a long name {(i % 2 == 0 ? 'a' : 'x')}{i}");
        }

        Assert.Equal(FreeSpaceVerdict.Known, Judge(path).Verdict);
        CopyHibernationFile(path, "hibr");
        Assert.Equal(FreeSpaceVerdict.Hibernated, Judge(path).Verdict);
    }

    /// <summary>What a stopped system knows of the other partitions of the disk must stay, too.</summary>
    [PeerFact(PeerPrograms.MkNtfs, PeerPrograms.NtfsCp, PeerPrograms.Mke2fs, PeerPrograms.MkSwap)]
    public void A_stopped_system_keeps_the_other_partitions()
    {
        string ntfs = Make(), ext = RawDisk.Create(_folder, "ext.img", 8 << 20), swap = RawDisk.Create(_folder, "swap.img", 8 << 20);
        PeerProcess.Run(PeerPrograms.Mke2fs, "-q", "-F", "-t", "ext4", ext);
        PeerProcess.Run(PeerPrograms.MkSwap, swap);
        Assert.Equal([FreeSpaceVerdict.Known, FreeSpaceVerdict.Known, FreeSpaceVerdict.NotSupported], Verdicts(ntfs, ext, swap));
        RawDisk.Write(swap, 4086, "S1SUSPEND\0"u8);
        Assert.Equal([FreeSpaceVerdict.Hibernated, FreeSpaceVerdict.Hibernated, FreeSpaceVerdict.NotSupported], Verdicts(ntfs, ext, swap));
        RawDisk.Write(swap, 4086, "SWAPSPACE2"u8);
        CopyHibernationFile(ntfs, "hibr");
        Assert.Equal([FreeSpaceVerdict.Hibernated, FreeSpaceVerdict.Hibernated, FreeSpaceVerdict.NotSupported], Verdicts(ntfs, ext, swap));
    }

    [PeerTheory(PeerPrograms.MkNtfs, PeerPrograms.NtfsProbe)]
    [InlineData(0, 0, FreeSpaceVerdict.NotClean, Unclean)]
    [InlineData(0, 2, FreeSpaceVerdict.Known, Clean)]
    [InlineData(0xFFFF, 0, FreeSpaceVerdict.Known, Clean)]
    public void A_volume_whose_log_is_open_is_left(int clientsInUse, int flags, FreeSpaceVerdict verdict, int probe)
    {
        string path = Make();
        PutLog(path, 0, 5, (ushort)clientsInUse, (ushort)flags);
        PutLog(path, 4096, 4, (ushort)clientsInUse, (ushort)flags);
        Assert.Equal((verdict, probe), (Judge(path).Verdict, Probe(path)));

        // The page that was written last decides.
        PutLog(path, 4096, 6, 0, 0);
        Assert.Equal((FreeSpaceVerdict.NotClean, Unclean), (Judge(path).Verdict, Probe(path)));
        PutLog(path, 4096, 6, 0xFFFF, 0);
        Assert.Equal((FreeSpaceVerdict.Known, Clean), (Judge(path).Verdict, Probe(path)));
    }

    [PeerFact(PeerPrograms.MkNtfs)]
    public void A_log_that_is_not_wholly_written_is_open()
    {
        string path = Make();
        PutLog(path, 0, 5, 0xFFFF, 2);
        PutLog(path, 4096, 5, 0xFFFF, 2);
        RawDisk.Write(path, LogOffset(path) + 1022, [1, 2]);
        Assert.Equal(FreeSpaceVerdict.NotClean, Judge(path).Verdict);
    }

    [PeerFact(PeerPrograms.MkNtfs)]
    public void A_volume_with_shadow_copies_is_left()
    {
        string path = Make();
        RawDisk.Write(path, 0x1E00, new Guid("3808876B-C176-4E48-B7AE-04046E6CC752").ToByteArray());
        Assert.Equal(FreeSpaceVerdict.Known, Judge(path).Verdict);
        RawDisk.Write(path, 0x1E30, BitConverter.GetBytes(0x10_0000L));
        Assert.Equal(FreeSpaceVerdict.ShadowCopies, Judge(path).Verdict);
    }

    [PeerFact(PeerPrograms.MkNtfs)]
    public void A_boot_sector_or_a_record_that_is_not_like_its_copy_is_left()
    {
        string path = Make();
        byte[] boot = RawDisk.Read(path, 0, 512);
        RawDisk.Write(path, 72, [1, 2, 3, 4]);
        Assert.Equal(FreeSpaceVerdict.CopiesDiffer, Judge(path).Verdict);
        RawDisk.Write(path, 0, boot);
        Assert.Equal(FreeSpaceVerdict.Known, Judge(path).Verdict);
        long mirror = BitConverter.ToInt64(boot, 56) * boot[13] * 512;
        RawDisk.Write(path, mirror, "BAAD"u8);
        Assert.Equal(FreeSpaceVerdict.CopiesDiffer, Judge(path).Verdict);
    }

    private string Make()
    {
        string path = RawDisk.Create(_folder, "ntfs.img", 32 << 20);
        PeerProcess.Run(PeerPrograms.MkNtfs, "-F", "-Q", "-q", path);
        return path;
    }

    private void CopyHibernationFile(string path, string signature)
    {
        string file = _folder.Write("hiberfil", [.. Encoding.ASCII.GetBytes(signature), .. new byte[20_000]]);
        PeerProcess.Run(PeerPrograms.NtfsCp, path, file, "hiberfil.sys");
    }

    private FreeSpaceVerdict[] Verdicts(params string[] volumes)
    {
        long[] sizes = [.. volumes.Select(volume => new FileInfo(volume).Length / 512)];
        uint at = 2048;
        string disk = RawDisk.Create(_folder, "disk.img", (sizes.Sum() + 4096) * 512);
        var entries = new List<(byte, uint, uint)>();
        for (int i = 0; i < volumes.Length; i++)
        {
            RawDisk.Write(disk, at * 512L, File.ReadAllBytes(volumes[i]));
            entries.Add((0x83, at, (uint)sizes[i]));
            at += (uint)sizes[i];
        }

        RawDisk.Write(disk, 0, TableBytes.Mbr(64, [.. entries]).Bytes.AsSpan(0, 512));
        return RawDisk.Use(disk, reader => FreeSpaceMap.Read(reader).Partitions.Select(one => one.Verdict).ToArray());
    }

    private static PartitionFreeSpace Judge(string path) => Assert.Single(RawDisk.Use(path, disk => FreeSpaceMap.Read(disk)).Partitions);

    private static int Probe(string path) => PeerProcess.TryRun(PeerPrograms.NtfsProbe, "--readwrite", path).ExitCode;

    private static long LogOffset(string path) => RawDisk.Use(path, disk =>
    {
        NtfsVolume volume = NtfsVolume.Open(DiskWindow.Whole(disk))!;
        return volume.Open(volume.ReadRecord(NtfsVolume.LogRecord)!.Find(NtfsAttribute.Data))!.Runs[0].FirstLcn * volume.Boot.ClusterSize;
    });

    /// <summary>Writes a restart page of one client, as Windows lays it out.</summary>
    private static void PutLog(string path, int at, long sequence, ushort clientsInUse, ushort flags)
    {
        byte[] page = new byte[4096];
        Span<byte> bytes = page;
        "RSTR"u8.CopyTo(bytes);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[4..], 30);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[6..], 9);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[16..], 4096);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[20..], 4096);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[24..], 48);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[26..], 1);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[28..], 1);
        long fileSize = RawDisk.Use(path, disk =>
        {
            NtfsVolume volume = NtfsVolume.Open(DiskWindow.Whole(disk))!;
            return volume.ReadRecord(NtfsVolume.LogRecord)!.Find(NtfsAttribute.Data)!.Value.DataSize;
        });
        Span<byte> area = bytes[48..];
        BinaryPrimitives.WriteInt64LittleEndian(area, sequence);
        BinaryPrimitives.WriteUInt16LittleEndian(area[8..], 1);
        BinaryPrimitives.WriteUInt16LittleEndian(area[10..], (ushort)(clientsInUse == 0 ? 0xFFFF : 0));
        BinaryPrimitives.WriteUInt16LittleEndian(area[12..], clientsInUse);
        BinaryPrimitives.WriteUInt16LittleEndian(area[14..], flags);
        BinaryPrimitives.WriteUInt32LittleEndian(area[16..], (uint)(67 - (64 - long.LeadingZeroCount(fileSize))));
        BinaryPrimitives.WriteUInt16LittleEndian(area[20..], 48 + 160);
        BinaryPrimitives.WriteUInt16LittleEndian(area[22..], 48);
        BinaryPrimitives.WriteInt64LittleEndian(area[24..], fileSize);
        BinaryPrimitives.WriteUInt16LittleEndian(area[36..], 48);
        BinaryPrimitives.WriteUInt16LittleEndian(area[38..], 64);
        Span<byte> client = area[48..];
        BinaryPrimitives.WriteUInt16LittleEndian(client[16..], 0xFFFF);
        BinaryPrimitives.WriteUInt16LittleEndian(client[18..], 0xFFFF);
        BinaryPrimitives.WriteUInt32LittleEndian(client[28..], 8);
        Encoding.Unicode.GetBytes("NTFS", client[32..]);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[30..], 7);
        for (int i = 1; i <= 8; i++)
        {
            bytes.Slice((i * 512) - 2, 2).CopyTo(bytes[(30 + (i * 2))..]);
            BinaryPrimitives.WriteUInt16LittleEndian(bytes[((i * 512) - 2)..], 7);
        }

        RawDisk.Write(path, LogOffset(path) + at, page);
    }
}
