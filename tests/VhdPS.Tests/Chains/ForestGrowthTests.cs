using VhdPS.Engine.Chains;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Tests.Crash;
using VhdPS.Tests.Peers;

namespace VhdPS.Tests.Chains;

/// <summary>A folder of many files is read by work in proportion to their number, however alike they are.</summary>
public sealed class ForestGrowthTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Copies_of_one_image_share_one_list_of_paths_and_each_names_all_others()
    {
        const int count = 40;
        MakeParent("a.vhd");
        string[] paths = [.. Enumerable.Range(0, count).Select(number => _folder[$"copy-{number:00}.vhd"]).Prepend(_folder["a.vhd"])];
        foreach (string path in paths[1..])
        {
            File.Copy(paths[0], path);
        }

        IReadOnlyList<ForestNode> roots = ChainForest.Read(_folder.Root, recurse: false);
        Assert.Equal(paths, roots.Select(root => root.Level.Path));
        foreach (ForestNode root in roots)
        {
            IReadOnlyList<string> others = root.Level.SameIdPaths;
            Assert.Equal(paths.Where(path => path != root.Level.Path), others);
            Assert.Equal(count, others.Count);
            Assert.Equal(others, Enumerable.Range(0, count).Select(index => others[index]));
            Assert.Same(((OtherPaths)roots[0].Level.SameIdPaths).All, ((OtherPaths)others).All);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData(3)]
    public void The_others_are_a_list_like_any_other(int own)
    {
        string[] paths = ["a", "b", "c", "d"];
        IList<string> expected = [.. paths.Where((_, index) => index != own)];
        var others = new OtherPaths(paths, own);
        string[] copy = new string[4];
        others.CopyTo(copy, 1);
        Assert.Equal(expected, copy[1..]);
        Assert.All(paths, path => Assert.Equal(expected.IndexOf(path), others.IndexOf(path)));
        Assert.All(paths, path => Assert.Equal(expected.Contains(path), others.Contains(path)));
        Assert.Equal(-1, others.IndexOf("e"));
        Assert.Throws<ArgumentOutOfRangeException>(() => others[3]);
        Assert.Throws<ArgumentOutOfRangeException>(() => others[-1]);
    }

    [PeerFact(PeerPrograms.Strace)]
    public void Children_without_their_parent_list_the_folder_once_and_are_opened_once()
    {
        string parent = MakeParent("gone.vhd");
        ChildCreator.Create(_folder["child-0.vhd"], new NewChild(parent) { UniqueId = Guid.NewGuid(), TimeStamp = VhdSpec.Epoch });
        File.Delete(parent);
        (int Listings, int Opens) few = Count(10), many = Count(40);
        Assert.Equal(few.Listings, many.Listings);
        Assert.Equal(10, few.Opens);
        Assert.Equal(40, many.Opens);
    }

    private string MakeParent(string name)
    {
        ImageCreator.Create(_folder[name], new NewImage(1 << 20) { UniqueId = Guid.NewGuid(), TimeStamp = VhdSpec.Epoch });
        return _folder[name];
    }

    private (int Listings, int Opens) Count(int copies)
    {
        for (int i = 1; i < copies; i++)
        {
            File.Copy(_folder["child-0.vhd"], _folder[$"child-{i}.vhd"], overwrite: true);
        }

        using var log = new TempFolder();
        PeerResult result = PeerProcess.TryRun(
            PeerPrograms.Strace,
            ["-f", "-qq", "-o", log["log"], "-e", "trace=openat", .. WriterProcess.Command, "forest", _folder.Root]);
        Assert.True(result.ExitCode == 0, result.ToString());
        string[] lines = File.ReadAllLines(log["log"]);
        return (lines.Count(line => line.Contains($"\"{_folder.Root}\"", StringComparison.Ordinal)),
            lines.Count(line => line.Contains($"\"{_folder.Root}/child-", StringComparison.Ordinal)));
    }
}
