using VhdPS.Engine.Checking;
using VhdPS.Engine.Disks;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Engine.Layout;
using VhdPS.Engine.Operations.Convert;
using VhdPS.Engine.Operations.Merge;
using VhdPS.Engine.Operations.Optimize;
using VhdPS.Engine.Operations.Repair;
using VhdPS.Engine.Operations.Resize;
using VhdPS.Engine.Operations.Set;
using VhdPS.Engine.Vhdx;
using VhdPS.Tests.Vhdx;
using static VhdPS.Tests.Vhdx.VhdxBytes;

namespace VhdPS.Tests.Layout;

/// <summary>
/// Which of two formats a file has. A guest writes the first sector of a fixed VHD and the last of a VHDX, and must not be able to
/// make one out of the other.
/// </summary>
public sealed class FormatProbeTests : IDisposable
{
    private static readonly DateTime Time = new(2020, 1, 2, 3, 4, 5, DateTimeKind.Utc);

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("a.vhd")]
    [InlineData("a.AVHD")]
    public void A_guest_makes_no_VHDX_of_a_fixed_VHD(string name)
    {
        string path = WriteFixedThatBeginsAsVhdx(name);
        using DiskSource source = DiskSource.Open(path, SourceFormat.Vhd);
        Assert.Equal((VhdFormat.Vhd, 8 * MiB), (source.ImageFormat, source.SizeBytes));
        Assert.True(ImageChecker.Check(path).IsValid);
    }

    [Theory]
    [InlineData("a.vhdx")]
    [InlineData("a.avhdx")]
    public void A_guest_makes_no_VHD_of_a_VHDX(string name)
    {
        string path = WriteVhdxThatEndsAsVhd(name);
        using (DiskSource source = DiskSource.Open(path, SourceFormat.Vhd))
        {
            Assert.Equal((VhdFormat.Vhdx, 2 * MiB), (source.ImageFormat, source.SizeBytes));
        }

        byte[] before = File.ReadAllBytes(path);
        VhdFormatException refusal = Assert.Throws<VhdFormatException>(
            () => VhdImage.Open(path, new() { ForWriting = true }).Dispose());
        Assert.Equal(FaultCode.VhdxInsteadOfVhd, refusal.Finding.Code);
        Assert.Equal(before, File.ReadAllBytes(path));
    }

    [Fact]
    public void What_may_be_both_and_is_named_as_neither_is_refused()
    {
        foreach (string path in new[] { WriteFixedThatBeginsAsVhdx("a.img"), WriteVhdxThatEndsAsVhd("b.img") })
        {
            FaultCode Code(Action open) => Assert.Throws<VhdFormatException>(open).Finding.Code;
            Assert.Equal(FaultCode.VhdxOrVhdAmbiguous, Code(() => DiskSource.Open(path, SourceFormat.Vhd).Dispose()));
            Assert.Equal(FaultCode.VhdxOrVhdAmbiguous, Code(() => VhdImage.Open(path, new() { ForWriting = true }).Dispose()));
            Assert.Equal(FaultCode.VhdxOrVhdAmbiguous, Assert.Single(ImageChecker.Check(path).Findings).Code);
            using DiskSource raw = DiskSource.Open(path, SourceFormat.Raw);
            Assert.Null(raw.ImageFormat);
        }
    }

    [Fact]
    public void What_changes_an_image_in_place_refuses_a_VHDX_and_leaves_it_as_it_is()
    {
        string path = _folder["a.vhdx"], child = _folder["b.vhdx"];
        VhdxCreator.Create(path, VhdxCreatorTests.Options(4 * MiB));
        VhdxCreator.CreateChild(child, new NewVhdxChild(path) { UniqueId = Guid.NewGuid(), TimeStamp = Time });
        byte[] before = File.ReadAllBytes(path), childBefore = File.ReadAllBytes(child);
        DateTime written = File.GetLastWriteTimeUtc(path);

        Action[] changes =
        [
            () => VhdImage.Open(path, new() { ForWriting = true }).Dispose(),
            () => ResizeOperation.Run(new ResizeOptions(path) { SizeBytes = 8 * MiB }),
            () => OptimizeOperation.Begin(new OptimizeOptions(path)).Dispose(),
            () => SetImageOperation.Run(new SetImageOptions(path) { SavedState = true }),
            () => RepairOperation.Plan(path),
            () => MergeOperation.Run(new MergeOptions(child) { UniqueId = Guid.NewGuid(), TimeStamp = Time }),
            () => InPlaceConversion.ToRaw(path, SizeRule.Auto, force: true),
            () => InPlaceConversion.ToFixed(path, CheckTarget.Any, force: false, Guid.NewGuid(), Time),
            () => ChecksumReport.Read(LocalImageFile.OpenRead(path)),
        ];
        Assert.All(changes, change => Assert.Equal(
            FaultCode.VhdxInsteadOfVhd, Assert.Throws<VhdFormatException>(change).Finding.Code));
        Assert.Equal(before, File.ReadAllBytes(path));
        Assert.Equal(childBefore, File.ReadAllBytes(child));
        Assert.Equal(written, File.GetLastWriteTimeUtc(path));
    }

    private string WriteFixedThatBeginsAsVhdx(string name)
    {
        ImageCreator.Create(
            _folder[name], new NewImage(8 * MiB) { VhdType = VhdType.Fixed, UniqueId = Guid.NewGuid(), TimeStamp = Time });
        using LocalImageFile file = LocalImageFile.OpenWrite(_folder[name]);
        file.WriteAt(0, "vhdxfile"u8);
        return file.Path;
    }

    private string WriteVhdxThatEndsAsVhd(string name)
    {
        var image = new VhdxBytes(2 * MiB);
        byte[] block = new byte[MiB];
        new NewImage(8 * MiB) { VhdType = VhdType.Fixed, UniqueId = Guid.NewGuid(), TimeStamp = Time }
            .CreateFooter().Bytes.CopyTo(block.AsSpan(block.Length - 512));
        image.AddBlock(1, block);
        return _folder.Write(name, image.File.ToArray());
    }
}
