using System.Management.Automation;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;

namespace VhdPS.Tests.Commands;

public sealed class ResizeAndMergeCommandTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly ModuleSession _session;

    public ResizeAndMergeCommandTests() => _session = new ModuleSession(_folder.Root);

    public void Dispose()
    {
        _session.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Resize_takes_images_from_the_pipeline_and_passes_them_on()
    {
        IReadOnlyList<PSObject> images = _session.Run("""
            New-VpcImage a.vhd, b.vhd -Size 1GB | Resize-VpcImage -Size 3GB -PassThru
            """).WithoutErrors().Output;
        Assert.Equal([3L << 30, 3L << 30], images.Select(image => (long)image.Properties["Size"].Value));
        Assert.Empty(_session.Run("Get-ChildItem *.vhd | Resize-VpcImage -SizeBytes 4GB").WithoutErrors().Output);
        Assert.Equal(4L << 30, SizeOf("b.vhd"));
    }

    [Fact]
    public void Resize_with_WhatIf_changes_nothing()
    {
        _session.Run("New-VpcImage a.vhd -Size 1GB").WithoutErrors();
        byte[] before = File.ReadAllBytes(_folder["a.vhd"]);
        _session.Run("Resize-VpcImage a.vhd -Size 100GB -WhatIf").WithoutErrors();
        Assert.Equal(before, File.ReadAllBytes(_folder["a.vhd"]));
    }

    [Fact]
    public void Resize_reports_each_file_that_it_cannot_change_and_goes_on()
    {
        File.WriteAllText(_folder["b.vhd"], new string('x', 2000));
        SessionResult result = _session.Run("""
            New-VpcImage a.vhd, c.vhd -Size 1GB > $null
            Write-VpcSector a.vhd -Sector 2000000 -Data ([byte[]](,7 * 512))
            Resize-VpcImage a.vhd, b.vhd, c.vhd, missing.vhd -Size 512MB
            """);
        Assert.Equal(
            ["DataWouldBeLost,VhdPS.Commands.ResizeVpcImageCommand", "NotVhd,VhdPS.Commands.ResizeVpcImageCommand", "PathNotFound,VhdPS.Commands.ResizeVpcImageCommand"],
            result.Errors.Where(error => error.InvocationInfo.MyCommand.Name == "Resize-VpcImage").Select(error => error.FullyQualifiedErrorId));
        Assert.Equal(512L << 20, SizeOf("c.vhd"));
        SessionResult forced = _session.Run("Resize-VpcImage a.vhd -Size 512MB -Force").WithoutErrors();
        Assert.Contains("2000000", Assert.Single(forced.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void Resize_rounds_up_and_finds_the_minimum()
    {
        _session.Run("New-VpcImage a.vhd -Size 1000000; Resize-VpcImage a.vhd -RoundUpTo 1MB").WithoutErrors();
        Assert.Equal(1L << 20, SizeOf("a.vhd"));
        _session.Run("Write-VpcSector a.vhd -Sector 99 -Data ([byte[]](,7 * 512)); Resize-VpcImage a.vhd -ToMinimumSize").WithoutErrors();
        Assert.Equal(100 * 512, SizeOf("a.vhd"));
        Assert.Equal("InvalidArgument,VhdPS.Commands.ResizeVpcImageCommand", _session.Run("Resize-VpcImage a.vhd").SingleError().FullyQualifiedErrorId);
    }

    [Fact]
    public void Merge_puts_the_child_into_its_parent_and_deletes_it()
    {
        MakeChain();
        Assert.Empty(_session.Run("Merge-VpcImage child.vhd -WhatIf").WithoutErrors().Output);
        Assert.True(File.Exists(_folder["child.vhd"]));
        PSObject merged = Assert.Single(_session.Run("Merge-VpcImage child.vhd -PassThru").WithoutErrors().Output);
        Assert.Equal(_folder["parent.vhd"], merged.Properties["Path"].Value);
        Assert.False(File.Exists(_folder["child.vhd"]));
        using VhdImage image = VhdImage.Open(_folder["parent.vhd"]);
        byte[] sector = new byte[512];
        image.ReadSectors(77, sector);
        Assert.All(sector, value => Assert.Equal(0x5A, value));
    }

    [Fact]
    public void Merge_into_a_new_file_keeps_the_others()
    {
        MakeChain();
        PSObject merged = Assert.Single(_session.Run("Merge-VpcImage child.vhd -DestinationPath new.vhd -PassThru").WithoutErrors().Output);
        Assert.Equal(_folder["new.vhd"], merged.Properties["Path"].Value);
        Assert.Equal(VhdType.Dynamic, merged.Properties["VhdType"].Value);
        Assert.Equal(3, Directory.GetFiles(_folder.Root).Length);
        Assert.Equal("WrongType,VhdPS.Commands.MergeVpcImageCommand", _session.Run("Merge-VpcImage parent.vhd").SingleError().FullyQualifiedErrorId);
    }

    private void MakeChain()
    {
        _session.Run("New-VpcImage parent.vhd -Size 1GB").WithoutErrors();
        ChildCreator.Create(_folder["child.vhd"], new NewChild(_folder["parent.vhd"]) { UniqueId = Guid.NewGuid(), TimeStamp = VhdSpec.Epoch });
        _session.Run("Write-VpcSector child.vhd -Sector 77 -Data ([byte[]](,0x5A * 512))").WithoutErrors();
    }

    private long SizeOf(string name)
    {
        using VhdImage image = VhdImage.Open(_folder[name]);
        return image.SectorCount * 512;
    }
}
