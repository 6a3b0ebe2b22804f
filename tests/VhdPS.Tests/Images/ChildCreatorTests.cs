using System.Text;
using VhdPS.Engine.Chains;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Engine.Layout;
using VhdPS.Tests.Chains;
using VhdPS.Tests.Format;

namespace VhdPS.Tests.Images;

/// <summary>What a new differencing image takes from its parent and how it names it.</summary>
public sealed class ChildCreatorTests : IDisposable
{
    private const string Name = "Basis \u00e9\u6f22\ud83d\udcbe #1.vhd";

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(Name, "child.vhd", @".\" + Name)]
    [InlineData("base/" + Name, "child.vhd", @".\base\" + Name)]
    [InlineData(Name, "a/b/child.vhd", @"..\..\" + Name)]
    [InlineData("base/" + Name, "a/child.vhd", @"..\base\" + Name)]
    public void ParentIsNamedRelativelyAbsolutelyAndByItsName(string parentPlace, string childPlace, string relative)
    {
        string parent = MakeParent(parentPlace), child = MakeChild(childPlace, parent);
        using var file = LocalImageFile.OpenRead(child);
        var layout = ImageLayout.Read(file);
        Assert.Empty(layout.Findings);
        Dictionary<ParentLocatorCode, string> texts = layout.Header!.ParentLocators.Where(locator => locator.IsUsed)
            .ToDictionary(locator => locator.Code, locator => locator.ReadPath(file)!);
        Assert.Equal(relative, texts[ParentLocatorCode.W2ru]);
        Assert.Equal(parent.Replace('/', '\\'), texts[ParentLocatorCode.W2ku]);
        Assert.Equal(Name, layout.Header.ParentUnicodeName);
        if (!OperatingSystem.IsWindows())
        {
            Assert.StartsWith("file:///", texts[ParentLocatorCode.MacX], StringComparison.Ordinal);
            Assert.True(Encoding.UTF8.GetBytes(texts[ParentLocatorCode.MacX]).All(value => value < 0x80));
            Assert.Equal(parent, new Uri(texts[ParentLocatorCode.MacX]).LocalPath);
        }

        // By any of the three alone the parent is found again.
        foreach (ParentLocatorCode kept in texts.Keys)
        {
            IEnumerable<ParentLocator> others = layout.Header.ParentLocators.Where(locator => locator.Code != kept)
                .Select(locator => new ParentLocator(locator.Index, ParentLocatorCode.None, 0, 0, 0, 0));
            byte[] bytes = File.ReadAllBytes(child);
            layout.Header.With(parentUnicodeName: string.Empty, parentLocators: others).Bytes.CopyTo(bytes.AsSpan(512));
            string stripped = Path.Combine(Path.GetDirectoryName(child)!, $"{kept}.vhd");
            File.WriteAllBytes(stripped, bytes);
            var policy = new ParentPolicy { FollowParentPath = true };
            Assert.Equal([ChainState.Ok, ChainState.Ok], ChainInspector.Describe(stripped, policy).Select(level => level.State));
        }
    }

    [Fact]
    public void ChildMovedWithItsParentFindsIt()
    {
        MakeChild("vms/child.vhd", MakeParent("vms/base/parent.vhd"));
        Directory.Move(_folder["vms"], _folder["moved"]);
        Assert.Equal([ChainState.Ok, ChainState.Ok], ChainInspector.Describe(_folder["moved/child.vhd"]).Select(level => level.State));
    }

    /// <summary>The prefix is of this machine alone: what is stored is the plain path, and both forms of it.</summary>
    [WindowsFact]
    public void ParentByAPrefixedPathIsStoredWithoutThePrefix()
    {
        string parent = MakeParent("vms/parent.vhd");
        string child = MakeChild("vms/child.vhd", @"\\?\" + parent);
        using (var file = LocalImageFile.OpenRead(@"\\?\" + child))
        {
            Assert.Equal(child, file.Path);
            DynamicDiskHeader header = ImageLayout.Read(file).Header!;
            Assert.Equal([@".\parent.vhd", parent, "parent.vhd"], StoredParentPath.ReadAll(file, header).Select(path => path.Text));
        }

        var given = new ParentPolicy { ParentPath = @"\\?\" + parent };
        Assert.Equal([ChainState.Ok, ChainState.Ok], ChainInspector.Describe(@"\\?\" + child).Select(level => level.State));
        Assert.Equal([ChainState.Ok, ChainState.Ok], ChainInspector.Describe(child, given).Select(level => level.State));
    }

    [LinkFact]
    public void RelativePathHoldsPastALinkedFolder()
    {
        string parent = MakeParent("store/base/parent.vhd");
        Directory.CreateDirectory(_folder["store/machines"]);
        Directory.CreateDirectory(_folder["links"]);
        Directory.CreateSymbolicLink(_folder["links/here"], _folder["store/machines"]);
        string child = MakeChild("links/here/child.vhd", parent);
        using (var file = LocalImageFile.OpenRead(child))
        {
            ParentLocator relative = ImageLayout.Read(file).Header!.ParentLocators[0];
            Assert.Equal(@"..\base\parent.vhd", relative.ReadPath(file));
        }

        Assert.Equal(
            [ChainState.Ok, ChainState.Ok],
            ChainInspector.Describe(child, new ParentPolicy { SearchFolders = [_folder["store"]] }).Select(level => level.State));
    }

    [Theory]
    [InlineData(VhdType.Fixed, null, 2 * 1024 * 1024)]
    [InlineData(VhdType.Dynamic, null, 64 * 1024)]
    [InlineData(VhdType.Dynamic, 512 * 1024, 512 * 1024)]
    public void SizeGeometryAndBlockSizeAreTheParents(VhdType type, int? asked, int expected)
    {
        string parent = _folder["parent.vhd"];
        ImageCreator.Create(parent, new NewImage(30_000_123)
        {
            VhdType = type,
            BlockSize = 64 * 1024,
            GeometryRule = GeometryRule.Chs,
            UniqueId = ChainBytes.Id("p"),
            TimeStamp = VhdSpec.Epoch,
        });
        ChildCreator.Create(_folder["child.vhd"], new NewChild(parent)
        {
            BlockSize = asked,
            UniqueId = ChainBytes.Id("c"),
            TimeStamp = VhdSpec.Epoch.AddDays(1),
        });
        using VhdImage child = VhdImage.Open(_folder["child.vhd"]), image = VhdImage.Open(parent);
        Assert.Equal((VhdType.Differencing, expected), (child.Layout.VhdType, child.Layout.BlockSize));
        Assert.Equal(image.SectorCount, child.SectorCount);
        Assert.Equal(image.Layout.Footer.Geometry, child.Layout.Footer.Geometry);
        Assert.Equal(ChainBytes.Id("p"), child.Layout.Header!.ParentUniqueId);
        Assert.Equal((ChainBytes.Id("c"), VhdSpec.Epoch.AddDays(1)), (child.Layout.Footer.UniqueId, child.Layout.Footer.TimeStamp));
        Assert.Equal(VhdSpec.ToTimeStamp(File.GetLastWriteTimeUtc(parent)), child.Layout.Header.ParentTimeStampSeconds);
        Assert.Null(ChainInspector.Describe(_folder["child.vhd"])[1].TimeStampNote);
    }

    [Fact]
    public void A_raw_disk_is_a_parent_without_an_id()
    {
        // What looks like an image is data here: the guest may have stored one on the disk.
        byte[] disk = [.. ImageBytes.Dynamic(1 << 20).AddBlock(0, 0x5A).Bytes, .. new byte[4096]];
        string parent = _folder.Write("disk.img", disk), child = _folder["child.vhd"], grown = _folder["grown.vhd"];
        var request = new NewChild(parent) { IsParentRaw = true, UniqueId = Guid.NewGuid(), TimeStamp = VhdSpec.Epoch };
        ChildCreator.Create(child, request);
        ChildCreator.Create(grown, request with { SizeBytes = 4 << 20 });
        using (var file = LocalImageFile.OpenRead(child))
        {
            var layout = ImageLayout.Read(file);
            Assert.Empty(layout.Findings);
            Assert.Equal((Guid.Empty, "disk.img"), (layout.Header!.ParentUniqueId, layout.Header.ParentUnicodeName));
            Assert.Equal(disk.Length, layout.SectorCount * 512);
            Assert.Equal(DiskGeometry.ForSectorCount(disk.Length / 512), layout.Footer.Geometry);
        }

        var options = new VhdOpenOptions { ForWriting = true, Parents = new ParentPolicy { RawParent = true } };
        foreach (string path in new[] { child, grown })
        {
            using VhdImage image = VhdImage.Open(path, options);
            byte[] sector = new byte[512];
            Random.Shared.NextBytes(sector);
            image.WriteSectors(3, sector);
            byte[] read = new byte[image.SectorCount * 512], expected = new byte[read.Length];
            disk.CopyTo(expected, 0);
            sector.CopyTo(expected, 3 * 512);
            image.ReadSectors(0, read);
            Assert.Equal(expected, read);
        }

        Assert.Equal(disk, File.ReadAllBytes(parent));
        File.WriteAllBytes(parent, disk[..^1]);
        Assert.Contains(
            $"{disk.Length - 1} bytes",
            Assert.Throws<ArgumentException>(() => ChildCreator.Create(_folder["none.vhd"], request)).Message, StringComparison.Ordinal);
        Assert.Equal(OperationError.SameFile, Assert.Throws<VhdOperationException>(
            () => ChildCreator.Create(_folder.Write("same.img", disk), request with { ParentPath = _folder["same.img"] }, true)).Code);
        Assert.False(File.Exists(_folder["none.vhd"]));
    }

    [Fact]
    public void SameArgumentsGiveTheSameBytes()
    {
        string parent = MakeParent("parent.vhd");
        MakeChild("one/child.vhd", parent);
        MakeChild("two/child.vhd", parent);
        Assert.Equal(File.ReadAllBytes(_folder["one/child.vhd"]), File.ReadAllBytes(_folder["two/child.vhd"]));
    }

    [Fact]
    public void DamagedParentIsRefusedAndNothingIsMade()
    {
        Dictionary<FaultCode, ImageBytes> parents = new()
        {
            [FaultCode.UniqueIdNull] = ImageBytes.Dynamic().PutFooter(68, new byte[16]),
            [FaultCode.FooterChecksumMismatch] = ImageBytes.Dynamic().PutEnd(64, [1, 2, 3, 4], reseal: false),
            [FaultCode.FooterChecksumZero] = ImageBytes.Dynamic().PutEnd(64, [0, 0, 0, 0], reseal: false),
            [FaultCode.FooterCopyMissing] = ImageBytes.Dynamic().PutFront(0, new byte[8], reseal: false),
            [FaultCode.FooterMissing] = ImageBytes.Dynamic().CutEnd(512),
            [FaultCode.FootersDiffer] = ImageBytes.Dynamic().PutFront(68, ChainBytes.Id("x").ToByteArray()),
            [FaultCode.HeaderCookieMismatch] = ImageBytes.Dynamic().PutHeader(0, [0]),
            [FaultCode.NotVhd] = ImageBytes.Fixed().CutEnd(512),
        };
        foreach ((FaultCode code, ImageBytes bytes) in parents)
        {
            string parent = _folder.Write($"{code}.vhd", bytes.Bytes);
            var error = Assert.Throws<VhdFormatException>(() => MakeChild("child.vhd", parent));
            Assert.Equal((code, parent), (error.Finding.Code, error.Path));
        }

        Assert.Throws<FileNotFoundException>(() => MakeChild("child.vhd", _folder["none.vhd"]));
        Assert.Equal(parents.Count, Directory.GetFiles(_folder.Root).Length);
    }

    [Fact]
    public void ChildNeverReplacesAnImageThatItNeeds()
    {
        string root = MakeParent("root.vhd"), middle = MakeChild("middle.vhd", root);
        byte[] before = File.ReadAllBytes(root);
        foreach (string target in new[] { root, middle })
        {
            var error = Assert.Throws<VhdOperationException>(() => ChildCreator.Create(target, Third(middle), overwrite: true));
            Assert.Equal(OperationError.SameFile, error.Code);
        }

        var exists = Assert.Throws<VhdOperationException>(() => ChildCreator.Create(root, Third(middle)));
        Assert.Equal(OperationError.TargetExists, exists.Code);
        Assert.Equal(before, File.ReadAllBytes(root));
        ChildCreator.Create(MakeChild("other.vhd", root), Third(middle), overwrite: true);
    }

    private static NewChild Third(string parent) => new(parent) { UniqueId = ChainBytes.Id("third"), TimeStamp = VhdSpec.Epoch };

    private static NewChild New(string parent) => new(parent) { UniqueId = ChainBytes.Id("new"), TimeStamp = VhdSpec.Epoch };

    private string MakeParent(string place)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_folder[place])!);
        return _folder.Write(place, ImageBytes.Dynamic().WithId("p").AddBlock(0, 0xAB).Bytes);
    }

    private string MakeChild(string place, string parent)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_folder[place])!);
        ChildCreator.Create(_folder[place], New(parent));
        return _folder[place];
    }
}
