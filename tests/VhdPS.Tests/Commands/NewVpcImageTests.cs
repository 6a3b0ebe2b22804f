using System.Management.Automation;
using VhdPS.Engine.Chains;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;

namespace VhdPS.Tests.Commands;

public sealed class NewVpcImageTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly ModuleSession _session;

    public NewVpcImageTests() => _session = new ModuleSession(_folder.Root);

    public void Dispose()
    {
        _session.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void A_new_image_is_dynamic_and_of_exactly_the_size_asked_for()
    {
        PSObject image = Assert.Single(_session.Run("New-VpcImage -Path d.vhd -Size 20GB").WithoutErrors().Output);

        Assert.Equal("VhdPS.VpcImage", image.BaseObject.GetType().FullName);
        Assert.Equal(_folder["d.vhd"], image.Properties["Path"].Value);
        Assert.Equal(20L << 30, image.Properties["Size"].Value);
        Assert.Equal(VhdType.Dynamic, image.Properties["VhdType"].Value);
        Assert.Equal(2 << 20, image.Properties["BlockSize"].Value);
        Assert.Equal("win ", image.Properties["CreatorApplication"].Value);
        using var opened = VhdImage.Open(_folder["d.vhd"], new VhdOpenOptions { ForWriting = true });
        Assert.Empty(opened.Layout.Findings);
    }

    [Fact]
    public void Rows_of_a_table_bind_by_their_columns()
    {
        IReadOnlyList<PSObject> images = _session.Run("""
            [pscustomobject]@{ Path = 'a.vhd'; Size = '20GB'; VhdType = 'Dynamic' },
            [pscustomobject]@{ Path = 'b.vhd'; SizeBytes = 3MB; VhdType = 'Fixed' } | New-VpcImage
            """).WithoutErrors().Output;

        Assert.Equal([20L << 30, 3L << 20], images.Select(image => (long)image.Properties["Size"].Value));
        Assert.Equal((3L << 20) + 512, new FileInfo(_folder["b.vhd"]).Length);
    }

    [Fact]
    public void Rows_of_a_csv_file_make_images()
    {
        File.WriteAllText(_folder["disks.csv"], "Path,Size\na.vhd,1GB\nb.vhd,2GB\n");
        IReadOnlyList<PSObject> images = _session.Run("Import-Csv disks.csv | New-VpcImage").WithoutErrors().Output;
        Assert.Equal([1L << 30, 2L << 30], images.Select(image => (long)image.Properties["Size"].Value));
    }

    [Fact]
    public void Equal_ids_and_times_give_equal_files()
    {
        _session.Run("""
            $same = @{ Size = 3MB; UniqueId = '11111111-2222-3333-4444-555555555555'; TimeStamp = [datetime]::new(2020, 1, 1, 0, 0, 0, [DateTimeKind]::Utc) }
            'a.vhd', 'b.vhd' | New-VpcImage @same
            'c.vhd', 'd.vhd' | New-VpcImage @same -VhdType Fixed -Force
            """).WithoutErrors();
        Assert.Equal(File.ReadAllBytes(_folder["a.vhd"]), File.ReadAllBytes(_folder["b.vhd"]));
        Assert.Equal(File.ReadAllBytes(_folder["c.vhd"]), File.ReadAllBytes(_folder["d.vhd"]));
    }

    [Theory]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("2041GB")]
    [InlineData("([long]::MaxValue)")]
    [InlineData("1GB -BlockSize 3MB")]
    [InlineData("1GB -BlockSize 0")]
    [InlineData("1GB -BlockSize 512MB")]
    [InlineData("2040GB -BlockSize 512")]
    [InlineData("1GB -UniqueId ([guid]::Empty)")]
    public void Values_out_of_range_are_refused_before_a_file_is_made(string arguments)
    {
        ErrorRecord error = _session.Run($"New-VpcImage d.vhd -Size {arguments}").SingleError();
        Assert.Equal("InvalidArgument,VhdPS.Commands.NewVpcImageCommand", error.FullyQualifiedErrorId);
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Root));
    }

    [Fact]
    public void An_existing_file_stays_without_force()
    {
        File.WriteAllText(_folder["d.vhd"], "mine");
        ErrorRecord error = _session.Run("New-VpcImage d.vhd -Size 1MB").SingleError();
        Assert.Equal(ErrorCategory.ResourceExists, error.CategoryInfo.Category);
        Assert.StartsWith("TargetExists,", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Equal("mine", File.ReadAllText(_folder["d.vhd"]));

        _session.Run("New-VpcImage d.vhd -Size 1MB -Force").WithoutErrors();
        Assert.Equal([_folder["d.vhd"]], Directory.GetFileSystemEntries(_folder.Root));
        using var opened = VhdImage.Open(_folder["d.vhd"]);
        Assert.Equal(2048, opened.SectorCount);
    }

    [Fact]
    public void An_image_in_use_is_not_replaced()
    {
        _session.Run("New-VpcImage d.vhd -Size 1MB").WithoutErrors();
        using var reader = VhdImage.Open(_folder["d.vhd"]);
        ErrorRecord error = _session.Run("New-VpcImage d.vhd -Size 2MB -Force").SingleError();
        Assert.Equal(ErrorCategory.ResourceBusy, error.CategoryInfo.Category);
        Assert.Single(Directory.GetFileSystemEntries(_folder.Root));
    }

    [Fact]
    public void Nothing_is_written_with_what_if()
    {
        Assert.Empty(_session.Run("New-VpcImage d.vhd -Size 1MB -WhatIf").WithoutErrors().Output);
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Root));
    }

    [Theory]
    [InlineData("br[ack]et.vhd")]
    [InlineData("sp ace.vhd")]
    [InlineData("Ünïcödé-图.vhd")]
    [InlineData("`tick'quote.vhd")]
    public void Names_are_taken_as_they_stand(string name)
    {
        _session.Run("New-VpcImage -Path $name -Size 1MB; Get-VpcImage -LiteralPath $name", ("name", name)).WithoutErrors();
        Assert.Equal([_folder[name]], Directory.GetFiles(_folder.Root));
    }

    [Fact]
    public void The_aliases_of_hyper_v_hold() =>
        _session.Run("New-VpcImage d.vhd -SizeBytes 1MB -BlockSizeBytes 512KB").WithoutErrors();

    [Fact]
    public void A_fixed_image_is_sparse_where_the_file_system_can()
    {
        PSObject image = _session.Run("New-VpcImage d.vhd -Size 1GB -VhdType Fixed").WithoutErrors().Output[0];
        Assert.Equal((1L << 30) + 512, image.Properties["FileSize"].Value);
        if (!OperatingSystem.IsWindows())
        {
            Assert.InRange((long)image.Properties["SizeOnDisk"].Value, 0, 1 << 20);
        }
    }
}
