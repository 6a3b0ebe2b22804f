using VhdPS.Engine.Chains;
using VhdPS.Engine.Checking;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Engine.Operations.Convert;
using VhdPS.Engine.Partitions;
using VhdPS.Engine.Vhdx;
using VhdPS.Tests.Checking;
using VhdPS.Tests.Disks;
using VhdPS.Tests.Files;
using VhdPS.Tests.Format;
using VhdPS.Tests.Partitions;

namespace VhdPS.Tests.Operations.Convert;

/// <summary>What a conversion in place refuses, what it syncs, and what becomes of a partition table when the disk grows by it.</summary>
public sealed class InPlaceRefusalTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Each_way_is_one_change_and_a_sync()
    {
        var file = new RecordingImageFile(new MemoryImageFile(new byte[4096]));
        InPlaceConversion.ToFixed(file, CheckTarget.Any, force: false, DiskModel.UniqueId, DiskModel.TimeStamp);
        Assert.Equal([ChangeKind.Write, ChangeKind.Flush], file.Changes.Select(change => change.Kind));
        InPlaceConversion.ToRaw(file, SizeRule.Auto, force: false);
        Assert.Equal([ChangeKind.SetLength, ChangeKind.Flush], file.Changes.Skip(2).Select(change => change.Kind));
        Assert.Equal(4096, file.Length);
    }

    [Fact]
    public void A_look_says_the_size_and_changes_nothing()
    {
        string raw = _folder.Write("disk.img", DiskModel.Make("full", 10_000));
        Assert.Equal(10_240, InPlaceConversion.CheckToFixed(raw, CheckTarget.Any, force: false));
        Assert.Equal(20 << 20, InPlaceConversion.CheckToFixed(raw, CheckTarget.Azure, force: false));
        Assert.Equal(10_000, new FileInfo(raw).Length);
        InPlaceConversion.ToFixed(raw, CheckTarget.Any, force: false, DiskModel.UniqueId, DiskModel.TimeStamp);
        Verdict.AssertClean(raw);
        using (VhdImage image = VhdImage.Open(raw))
        {
            Assert.Equal((DiskModel.UniqueId, DiskModel.TimeStamp), (image.Layout.Footer.UniqueId, image.Layout.Footer.TimeStamp));
        }

        byte[] before = File.ReadAllBytes(raw);
        Assert.Equal(10_240, InPlaceConversion.CheckToRaw(raw, SizeRule.Auto, force: false));
        Assert.Throws<VhdOperationException>(() => InPlaceConversion.CheckToFixed(raw, CheckTarget.Any, force: false));
        Assert.Equal(before, File.ReadAllBytes(raw));
        InPlaceConversion.ToRaw(raw, SizeRule.Auto, force: false);
        Assert.Equal([.. DiskModel.Make("full", 10_000), .. new byte[240]], File.ReadAllBytes(raw));
    }

    [Fact]
    public void A_VHDX_becomes_a_disk_only_when_forced()
    {
        string path = _folder["disk.vhdx"];
        VhdxCreator.Create(path, new NewVhdx(1 << 20) { UniqueId = Guid.NewGuid(), TimeStamp = VhdSpec.Epoch });
        long length = new FileInfo(path).Length;
        Assert.Throws<VhdFormatException>(
            () => InPlaceConversion.ToFixed(path, CheckTarget.Any, force: false, DiskModel.UniqueId, DiskModel.TimeStamp));
        Assert.Equal(length, InPlaceConversion.CheckToFixed(path, CheckTarget.Any, force: true));
        Assert.Equal(length, new FileInfo(path).Length);
    }

    /// <summary>Only a whole footer of a fixed image of just that size says that the file is one.</summary>
    [Theory]
    [InlineData("whole", true)]
    [InlineData("other size", false)]
    [InlineData("dynamic", false)]
    [InlineData("checksum", false)]
    [InlineData("cookie", false)]
    [InlineData("short", false)]
    public void A_file_is_a_fixed_image_by_its_footer_alone(string kind, bool isImage)
    {
        ImageBytes bytes = kind switch
        {
            "other size" => ImageBytes.Fixed().PutFooter(48, 4096UL),
            "dynamic" => ImageBytes.Fixed().PutFooter(60, 3u),
            "checksum" => ImageBytes.Fixed().PutFooter(28, "abcd", reseal: false),
            "cookie" => ImageBytes.Fixed().PutFooter(0, "Conectix"),
            _ => ImageBytes.Fixed(),
        };
        byte[] content = kind == "short" ? bytes.Bytes[^511..] : bytes.Bytes;
        var file = new MemoryImageFile(content);
        void Convert() => InPlaceConversion.ToFixed(file, CheckTarget.Any, force: false, DiskModel.UniqueId, DiskModel.TimeStamp);
        if (isImage)
        {
            var error = Assert.Throws<VhdOperationException>(Convert);
            Assert.Equal((OperationError.WrongType, true), (error.Code, error.IsOverridable));
            Assert.Equal(content, file.ToArray());
        }
        else
        {
            Convert();
            Assert.Equal(content, file.ToArray()[..content.Length]);
            Verdict.AssertClean(file.Reopen());
        }
    }

    [Fact]
    public void A_file_that_is_a_footer_and_nothing_else_is_an_image_without_a_disk()
    {
        byte[] footer = ImageBytes.Fixed().PutFooter(48, 0UL).Bytes[^512..];
        var file = new MemoryImageFile(footer);
        Assert.Throws<VhdOperationException>(
            () => InPlaceConversion.ToFixed(file, CheckTarget.Any, force: false, DiskModel.UniqueId, DiskModel.TimeStamp));
    }

    [Fact]
    public void What_would_be_lost_is_said_in_bytes_and_can_be_forced()
    {
        ImageBytes longer = ImageBytes.Fixed();
        longer.Insert(new byte[1024]);
        var error = Refusal(longer.ToFile());
        Assert.Equal((OperationError.DataWouldBeLost, true), (error.Code, error.IsOverridable));
        Assert.Contains("1024 bytes", error.Message, StringComparison.Ordinal);
        ImageBytes saved = ImageBytes.Fixed().PutFooter(84, [1]);
        error = Refusal(saved.ToFile());
        Assert.Equal((OperationError.StateSaved, true), (error.Code, error.IsOverridable));
        MemoryImageFile file = saved.ToFile();
        InPlaceConversion.ToRaw(file, SizeRule.Auto, force: true);
        Assert.Equal(saved.FooterOffset, file.Length);
        Assert.False(Refusal(ImageBytes.Dynamic().ToFile()).IsOverridable);
    }

    [Fact]
    public void Those_who_depend_on_an_image_keep_it_from_becoming_raw()
    {
        string parent = _folder["parent.vhd"], child = _folder["child.vhd"];
        ImageCreator.Create(parent, new NewImage(1 << 20)
        {
            VhdType = VhdType.Fixed,
            UniqueId = Guid.NewGuid(),
            TimeStamp = VhdSpec.Epoch,
        });
        ChildCreator.Create(child, new NewChild(parent) { UniqueId = Guid.NewGuid(), TimeStamp = VhdSpec.Epoch });
        var error = Assert.Throws<VhdOperationException>(() => InPlaceConversion.ToRaw(parent, SizeRule.Auto, force: false));
        Assert.Equal(OperationError.HasChildren, error.Code);
        Assert.Contains(child, error.Message, StringComparison.Ordinal);
        string far = Directory.CreateTempSubdirectory("vhdps-test-").FullName;
        try
        {
            File.Delete(child);
            ChildCreator.Create(
                Path.Combine(far, "child.vhd"), new NewChild(parent) { UniqueId = Guid.NewGuid(), TimeStamp = VhdSpec.Epoch });
            Assert.Equal(1 << 20, InPlaceConversion.CheckToRaw(parent, SizeRule.Auto, force: false));
            Assert.Throws<VhdOperationException>(
                () => InPlaceConversion.CheckToRaw(parent, SizeRule.Auto, force: false, new ChildIndex([far])));
            InPlaceConversion.ToRaw(parent, SizeRule.Auto, force: true, new ChildIndex([far]));
            Assert.Equal(1 << 20, new FileInfo(parent).Length);
        }
        finally
        {
            Directory.Delete(far, recursive: true);
        }
    }

    [Theory]
    [InlineData(CheckTarget.Azure, false, true)]
    [InlineData(CheckTarget.Azure, true, false)]
    [InlineData(CheckTarget.Any, false, false)]
    public void The_backup_of_a_partition_table_follows_a_disk_that_grows(CheckTarget target, bool keeps, bool isMoved)
    {
        byte[] disk = TableBytes.Gpt(4000, (100, 2000)).Bytes;
        var file = new MemoryImageFile(disk);
        InPlaceConversion.ToFixed(file, target, force: false, DiskModel.UniqueId, DiskModel.TimeStamp, keeps);
        long size = target == CheckTarget.Azure ? 20 << 20 : disk.Length;
        PartitionTable table = PartitionTable.Read(new MemoryDisk(file.ToArray()[..(int)size]));
        Assert.Equal(isMoved || target == CheckTarget.Any ? GptMoveVerdict.NotNeeded : GptMoveVerdict.Planned,
            GptMove.Plan(table, size).Verdict);
        Assert.Single(table.Partitions);

        // The old backup is no more where the new one is.
        bool hasOld = file.ToArray().AsSpan(disk.Length - 512, 8).SequenceEqual("EFI PART"u8);
        Assert.Equal(!isMoved, hasOld);
        Verdict.AssertClean(file.Reopen());
    }

    [Fact]
    public void A_disk_without_a_table_that_grows_for_Azure_stays_as_it_is()
    {
        byte[] disk = DiskModel.Make("full", 100_000);
        var file = new MemoryImageFile(disk);
        InPlaceConversion.ToFixed(file, CheckTarget.Azure, force: false, DiskModel.UniqueId, DiskModel.TimeStamp);
        Assert.Equal(disk, file.ToArray()[..disk.Length]);
        Assert.True(ImageChecker.Check(file.Reopen(), new CheckOptions { Target = CheckTarget.Azure }).IsValid);
    }

    private static VhdOperationException Refusal(MemoryImageFile file)
    {
        byte[] before = file.ToArray();
        var error = Assert.Throws<VhdOperationException>(() => InPlaceConversion.ToRaw(file, SizeRule.Auto, force: false));
        Assert.Equal(before, file.ToArray());
        return error;
    }
}
