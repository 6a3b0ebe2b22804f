using VhdPS.Engine.Checking;
using VhdPS.Engine.Disks;
using VhdPS.Engine.Operations.Convert;
using VhdPS.Tests.Disks;

namespace VhdPS.Tests.Peers;

/// <summary>What a conversion makes, read by others, and what others make, converted.</summary>
public sealed class ConvertPeerTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [PeerTheory(PeerPrograms.QemuImg, PeerPrograms.SevenZip, PeerPrograms.VhdiInfo)]
    [InlineData(DiskFormat.Dynamic, 2 << 20)]
    [InlineData(DiskFormat.Dynamic, 512 * 1024)]
    [InlineData(DiskFormat.Dynamic, 4096)]
    [InlineData(DiskFormat.Fixed, null)]
    public void Others_read_the_same_disk(DiskFormat format, int? blockSize)
    {
        foreach (string content in DiskModel.Contents)
        {
            using var folder = new TempFolder();
            byte[] disk = DiskModel.Make(content, (9 << 20) + 1024);
            string raw = folder.Write("disk.raw", disk);
            string vhd = folder["disk.vhd"];
            Convert(raw, SourceFormat.Raw, vhd, format, blockSize);

            Assert.Contains(
                "Images are identical", PeerProcess.Run(PeerPrograms.QemuImg, "compare", "-f", "raw", "-F", "vpc", raw, vhd),
                StringComparison.Ordinal);
            PeerProcess.Run(PeerPrograms.SevenZip, "x", "-tvhd", $"-o{folder["out"]}", vhd);
            Assert.Equal(disk, File.ReadAllBytes(Assert.Single(Directory.GetFiles(folder["out"]))));
            Assert.Contains($"({disk.Length} bytes)", PeerProcess.Run(PeerPrograms.VhdiInfo, vhd), StringComparison.Ordinal);
        }
    }

    [PeerTheory(PeerPrograms.QemuImg)]
    [InlineData("dynamic", DiskFormat.Raw)]
    [InlineData("dynamic", DiskFormat.Fixed)]
    [InlineData("fixed", DiskFormat.Dynamic)]
    public void What_qemu_makes_is_converted(string subformat, DiskFormat format)
    {
        byte[] disk = DiskModel.Make("scattered", 20 << 20);
        string raw = _folder.Write("disk.raw", disk);
        PeerProcess.Run(
            PeerPrograms.QemuImg, "convert", "-f", "raw", "-O", "vpc", "-o", $"subformat={subformat}", raw, _folder["qemu.vhd"]);
        string target = _folder[format == DiskFormat.Raw ? "ours.raw" : "ours.vhd"];
        Convert(_folder["qemu.vhd"], SourceFormat.Vhd, target, format, null);

        // Its disk is rounded up to whole cylinders, with zeros.
        byte[] read = DiskModel.Read(target, format == DiskFormat.Raw ? SourceFormat.Raw : SourceFormat.Vhd);
        Assert.Equal(20_994_048, read.Length);
        Assert.Equal(disk, read[..disk.Length]);
        Assert.False(read.AsSpan(disk.Length).ContainsAnyExcept((byte)0));
    }

    [PeerFact(PeerPrograms.QemuImg)]
    public void Azures_size_is_what_qemu_sees()
    {
        string raw = _folder.Write("disk.raw", DiskModel.Make("full", (24 << 20) + 1024));
        using (ConvertOperation operation = ConvertOperation.Begin(new ConvertOptions(raw, _folder["azure.vhd"])
        {
            SourceFormat = SourceFormat.Raw,
            TargetFormat = DiskFormat.Fixed,
            FitFor = CheckTarget.Azure,
            UniqueId = DiskModel.UniqueId,
            TimeStamp = DiskModel.TimeStamp,
        }))
        {
            operation.Run();
        }

        Assert.Contains(
            "(26214400 bytes)", PeerProcess.Run(PeerPrograms.QemuImg, "info", "-f", "vpc", _folder["azure.vhd"]), StringComparison.Ordinal);
    }

    private static void Convert(string source, SourceFormat sourceFormat, string target, DiskFormat format, int? blockSize)
    {
        using ConvertOperation operation = ConvertOperation.Begin(new ConvertOptions(source, target)
        {
            SourceFormat = sourceFormat,
            TargetFormat = format,
            BlockSize = blockSize,
            UniqueId = DiskModel.UniqueId,
            TimeStamp = DiskModel.TimeStamp,
        });
        operation.Run();
    }
}
