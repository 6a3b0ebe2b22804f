using System.Security.Cryptography;
using VhdPS.Engine.Chains;
using VhdPS.Engine.Checking;
using VhdPS.Engine.Disks;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Engine.Operations.Hash;
using VhdPS.Engine.Vhdx;
using VhdPS.Tests.Crash;
using VhdPS.Tests.Peers;
using VhdPS.Tests.Vhdx;
using static VhdPS.Tests.Vhdx.VhdxBytes;

namespace VhdPS.Tests.Disks;

/// <summary>A VHDX as a source of a disk like any other: by itself, with parents, and with a log that is not empty.</summary>
public sealed class VhdxSourceTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [PeerTheory(PeerPrograms.QemuImg)]
    [InlineData(1)]
    [InlineData(8)]
    [InlineData(32)]
    [InlineData(256)]
    public void The_hash_of_an_image_of_QEMU_is_that_of_the_raw_disk(int blockMiB)
    {
        for (int seed = 0; seed < LongRun.Count(2, 20); seed++)
        {
            byte[] disk = DiskFill.Make(seed, (11 * MiB) + (seed * 512));
            string raw = _folder.Write($"{seed}.raw", disk), path = _folder[$"{seed}.vhdx"];
            PeerProcess.Run(
                PeerPrograms.QemuImg, "convert", "-f", "raw", "-O", "vhdx", "-o", $"block_size={blockMiB}M", raw, path);
            using DiskSource source = DiskSource.Open(path, SourceFormat.Vhd);
            Assert.Equal(VhdFormat.Vhdx, source.ImageFormat);
            Assert.Equal(SHA256.HashData(disk), DiskHash.Compute(source, HashAlgorithmName.SHA256));
        }
    }

    [Theory]
    [InlineData(512)]
    [InlineData(4096)]
    public void A_chain_of_three_is_found_and_read(int sectorSize)
    {
        byte[] disk = VhdxChain.Write(_folder, sectorSize, out string leaf);
        using DiskSource source = DiskSource.Open(leaf, SourceFormat.Vhd);

        Assert.Equal(sectorSize, source.LogicalSectorSize);
        Assert.Equal(SHA256.HashData(disk), DiskHash.Compute(source, HashAlgorithmName.SHA256));
        Assert.Equal(3, source.FilePaths.Count());
        AssertRuns(source, disk);
    }

    [PeerTheory(PeerPrograms.SevenZip)]
    [InlineData(512)]
    [InlineData(4096)]
    public void A_chain_is_hashed_as_SevenZip_extracts_it(int sectorSize)
    {
        VhdxChain.Write(_folder, sectorSize, out string leaf);
        PeerProcess.Run(PeerPrograms.SevenZip, "x", "-tVHDX", "-y", $"-o{_folder["out"]}", leaf);
        using DiskSource source = DiskSource.Open(leaf, SourceFormat.Vhd);

        byte[] extracted = File.ReadAllBytes(Assert.Single(Directory.GetFiles(_folder["out"])));
        Assert.Equal(SHA256.HashData(extracted), DiskHash.Compute(source, HashAlgorithmName.SHA256));
    }

    [Fact]
    public void A_dirty_file_is_read_as_it_will_be_and_keeps_its_bytes_and_times()
    {
        for (int seed = 0; seed < LongRun.Count(10, 200); seed++)
        {
            (VhdxBytes dirty, MemoryFile replayed) = Made(seed);
            string path = _folder.Write($"{seed}.vhdx", dirty.File.ToArray()), clean = _folder.Write($"{seed}-clean.vhdx", replayed.Bytes);
            var time = new DateTime(2020, 1, 2, 3, 4, 5, DateTimeKind.Utc);
            File.SetLastWriteTimeUtc(path, time);
            byte[] before = File.ReadAllBytes(path);
            using (DiskSource source = DiskSource.Open(path, SourceFormat.Vhd), wanted = DiskSource.Open(clean, SourceFormat.Vhd))
            {
                Assert.Contains(source.Findings, finding => finding.Code == FaultCode.VhdxLogDirty);
                Assert.Equal(
                    DiskHash.Compute(wanted, HashAlgorithmName.SHA256), DiskHash.Compute(source, HashAlgorithmName.SHA256));
            }

            CheckReport report = ImageChecker.Check(path);
            Assert.Contains(report.Findings, finding => finding.Code == FaultCode.VhdxLogDirty);
            Assert.Equal(before, File.ReadAllBytes(path));
            Assert.Equal(time, File.GetLastWriteTimeUtc(path));
        }
    }

    [Fact]
    public void A_missing_parent_and_one_whose_data_was_changed_are_refused()
    {
        VhdxChain.Write(_folder, 512, out string leaf);
        File.Move(_folder["0.vhdx"], _folder["away.vhdx"]);
        Assert.Equal(FaultCode.ParentNotFound, Refusal(leaf));

        NewVhdx other = VhdxCreatorTests.Options(12 * MiB) with { TimeStamp = new DateTime(2001, 1, 1, 0, 0, 0, DateTimeKind.Utc) };
        VhdxCreator.Create(_folder["0.vhdx"], other);
        Assert.Equal(FaultCode.ParentIdMismatch, Refusal(leaf));
        using DiskSource forced = DiskSource.Open(
            leaf, SourceFormat.Vhd, new VhdOpenOptions { Parents = new ParentPolicy { IgnoreIdMismatch = true } });
        Assert.Equal(12 * MiB, forced.SizeBytes);
    }

    [Fact]
    public void A_VHD_is_no_parent_of_a_VHDX()
    {
        VhdxChain.Write(_folder, 512, out string leaf);
        File.Delete(_folder["0.vhdx"]);
        ImageCreator.Create(
            _folder["0.vhdx"], new NewImage(12 * MiB) { UniqueId = DataWriteGuid, TimeStamp = DateTime.UnixEpoch.AddYears(40) });

        Assert.Equal(FaultCode.ParentDamaged, Refusal(leaf));
    }

    [Fact]
    public void A_folder_of_both_formats_is_one_forest()
    {
        VhdxChain.Write(_folder, 512, out _);
        var time = new DateTime(2020, 1, 2, 3, 4, 5, DateTimeKind.Utc);
        ImageCreator.Create(_folder["a.vhd"], new NewImage(MiB) { UniqueId = Guid.NewGuid(), TimeStamp = time });
        ChildCreator.Create(_folder["b.vhd"], new NewChild(_folder["a.vhd"]) { UniqueId = Guid.NewGuid(), TimeStamp = time });

        IReadOnlyList<ForestNode> roots = ChainForest.Read(_folder.Root, recurse: false);

        Assert.Equal(["0.vhdx", "a.vhd"], roots.Select(root => Path.GetFileName(root.Level.Path)));
        Assert.Equal("1.vhdx", Path.GetFileName(Assert.Single(roots[0].Children).Level.Path));
        Assert.Equal("2.vhdx", Path.GetFileName(Assert.Single(roots[0].Children[0].Children).Level.Path));
        Assert.Equal("b.vhd", Path.GetFileName(Assert.Single(roots[1].Children).Level.Path));
        Assert.All(roots, root => Assert.Equal(ChainState.Ok, root.Level.State));
    }

    [Fact]
    public void A_check_says_what_is_wrong_with_the_chain()
    {
        VhdxChain.Write(_folder, 512, out string leaf);
        Assert.True(ImageChecker.Check(leaf, new CheckOptions { Parents = ParentPolicy.Default }).IsValid);
        File.Delete(_folder["0.vhdx"]);
        CheckReport report = ImageChecker.Check(leaf, new CheckOptions { Parents = ParentPolicy.Default });
        Assert.Contains(report.Findings, finding => finding.Code == FaultCode.ParentNotFound);
    }

    [Fact]
    public void Counted_data_of_parts_adds_up_to_the_whole()
    {
        VhdxChain.Write(_folder, 512, out string leaf);
        foreach (string path in new[] { leaf, _folder["0.vhdx"] })
        {
            using DiskSource source = DiskSource.Open(path, SourceFormat.Vhd);
            long whole = source.CountDataBytes(0, source.SizeBytes), sum = 0;
            for (long at = 0; at < source.SizeBytes; at += 192 * 1024)
            {
                sum += source.CountDataBytes(at, Math.Min(at + (192 * 1024), source.SizeBytes));
            }

            Assert.Equal(whole, sum);
            Assert.InRange(whole, 1, source.SizeBytes);
        }
    }

    private static (VhdxBytes Dirty, MemoryFile Replayed) Made(int seed)
    {
        (VhdxBytes dirty, Tests.Files.MemoryImageFile replayed) = RandomLog.Make(seed);

        // A clean header on top of what the log made.
        var header = VhdxHeader.Create(99, FileWriteGuid, DataWriteGuid, Guid.Empty, LogOffset, (int)MiB);
        replayed.WriteAt(VhdxSpec.Header1Offset, header.Bytes);
        return (dirty, new MemoryFile(replayed.ToArray()));
    }

    private static FaultCode Refusal(string path) => Assert.Throws<VhdFormatException>(
        () => DiskSource.Open(path, SourceFormat.Vhd).Dispose()).Finding.Code;

    /// <summary>Blocks and runs name the places where the files hold the disk's bytes.</summary>
    private static void AssertRuns(DiskSource source, byte[] disk)
    {
        long sector = 0;
        foreach (BlockRun run in source.FindBlocks(BlockDetail.Chain))
        {
            Assert.Equal(sector, run.Sector);
            sector += run.SectorCount;
            byte[] wanted = disk.AsSpan(
                (int)(run.Sector * source.LogicalSectorSize), (int)(run.SectorCount * source.LogicalSectorSize)).ToArray();
            if (run.State == BlockState.Zero)
            {
                Assert.Equal(-1, wanted.AsSpan().IndexOfAnyExcept((byte)0));
                continue;
            }

            byte[] held = new byte[wanted.Length];
            using LocalImageFile file = LocalImageFile.OpenRead(run.Path);
            Assert.Equal(held.Length, file.ReadAt(run.FileOffset, held));
            Assert.True(wanted.AsSpan().SequenceEqual(held), $"sectors {run.Sector} to {run.Sector + run.SectorCount - 1} differ");
        }

        Assert.Equal(source.LogicalSectorCount, sector);
        ChainRun first = source.ReadRun(1, 5, out byte[] data);
        Assert.Equal(disk.AsSpan(source.LogicalSectorSize, data.Length).ToArray(), data);
        Assert.Equal(data.Length, first.Count * source.LogicalSectorSize);
        Assert.Throws<ArgumentOutOfRangeException>(() => source.ReadRun(source.LogicalSectorCount, 1, out _));
    }

    private sealed record MemoryFile(byte[] Bytes);
}
