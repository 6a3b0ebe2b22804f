using System.Security.Cryptography;
using VhdPS.Engine.Checking;
using VhdPS.Engine.Disks;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Engine.Operations.Convert;
using VhdPS.Engine.Operations.Hash;
using VhdPS.Engine.Operations.Merge;
using VhdPS.Engine.Operations.Resize;
using VhdPS.Engine.Vhdx;
using VhdPS.Tests.Peers;
using VhdPS.Tests.Vhdx;
using static VhdPS.Tests.Vhdx.VhdxBytes;

namespace VhdPS.Tests.Operations.Convert;

/// <summary>Conversions from and to VHDX: the disk stays, the file is valid, and the same options give the same bytes.</summary>
public sealed class VhdxConversionTests : IDisposable
{
    private static readonly Guid Id = new("01234567-89AB-4DEF-8123-456789ABCDEF");
    private static readonly DateTime Time = new(2021, 2, 3, 4, 5, 6, DateTimeKind.Utc);

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(DiskFormat.Dynamic, 1, 512)]
    [InlineData(DiskFormat.Dynamic, 8, 4096)]
    [InlineData(DiskFormat.Dynamic, 32, 512)]
    [InlineData(DiskFormat.Fixed, 2, 4096)]
    [InlineData(DiskFormat.Fixed, 32, 512)]
    public void There_and_back_the_disk_is_the_same(DiskFormat format, int blockMiB, int sectorSize)
    {
        byte[] disk = DiskFill.Make(blockMiB, (37 * MiB) + 4096);
        string raw = _folder.Write("a.raw", disk);
        Convert(raw, "b.vhdx", format, options => options with
        {
            SourceFormat = SourceFormat.Raw,
            BlockSize = blockMiB * (int)MiB,
            LogicalSectorSize = sectorSize,
        });
        CheckReport report = ImageChecker.Check(_folder["b.vhdx"]);
        Assert.True(report.IsValid);
        Assert.Empty(report.Findings);
        using (DiskSource source = DiskSource.Open(_folder["b.vhdx"], SourceFormat.Vhd))
        {
            Assert.Equal((sectorSize, blockMiB * (int)MiB), (source.LogicalSectorSize, source.BlockSize));
            Assert.Equal(format == DiskFormat.Fixed ? VhdType.Fixed : VhdType.Dynamic, source.ImageType);
        }

        Convert(_folder["b.vhdx"], "c.vhd", DiskFormat.Dynamic);
        Convert(_folder["c.vhd"], "d.vhdx", null);
        Convert(_folder["d.vhdx"], "e.raw", DiskFormat.Raw);
        Assert.Equal(disk, File.ReadAllBytes(_folder["e.raw"]));
    }

    [Fact]
    public void The_same_options_give_the_same_bytes()
    {
        string raw = _folder.Write("a.raw", DiskFill.Make(3, 50 * MiB));
        foreach (string name in new[] { "b.vhdx", "c.vhdx" })
        {
            Convert(raw, name, DiskFormat.Dynamic, options => options with { SourceFormat = SourceFormat.Raw, BlockSize = 2 * (int)MiB });
        }

        Assert.Equal(File.ReadAllBytes(_folder["b.vhdx"]), File.ReadAllBytes(_folder["c.vhdx"]));
    }

    [PeerTheory(PeerPrograms.QemuImg, PeerPrograms.SevenZip)]
    [InlineData(DiskFormat.Dynamic, 1)]
    [InlineData(DiskFormat.Dynamic, 32)]
    [InlineData(DiskFormat.Fixed, 32)]
    public void QEMU_and_SevenZip_read_what_is_written(DiskFormat format, int blockMiB)
    {
        byte[] disk = DiskFill.Make(blockMiB, 64 * MiB);
        string raw = _folder.Write("a.raw", disk), path = _folder["b.vhdx"];
        Convert(raw, "b.vhdx", format, options => options with { SourceFormat = SourceFormat.Raw, BlockSize = blockMiB * (int)MiB });

        PeerProcess.Run(PeerPrograms.QemuImg, "check", path);
        Assert.Contains(
            "identical", PeerProcess.Run(PeerPrograms.QemuImg, "compare", "-f", "raw", "-F", "vhdx", raw, path), StringComparison.Ordinal);
        PeerProcess.Run(PeerPrograms.SevenZip, "x", "-tVHDX", "-y", $"-o{_folder["out"]}", path);
        Assert.Equal(disk, File.ReadAllBytes(Assert.Single(Directory.GetFiles(_folder["out"]))));
    }

    [Fact]
    public void Azure_gets_a_fixed_VHD_straight_from_a_VHDX()
    {
        byte[] disk = DiskFill.Make(9, (21 * MiB) + 512);
        string raw = _folder.Write("a.raw", disk);
        Convert(raw, "b.vhdx", DiskFormat.Dynamic, options => options with { SourceFormat = SourceFormat.Raw });
        Convert(_folder["b.vhdx"], "c.vhd", null, options => options with { FitFor = CheckTarget.Azure });

        CheckReport report = ImageChecker.Check(_folder["c.vhd"], new CheckOptions { Target = CheckTarget.Azure });
        Assert.True(report.IsValid);
        Assert.Equal((22 * MiB) + 512, new FileInfo(_folder["c.vhd"]).Length);
        Assert.Throws<ArgumentException>(
            () => Convert(_folder["b.vhdx"], "d.vhdx", DiskFormat.Fixed, options => options with { FitFor = CheckTarget.Azure }));
        Assert.False(File.Exists(_folder["d.vhdx"]));
    }

    [Fact]
    public void What_cannot_be_made_is_refused_and_leaves_nothing()
    {
        string raw = _folder.Write("a.raw", new byte[MiB]);
        string[] before = Directory.GetFiles(_folder.Root);
        Func<ConvertOptions, ConvertOptions>[] bad =
        [
            options => options with { BlockSize = 512 * 1024 },
            options => options with { BlockSize = 3 * (int)MiB },
            options => options with { LogicalSectorSize = 4096, PhysicalSectorSize = 512 },
            options => options with { UniqueId = Guid.Empty },
            options => options with { TargetImageFormat = VhdFormat.Vhd, LogicalSectorSize = 4096 },
        ];
        Assert.All(bad, change => Assert.Throws<ArgumentException>(() => Convert(
            raw, "b.vhdx", DiskFormat.Dynamic, options => change(options with { SourceFormat = SourceFormat.Raw }))));
        Assert.Equal(before, Directory.GetFiles(_folder.Root));
    }

    [Fact]
    public void Sectors_of_another_size_are_reported()
    {
        string raw = _folder.Write("a.raw", new byte[MiB]);
        Convert(raw, "b.vhdx", DiskFormat.Dynamic, options => options with { SourceFormat = SourceFormat.Raw, LogicalSectorSize = 4096 });
        using ConvertOperation toVhd = ConvertOperation.Begin(Options(_folder["b.vhdx"], "c.vhd"));
        Assert.True(toVhd.ChangesSectorSize);
        using ConvertOperation toVhdx = ConvertOperation.Begin(Options(_folder["b.vhdx"], "c.vhdx"));
        Assert.False(toVhdx.ChangesSectorSize);
    }

    [Fact]
    public void A_whole_chain_is_merged_into_a_new_file()
    {
        string parent = _folder["a.vhdx"], child = _folder["b.vhdx"];
        byte[] disk = DiskFill.Make(4, 20 * MiB);
        Convert(_folder.Write("a.raw", disk), "a.vhdx", DiskFormat.Dynamic, options => options with { SourceFormat = SourceFormat.Raw });
        VhdxCreator.CreateChild(child, new NewVhdxChild(parent) { UniqueId = Guid.NewGuid(), TimeStamp = Time });
        VhdxCreator.CreateChild(_folder["c.vhdx"], new NewVhdxChild(child) { UniqueId = Guid.NewGuid(), TimeStamp = Time });
        foreach (string name in new[] { "m.vhdx", "m.vhd" })
        {
            MergeOperation.Run(new MergeOptions(_folder["c.vhdx"]) { DestinationPath = _folder[name], UniqueId = Id, TimeStamp = Time });
            using DiskSource merged = DiskSource.Open(_folder[name], SourceFormat.Vhd);
            Assert.Equal(name == "m.vhd" ? VhdFormat.Vhd : VhdFormat.Vhdx, merged.ImageFormat);
            Assert.Equal(SHA256.HashData(disk), DiskHash.Compute(merged, HashAlgorithmName.SHA256));
        }

        Assert.Throws<VhdOperationException>(() => MergeOperation.Plan(
            new MergeOptions(_folder["c.vhdx"]) { DestinationPath = _folder["n.vhdx"], Depth = 1, UniqueId = Id, TimeStamp = Time }));
    }

    [Fact]
    public void A_parent_with_children_is_not_deleted()
    {
        string parent = _folder["a.vhdx"];
        VhdxCreator.Create(parent, VhdxCreatorTests.Options(4 * MiB));
        VhdxCreator.CreateChild(_folder["b.vhdx"], new NewVhdxChild(parent) { UniqueId = Guid.NewGuid(), TimeStamp = Time });
        VhdOperationException refusal = Assert.Throws<VhdOperationException>(
            () => Convert(parent, "c.vhd", null, options => options with { DeleteSource = true }));
        Assert.Equal(OperationError.HasChildren, refusal.Code);
        Assert.True(File.Exists(parent));
    }

    [Fact]
    public void A_new_child_takes_the_place_of_no_ancestor()
    {
        string root = _folder["a.vhdx"], child = _folder["b.vhdx"];
        VhdxCreator.Create(root, VhdxCreatorTests.Options(4 * MiB));
        VhdxCreator.CreateChild(child, new NewVhdxChild(root) { UniqueId = Guid.NewGuid(), TimeStamp = Time });
        var grandchild = new NewVhdxChild(child) { UniqueId = Guid.NewGuid(), TimeStamp = Time };
        Assert.All(new[] { root, child }, path => Assert.Equal(
            OperationError.SameFile,
            Assert.Throws<VhdOperationException>(() => VhdxCreator.CreateChild(path, grandchild, overwrite: true)).Code));
    }

    /// <summary>Sizes of 2040 GiB and more, as holes: the bound of tables is none of fixed images.</summary>
    [UnixFact]
    public void Fixed_images_reach_to_the_largest_disk_of_Azure()
    {
        string path = _folder["a.vhd"];
        NewImage image = new(5L << 40) { VhdType = VhdType.Fixed, UniqueId = Id, TimeStamp = Time };
        ImageCreator.Create(path, image);
        Assert.True(ImageChecker.Check(path, new CheckOptions { Target = CheckTarget.Azure }).IsValid);
        ResizeOperation.Run(new ResizeOptions(path) { SizeBytes = 6L << 40 });
        Convert(path, "b.vhd", null, options => options with { FitFor = CheckTarget.Azure });
        using (DiskSource source = DiskSource.Open(_folder["b.vhd"], SourceFormat.Vhd))
        {
            Assert.Equal(6L << 40, source.SizeBytes);
        }

        Assert.Equal(VhdSpec.MaxFixedSize, (image with { SizeBytes = VhdSpec.MaxFixedSize }).DiskSize);
        Assert.Throws<ArgumentException>(() => (image with { SizeBytes = VhdSpec.MaxFixedSize + 1 }).DiskSize);
        Assert.Throws<ArgumentException>(() => (image with { SizeBytes = VhdSpec.MaxSize + 1, VhdType = VhdType.Dynamic }).DiskSize);
        Assert.Throws<ArgumentException>(() => ResizeOperation.Plan(new ResizeOptions(path) { SizeBytes = VhdSpec.MaxFixedSize + 512 }));
    }

    private void Convert(string source, string target, DiskFormat? format, Func<ConvertOptions, ConvertOptions>? change = null)
    {
        ConvertOptions options = Options(source, target) with { TargetFormat = format };
        using ConvertOperation operation = ConvertOperation.Begin(change?.Invoke(options) ?? options);
        operation.Run();
    }

    private ConvertOptions Options(string source, string target) => new(source, _folder[target])
    {
        TargetImageFormat = target.EndsWith(".vhdx", StringComparison.Ordinal) ? VhdFormat.Vhdx : VhdFormat.Vhd,
        Verify = true,
        UniqueId = Id,
        TimeStamp = Time,
    };
}
