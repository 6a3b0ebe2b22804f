using VhdPS.Engine.Chains;
using VhdPS.Engine.Layout;
using VhdPS.Tests.Format;

namespace VhdPS.Tests.Hostile;

/// <summary>
/// A folder for a hostile child, and an image outside it that has the id of every child's parent: whoever opens that one has
/// followed a path out of the folder.
/// </summary>
internal static class HostileParents
{
    /// <summary>What a child may say that its parent is; all but the last three lead out of its folder.</summary>
    public static readonly string[] Names;

    private static readonly string Home;

    static HostileParents()
    {
        string root = Directory.CreateTempSubdirectory("vhdps-hostile-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(root, recursive: true);
        Home = Directory.CreateDirectory(Path.Combine(root, "home")).FullName;
        Directory.CreateDirectory(Path.Combine(Home, "beneath"));
        byte[] parent = ImageBytes.Dynamic().PutFooter(68, ImageBytes.ParentUniqueId.ToByteArray(bigEndian: true)).Bytes;
        string secret = Path.Combine(root, "secret.vhd");
        foreach (string path in new[] { secret, Path.Combine(Home, "Parent.vhd"), Path.Combine(Home, "beneath", "grand.vhd") })
        {
            File.WriteAllBytes(path, parent);
        }

        Directory.CreateSymbolicLink(Path.Combine(Home, "link"), root);
        File.CreateSymbolicLink(Path.Combine(Home, "alias.vhd"), secret);
        File.CreateSymbolicLink(Path.Combine(Home, "circle.vhd"), Path.Combine(Home, "circle.vhd"));
        Names =
        [
            @"..\secret.vhd", "../secret.vhd", @".\..\secret.vhd", secret, @"\\?\" + secret, "file://" + secret, @"..\home\..\secret.vhd",
            @"link\secret.vhd", "alias.vhd", "circle.vhd", "/dev/zero", @"\\.\PhysicalDrive0", @"\\server\share\secret.vhd", "NUL",
            "..", ".",
            string.Empty, "home\0.vhd", new string('a', 250), @"beneath\grand.vhd", "parent.vhd", @"C:\images\PARENT.VHD",
        ];
    }

    /// <summary>Follows the chain of a file as if it lay in the folder, and proves that nothing outside was taken for a parent.</summary>
    public static void Follow(byte[] bytes)
    {
        using var child = new BoundedImageFile(bytes, Path.Combine(Home, "child.vhd"));
        IReadOnlyList<ChainLevel> levels = ChainInspector.Describe(child, ImageLayout.Read(child));
        foreach (ChainLevel level in levels.Skip(1).Where(
            level => level.State is not (ChainState.Missing or ChainState.NotFollowed or ChainState.TooDeep)))
        {
            string name = Path.GetRelativePath(Home, level.Path);
            Assert.True(
                name is "Parent.vhd" or "child.vhd" || name == Path.Combine("beneath", "grand.vhd"),
                $"'{level.Path}' was taken for a parent");
        }
    }
}
