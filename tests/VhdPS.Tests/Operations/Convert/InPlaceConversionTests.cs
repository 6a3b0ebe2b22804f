using VhdPS.Engine.Checking;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Engine.Operations.Convert;
using VhdPS.Tests.Checking;
using VhdPS.Tests.Disks;
using VhdPS.Tests.Files;
using VhdPS.Tests.Format;

namespace VhdPS.Tests.Operations.Convert;

public class InPlaceConversionTests
{
    [Theory]
    [InlineData(1, CheckTarget.Any, 512)]
    [InlineData(512, CheckTarget.Any, 512)]
    [InlineData(100_001, CheckTarget.Any, 100_352)]
    [InlineData(100_001, CheckTarget.Azure, 20 << 20)]
    [InlineData(21 << 20, CheckTarget.Azure, 21 << 20)]
    public void A_footer_makes_a_raw_disk_an_image_and_its_removal_a_raw_disk(int length, CheckTarget target, int size)
    {
        byte[] disk = DiskModel.Make("full", length);
        byte[] padded = [.. disk, .. new byte[size - length]];
        var file = new MemoryImageFile(disk);
        InPlaceConversion.ToFixed(file, target, force: false, DiskModel.UniqueId, DiskModel.TimeStamp);
        using (VhdImage image = VhdImage.Open(file.Reopen()))
        {
            Assert.DoesNotContain(image.Layout.Findings, finding => finding.Severity != Severity.Note);
            Assert.Equal(VhdType.Fixed, image.Layout.VhdType);
            Assert.Equal(padded.Length + 512, file.Length);
            byte[] read = new byte[padded.Length];
            image.ReadSectors(0, read);
            Assert.Equal(padded, read);
        }

        InPlaceConversion.ToRaw(file, SizeRule.Auto, force: false);
        Assert.Equal(padded, file.ToArray());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void A_failed_write_or_sync_leaves_the_raw_disk_as_it_was(int change)
    {
        byte[] disk = DiskModel.Make("full", 10_000);
        var inner = new MemoryImageFile(disk);
        using var file = new RecordingImageFile(inner) { FailAt = change, BytesOfFailedWrite = 300 };
        Assert.Throws<ImageIOException>(
            () => InPlaceConversion.ToFixed(file, CheckTarget.Any, force: false, DiskModel.UniqueId, DiskModel.TimeStamp));
        Assert.Equal(disk, inner.ToArray());
    }

    [Fact]
    public void An_image_becomes_the_disk_in_another_only_when_forced()
    {
        var file = new MemoryImageFile(ImageBytes.Fixed().Bytes);
        var error = Assert.Throws<VhdOperationException>(
            () => InPlaceConversion.ToFixed(file, CheckTarget.Any, force: false, DiskModel.UniqueId, DiskModel.TimeStamp));
        Assert.Equal(OperationError.WrongType, error.Code);
        Assert.Equal(ImageBytes.Fixed().Bytes, file.ToArray());
        InPlaceConversion.ToFixed(file, CheckTarget.Any, force: true, DiskModel.UniqueId, DiskModel.TimeStamp);
        Assert.Equal(ImageBytes.Fixed().Bytes.Length + 512, file.Length);
    }

    [Fact]
    public void Only_a_fixed_image_becomes_raw()
    {
        var file = new MemoryImageFile(SoundImage.Dynamic().Bytes);
        Assert.Equal(OperationError.WrongType, Assert.Throws<VhdOperationException>(
            () => InPlaceConversion.ToRaw(file, SizeRule.Auto, force: true)).Code);
        Assert.Equal(SoundImage.Dynamic().Bytes, file.ToArray());
        var raw = new MemoryImageFile(new byte[4096]);
        Assert.Equal(
            FaultCode.NotVhd,
            Assert.Throws<VhdFormatException>(() => InPlaceConversion.ToRaw(raw, SizeRule.Auto, force: true)).Finding.Code);
    }

    [Fact]
    public void Bytes_behind_the_disk_and_a_saved_state_are_not_dropped_unless_forced()
    {
        ImageBytes longer = ImageBytes.Fixed();
        longer.Insert(new byte[1024]);
        var file = new MemoryImageFile(longer.Bytes);
        Assert.Equal(OperationError.DataWouldBeLost, Assert.Throws<VhdOperationException>(
            () => InPlaceConversion.ToRaw(file, SizeRule.Auto, force: false)).Code);
        Assert.Equal(longer.Bytes, file.ToArray());
        InPlaceConversion.ToRaw(file, SizeRule.Auto, force: true);
        Assert.Equal(SoundImage.FixedContent(), file.ToArray());

        var saved = new MemoryImageFile(ImageBytes.Fixed().PutFooter(84, [1]).Bytes);
        Assert.Equal(OperationError.StateSaved, Assert.Throws<VhdOperationException>(
            () => InPlaceConversion.ToRaw(saved, SizeRule.Auto, force: false)).Code);
    }
}
