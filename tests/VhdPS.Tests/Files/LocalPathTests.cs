using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;

namespace VhdPS.Tests.Files;

/// <summary>Names are judged before anything is done with them, as the system itself understands them.</summary>
public sealed class LocalPathTests
{
    [WindowsTheory]
    [InlineData("NUL")]
    [InlineData("nul.vhd")]
    [InlineData("CON")]
    [InlineData("COM1")]
    [InlineData("lpt9.vhd")]
    [InlineData(@"\\.\pipe\x")]
    [InlineData("//./pipe/x")]
    [InlineData(@"\\.\PhysicalDrive0")]
    [InlineData(@"\\?\PhysicalDrive0")]
    [InlineData(@"\\?\GLOBALROOT\Device\Harddisk0\Partition0")]
    public void A_device_is_refused_by_every_way_to_write_it(string path)
    {
        Assert.Equal(FaultCode.NotRegularFile, Assert.Throws<VhdFormatException>(() => LocalPath.Judge(path)).Finding.Code);
        VhdFormatException error = Assert.Throws<VhdFormatException>(() => LocalImageFile.OpenRead(path));
        Assert.Equal((path, FaultCode.NotRegularFile), (error.Path, error.Finding.Code));
        var image = new NewImage(1024 * 1024) { UniqueId = Guid.NewGuid(), TimeStamp = VhdSpec.Epoch };
        Assert.Throws<VhdFormatException>(() => ImageCreator.Create(path, image));
        Assert.Throws<VhdFormatException>(() => ImageCreator.Create(path, image, overwrite: true));
    }

    [WindowsTheory]
    [InlineData("b?.raw", "'?'")]
    [InlineData("b|.raw", "'|'")]
    [InlineData("b*.raw", "'*'")]
    [InlineData("b<.raw", "'<'")]
    [InlineData("b>.raw", "'>'")]
    [InlineData("b\".raw", "'\"'")]
    [InlineData("a:b.raw", "':'")]
    [InlineData("b\u0001.raw", "the control character 1")]
    public void A_name_that_no_file_can_have_is_refused_before_any_work(string name, string expected)
    {
        using var folder = new TempFolder();
        string path = $@"{folder.Root}\{name}";
        var error = Assert.Throws<ArgumentException>(() =>
            ImageCreator.Create(path, new NewImage(1024 * 1024) { UniqueId = Guid.NewGuid(), TimeStamp = VhdSpec.Epoch }));
        Assert.Equal($"{path}: {expected} cannot be in the name of a file.", error.Message);
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Root));
    }

    [Fact]
    public void A_path_has_no_nul_characters()
    {
        var error = Assert.Throws<ArgumentException>(() => LocalPath.Judge("a\0b.vhd"));
        Assert.Equal("a\\0b.vhd: a path has no NUL characters.", error.Message);
    }

    [WindowsTheory]
    [InlineData(@"\\?\C:\images\a.vhd", @"C:\images\a.vhd")]
    [InlineData("//?/C:/images/a.vhd", @"C:\images\a.vhd")]
    [InlineData(@"\\?\UNC\server\share\a.vhd", @"\\server\share\a.vhd")]
    [InlineData(@"\\?\C:\images\a.", @"\\?\C:\images\a.")]
    [InlineData(@"\\?\C:\images\nul.vhd", @"\\?\C:\images\nul.vhd")]
    [InlineData(@"C:\images\.\a.vhd", @"C:\images\.\a.vhd")]
    [InlineData(@"images\a.vhd", @"images\a.vhd")]
    [InlineData(@"\\server\share\a.vhd", @"\\server\share\a.vhd")]
    public void The_prefix_goes_where_it_changes_nothing(string path, string expected) => Assert.Equal(expected, LocalPath.Judge(path));

    /// <summary>On Linux and macOS such names are like others.</summary>
    [UnixFact]
    public void Names_that_Windows_has_not_are_files_elsewhere()
    {
        using var folder = new TempFolder();
        foreach (string name in new[] { "NUL", "nul.vhd", "b?.raw", "a:b.raw", @"\\.\pipe\x" })
        {
            Assert.Equal(folder[name], LocalPath.Judge(folder[name]));
            ImageCreator.Create(folder[name], new NewImage(1024 * 1024) { UniqueId = Guid.NewGuid(), TimeStamp = VhdSpec.Epoch });
        }

        Assert.Equal(5, Directory.GetFiles(folder.Root).Length);
    }
}
