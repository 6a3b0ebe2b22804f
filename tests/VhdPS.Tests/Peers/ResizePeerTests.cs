using VhdPS.Engine.Chains;
using VhdPS.Engine.Checking;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Engine.Operations.Resize;


namespace VhdPS.Tests.Peers;

/// <summary>What others read after a resize, and what others made, resized.</summary>
public sealed class ResizePeerTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [PeerTheory(PeerPrograms.QemuImg, PeerPrograms.SevenZip)]
    [InlineData("dynamic", 200L << 20)]
    [InlineData("dynamic", 300L << 30)]
    [InlineData("dynamic", 2040L << 30)]
    [InlineData("dynamic", 10L << 20)]
    [InlineData("fixed", 100L << 20)]
    [InlineData("fixed", 10L << 20)]
    public void What_qemu_makes_is_resized_and_read_again(string subformat, long size)
    {
        byte[] disk = new byte[20 << 20];
        new Random(1).NextBytes(disk.AsSpan(0, 9 << 20));
        string raw = _folder.Write("disk.raw", disk), vhd = _folder["qemu.vhd"];
        PeerProcess.Run(PeerPrograms.QemuImg, "convert", "-f", "raw", "-O", "vpc", "-o", $"subformat={subformat}", raw, vhd);
        ResizePlan plan = ResizeOperation.Run(new ResizeOptions(vhd) { SizeBytes = size });

        // Where no geometry can say the size, every reader goes by the other one whoever the creator is.
        Assert.Equal(size < DiskGeometry.Max.SizeBytes, plan.IsCreatorChanged);
        AssertSame(raw, vhd, size);
        if (subformat == "fixed")
        {
            return;
        }

        // Written by qemu after the resize, behind what was there before.
        string io = size > 20 << 20 ? "write -P 7 20M 1M" : "write -P 7 9M 64k";
        PeerProcess.Run(PeerPrograms.QemuIO, "-f", "vpc", "-c", io, vhd);
        using var file = LocalImageFile.OpenRead(vhd);
        Assert.True(ImageChecker.Check(file, new CheckOptions { Full = true }).IsValid);
    }

    [PeerTheory(PeerPrograms.QemuImg, PeerPrograms.SevenZip)]
    [InlineData(VhdType.Dynamic)]
    [InlineData(VhdType.Fixed)]
    public void Others_read_what_was_grown_and_cut(VhdType type)
    {
        byte[] disk = new byte[20 << 20];
        new Random(2).NextBytes(disk.AsSpan(1 << 20, 5 << 20));
        string raw = _folder.Write("disk.raw", disk), vhd = _folder["ours.vhd"];
        ImageCreator.Create(vhd, new NewImage(disk.Length) { VhdType = type, UniqueId = Guid.NewGuid(), TimeStamp = VhdSpec.Epoch });
        using (VhdImage image = VhdImage.Open(vhd, new VhdOpenOptions { ForWriting = true }))
        {
            image.WriteSectors(0, disk);
        }

        foreach (long size in new[] { 64L << 20, 6 << 20, 64 << 20 })
        {
            ResizeOperation.Run(new ResizeOptions(vhd) { SizeBytes = size });
            AssertSame(raw, vhd, size);
        }
    }

    [PeerFact(PeerPrograms.QemuImg, PeerPrograms.QemuIO, PeerPrograms.SevenZip)]
    public void Others_read_a_disk_that_grows_into_its_table()
    {
        byte[] disk = new byte[20 << 20];
        new Random(3).NextBytes(disk.AsSpan(1 << 20, 5 << 20));
        string raw = _folder.Write("disk.raw", disk), vhd = _folder["grows.vhd"];
        var image = new NewImage(disk.Length) { MaximumSizeBytes = 64 << 20, UniqueId = Guid.NewGuid(), TimeStamp = VhdSpec.Epoch };
        ImageCreator.Create(vhd, image);
        using (VhdImage opened = VhdImage.Open(vhd, new VhdOpenOptions { ForWriting = true }))
        {
            opened.WriteSectors(0, disk);
        }

        // 7-Zip takes a table of one entry a block alone.
        PeerProcess.Run(PeerPrograms.QemuIO, "-f", "vpc", "-c", "read -P 0 0 1M", vhd);
        Assert.NotEqual(0, PeerProcess.TryRun(PeerPrograms.SevenZip, "t", "-tvhd", vhd).ExitCode);
        Assert.Equal(0, ResizeOperation.Run(new ResizeOptions(vhd) { SizeBytes = 40 << 20 }).MovedBlockCount);
        PeerProcess.Run(PeerPrograms.QemuIO, "-f", "vpc", "-c", "write -P 7 39M 1M", vhd);
        PeerProcess.Run(PeerPrograms.QemuIO, "-f", "vpc", "-c", "write -P 0 39M 1M", vhd);
        Assert.Equal(0, ResizeOperation.Run(new ResizeOptions(vhd) { SizeBytes = 64 << 20 }).MovedBlockCount);
        AssertSame(raw, vhd, 64 << 20);
        using var file = LocalImageFile.OpenRead(vhd);
        Assert.True(ImageChecker.Check(file, new CheckOptions { Full = true }).IsValid);
    }

    private void AssertSame(string raw, string vhd, long size)
    {
        Assert.Contains($"({size} bytes)", PeerProcess.Run(PeerPrograms.QemuImg, "info", "-f", "vpc", vhd), StringComparison.Ordinal);
        PeerResult compare = PeerProcess.TryRun(PeerPrograms.QemuImg, "compare", "-f", "raw", "-F", "vpc", raw, vhd);
        Assert.True(compare.ExitCode == 0, compare.ToString());
        if (size > 64 << 20)
        {
            return;
        }

        string folder = _folder[$"out{Guid.NewGuid():N}"];
        PeerProcess.Run(PeerPrograms.SevenZip, "x", "-tvhd", $"-o{folder}", vhd);
        byte[] extracted = File.ReadAllBytes(Assert.Single(Directory.GetFiles(folder))), disk = File.ReadAllBytes(raw);
        Assert.Equal(size, extracted.Length);
        int common = (int)Math.Min(size, disk.Length);
        Assert.True(disk.AsSpan(0, common).SequenceEqual(extracted.AsSpan(0, common)));
        Assert.False(extracted.AsSpan(common).ContainsAnyExcept((byte)0));
    }
}
