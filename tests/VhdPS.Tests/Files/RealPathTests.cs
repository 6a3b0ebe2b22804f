using System.Runtime.InteropServices;
using VhdPS.Engine.Chains;
using VhdPS.Engine.Files;

namespace VhdPS.Tests.Files;

/// <summary>What a path comes to: by doubles for links that not every system makes, by the system itself for short names.</summary>
public sealed partial class RealPathTests
{
    /// <summary>.NET gives the target of a folder with a mounted volume without a root, or with the prefix of devices.</summary>
    [WindowsTheory]
    [InlineData(@"Volume{c1ab8cdc-0000-0000-0000-100000000000}\")]
    [InlineData(@"\\?\Volume{c1ab8cdc-0000-0000-0000-100000000000}\")]
    public void A_folder_in_which_a_volume_is_mounted_is_a_folder(string target)
    {
        string? Link(string path) => path == @"C:\ClusterStorage\Volume1" ? target : null;
        Assert.Equal(@"C:\ClusterStorage\Volume1\vm\a.vhd", RealPath.Resolve(@"C:\ClusterStorage\Volume1\vm\a.vhd", Link, path => path));
    }

    [WindowsFact]
    public void A_junction_is_resolved()
    {
        string? Link(string path) => path == @"C:\images" ? @"D:\store" : path == @"D:\store\new" ? @"..\other" : null;
        Assert.Equal(@"D:\other\a.vhd", RealPath.Resolve(@"C:\images\new\a.vhd", Link, path => path));
        Assert.Null(RealPath.Resolve(@"C:\images\a.vhd", path => path == @"C:\images" ? path : null, path => path));
    }

    [WindowsFact]
    public void A_short_name_is_the_long_one()
    {
        using var folder = new TempFolder();
        string inner = Directory.CreateDirectory(folder["A folder with a long name"]).FullName;
        string path = Path.Combine(inner, "an image with a long name.vhd");
        File.WriteAllText(path, "text");
        string shortPath = ShortPath(path);
        Assert.NotEqual(path, shortPath);
        string real = RealPath.Resolve(path)!;
        Assert.Equal(real, RealPath.Resolve(shortPath));
        Assert.Equal(real, new RealPaths().Resolve(shortPath));

        var trusted = new TrustedFolders(new RealPaths());
        trusted.Add(Path.GetDirectoryName(shortPath)!);
        Assert.True(trusted.Holds(real));
        Assert.True(trusted.Names(path));
    }

    private static string ShortPath(string path)
    {
        Span<char> text = new char[1024];
        uint length = GetShortPathName(path, ref MemoryMarshal.GetReference(text), (uint)text.Length);
        return text[..(int)length].ToString();
    }

    [LibraryImport("kernel32", EntryPoint = "GetShortPathNameW", StringMarshalling = StringMarshalling.Utf16)]
    private static partial uint GetShortPathName(string path, ref char shortPath, uint length);
}
