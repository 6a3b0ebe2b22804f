using System.Management.Automation;
using VhdPS.Engine.Disks;
using VhdPS.Engine.Files;
using VhdPS.Tests.Checking;
using VhdPS.Tests.Disks;
using VhdPS.Tests.Format;

namespace VhdPS.Tests.Commands;

public sealed class OptimizeVpcImageTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly ModuleSession _session;

    public OptimizeVpcImageTests()
    {
        _session = new ModuleSession(_folder.Root);
        _folder.Write("a.vhd", ImageBytes.Dynamic().AddBlock(9, 0).AddBlock(5, 0xA5).AddBlock(1, 0xA1).Bytes);
    }

    public void Dispose()
    {
        _session.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void The_result_tells_what_was_saved()
    {
        byte[] disk = DiskModel.Read(_folder["a.vhd"], SourceFormat.Vhd);
        long before = new FileInfo(_folder["a.vhd"]).Length;
        PSObject result = Assert.Single(_session.Run("Optimize-VpcImage a.vhd").WithoutErrors().Output);
        Assert.Equal((3, 2), (result.Properties["BlockCountBefore"].Value, result.Properties["BlockCountAfter"].Value));
        Assert.Equal(before, result.Properties["FileSizeBefore"].Value);
        Assert.Equal(new FileInfo(_folder["a.vhd"]).Length, result.Properties["FileSizeAfter"].Value);
        Assert.False((bool)result.Properties["IsEstimate"].Value);
        Assert.Equal(disk, DiskModel.Read(_folder["a.vhd"], SourceFormat.Vhd));
    }

    [Theory]
    [InlineData("Optimize-VpcImage a.vhd -WhatIf")]
    [InlineData("$WhatIfPreference = $true; Optimize-VpcImage a.vhd")]
    public void WhatIf_estimates_and_changes_nothing(string script)
    {
        byte[] before = File.ReadAllBytes(_folder["a.vhd"]);
        PSObject estimate = Assert.Single(_session.Run(script).WithoutErrors().Output);
        Assert.True((bool)estimate.Properties["IsEstimate"].Value);
        Assert.Equal(before, File.ReadAllBytes(_folder["a.vhd"]));
        _session.Run("$WhatIfPreference = $false");
        PSObject result = Assert.Single(_session.Run("Optimize-VpcImage a.vhd").WithoutErrors().Output);
        Assert.Equal(estimate.Properties["FileSizeAfter"].Value, result.Properties["FileSizeAfter"].Value);
        Assert.Equal(estimate.Properties["Saved"].Value, result.Properties["Saved"].Value);
    }

    [Fact]
    public void In_place_no_second_file_is_made()
    {
        byte[] disk = DiskModel.Read(_folder["a.vhd"], SourceFormat.Vhd);
        PSObject estimate = Assert.Single(_session.Run("Optimize-VpcImage a.vhd -InPlace -WhatIf").WithoutErrors().Output);
        PSObject result = Assert.Single(_session.Run("Optimize-VpcImage a.vhd -InPlace").WithoutErrors().Output);
        Assert.Equal((3, 2), (result.Properties["BlockCountBefore"].Value, result.Properties["BlockCountAfter"].Value));
        Assert.Equal(new FileInfo(_folder["a.vhd"]).Length, result.Properties["FileSizeAfter"].Value);
        Assert.Equal(estimate.Properties["FileSizeAfter"].Value, result.Properties["FileSizeAfter"].Value);
        Assert.Equal(disk, DiskModel.Read(_folder["a.vhd"], SourceFormat.Vhd));
        _folder.Write("f.vhd", ImageBytes.Fixed().Bytes);
        Assert.Equal(0L, Assert.Single(_session.Run("Optimize-VpcImage f.vhd -InPlace -Mode Quick").WithoutErrors().Output).Properties["Saved"].Value);
    }

    [Fact]
    public void Declined_it_does_nothing_and_says_nothing()
    {
        byte[] before = File.ReadAllBytes(_folder["a.vhd"]);
        _session.Answers.Enqueue("N");
        Assert.Empty(_session.Run("Optimize-VpcImage a.vhd -Confirm").WithoutErrors().Output);
        Assert.Equal(before, File.ReadAllBytes(_folder["a.vhd"]));
    }

    [Fact]
    public void PassThru_emits_the_image_as_it_is_now()
    {
        PSObject image = Assert.Single(_session.Run("Get-VpcImage a.vhd | Optimize-VpcImage -Mode Full -PassThru").WithoutErrors().Output);
        Assert.Equal("VhdPS.VpcImage", image.BaseObject.GetType().FullName);
        Assert.Equal(2, image.Properties["AllocatedBlockCount"].Value);
    }

    [Fact]
    public void A_folder_of_images_is_one_row_each_and_an_image_in_use_one_error()
    {
        _folder.Write("b.vhd", SoundImage.Dynamic().Bytes);
        _folder.Write("c.vhd", ImageBytes.Fixed().Bytes);
        using var inUse = LocalImageFile.OpenRead(_folder["b.vhd"]);
        SessionResult result = _session.Run("Optimize-VpcImage *.vhd");
        Assert.Equal("ImageInUse,VhdPS.Commands.OptimizeVpcImageCommand", result.SingleError().FullyQualifiedErrorId);
        Assert.Equal([_folder["a.vhd"], _folder["c.vhd"]], result.Output.Select(item => item.Properties["Path"].Value));
        string text = _session.RunFormatted("Optimize-VpcImage a.vhd, c.vhd -WhatIf");
        Assert.Matches(@"2 -> 2 yes +a\.vhd", text);
        Assert.Matches(@"B {10,}yes +c\.vhd", text);
    }
}
