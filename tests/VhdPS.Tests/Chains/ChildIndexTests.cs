using VhdPS.Engine.Chains;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Engine.Layout;
using VhdPS.Engine.Operations.Set;

namespace VhdPS.Tests.Chains;

/// <summary>Which images depend on an image, as files on a real file system say it.</summary>
public sealed class ChildIndexTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly string _parent;

    public ChildIndexTests()
    {
        _parent = _folder["parent.vhd"];
        ImageCreator.Create(_parent, new NewImage(1 << 20) { UniqueId = Guid.NewGuid(), TimeStamp = VhdSpec.Epoch });
    }

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("child.vhd")]
    [InlineData("child.avhd")]
    [InlineData("child.img")]
    [InlineData("child")]
    [InlineData("b[1].VHD")]
    public void A_child_of_any_name_is_found(string name)
    {
        MakeChild(_folder[name], _parent);
        Assert.Equal([_folder[name]], Find(new ChildIndex()).Select(child => child.Path));
    }

    [Fact]
    public void A_child_that_a_writer_has_open_is_a_child()
    {
        MakeChild(_folder["child.vhd"], _parent);
        using var writer = LocalImageFile.OpenWrite(_folder["child.vhd"]);
        DependentImage child = Assert.Single(Find(new ChildIndex()));
        Assert.Equal(_folder["child.vhd"], child.Path);
        Assert.Equal(OperatingSystem.IsWindows(), child.Problem is not null);
    }

    [UnixFact]
    public void What_may_not_be_read_counts_by_its_extension()
    {
        foreach (string name in new[] { "a.vhd", "b.avhdx", "c.txt" })
        {
            File.WriteAllText(_folder[name], "secret");
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(_folder[name], UnixFileMode.None);
            }
        }

        // Root may read everything: only others see this.
        string[] expected = Environment.IsPrivilegedProcess ? [] : [_folder["a.vhd"], _folder["b.avhdx"]];
        IReadOnlyList<DependentImage> found = Find(new ChildIndex());
        Assert.Equal(expected, found.Select(child => child.Path).Order());
        Assert.All(found, child => Assert.NotNull(child.Problem));
    }

    [Fact]
    public void A_copy_of_the_chain_in_the_same_folder_has_children_of_its_own()
    {
        MakeChild(_folder["child.vhd"], _parent);
        File.Copy(_parent, _folder["copy.vhd"]);
        Assert.Equal([_folder["child.vhd"]], Find(new ChildIndex()).Select(child => child.Path));
        Assert.Empty(Find(new ChildIndex(), _folder["copy.vhd"]));
    }

    [Fact]
    public void A_child_whose_stored_paths_lead_nowhere_is_a_child()
    {
        MakeChild(_folder["child.vhd"], _parent);
        string moved = _folder["moved.vhd"];
        File.Move(_parent, moved);
        Assert.Equal([_folder["child.vhd"]], Find(new ChildIndex(), moved).Select(child => child.Path));
    }

    [Fact]
    public void Search_folders_are_looked_at_with_what_lies_beneath()
    {
        string deep = Directory.CreateDirectory(Path.Combine(_folder["elsewhere"], "deep")).FullName;
        MakeChild(Path.Combine(deep, "child.vhd"), _parent);
        Assert.Empty(Find(new ChildIndex()));
        Assert.Equal(
            [Path.Combine(deep, "child.vhd")], Find(new ChildIndex([_folder["elsewhere"], _folder["gone"]])).Select(child => child.Path));
    }

    [Fact]
    public void One_index_sees_what_comes_goes_and_changes()
    {
        var index = new ChildIndex();
        Assert.Empty(Find(index));
        string child = _folder["child.vhd"];
        MakeChild(child, _parent);
        Assert.Equal([child], Find(index).Select(found => found.Path));

        string other = _folder["other.vhd"];
        ImageCreator.Create(other, new NewImage(1 << 20) { UniqueId = Guid.NewGuid(), TimeStamp = VhdSpec.Epoch });
        File.SetLastWriteTimeUtc(child, DateTime.UtcNow.AddMinutes(-1));
        Assert.Equal([child], Find(index).Select(found => found.Path));
        SetImageOperation.Run(new SetImageOptions(child) { ParentPath = other, IgnoreIdMismatch = true });
        Assert.Empty(Find(index));
        Assert.Equal([child], Find(index, other).Select(found => found.Path));

        File.Delete(child);
        Assert.Empty(Find(index, other));
    }

    private static void MakeChild(string path, string parent) =>
        ChildCreator.Create(path, new NewChild(parent) { UniqueId = Guid.NewGuid(), TimeStamp = VhdSpec.Epoch });

    private IReadOnlyList<DependentImage> Find(ChildIndex index, string? path = null)
    {
        using var file = LocalImageFile.OpenRead(path ?? _parent);
        return index.Find(file.Path, ImageLayout.Read(file), file.Identity);
    }
}
