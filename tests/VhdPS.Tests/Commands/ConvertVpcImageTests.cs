using System.Management.Automation;
using VhdPS.Engine.Disks;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Tests.Checking;
using VhdPS.Tests.Disks;
using VhdPS.Tests.Format;

namespace VhdPS.Tests.Commands;

public sealed class ConvertVpcImageTests : IDisposable
{
    private const int Size = 3 << 20;

    private readonly TempFolder _folder = new();
    private readonly ModuleSession _session;
    private readonly byte[] _disk = DiskModel.Make("scattered", Size);

    public ConvertVpcImageTests() => _session = new ModuleSession(_folder.Root);

    public void Dispose()
    {
        _session.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("-SourceFormat Raw", "disk.vhd", VhdType.Dynamic)]
    [InlineData("-SourceFormat Raw -VhdType Fixed", "disk.vhd", VhdType.Fixed)]
    [InlineData("new.vhd -SourceFormat Raw -VHDFormat Dynamic -BlockSizeBytes 64KB", "new.vhd", VhdType.Dynamic)]
    [InlineData("sub -SourceFormat Raw", "sub/disk.vhd", VhdType.Dynamic)]
    [InlineData("sub/ -SourceFormat Raw -For Azure", "sub/disk.vhd", VhdType.Fixed)]
    public void The_target_is_named_by_what_is_given(string arguments, string expected, VhdType type)
    {
        Directory.CreateDirectory(_folder["sub"]);
        _folder.Write("disk.raw", _disk);
        PSObject image = Assert.Single(_session.Run($"Convert-VpcImage disk.raw {arguments} -PassThru").WithoutErrors().Output);
        Assert.Equal(_folder[expected], image.Properties["Path"].Value);
        Assert.Equal(type, image.Properties["VhdType"].Value);
        byte[] read = DiskModel.Read(_folder[expected], SourceFormat.Vhd);
        Assert.Equal(arguments.EndsWith("Azure", StringComparison.Ordinal) ? 20 << 20 : Size, read.Length);
        Assert.Equal(_disk, read[..Size]);
    }

    [Theory]
    [InlineData("out.img")]
    [InlineData("out.RAW")]
    [InlineData("out -VhdType Raw")]
    public void A_raw_disk_is_asked_for_by_name_or_extension(string arguments)
    {
        _folder.Write("disk.vhd", ImageBytes.Fixed().Bytes);
        FileInfo file = Assert.Single(_session.Run($"Convert-VpcImage disk.vhd {arguments} -PassThru").WithoutErrors().As<FileInfo>());
        Assert.Equal(_folder[arguments.Split(' ')[0]], file.FullName);
        Assert.Equal(SoundImage.FixedContent(), File.ReadAllBytes(file.FullName));
    }

    [Fact]
    public void Images_from_the_pipeline_go_into_a_folder_and_a_bad_one_is_one_error()
    {
        Directory.CreateDirectory(_folder["out"]);
        _folder.Write("a.vhd", SoundImage.Dynamic().Bytes);
        _folder.Write("bad.vhd", new byte[4096]);
        _folder.Write("c.vhd", ImageBytes.Fixed().Bytes);
        SessionResult result = _session.Run("Get-ChildItem *.vhd | Convert-VpcImage -DestinationPath out -VhdType Dynamic -PassThru");
        Assert.Equal("NotVhd,VhdPS.Commands.ConvertVpcImageCommand", result.SingleError().FullyQualifiedErrorId);
        Assert.Equal([_folder["out/a.vhd"], _folder["out/c.vhd"]], result.Output.Select(image => image.Properties["Path"].Value));
        Assert.Equal(SoundImage.DynamicContent(), DiskModel.Read(_folder["out/a.vhd"], SourceFormat.Vhd));
        Assert.Equal(SoundImage.FixedContent(), DiskModel.Read(_folder["out/c.vhd"], SourceFormat.Vhd));
    }

    [Fact]
    public void Outputs_of_other_cmdlets_name_the_source()
    {
        _folder.Write("a.vhd", SoundImage.Dynamic().Bytes);
        _session.Run("Get-VpcImage a.vhd | Convert-VpcImage -DestinationPath b.vhd -VhdType Fixed").WithoutErrors();
        Assert.Equal(SoundImage.DynamicContent(), DiskModel.Read(_folder["b.vhd"], SourceFormat.Vhd));
    }

    [Theory]
    [InlineData("Get-VpcImage f.vhd", "new.vhd", VhdType.Fixed)]
    [InlineData("Get-VpcImage d.vhd", "new.vhd", VhdType.Dynamic)]
    [InlineData("[pscustomobject]@{ LiteralPath = 'f.vhd'; DestinationPath = 'row.vhd' }", null, VhdType.Fixed)]
    public void The_type_of_what_comes_in_is_not_that_of_what_is_made(string source, string? target, VhdType type)
    {
        _folder.Write("d.vhd", SoundImage.Dynamic().Bytes);
        _folder.Write("f.vhd", ImageBytes.Fixed().Bytes);
        string destination = target is null ? "" : $"-DestinationPath {target}";
        PSObject image = Assert.Single(_session.Run($"{source} | Convert-VpcImage {destination} -PassThru").WithoutErrors().Output);
        Assert.Equal(type, image.Properties["VhdType"].Value);
        Assert.Equal(_folder[target ?? "row.vhd"], image.Properties["Path"].Value);
        FileInfo raw = Assert.Single(_session.Run($"{source} | Convert-VpcImage -DestinationPath new.raw -PassThru").WithoutErrors().As<FileInfo>());
        Assert.Equal(image.Properties["Size"].Value, raw.Length);
    }

    [Fact]
    public void Two_sources_never_share_one_target_even_when_forced()
    {
        _folder.Write("a.vhd", SoundImage.Dynamic().Bytes);
        _folder.Write("b.vhd", ImageBytes.Fixed().Bytes);
        SessionResult result = _session.Run("Convert-VpcImage a.vhd, b.vhd t.vhd -Force");
        Assert.Equal("InvalidArgument,VhdPS.Commands.ConvertVpcImageCommand", result.SingleError().FullyQualifiedErrorId);
        Assert.Equal(SoundImage.DynamicContent(), DiskModel.Read(_folder["t.vhd"], SourceFormat.Vhd));
    }

    [Theory]
    [InlineData("Convert-VpcImage a.vhd", "SameFile", ErrorCategory.InvalidOperation)]
    [InlineData("Convert-VpcImage a.vhd t.vhd", "TargetExists", ErrorCategory.ResourceExists)]
    [InlineData("Convert-VpcImage a.vhd x.vhdx", "InvalidArgument", ErrorCategory.InvalidArgument)]
    [InlineData("Convert-VpcImage a.vhd x.vhd -BlockSize 3000", "InvalidArgument", ErrorCategory.InvalidArgument)]
    [InlineData("Convert-VpcImage a.vhd x.vhd -For Azure -VhdType Dynamic", "InvalidArgument", ErrorCategory.InvalidArgument)]
    [InlineData("Convert-VpcImage a.vhd x.vhd -InPlace", "InvalidArgument", ErrorCategory.InvalidArgument)]
    [InlineData("Convert-VpcImage a.vhd -InPlace", "WrongType", ErrorCategory.InvalidOperation)]
    [InlineData("Convert-VpcImage a.vhd -InPlace -VhdType Fixed", "InvalidArgument", ErrorCategory.InvalidArgument)]
    [InlineData("Convert-VpcImage none.vhd x.vhd", "PathNotFound", ErrorCategory.ObjectNotFound)]
    [InlineData("Convert-VpcImage a.vhd none/x.vhd", "PathNotFound", ErrorCategory.ObjectNotFound)]
    [InlineData("Convert-VpcImage disk.raw x.vhd", "NotVhd", ErrorCategory.InvalidData)]
    public void What_cannot_be_done_is_said_and_changes_nothing(string script, string id, ErrorCategory category)
    {
        _folder.Write("a.vhd", SoundImage.Dynamic().Bytes);
        _folder.Write("t.vhd", [1, 2, 3]);
        _folder.Write("disk.raw", new byte[4096]);
        ErrorRecord error = _session.Run(script).SingleError();
        Assert.Equal($"{id},VhdPS.Commands.ConvertVpcImageCommand", error.FullyQualifiedErrorId);
        Assert.Equal(category, error.CategoryInfo.Category);
        Assert.Equal(["a.vhd", "disk.raw", "t.vhd"], Names());
        Assert.Equal(SoundImage.Dynamic().Bytes, File.ReadAllBytes(_folder["a.vhd"]));
    }

    [Fact]
    public void WhatIf_says_what_would_be_made_and_makes_nothing()
    {
        _folder.Write("a.vhd", SoundImage.Dynamic().Bytes);
        string text = _session.RunFormatted("Convert-VpcImage a.vhd b.vhd -VhdType Fixed -WhatIf; Convert-VpcImage a.vhd -InPlace -SourceFormat Raw -WhatIf");
        Assert.Contains("Convert to a fixed image of 64 KiB with at most 8 KiB of data, making", text, StringComparison.Ordinal);
        Assert.Contains("Add a footer", text, StringComparison.Ordinal);
        Assert.Equal(["a.vhd"], Names());
        Assert.Equal(SoundImage.Dynamic().Bytes, File.ReadAllBytes(_folder["a.vhd"]));
    }

    [Fact]
    public void In_place_a_raw_disk_becomes_an_image_and_back()
    {
        _folder.Write("disk.raw", _disk);
        PSObject image = Assert.Single(_session.Run("Convert-VpcImage disk.raw -SourceFormat Raw -InPlace -PassThru").WithoutErrors().Output);
        Assert.Equal(VhdType.Fixed, image.Properties["VhdType"].Value);
        Assert.Equal((long)Size, image.Properties["Size"].Value);
        _session.Run("Convert-VpcImage disk.raw -InPlace").WithoutErrors();
        Assert.Equal(_disk, File.ReadAllBytes(_folder["disk.raw"]));
    }

    [Fact]
    public void Added_zeros_are_told()
    {
        _folder.Write("odd.raw", _disk.AsSpan(0, Size - 100));
        SessionResult odd = _session.Run("Convert-VpcImage odd.raw a.vhd -SourceFormat Raw");
        Assert.Contains("100 bytes of zeros", Assert.Single(odd.Warnings), StringComparison.Ordinal);
        _folder.Write("even.raw", _disk.AsSpan(0, Size - 1024));
        SessionResult even = _session.Run("Convert-VpcImage even.raw b.vhd -SourceFormat Raw -For Azure -Verbose");
        Assert.Empty(even.Warnings);
        Assert.Contains(even.Verbose, text => text.Contains($"{(17 << 20) + 1024} bytes of zeros", StringComparison.Ordinal));
    }

    [Fact]
    public void Verified_the_source_may_be_deleted()
    {
        _folder.Write("disk.raw", _disk);
        _session.Run("Convert-VpcImage disk.raw -SourceFormat Raw -Verify -DeleteSource").WithoutErrors();
        Assert.Equal(["disk.vhd"], Names());
    }

    [Fact]
    public void Stopping_shows_progress_till_then_and_leaves_no_litter()
    {
        using (var handle = File.OpenHandle(_folder["big.raw"], FileMode.CreateNew, FileAccess.Write))
        {
            byte[] chunk = DiskModel.Make("full", 4 << 20);
            for (int i = 0; i < 150; i++)
            {
                RandomAccess.Write(handle, chunk, (long)i * chunk.Length);
            }
        }

        RunningScript script = _session.Start("while ($true) { Convert-VpcImage big.raw t.vhd -SourceFormat Raw -Force -Verify }");
        script.WaitForSign();
        SessionResult result = script.Stop();
        Assert.True(result.WasStopped);
        ProgressRecord first = result.Progress[0];
        Assert.Equal("Converting big.raw", first.Activity);
        Assert.Contains(" of 1.17 GiB, ", first.StatusDescription, StringComparison.Ordinal);
        Assert.InRange(first.PercentComplete, 0, 99);
        Assert.DoesNotContain(Names(), name => name.EndsWith(".tmp", StringComparison.Ordinal));
        Assert.False(File.Exists(_folder["t.vhd"]) && !IsWhole(_folder["t.vhd"]));
    }

    private static bool IsWhole(string path)
    {
        using VhdImage image = VhdImage.Open(path);
        return image.Map.Table!.CountAllocated() == image.Layout.BlockCount;
    }

    private string[] Names() => [.. Directory.GetFileSystemEntries(_folder.Root).Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal)];
}
