using VhdPS.Engine.Files;
using VhdPS.Engine.Files.Native;

namespace VhdPS.Tests.Files;

/// <summary>Free space and file system are asked of the folder, not of the drive that its path begins with.</summary>
public sealed class VolumeSpaceTests
{
    [Fact]
    public void Free_space_of_a_folder_is_that_of_its_volume()
    {
        using var folder = new TempFolder();
        string[] names = [.. Enumerable.Repeat("a folder with a name of forty characters", 8)];
        string deep = Directory.CreateDirectory(folder[Path.Combine(names)]).FullName;
        long volume = new DriveInfo(OperatingSystem.IsWindows() ? Path.GetPathRoot(folder.Root)! : folder.Root).AvailableFreeSpace;
        foreach (string path in new[] { folder.Root, deep })
        {
            // Others write meanwhile.
            Assert.InRange(VolumeSpace.Of(path)!.Value, volume / 2, volume * 2);
        }
    }

    [Fact]
    public void The_file_system_of_a_folder_has_a_name()
    {
        using var folder = new TempFolder();
        Assert.NotEmpty(PlatformFile.Current.FileSystemName(folder.Root)!);
    }

    [Fact]
    public void Of_a_folder_that_is_not_there_nothing_is_known()
    {
        using var folder = new TempFolder();
        Assert.Null(VolumeSpace.Of(OperatingSystem.IsWindows() ? @"\\no.such.server\share\images" : folder["none"]));
        VolumeSpace.ThrowIfLess(OperatingSystem.IsWindows() ? @"\\no.such.server\share\a.vhd" : folder["none/a.vhd"], long.MaxValue);
    }
}
