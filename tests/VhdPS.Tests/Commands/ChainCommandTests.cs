using System.Management.Automation;
using VhdPS.Engine.Chains;
using VhdPS.Engine.Layout;
using VhdPS.Tests.Chains;
using VhdPS.Tests.Format;

namespace VhdPS.Tests.Commands;

/// <summary>Children by New-VpcImage, their chains and forests, and reading through them.</summary>
public sealed class ChainCommandTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly ModuleSession _session;

    public ChainCommandTests() => _session = new ModuleSession(_folder.Root);

    public void Dispose()
    {
        _session.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void A_child_reads_its_parent_and_hides_it_with_zeros()
    {
        _session.Run("""
            $null = New-VpcImage base.vhd -Size 10MB
            Write-VpcSector base.vhd 100 ([byte[]](, 0xAB * 1024))
            $null = New-VpcImage -Path child.vhd -ParentPath base.vhd
            Write-VpcSector child.vhd 101 ([byte[]]::new(512))
            """).WithoutErrors();
        IReadOnlyList<PSObject> runs = _session.Run("Read-VpcSector child.vhd 100 2").WithoutErrors().Output;
        Assert.Equal([SectorOrigin.Parent, SectorOrigin.File], runs.Select(run => run.Properties["Origin"].Value));
        Assert.Equal([_folder["base.vhd"], _folder["child.vhd"]], runs.Select(run => run.Properties["OriginPath"].Value));
        Assert.Equal(0xAB, ((byte[])runs[0].Properties["Data"].Value)[0]);
        long offset = (long)runs[0].Properties["FileOffset"].Value;
        Assert.Equal(0xAB, File.ReadAllBytes(_folder["base.vhd"])[offset]);
        Assert.Contains($"Sector 100: file offset {offset} (0x{offset:X}) of the parent base.vhd", _session.RunFormatted("Read-VpcSector child.vhd 100"), StringComparison.Ordinal);
    }

    [Fact]
    public void Many_children_come_from_one_pipeline()
    {
        IReadOnlyList<PSObject> images = _session.Run("""
            $null = New-VpcImage base.vhd -Size 20MB -BlockSize 512KB -Geometry Chs
            1..20 | ForEach-Object { "web$_.vhd" } | New-VpcImage -ParentPath base.vhd
            [pscustomobject]@{ Path = 'row.vhd'; ParentPath = 'base.vhd'; BlockSize = 64KB } | New-VpcImage
            """).WithoutErrors().Output;
        Assert.Equal(21, images.Count);
        long size = (long)_session.Run("(Get-VpcImage base.vhd).Size").Output[0].BaseObject;
        Assert.All(images, image => Assert.Equal(size, image.Properties["Size"].Value));
        Assert.Equal([512 * 1024, 64 * 1024], images.Select(image => (int)image.Properties["BlockSize"].Value).Distinct());
        Assert.All(images, image => Assert.Contains("base.vhd", (string)image.Properties["ParentPath"].Value, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("New-VpcImage c.vhd -ParentPath none.vhd", "PathNotFound")]
    [InlineData("New-VpcImage c.vhd -ParentPath nameless.vhd", "UniqueIdNull")]
    [InlineData("New-VpcImage c.vhd -ParentPath hurt.vhd", "FooterChecksumMismatch")]
    [InlineData("New-VpcImage base.vhd -ParentPath base.vhd", "TargetExists")]
    [InlineData("New-VpcImage base.vhd -ParentPath base.vhd -Force", "SameFile")]
    [InlineData("New-VpcImage c.vhd -ParentPath base.vhd -BlockSize 3MB", "InvalidArgument")]
    public void A_parent_that_cannot_be_is_an_error_and_nothing_is_made(string script, string id)
    {
        _folder.Write("nameless.vhd", ImageBytes.Dynamic().PutFooter(68, new byte[16]).Bytes);
        _folder.Write("hurt.vhd", ImageBytes.Dynamic().PutEnd(64, [1, 2, 3, 4], reseal: false).Bytes);
        byte[] parent = ImageBytes.Dynamic().WithId("base").Bytes;
        _folder.Write("base.vhd", parent);
        Assert.StartsWith(id + ",", _session.Run(script).SingleError().FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Equal(3, Directory.GetFiles(_folder.Root).Length);
        Assert.Equal(parent, File.ReadAllBytes(_folder["base.vhd"]));
    }

    [Fact]
    public void Parents_are_found_by_the_parameters_about_them()
    {
        Directory.CreateDirectory(_folder["vms"]);
        Directory.CreateDirectory(_folder["store"]);
        byte[] raw = new byte[64 * 1024];
        raw.AsSpan().Fill(0xCD);
        _folder.Write("store/raw.img", raw);
        _folder.Write("store/base.vhd", ImageBytes.Fixed().WithId("base").Bytes);
        _folder.Write("store/other.vhd", ImageBytes.Fixed().WithId("other").Bytes);
        _folder.Write("vms/child.vhd", ChainBytes.Child(64 * 1024, "c", "base", "../store/base.vhd").Bytes);
        _folder.Write("vms/rawchild.vhd", ChainBytes.Child(64 * 1024, "r", "x", "raw.img").PutHeader(40, new byte[16]).Bytes);

        ErrorRecord error = _session.Run("Read-VpcSector vms/child.vhd 5").SingleError();
        Assert.Equal(ErrorCategory.ObjectNotFound, error.CategoryInfo.Category);
        Assert.Contains(_folder["store/base.vhd"], error.ToString(), StringComparison.Ordinal);
        foreach (string arguments in new[]
        {
            "-FollowParentPath", "-ParentSearchPath store", "-ParentSearchPath vms, store", "-ParentPath store/base.vhd",
            "-ParentPath store/other.vhd -IgnoreIdMismatch", "-ParentPath ./vms/../store/base.vhd",
        })
        {
            byte[] data = _session.Run($"Read-VpcSector vms/child.vhd 5 -Raw {arguments}").WithoutErrors().As<byte[]>().Single();
            Assert.Equal(5, data[0]);
        }

        Assert.StartsWith(
            "ParentIdMismatch,", _session.Run("Read-VpcSector vms/child.vhd 5 -ParentPath store/other.vhd").SingleError().FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.StartsWith(
            "ParentIdNull,", _session.Run("Read-VpcSector vms/rawchild.vhd 5 -ParentSearchPath store").SingleError().FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Equal(0xCD, _session.Run("Read-VpcSector vms/rawchild.vhd 5 -Raw -RawParent -ParentSearchPath store").WithoutErrors().As<byte[]>().Single()[0]);
        Assert.Equal(
            ["Ok", "Ok"], _session.Run("Get-VpcChain vms/child.vhd -ParentSearchPath store | ForEach-Object State").WithoutErrors().Output.Select(state => state.ToString()));
    }

    [Fact]
    public void A_chain_goes_from_leaf_to_root()
    {
        _session.Run("""
            $null = New-VpcImage base.vhd -Size 3MB
            $null = New-VpcImage mid.vhd -ParentPath base.vhd
            $null = New-VpcImage leaf.vhd -ParentPath mid.vhd
            """).WithoutErrors();
        IReadOnlyList<PSObject> levels = _session.Run("Get-VpcChain leaf.vhd").WithoutErrors().Output;
        Assert.Equal(["leaf.vhd", "mid.vhd", "base.vhd"], levels.Select(level => Path.GetFileName((string)level.Properties["Path"].Value)));
        Assert.Equal([0, 1, 2], levels.Select(level => (int)level.Properties["Depth"].Value));
        Assert.All(levels, level => Assert.Equal(ChainState.Ok, level.Properties["State"].Value));
        Assert.All(levels, level => Assert.Equal(3L << 20, level.Properties["Size"].Value));
        Assert.Equal(levels[1].Properties["UniqueId"].Value, levels[0].Properties["ParentUniqueId"].Value);
        Assert.Null(levels[2].Properties["ParentUniqueId"].Value);
        Assert.Equal(3, _session.Run("Get-VpcChain leaf.vhd | Get-VpcImage").WithoutErrors().Output.Count);
        string text = _session.RunFormatted("Get-VpcChain leaf.vhd");
        Assert.Matches(@"\nleaf\.vhd .*\n\u2514\u2500 mid\.vhd .*\n   \u2514\u2500 base\.vhd ", text);

        File.Delete(_folder["base.vhd"]);
        PSObject missing = _session.Run("Get-VpcChain leaf.vhd").WithoutErrors().Output[^1];
        Assert.Equal((ChainState.Missing, 2), (missing.Properties["State"].Value, missing.Properties["Depth"].Value));
        Assert.Contains(_folder["base.vhd"], string.Join(' ', (IEnumerable<TriedPath>)missing.Properties["TriedPath"].Value), StringComparison.Ordinal);
        Assert.Null(missing.Properties["PSPath"].Value);
    }

    [Fact]
    public void A_folder_is_a_forest_with_orphans_and_ids_that_are_not_unique()
    {
        Directory.CreateDirectory(_folder["sub/deep"]);
        void Write(string place, ImageBytes bytes) => _folder.Write(place, bytes.Bytes);
        Write("base.vhd", ImageBytes.Fixed().WithId("base"));
        Write("sub/web.vhd", ChainBytes.Child(65536, "web", "base", @"..\base.vhd"));
        Write("sub/deep/test.avhd", ChainBytes.Child(65536, "test", "web", @"..\web.vhd"));
        Write("sub/copy.vhd", ImageBytes.Fixed().WithId("base"));
        Write("orphan1.vhd", ChainBytes.Child(65536, "o1", "gone", "gone.vhd"));
        Write("orphan2.vhd", ChainBytes.Child(65536, "o2", "gone", "gone.vhd"));
        Write("wrong.vhd", ChainBytes.Child(65536, "w", "nothing", "base.vhd"));
        Write("ring1.vhd", ChainBytes.Child(65536, "r1", "r2", "ring2.vhd"));
        Write("ring2.vhd", ChainBytes.Child(65536, "r2", "r1", "ring1.vhd"));
        Write("self.vhd", ChainBytes.Child(65536, "s", "s", "self.vhd"));
        File.WriteAllText(_folder["junk.vhd"], "junk");
        File.WriteAllText(_folder["note.txt"], "no image");

        IReadOnlyList<PSObject> all = _session.Run("Get-VpcChain . -Recurse").WithoutErrors().Output;
        string[] tree = [.. all.Select(node => $"{node.Properties["Tree"].Value} {node.Properties["State"].Value}")];
        Assert.Equal(
            [
                "base.vhd Ok", "\u2514\u2500 web.vhd Ok", "   \u2514\u2500 test.avhd Ok",
                "base.vhd IdMismatch", "\u2514\u2500 wrong.vhd Ok",
                "junk.vhd Damaged",
                "ring2.vhd Cycle", "\u2514\u2500 ring1.vhd Ok", "   \u2514\u2500 ring2.vhd Ok",
                "self.vhd Cycle", "\u2514\u2500 self.vhd Ok",
                "copy.vhd Ok",
                "gone.vhd Missing", "\u251C\u2500 orphan1.vhd Ok", "\u2514\u2500 orphan2.vhd Ok",
            ],
            tree);
        PSObject twin = all.Single(node => (string)node.Properties["Path"].Value == _folder["sub/copy.vhd"]);
        Assert.Equal([_folder["base.vhd"]], (IEnumerable<string>)twin.Properties["SameIdPath"].Value);

        // The parent of web.vhd lies outside this folder, and what a file names there is not followed.
        foreach (string folder in new[] { "sub", "sub/deep/.." })
        {
            IReadOnlyList<PSObject> some = _session.Run("Get-VpcChain $folder", ("folder", folder)).WithoutErrors().Output;
            Assert.Equal(["Missing", "Ok", "Ok"], some.Select(node => node.Properties["State"].Value.ToString()).Order());
        }
    }

    [Fact]
    public void A_parent_outside_the_folder_is_a_root_of_its_own()
    {
        Directory.CreateDirectory(_folder["vms"]);
        Directory.CreateDirectory(_folder["store"]);
        _folder.Write("store/base.vhd", ImageBytes.Fixed().WithId("base").Bytes);
        _folder.Write("store/mid.vhd", ChainBytes.Child(65536, "mid", "base", "base.vhd").Bytes);
        _folder.Write("vms/leaf.vhd", ChainBytes.Child(65536, "leaf", "mid", "mid.vhd").Bytes);
        Assert.Equal(
            ["Missing", "Ok"], _session.Run("Get-VpcChain vms | ForEach-Object State").Output.Select(state => state.ToString()));
        Assert.Equal(
            ["base.vhd", "\u2514\u2500 mid.vhd", "   \u2514\u2500 leaf.vhd"],
            _session.Run("Get-VpcChain vms -ParentSearchPath store | ForEach-Object Tree").WithoutErrors().Output.Select(name => name.ToString()));
    }
}
