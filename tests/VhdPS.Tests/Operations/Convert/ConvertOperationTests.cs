using VhdPS.Engine.Chains;
using VhdPS.Engine.Checking;
using VhdPS.Engine.Disks;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Engine.Layout;
using VhdPS.Engine.Operations.Convert;
using VhdPS.Tests.Checking;
using VhdPS.Tests.Disks;
using VhdPS.Tests.Files;
using VhdPS.Tests.Format;

namespace VhdPS.Tests.Operations.Convert;

public sealed class ConvertOperationTests : IDisposable
{
    private const int Size = (5 << 20) + 1536;

    private readonly TempFolder _folder = new();

    public static TheoryData<string, string> Matrix()
    {
        var data = new TheoryData<string, string>();
        foreach (string source in new[] { "raw", "raw with holes", "fixed", "dynamic", "small blocks backward" })
        {
            foreach (string target in new[] { "raw", "fixed", "512", "4096", "65536", "524288", "2097152", "16777216" })
            {
                data.Add(source, target);
            }
        }

        return data;
    }

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Matrix))]
    public void The_disk_is_the_same_in_every_form(string sourceForm, string targetForm)
    {
        foreach (string content in DiskModel.Contents)
        {
            using var folder = new TempFolder();
            byte[] disk = DiskModel.Make(content, Size);
            string source = DiskModel.Write(folder, sourceForm, disk);
            ConvertResult result = Convert(Options(source, folder["target"], targetForm) with { Verify = true });

            SourceFormat format = targetForm == "raw" ? SourceFormat.Raw : SourceFormat.Vhd;
            Assert.Equal(disk, DiskModel.Read(folder["target"], format));
            Assert.Equal(disk.Length, result.SizeBytes);
            Assert.Equal(new FileInfo(folder["target"]).Length, result.FileSize);
            Assert.Equal([Path.GetFileName(source), "target"], FileNames(folder));
            if (format == SourceFormat.Vhd)
            {
                Assert.DoesNotContain(
                    ImageChecker.Check(folder["target"], new CheckOptions { Full = true }).Findings,
                    finding => finding.Severity != Severity.Note);
                using VhdImage image = VhdImage.Open(folder["target"], new VhdOpenOptions { ForWriting = true });
                AssertBlocks(image, disk);
            }
        }
    }

    [Theory]
    [InlineData("512")]
    [InlineData("65536")]
    [InlineData("2097152")]
    public void Two_runs_make_equal_files(string targetForm)
    {
        string source = DiskModel.Write(_folder, "raw with holes", DiskModel.Make("scattered", 20 << 20));
        Convert(Options(source, _folder["a"], targetForm));
        Convert(Options(source, _folder["b"], targetForm));
        Assert.Equal(File.ReadAllBytes(_folder["a"]), File.ReadAllBytes(_folder["b"]));
    }

    [Fact]
    public void An_odd_raw_file_is_filled_up_with_zeros_and_stays_odd_only_as_a_raw_one()
    {
        byte[] disk = DiskModel.Make("full", 100_001);
        string source = _folder.Write("odd.raw", disk);
        foreach (string form in new[] { "fixed", "4096" })
        {
            Convert(Options(source, _folder[form], form));
            Assert.Equal([.. disk, .. new byte[100_352 - disk.Length]], DiskModel.Read(_folder[form], SourceFormat.Vhd));
        }

        Convert(Options(source, _folder["copy.raw"], "raw"));
        Assert.Equal(disk, File.ReadAllBytes(_folder["copy.raw"]));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(20 << 20)]
    [InlineData((20 << 20) + 512)]
    [InlineData((25 << 20) - 100)]
    public void For_Azure_a_disk_is_grown_with_zeros_and_never_cut(int size)
    {
        byte[] disk = DiskModel.Make("full", size);
        string source = _folder.Write("source.raw", disk);
        Convert(Options(source, _folder["azure.vhd"], "fixed") with { FitFor = CheckTarget.Azure, Verify = true });

        byte[] file = File.ReadAllBytes(_folder["azure.vhd"]);
        int expected = Math.Max(20 << 20, (size + (1 << 20) - 1) >> 20 << 20);
        Assert.Equal(expected + 512, file.Length);
        Assert.Equal(disk, file[..size]);
        Assert.False(file.AsSpan(size, expected - size).ContainsAnyExcept((byte)0));
        var footer = HardDiskFooter.Parse(file.AsSpan(expected));
        Assert.True(footer.HasCookie && footer.IsChecksumValid);
        Assert.Equal(VhdType.Fixed, footer.DiskType);
        Assert.Equal((ulong)expected, footer.CurrentSize);
        Assert.Equal((ulong)expected, footer.OriginalSize);
        Assert.Equal(VhdSpec.AbsentOffset, footer.DataOffset);
        Assert.Equal(DiskModel.UniqueId, footer.UniqueId);
        Assert.Equal(2u, footer.Features);
        Assert.Equal(DiskGeometry.ForSectorCount(expected / 512), footer.Geometry);
        Assert.True(ImageChecker.Check(_folder["azure.vhd"], new CheckOptions { Target = CheckTarget.Azure }).IsValid);
    }

    [Fact]
    public void A_child_is_flattened()
    {
        byte[] parentDisk = DiskModel.Make("scattered", SoundImage.Size);
        ImageBytes parent = ImageBytes.Fixed(SoundImage.Size).Poke(0, parentDisk)
            .PutFooter(68, ImageBytes.ParentUniqueId.ToByteArray(bigEndian: true));
        _folder.Write("parent.vhd", parent.Bytes);
        string child = _folder.Write("child.vhd", ImageBytes.Differencing(SoundImage.Size).AddBlock(3, 0x33, [0xA5]).AddBlock(9, 0).Bytes);
        byte[] disk = (byte[])parentDisk.Clone();
        disk.AsSpan(9 * 4096, 4096).Clear();
        foreach (int sector in new[] { 0, 2, 5, 7 })
        {
            disk.AsSpan((3 * 4096) + (sector * 512), 512).Fill(0x33);
        }

        foreach (string? form in new[] { "raw", "fixed", "4096", "65536", null })
        {
            Convert(Options(child, _folder[$"target {form}"], form) with { Verify = true });
            Assert.Equal(disk, DiskModel.Read(_folder[$"target {form}"], form == "raw" ? SourceFormat.Raw : SourceFormat.Vhd));
        }

        using VhdImage image = VhdImage.Open(_folder["target "]);
        Assert.Equal(VhdType.Dynamic, image.Layout.VhdType);
    }

    [Fact]
    public void Left_out_values_are_the_sources()
    {
        string dynamic = DiskModel.Write(_folder, "small blocks backward", DiskModel.Make("full", 1 << 20));
        using (ConvertOperation operation = ConvertOperation.Begin(Options(dynamic, _folder["t"], null)))
        {
            Assert.Equal((DiskFormat.Dynamic, 65536), (operation.TargetFormat, operation.BlockSize));
        }

        string fixedImage = _folder.Write("fixed.vhd", ImageBytes.Fixed().Bytes);
        using (ConvertOperation operation = ConvertOperation.Begin(Options(fixedImage, _folder["t"], null)))
        {
            Assert.Equal(DiskFormat.Fixed, operation.TargetFormat);
        }

        using (ConvertOperation operation = ConvertOperation.Begin(Options(_folder.Write("x.raw", new byte[512]), _folder["t"], null)))
        {
            Assert.Equal((DiskFormat.Dynamic, 2 << 20), (operation.TargetFormat, operation.BlockSize));
        }
    }

    [Fact]
    public void A_raw_file_with_a_cookie_in_front_is_read_as_it_stands_and_no_image_by_default()
    {
        byte[] disk = new byte[64 * 1024];
        "conectix"u8.CopyTo(disk);
        string source = _folder.Write("guest.raw", disk);
        Convert(Options(source, _folder["t.vhd"], "4096"));
        Assert.Equal(disk, DiskModel.Read(_folder["t.vhd"], SourceFormat.Vhd));
        Assert.Throws<VhdFormatException>(
            () => Convert(Options(source, _folder["u.vhd"], "4096") with { SourceFormat = SourceFormat.Vhd }));
        Assert.Equal(["guest.raw", "t.vhd"], FileNames(_folder));
    }

    [Theory]
    [InlineData("the same name")]
    [InlineData("a symbolic link")]
    [InlineData("another spelling")]
    public void Source_and_target_are_never_one_file(string how)
    {
        string source = _folder.Write("disk.raw", DiskModel.Make("full", 8192));
        string target = how switch
        {
            "a symbolic link" => File.CreateSymbolicLink(_folder["link.vhd"], source).FullName,
            "another spelling" => Path.Combine(_folder.Root, ".", "disk.raw"),
            _ => source,
        };
        var error = Assert.Throws<VhdOperationException>(() => Convert(Options(source, target, "fixed") with { Force = true }));
        Assert.Equal(OperationError.SameFile, error.Code);
        Assert.Equal(8192, new FileInfo(source).Length);
    }

    [Fact]
    public void An_existing_target_is_replaced_only_when_forced()
    {
        string source = _folder.Write("disk.raw", DiskModel.Make("full", 8192));
        File.WriteAllText(_folder["t.vhd"], "mine");
        var error = Assert.Throws<VhdOperationException>(() => Convert(Options(source, _folder["t.vhd"], "4096")));
        Assert.Equal(OperationError.TargetExists, error.Code);
        Assert.Equal("mine", File.ReadAllText(_folder["t.vhd"]));
        Convert(Options(source, _folder["t.vhd"], "4096") with { Force = true });
        Assert.Equal(DiskModel.Make("full", 8192), DiskModel.Read(_folder["t.vhd"], SourceFormat.Vhd));
    }

    [Fact]
    public void A_saved_state_is_refused_unless_forced()
    {
        string source = _folder.Write("saved.vhd", SoundImage.Dynamic().PutFooter(84, [1]).Bytes);
        var error = Assert.Throws<VhdOperationException>(() => Convert(Options(source, _folder["t.vhd"], "4096")));
        Assert.Equal(OperationError.StateSaved, error.Code);
        Convert(Options(source, _folder["t.vhd"], "4096") with { Force = true });
        Assert.Equal(SoundImage.DynamicContent(), DiskModel.Read(_folder["t.vhd"], SourceFormat.Vhd));
    }

    [Fact]
    public void A_volume_that_is_too_small_is_refused_before_anything_is_written()
    {
        // 2040 GiB of blocks, all said to be at one place: more than any volume that tests run on.
        ImageBytes image = ImageBytes.Dynamic(2040L << 30, 1 << 28);
        for (int block = 0; block < 8160; block++)
        {
            image.PutEntry(block, 1000);
        }

        var file = new FlakyImageFile(image.ToFile()) { ClaimedSizeOnDisk = 2040L << 30 };
        var error = Assert.Throws<VhdOperationException>(
            () => ConvertOperation.Begin(Options("huge.vhd", _folder["t.vhd"], "2097152"), DiskSource.Open(file, SourceFormat.Vhd)));
        Assert.Equal(OperationError.NotEnoughSpace, error.Code);
        Assert.Empty(FileNames(_folder));
    }

    [Fact]
    public void A_block_that_cannot_be_found_leaves_the_target_as_it_was()
    {
        string source = _folder.Write("hurt.vhd", SoundImage.Dynamic().PutEntry(9, 0x7FFF_FFFF).Bytes);
        File.WriteAllText(_folder["t.vhd"], "mine");
        var error = Assert.Throws<VhdFormatException>(() => Convert(Options(source, _folder["t.vhd"], "4096") with { Force = true }));
        Assert.Equal((FaultCode.BatEntryPastEnd, 9), (error.Finding.Code, error.Finding.BlockIndex));
        Assert.Equal("mine", File.ReadAllText(_folder["t.vhd"]));
        Assert.Equal(["hurt.vhd", "t.vhd"], FileNames(_folder));
    }

    [Fact]
    public void Cancelling_at_any_step_leaves_the_folder_as_it_was()
    {
        string source = DiskModel.Write(_folder, "raw", DiskModel.Make("full", 20 << 20));
        File.WriteAllText(_folder["t.vhd"], "mine");
        foreach (string form in new[] { "65536", "2097152", "raw", "fixed" })
        {
            for (int step = 1; step <= 9; step++)
            {
                using var cancellation = new CancellationTokenSource();
                int at = step;
                var progress = new StepProgress(count =>
                {
                    if (count == at)
                    {
                        cancellation.Cancel();
                    }
                });
                using ConvertOperation operation =
                    ConvertOperation.Begin(Options(source, _folder["t.vhd"], form) with { Force = true, Verify = true });
                Assert.ThrowsAny<OperationCanceledException>(() => operation.Run(progress, cancellation.Token));
                Assert.Equal("mine", File.ReadAllText(_folder["t.vhd"]));
                Assert.Equal(["source.raw", "t.vhd"], FileNames(_folder));
            }
        }
    }

    [Fact]
    public void Every_failed_write_ends_the_copy_with_its_error()
    {
        byte[] disk = DiskModel.Make("scattered", 6 << 20);
        foreach (string form in new[] { "4096", "65536", "2097152", "raw", "fixed" })
        {
            int count = Copy(disk, form, failingWrite: -1);
            for (int write = 0; write < count; write += 1 + (count / 12))
            {
                int at = write;
                Assert.Equal(ImageIOOperation.Write, Assert.Throws<ImageIOException>(() => Copy(disk, form, at)).Operation);
            }
        }
    }

    [Fact]
    public void Every_failed_read_ends_the_conversion_and_leaves_nothing()
    {
        byte[] disk = DiskModel.Make("full", 6 << 20);
        for (int read = 0; read < 6; read++)
        {
            var file = new FlakyImageFile(new MemoryImageFile(disk, _folder["disk.raw"])) { FailingRead = read };
            using ConvertOperation operation = ConvertOperation.Begin(
                Options(_folder["disk.raw"], _folder["t.vhd"], "65536"), DiskSource.Open(file, SourceFormat.Raw));
            Assert.Equal(ImageIOOperation.Read, Assert.Throws<ImageIOException>(() => operation.Run()).Operation);
            Assert.Empty(FileNames(_folder));
        }
    }

    [Fact]
    public void Verifying_finds_a_bit_that_is_not_the_sources()
    {
        byte[] disk = DiskModel.Make("full", 6 << 20);
        var file = new FlakyImageFile(new MemoryImageFile(disk, _folder["disk.raw"]))
        {
            Lie = (read, offset, bytes) => bytes.Span[700] ^= (byte)(read < 6 && offset == 2 << 20 ? 4 : 0),
        };
        using ConvertOperation operation = ConvertOperation.Begin(
            Options(_folder["disk.raw"], _folder["t.vhd"], "65536") with { Verify = true }, DiskSource.Open(file, SourceFormat.Raw));
        var error = Assert.Throws<ImageIOException>(() => operation.Run());
        Assert.Equal(ImageIOOperation.Verify, error.Operation);
        Assert.Contains("sector 4097", error.Message, StringComparison.Ordinal);
        Assert.Empty(FileNames(_folder));
    }

    [Fact]
    public void A_source_that_changes_meanwhile_makes_no_target()
    {
        var file = new FlakyImageFile(new MemoryImageFile(DiskModel.Make("full", 6 << 20), _folder["disk.raw"]));
        using ConvertOperation operation = ConvertOperation.Begin(
            Options(_folder["disk.raw"], _folder["t.vhd"], "65536"), DiskSource.Open(file, SourceFormat.Raw));
        var progress = new StepProgress(_ => file.WriteTime = DiskModel.TimeStamp);
        Assert.Throws<ImageInUseException>(() => operation.Run(progress));
        Assert.Empty(FileNames(_folder));
    }

    [Fact]
    public void The_source_is_deleted_only_when_the_target_is_whole()
    {
        string source = DiskModel.Write(_folder, "raw", DiskModel.Make("full", 6 << 20));
        using (var cancellation = new CancellationTokenSource())
        {
            ConvertOptions options = Options(source, _folder["t.vhd"], "65536") with { DeleteSource = true };
            using ConvertOperation operation = ConvertOperation.Begin(options);
            Assert.ThrowsAny<OperationCanceledException>(
                () => operation.Run(new StepProgress(_ => cancellation.Cancel()), cancellation.Token));
            Assert.Equal(["source.raw"], FileNames(_folder));
        }

        Convert(Options(source, _folder["t.vhd"], "65536") with { DeleteSource = true });
        Assert.Equal(["t.vhd"], FileNames(_folder));
        Assert.Equal(DiskModel.Make("full", 6 << 20), DiskModel.Read(_folder["t.vhd"], SourceFormat.Vhd));
    }

    [Fact]
    public void A_source_that_another_image_stands_on_is_not_deleted()
    {
        string parent = _folder.Write("parent.vhd", SoundImage.Dynamic().Bytes);
        string child = _folder["child.vhd"];
        ChildCreator.Create(child, new NewChild(parent) { UniqueId = Guid.NewGuid(), TimeStamp = VhdSpec.Epoch });
        ConvertOptions options = Options(parent, _folder["t.vhd"], "65536") with { DeleteSource = true };
        var error = Assert.Throws<VhdOperationException>(() => ConvertOperation.Begin(options));
        Assert.Equal((OperationError.HasChildren, parent), (error.Code, error.Path));
        Assert.Contains(child, error.Message, StringComparison.Ordinal);
        Assert.Equal(["child.vhd", "parent.vhd"], FileNames(_folder));

        Convert(options with { Force = true });
        Assert.Equal(["child.vhd", "t.vhd"], FileNames(_folder));
    }

    [Theory]
    [InlineData("FAT32", 4294967295L)]
    [InlineData("msdos", 4294967295L)]
    [InlineData("exfat", null)]
    [InlineData("ntfs", null)]
    [InlineData("ext4", null)]
    public void File_systems_that_hold_no_long_files_are_known(string format, long? most) =>
        Assert.Equal(most, VolumeSpace.MaxFileLengthOn(format));

    [Fact]
    public void Progress_counts_data_only_and_ends_at_its_total()
    {
        byte[] disk = new byte[32 << 20];
        disk.AsSpan(8 << 20, 3 << 20).Fill(1);
        disk.AsSpan(20 << 20, 1 << 20).Fill(2);
        string source = DiskModel.Write(_folder, "raw with holes", disk);
        var progress = new StepProgress();
        using ConvertOperation operation = ConvertOperation.Begin(Options(source, _folder["t.vhd"], "2097152"));
        operation.Run(progress);
        Assert.Equal(progress.Steps.OrderBy(step => step.DoneBytes), progress.Steps);
        Assert.Equal(new WorkProgress(operation.DataBytes, operation.DataBytes), progress.Steps[^1]);
        Assert.True(operation.DataBytes >= 4 << 20);
    }

    private static string[] FileNames(TempFolder folder) =>
        [.. Directory.GetFileSystemEntries(folder.Root).Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal)];

    private static ConvertResult Convert(ConvertOptions options)
    {
        using ConvertOperation operation = ConvertOperation.Begin(options);
        return operation.Run();
    }

    private static ConvertOptions Options(string source, string target, string? form) => new(source, target)
    {
        SourceFormat = source.EndsWith(".raw", StringComparison.Ordinal) ? SourceFormat.Raw : SourceFormat.Vhd,
        TargetFormat = form switch { null => null, "raw" => DiskFormat.Raw, "fixed" => DiskFormat.Fixed, _ => DiskFormat.Dynamic },
        BlockSize = int.TryParse(form, out int blockSize) ? blockSize : null,
        UniqueId = DiskModel.UniqueId,
        TimeStamp = DiskModel.TimeStamp,
    };

    /// <summary>Blocks of the target: those with data and no others, in the order of the disk, on 4 KiB, none overlapping.</summary>
    private static void AssertBlocks(VhdImage image, byte[] disk)
    {
        if (image.Map.Table is not { } table)
        {
            return;
        }

        Assert.Equal((disk.Length + image.Layout.BlockSize - 1) / image.Layout.BlockSize, (int)image.Layout.Header!.MaxTableEntries);
        Assert.Null(TableScan.FindOverlap(image.Layout, table));
        Assert.True(TableScan.Measure(image.Layout, table).IsAligned);
        Assert.Equal(
            table.Entries.ToArray().Where(entry => entry != VhdSpec.UnusedEntry).Order(),
            table.Entries.ToArray().Where(entry => entry != VhdSpec.UnusedEntry));
        for (int block = 0; block < table.Count; block++)
        {
            int at = block * image.Layout.BlockSize;
            bool hasData = disk.AsSpan(at, Math.Min(image.Layout.BlockSize, disk.Length - at)).ContainsAnyExcept((byte)0);
            Assert.Equal(hasData, table[block] != VhdSpec.UnusedEntry);
            if (hasData)
            {
                Assert.Equal(SectorOrigin.File, image.Map.Find(at / 512, 1).Origin);
                Assert.Equal(image.Layout.SectorsInBlock(block), image.Map.Find(at / 512, image.Layout.SectorsInBlock(block)).Count);
            }
        }
    }

    private static int Copy(byte[] disk, string form, int failingWrite)
    {
        using DiskSource source = DiskSource.Open(new MemoryImageFile(disk), SourceFormat.Raw);
        using var file = new FlakyImageFile(new MemoryImageFile([])) { FailingWrite = failingWrite };
        var image = new NewImage(disk.Length)
        {
            VhdType = form == "fixed" ? VhdType.Fixed : VhdType.Dynamic,
            BlockSize = int.TryParse(form, out int blockSize) ? blockSize : VhdSpec.DefaultBlockSize,
            UniqueId = DiskModel.UniqueId,
            TimeStamp = DiskModel.TimeStamp,
        };
        DiskWriter writer = form is "raw" or "fixed"
            ? new FlatDiskWriter(file, disk.Length, form == "raw" ? null : image.CreateFooter())
            : new BlockDiskWriter(
                file, new ImageBuilder(
                    file, image.CreateFooter(), DynamicDiskHeader.Create(1536, image.BlockCount, image.BlockSize)), disk.Length);
        DiskCopy.Run(source, writer, null, disk.Length, sync: true, CancellationToken.None);
        return file.Writes;
    }
}
