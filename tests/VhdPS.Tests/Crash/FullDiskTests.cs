using VhdPS.Engine.Chains;
using VhdPS.Engine.Checking;
using VhdPS.Engine.Files;
using VhdPS.Engine.Images;
using VhdPS.Engine.Operations.Repair;
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
