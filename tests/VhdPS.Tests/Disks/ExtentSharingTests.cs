using VhdPS.Engine.Chains;
using VhdPS.Engine.Disks;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Engine.Operations.Convert;
using VhdPS.Engine.Operations.Merge;
using VhdPS.Engine.Operations.Optimize;
using VhdPS.Tests.Crash;
using VhdPS.Tests.Operations;
using VhdPS.Tests.Peers;

namespace VhdPS.Tests.Disks;

/// <summary>New files that share extents with their sources, on file systems that can and on one that cannot.</summary>
[Collection(Alone.Name)]
public sealed class ExtentSharingTests
{
    private const int Size = 24 << 20;
    private const long FileSystemBytes = 512L << 20;

    private static readonly string[] Forms = ["raw", "fixed", "dynamic", "vhdx"];

    /// <summary>The new file is the same byte for byte as one that was copied, and takes no space of its own.</summary>
    [RootTheory("losetup", "mkfs.xfs", "mkfs.btrfs")]
    [InlineData("xfs")]
    [InlineData("btrfs")]
    public void What_is_shared_is_the_same_file_as_what_is_copied(string fileSystem)
    {
        using var folder = new TempFolder();
        using LoopMount mount = Mount(folder, fileSystem);
        byte[] disk = Disk();
        foreach (string sourceForm in Forms)
        {
            string source = Write(mount, sourceForm, disk);
            foreach (string targetForm in Forms)
            {
                string shared = At(mount, "shared"), copied = At(mount, "copied");
                Convert(source, copied, sourceForm, targetForm, options => options with { ShareExtents = false });
                long before = UsedBytes(mount);
                ConvertResult result = Convert(source, shared, sourceForm, targetForm);
                string what = $"{fileSystem}, {sourceForm} to {targetForm}";
                Assert.True(File.ReadAllBytes(copied).AsSpan().SequenceEqual(File.ReadAllBytes(shared)), what);
                Assert.True(result.SharedBytes > Size / 2, $"{what}: {result.SharedBytes} bytes shared");
                Assert.True(result.CopiedBytes < Size / 8, $"{what}: {result.CopiedBytes} bytes copied");
                Assert.True(UsedBytes(mount) - before < Size / 4, $"{what}: {UsedBytes(mount) - before} bytes of new space");
                File.Delete(shared);
                File.Delete(copied);
            }
        }
    }

    /// <summary>What is shared without a look is not asked of the system, which would read all of it; what is copied is.</summary>
    [RootTheory("losetup", "mkfs.xfs", PeerPrograms.Strace)]
    [InlineData("shared")]
    [InlineData("copied")]
    public void Data_that_is_shared_unread_is_not_read_ahead(string how)
    {
        using var folder = new TempFolder();
        using LoopMount mount = Mount(folder, "xfs");
        string source = Write(mount, "dynamic", Disk());
        PeerResult result = PeerProcess.TryRun(
            PeerPrograms.Strace,
            ["-f", "-qq", "-y", "-o", folder["log"], "-e", "trace=fadvise64,preadv2", .. WriterProcess.Command, "unread", source,
            At(mount, "target"), how]);
        Assert.True(result.ExitCode == 0, result.ToString());
        int asked = File.ReadLines(folder["log"]).Count(line => line.Contains(source, StringComparison.Ordinal));
        Assert.Equal(how == "copied", asked > 0);
    }

    /// <summary>Without looking for zeros the disk is the same, and a write to the source afterwards is not seen in the copy.</summary>
    [RootTheory("losetup", "mkfs.xfs", "mkfs.btrfs")]
    [InlineData("xfs")]
    [InlineData("btrfs")]
    public void Unread_data_makes_the_same_disk_which_later_writes_to_the_source_leave_alone(string fileSystem)
    {
        using var folder = new TempFolder();
        using LoopMount mount = Mount(folder, fileSystem);
        byte[] disk = Disk();
        foreach (string sourceForm in Forms)
        {
            foreach (string targetForm in Forms)
            {
                string source = Write(mount, sourceForm, disk), target = At(mount, "target");
                ConvertResult result = Convert(source, target, sourceForm, targetForm, options => options with { FindZeros = false });
                Assert.True(result.SharedBytes > Size / 2, $"{sourceForm} to {targetForm}: {result.SharedBytes} bytes shared");
                using (FileStream file = File.OpenWrite(source))
                {
                    file.SetLength(0);
                    file.Write(new byte[Size]);
                }

                Assert.True(disk.AsSpan().SequenceEqual(Read(target, Format(targetForm))), $"{sourceForm} to {targetForm}");
                File.Delete(source);
                File.Delete(target);
            }
        }
    }

    /// <summary>Blocks at odd sectors lie on no cluster: they are copied, and that is said.</summary>
    [RootTheory("losetup", "mkfs.xfs", "mkfs.btrfs")]
    [InlineData("xfs")]
    [InlineData("btrfs")]
    public void Blocks_at_odd_sectors_are_copied_and_the_reason_is_reported(string fileSystem)
    {
        using var folder = new TempFolder();
        using LoopMount mount = Mount(folder, fileSystem);
        byte[] disk = Disk();
        string source = At(mount, "odd.vhd");
        using (var file = LocalImageFile.CreateNew(source))
        {
            var image = new NewImage(Size) { UniqueId = DiskModel.UniqueId, TimeStamp = DiskModel.TimeStamp };
            var header = DynamicDiskHeader.Create(VhdSpec.FooterSize + VhdSpec.HeaderSize, image.BlockCount, image.BlockSize);
            var assembly = new ImageBuilder(file, image.CreateFooter(), header, isPacked: true);
            using DiskSource raw = DiskSource.Open(Write(mount, "raw", disk), SourceFormat.Raw);
            DiskCopy.Run(raw, new BlockDiskWriter(file, assembly, Size), null, Size, sync: true, default);
        }

        var progress = new StepProgress();
        ConvertResult result = Convert(source, At(mount, "target"), "dynamic", "raw", progress: progress);

        // Of blocks a sector further each, one in eight comes to lie on a cluster.
        Assert.InRange(result.SharedBytes, 0, 2 * VhdSpec.DefaultBlockSize);
        Assert.True(result.CopiedBytes > Size / 2, $"{result.CopiedBytes} bytes copied");
        const string Reason = "do not lie on clusters of 4096 bytes";
        Assert.Contains(progress.Steps, step => step.Step?.Contains(Reason, StringComparison.Ordinal) == true);
        Assert.True(disk.AsSpan().SequenceEqual(Read(At(mount, "target"), SourceFormat.Raw)));
    }

    /// <summary>An image made smaller keeps its disk and the extents of its blocks, and so does one merged with its parent.</summary>
    [RootTheory("losetup", "mkfs.xfs", "mkfs.btrfs")]
    [InlineData("xfs")]
    [InlineData("btrfs")]
    public void Optimize_and_merge_share_what_they_keep(string fileSystem)
    {
        using var folder = new TempFolder();
        using LoopMount mount = Mount(folder, fileSystem);
        byte[] disk = Disk();
        string parent = Write(mount, "dynamic", disk), child = At(mount, "child.vhd"), merged = At(mount, "merged.vhd");
        ChildCreator.Create(child, new NewChild(parent) { UniqueId = Guid.NewGuid(), TimeStamp = DiskModel.TimeStamp });
        byte[] own = new byte[3 << 20];
        new Random(7).NextBytes(own);
        using (VhdImage image = VhdImage.Open(child, new VhdOpenOptions { ForWriting = true }))
        {
            image.WriteSectors(8192, own);
            image.WriteSectors(40000, own.AsSpan(0, 512));
        }

        own.CopyTo(disk.AsSpan(8192 * 512));
        own.AsSpan(0, 512).CopyTo(disk.AsSpan(40000 * 512));
        foreach (OptimizeMode mode in new[] { OptimizeMode.Full, OptimizeMode.Quick })
        {
            Assert.True(Optimize(child, mode).SharedBytes >= 2 << 20, $"{fileSystem}, child, {mode}");
            Assert.True(disk.AsSpan().SequenceEqual(Read(child, SourceFormat.Vhd)), $"{fileSystem}, child, {mode}");
        }

        MergePlan plan = MergeOperation.Run(new MergeOptions(child)
        {
            DestinationPath = merged,
            UniqueId = Guid.NewGuid(),
            TimeStamp = DiskModel.TimeStamp,
        });
        Assert.True(plan.SharedBytes > Size / 2, $"{fileSystem}: {plan.SharedBytes} bytes shared by the merge");
        foreach (OptimizeMode mode in new[] { OptimizeMode.Full, OptimizeMode.Quick })
        {
            Assert.True(Optimize(merged, mode).SharedBytes > Size / 2, $"{fileSystem}, merged, {mode}");
            Assert.True(disk.AsSpan().SequenceEqual(Read(merged, SourceFormat.Vhd)), $"{fileSystem}, merged, {mode}");
        }
    }

    /// <summary>A volume that is too full for a copy takes a file that shares, and the plan knows how little it needs.</summary>
    [RootTheory("losetup", "mkfs.xfs", "mkfs.btrfs")]
    [InlineData("xfs")]
    public void The_check_for_free_space_knows_what_is_shared(string fileSystem)
    {
        using var folder = new TempFolder();
        using LoopMount mount = Mount(folder, fileSystem);
        byte[] disk = Disk();
        string source = Write(mount, "raw", disk);
        PeerProcess.Run("sync", "-f", mount.Folder);
        using (FileStream filler = File.Create(At(mount, "filler")))
        {
            byte[] piece = new byte[1 << 20];
            new Random(1).NextBytes(piece);
            while (new DriveInfo(mount.Folder).AvailableFreeSpace > 10L << 20)
            {
                filler.Write(piece);
                filler.Flush(flushToDisk: true);
            }
        }

        string target = At(mount, "target.vhd");
        Assert.Equal(OperationError.NotEnoughSpace, Assert.Throws<VhdOperationException>(
            () => Convert(source, target, "raw", "dynamic", options => options with { ShareExtents = false })).Code);
        using (ConvertOperation operation = ConvertOperation.Begin(Options(source, target, "raw", "dynamic")))
        {
            Assert.InRange(operation.NewSpaceBytes, 1, 1 << 20);
            operation.Run();
        }

        Assert.True(disk.AsSpan().SequenceEqual(Read(target, SourceFormat.Vhd)));
    }

    /// <summary>A file that writers may have open, and one that was changed since it was opened, are not shared with.</summary>
    [RootTheory("losetup", "mkfs.xfs", "mkfs.btrfs")]
    [InlineData("xfs")]
    public void What_is_not_kept_from_changes_is_not_shared(string fileSystem)
    {
        using var folder = new TempFolder();
        using LoopMount mount = Mount(folder, fileSystem);
        string path = Write(mount, "raw", Disk());
        using (var unlocked = LocalImageFile.OpenUnlocked(path))
        {
            Assert.Null(unlocked.ShareSource);
        }

        using var source = LocalImageFile.OpenRead(path);
        using var target = LocalImageFile.CreateNew(At(mount, "target"));
        Assert.Null(target.TryShare(source, 0, 1 << 20, 0));
        PeerProcess.Run("dd", "if=/dev/zero", $"of={path}", "bs=4096", "count=1", "conv=notrunc", "status=none");
        Assert.Contains("changed", target.TryShare(source, 0, 1 << 20, 0), StringComparison.Ordinal);
    }

    /// <summary>
    /// Power cut right after a conversion: what was reported as made is whole, although its source was never synced. A picture of
    /// the medium, taken without unmounting, is what is left.
    /// </summary>
    [RootTheory("losetup", "mkfs.xfs", "mkfs.btrfs")]
    [InlineData("xfs")]
    [InlineData("btrfs")]
    public void What_is_shared_with_an_unsynced_source_outlives_a_power_cut(string fileSystem)
    {
        using var folder = new TempFolder();
        LoopMount.Format(folder["outer.img"], "xfs", 4L << 30);
        using var outer = new LoopMount(folder["outer.img"], folder["outer"]);
        string medium = Path.Combine(outer.Folder, "medium"), picture = Path.Combine(outer.Folder, "picture");
        LoopMount.Format(medium, fileSystem, FileSystemBytes);
        byte[] disk = Disk();
        using (var inner = new LoopMount(medium, folder["inner"]))
        {
            string source = At(inner, "raw");
            File.WriteAllBytes(source, disk);
            foreach (bool findZeros in new[] { true, false })
            {
                ConvertResult result = Convert(
                    source, At(inner, $"{findZeros}.vhd"), "raw", "dynamic", options => options with { FindZeros = findZeros });
                Assert.True(result.SharedBytes > Size / 2);
            }

            PeerProcess.Run("cp", "--reflink=always", medium, picture);
        }

        if (fileSystem == "btrfs")
        {
            PeerProcess.TryRun("btrfs", "device", "scan", "--forget");
        }

        using var cut = new LoopMount(picture, folder["cut"], fileSystem == "xfs" ? "nouuid" : null);
        foreach (string name in new[] { "True.vhd", "False.vhd" })
        {
            Assert.True(disk.AsSpan().SequenceEqual(Read(At(cut, name), SourceFormat.Vhd)), $"{fileSystem}: {name}");
        }
    }

    /// <summary>Where the file system cannot share, everything is copied and the reason is reported.</summary>
    [RootTheory("losetup", "mkfs.ext4")]
    [InlineData("ext4")]
    public void Where_the_file_system_cannot_share_all_is_copied(string fileSystem)
    {
        using var folder = new TempFolder();
        using LoopMount mount = Mount(folder, fileSystem);
        byte[] disk = Disk();
        string source = Write(mount, "raw", disk);
        foreach (bool findZeros in new[] { true, false })
        {
            var progress = new StepProgress();
            string target = At(mount, $"{findZeros}.vhd");
            ConvertResult result = Convert(
                source, target, "raw", "dynamic", options => options with { FindZeros = findZeros }, progress);
            Assert.Equal((0, result.WrittenBytes), (result.SharedBytes, result.CopiedBytes));
            Assert.Contains(progress.Steps, step => step.Step?.Contains("the file system cannot", StringComparison.Ordinal) == true);
            Assert.True(disk.AsSpan().SequenceEqual(Read(target, SourceFormat.Vhd)));
        }
    }

    private static LoopMount Mount(TempFolder folder, string fileSystem)
    {
        LoopMount.Format(folder["medium"], fileSystem, FileSystemBytes);
        return new LoopMount(folder["medium"], folder["mounted"]);
    }

    /// <summary>Long runs of data, stored zeros, a hole's worth of zeros, and pages here and there.</summary>
    private static byte[] Disk()
    {
        var random = new Random(3);
        byte[] disk = new byte[Size];
        random.NextBytes(disk.AsSpan(0, 20 << 20));
        disk.AsSpan(5 << 20, 3 << 20).Clear();
        disk.AsSpan((11 << 20) + 4096, 300_000).Clear();
        for (int at = 21 << 20; at < Size; at += 200 * 1024)
        {
            random.NextBytes(disk.AsSpan(at, 5000));
        }

        return disk;
    }

    private static string At(LoopMount mount, string name) => Path.Combine(mount.Folder, name);

    private static byte[] Read(string path, SourceFormat format)
    {
        using DiskSource source = DiskSource.Open(path, format);
        byte[] disk = new byte[source.SizeBytes];
        source.ReadAt(0, disk);
        return disk;
    }

    private static SourceFormat Format(string form) => form == "raw" ? SourceFormat.Raw : SourceFormat.Vhd;

    private static string Write(LoopMount mount, string form, byte[] disk)
    {
        string raw = At(mount, "raw"), path = At(mount, form);
        File.WriteAllBytes(raw, disk);
        if (form != "raw")
        {
            Convert(raw, path, "raw", form, options => options with { ShareExtents = false });
        }

        return path;
    }

    private static ConvertOptions Options(string source, string target, string sourceForm, string targetForm) => new(source, target)
    {
        SourceFormat = Format(sourceForm),
        TargetFormat = targetForm switch
        {
            "raw" => DiskFormat.Raw,
            "fixed" => DiskFormat.Fixed,
            _ => DiskFormat.Dynamic,
        },
        TargetImageFormat = targetForm == "vhdx" ? VhdFormat.Vhdx : VhdFormat.Vhd,
        UniqueId = DiskModel.UniqueId,
        TimeStamp = DiskModel.TimeStamp,
    };

    private static ConvertResult Convert(
        string source, string target, string sourceForm, string targetForm, Func<ConvertOptions, ConvertOptions>? change = null,
        IProgress<WorkProgress>? progress = null)
    {
        ConvertOptions options = Options(source, target, sourceForm, targetForm);
        using ConvertOperation operation = ConvertOperation.Begin(change?.Invoke(options) ?? options);
        return operation.Run(progress);
    }

    private static OptimizeResult Optimize(string path, OptimizeMode mode)
    {
        using OptimizeOperation operation = OptimizeOperation.Begin(new OptimizeOptions(path) { Mode = mode });
        return operation.Run();
    }

    private static long UsedBytes(LoopMount mount)
    {
        PeerProcess.Run("sync", "-f", mount.Folder);
        var drive = new DriveInfo(mount.Folder);
        return drive.TotalSize - drive.TotalFreeSpace;
    }
}
