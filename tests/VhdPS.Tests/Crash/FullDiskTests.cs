using VhdPS.Engine.Chains;
using VhdPS.Engine.Checking;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Engine.Operations.Repair;
using VhdPS.Engine.Operations.Resize;
using VhdPS.Engine.Operations.Set;
using VhdPS.Tests.Checking;
using VhdPS.Tests.Peers;

namespace VhdPS.Tests.Crash;

/// <summary>A file system that is really full, and a size limit that the system really sets.</summary>
public sealed class FullDiskTests
{
    private const int BlockSize = 64 * 1024;

    [SmallDiskFact]
    public void AFullFileSystemIsATypedErrorAndLosesNothing()
    {
        using var disk = new SmallDisk(1024 * 1024);
        string path = disk["full.vhd"];
        ImageCreator.Create(path, New());
        int written = 0, flushed = 0;
        using (VhdImage image = VhdImage.Open(path, new VhdOpenOptions { ForWriting = true }))
        {
            ImageIOException error = Assert.Throws<ImageIOException>(() =>
            {
                for (; written < 1000; written++)
                {
                    image.WriteSectors(written * (BlockSize / 512L), Filled(written));
                    if (written % 3 == 2)
                    {
                        image.Flush();
                        flushed = written + 1;
                    }
                }
            });
            Assert.True(error.IsDiskFull, error.Message);
            Assert.Throws<VhdOperationException>(() => image.WriteSectors(0, new byte[512]));
            for (int block = 0; block < written; block++)
            {
                AssertBlock(image, block);
            }
        }

        CheckReport report = ImageChecker.Check(path, new CheckOptions { Full = true });
        Assert.True(report.ErrorCount + report.WarningCount == 0, string.Join('\n', report.Findings.Select(finding => finding.Describe())));
        Assert.InRange(flushed, 3, written);
        using VhdImage again = VhdImage.Open(path);
        for (int block = 0; block < written; block++)
        {
            AssertBlock(again, block);
        }
    }

    [SmallDiskFact]
    public void ANewImageThatDoesNotFitLeavesNothing()
    {
        using var disk = new SmallDisk(256 * 1024);
        string path = disk["new.vhd"];
        ImageIOException error =
            Assert.Throws<ImageIOException>(() => ImageCreator.Create(path, New() with { BlockSize = 512, SizeBytes = 1L << 30 }));
        Assert.True(error.IsDiskFull, error.Message);
        Assert.Empty(Directory.GetFileSystemEntries(Path.GetDirectoryName(path)!));
    }

    [SmallDiskFact]
    public void AnUndoFileThatDoesNotFitIsNotInTheWayOfTheNextRepair()
    {
        using var disk = new SmallDisk(512 * 1024);
        string path = disk["damaged.vhd"], undo = path + ".undo", filler = disk["filler"];
        byte[] tail = new byte[160 * 1024];
        new Random(3).NextBytes(tail);
        byte[] damaged = Format.ImageBytes.Dynamic().AddBlock(3, 0x11).Append(tail).Bytes;
        File.WriteAllBytes(path, damaged);
        File.WriteAllBytes(filler, new byte[200 * 1024]);
        RepairPlan plan = RepairOperation.Plan(path);
        ImageIOException error = Assert.Throws<ImageIOException>(() => RepairOperation.Run(path, plan, undo));
        Assert.True(error.IsDiskFull, error.Message);
        Assert.DoesNotContain(".vhdps-", error.Message, StringComparison.Ordinal);
        Assert.Equal(damaged, File.ReadAllBytes(path));
        Assert.Equal(["damaged.vhd", "filler"], Directory.GetFiles(Path.GetDirectoryName(path)!).Select(Path.GetFileName).Order());

        File.Delete(filler);
        RepairOperation.Run(path, plan, undo);
        Assert.True(ImageChecker.Check(path).IsValid);
        UndoOperation.Run(path, undo);
        Assert.Equal(damaged, File.ReadAllBytes(path));
    }

    /// <summary>The locators of a child make way for its table; whatever of that the file system has no space for.</summary>
    [SmallDiskFact]
    public void AGrowthThatDoesNotFitLeavesNothingOfIt()
    {
        int full = 0;
        for (int pagesFree = 0; pagesFree < 16; pagesFree++)
        {
            using var disk = new SmallDisk(256 * 1024);
            string parent = disk["parent.vhd"], child = disk["child.vhd"], filler = disk["filler"];
            ImageCreator.Create(parent, New() with { BlockSize = 4096, SizeBytes = 256 * 1024 });
            ChildCreator.Create(child, new NewChild(parent) { UniqueId = Guid.NewGuid(), TimeStamp = New().TimeStamp });
            byte[] written = Filled(7)[..(3 * 4096)];
            using (VhdImage image = VhdImage.Open(child, new VhdOpenOptions { ForWriting = true }))
            {
                image.WriteSectors(8, written);
            }

            File.WriteAllBytes(filler, new byte[new DriveInfo(disk[string.Empty]).AvailableFreeSpace - (pagesFree * 4096)]);
            var options = new ResizeOptions(child) { SizeBytes = 40 << 20 };
            try
            {
                ResizeOperation.Run(options);
            }
            catch (ImageIOException error)
            {
                full++;
                Assert.True(error.IsDiskFull, error.Message);
                CheckReport report = ImageChecker.Check(child, new CheckOptions { Full = true });
                string[] found = [.. report.Findings.Where(finding => finding.Severity != Severity.Note
                    || finding.Code == FaultCode.BlockLost).Select(finding => finding.Describe())];
                Assert.True(found.Length == 0, $"{pagesFree} pages free, {error.Message}: {string.Join(' ', found)}");
                AssertRead(child, 256 * 2, written);
                File.Delete(filler);
                ResizeOperation.Run(options);
            }

            AssertRead(child, (40 << 20) / 512, written);
            Verdict.AssertClean(child);
        }

        Assert.InRange(full, 8, 15);
    }

    [SmallDiskFact]
    public void ALinkThatDoesNotFitChangesNothing()
    {
        int full = 0;
        for (int pagesFree = 0; pagesFree < 4; pagesFree++)
        {
            using var disk = new SmallDisk(512 * 1024);
            string parent = disk["parent.vhd"], child = disk["child.vhd"], filler = disk["filler"];
            ImageCreator.Create(parent, New() with { BlockSize = 4096, SizeBytes = 256 * 1024 });
            ChildCreator.Create(child, new NewChild(parent) { UniqueId = Guid.NewGuid(), TimeStamp = New().TimeStamp });
            byte[] written = Filled(7)[..(3 * 4096)];
            using (VhdImage image = VhdImage.Open(child, new VhdOpenOptions { ForWriting = true }))
            {
                image.WriteSectors(8, written);
            }

            // A path of several sectors has to go behind the blocks.
            string far = disk[new string('d', 200) + "/" + new string('e', 200)], moved = Path.Combine(far, "p.vhd");
            Directory.CreateDirectory(far);
            File.Move(parent, moved);
            File.WriteAllBytes(filler, new byte[new DriveInfo(disk[string.Empty]).AvailableFreeSpace - (pagesFree * 4096)]);
            byte[] before = File.ReadAllBytes(child);
            var options = new SetImageOptions(child) { ParentPath = moved };
            try
            {
                SetImageOperation.Run(options);
            }
            catch (ImageIOException error)
            {
                full++;
                Assert.True(error.IsDiskFull, error.Message);
                Assert.Equal(before, File.ReadAllBytes(child));
                File.Delete(filler);
                SetImageOperation.Run(options);
            }

            AssertRead(child, 256 * 2, written);
            using (VhdImage image = VhdImage.Open(child))
            {
                // What only the parent has is found where the link says.
                image.ReadSectors(0, written.AsSpan(0, 512));
            }

            Verdict.AssertClean(child);
        }

        Assert.InRange(full, 1, 3);
    }

    [PeerFact("bash")]
    public void AProcessWithASizeLimitLeavesASoundImage()
    {
        using var folder = new TempFolder();
        string path = folder["limited.vhd"];
        ImageCreator.Create(path, New());
        PeerResult result = PeerProcess.TryRun(
            "bash",
            ["-c", "trap '' XFSZ; ulimit -f 1000; export DOTNET_EnableWriteXorExecute=0; exec \"$@\"", "bash", .. WriterProcess.Command,
                "fill", path]);
        Assert.True(
            result.ExitCode == 1 && result.ToString().Contains("a size limit is reached", StringComparison.Ordinal), result.ToString());
        CheckReport report = ImageChecker.Check(path, new CheckOptions { Full = true });
        Assert.True(report.IsValid, string.Join('\n', report.Findings.Select(finding => finding.Describe())));
        Assert.InRange(new FileInfo(path).Length, 200_000, 1000 * 1024);
    }

    private static void AssertRead(string path, long sectors, byte[] written)
    {
        using VhdImage image = VhdImage.Open(path);
        Assert.Equal(sectors, image.SectorCount);
        byte[] read = new byte[written.Length];
        image.ReadSectors(8, read);
        Assert.Equal(written, read);
    }

    private static NewImage New() => new(32L * BlockSize)
    {
        BlockSize = BlockSize,
        UniqueId = Guid.NewGuid(),
        TimeStamp = new DateTime(2024, 1, 1, 0, 0, 0, DateTimeKind.Utc),
    };

    private static byte[] Filled(int block)
    {
        byte[] data = new byte[BlockSize];
        data.AsSpan().Fill((byte)(block + 1));
        return data;
    }

    private static void AssertBlock(VhdImage image, int block)
    {
        byte[] data = new byte[BlockSize];
        image.ReadSectors(block * (BlockSize / 512L), data);
        Assert.True(data.AsSpan().SequenceEqual(Filled(block)), $"block {block}");
    }
}
