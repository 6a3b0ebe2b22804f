using VhdPS.Engine.Chains;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Tests.Format;

namespace VhdPS.Tests.Chains;

/// <summary>Where a parent is looked for, what proves it, and what is never opened.</summary>
public sealed class ParentSearchTests : IDisposable
{
    private const int Size = 16 * 4096;

    private readonly TempFolder _folder = new();

    public ParentSearchTests() => Directory.CreateDirectory(_folder["vms"]);

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("parent.vhd", ChainBytes.W2ru, @".\parent.vhd")]
    [InlineData("parent.vhd", ChainBytes.W2ru, "parent.vhd")]
    [InlineData("sub/deep/parent.vhd", ChainBytes.W2ru, @".\sub\deep\parent.vhd")]
    [InlineData("sub/parent.vhd", ChainBytes.W2ru, @".\sub\..\sub\parent.vhd")]
    [InlineData("parent.vhd", ChainBytes.W2ku, @"C:\Virtual Machines\parent.vhd")]
    [InlineData("parent.vhd", ChainBytes.W2ku, @"\\server\share\parent.vhd")]
    [InlineData("parent.vhd", ChainBytes.W2ku, @"\\?\C:\vms\parent.vhd")]
    [InlineData("parent.vhd", ChainBytes.W2ku, "/somewhere/else/parent.vhd")]
    [InlineData("parent.vhd", ChainBytes.W2ru, @"..\gone\parent.vhd")]
    [InlineData("parent.vhd", ChainBytes.MacX, "file:///Users/someone/parent.vhd")]
    [InlineData("parent.vhd", ChainBytes.MacX, "file://localhost/Users/someone/parent.vhd")]
    [InlineData("parent.vhd", ChainBytes.MacX, "file://host/share/parent.vhd")]
    [InlineData("sub/parent.vhd", ChainBytes.MacX, "file://./sub/parent.vhd")]
    [InlineData("Eltern \u00e9\u6f22 100%.vhd", ChainBytes.MacX, "file:///x/Eltern%20%C3%A9%E6%BC%A2%20100%25.vhd")]
    [InlineData("Eltern \u00e9\u6f22 100%.vhd", ChainBytes.W2ru, ".\\Eltern \u00e9\u6f22 100%.vhd")]
    [InlineData("parent.vhd", ChainBytes.W2ru, @".\PARENT.VHD")]
    [InlineData("Sub/Deep/parent.vhd", ChainBytes.W2ru, @".\SUB\deep\Parent.vhd")]
    [InlineData("\u00c9l\u00e8ve.vhd", ChainBytes.W2ru, ".\\\u00e9L\u00c8ve.VHD")]
    public void ParentIsFoundByALocator(string place, uint code, string path)
    {
        WriteParent(Path.Combine("vms", place));
        string child = WriteChild(Child("no such name").AddLocator(3, code, path));
        AssertReadsParent(child);
    }

    [Theory]
    [InlineData("parent.vhd", "parent.vhd")]
    [InlineData("parent.vhd", @"C:\Users\someone\parent.vhd")]
    [InlineData("sub/parent.vhd", @"sub\parent.vhd")]
    public void ParentIsFoundByItsNameAlone(string place, string name)
    {
        WriteParent(Path.Combine("vms", place));
        AssertReadsParent(WriteChild(Child(name)));
    }

    [Fact]
    public void NameThatFillsItsFieldIsTakenWhole()
    {
        string name = new string('n', 251) + ".vhd";
        byte[] field = new byte[512];
        System.Text.Encoding.BigEndianUnicode.GetBytes("x" + name, field);
        Assert.NotEqual(0, field[^1]);
        WriteParent(Path.Combine("vms", name));
        System.Text.Encoding.BigEndianUnicode.GetBytes("/" + name, field);
        AssertReadsParent(WriteChild(Child("x").PutHeader(64, field)));
    }

    [Theory]
    [InlineData(1u)]
    [InlineData(512u)]
    [InlineData(0u)]
    [InlineData(513u)]
    public void RoomOfALocatorIsNoMatter(uint space)
    {
        WriteParent("vms/parent.vhd");
        AssertReadsParent(WriteChild(Child("none").AddLocator(0, ChainBytes.W2ru, @".\parent.vhd", space)));
    }

    [Fact]
    public void LocatorsThatSayNothingAreSkipped()
    {
        WriteParent("vms/parent.vhd");
        ImageBytes child = Child("none")
            .AddLocator(0, ChainBytes.W2ru, @".\parent.vhd", length: 0)
            .AddLocator(1, ChainBytes.W2ru, @".\parent.vhd", length: 0x7FFF_FFFF)
        .AddLocator(2, ChainBytes.W2ku, @".\parent.vhd", length: 0xFFFF_FFF0)
            .PutLocator(3, ChainBytes.W2ru, 512, 24, 1UL << 50)
            .PutLocator(4, ChainBytes.W2ru, 512, 24, ulong.MaxValue)
            .AddLocator(5, ChainBytes.Wi2r, @".\other.vhd")
            .AddLocator(6, ChainBytes.W2ru, @".\first.vhd")
            .AddLocator(7, ChainBytes.W2ru, @".\parent.vhd");
        AssertReadsParent(WriteChild(child));
    }

    [CaseSensitiveFact]
    public void OneOfSeveralNamesThatDifferInCaseIsTakenOnlyByItsExactName()
    {
        WriteParent("vms/Parent.vhd");
        File.Copy(_folder["vms/Parent.vhd"], _folder["vms/PARENT.vhd"]);
        string child = WriteChild(Child("parent.vhd"));
        Finding finding = Fail(child);
        Assert.Equal(FaultCode.ParentNotFound, finding.Code);
        Assert.Contains("several names", finding.Message, StringComparison.Ordinal);
        AssertReadsParent(WriteChild(Child("PARENT.vhd"), "second.vhd"));
    }

    [Fact]
    public void ParentThatIsNotThereIsAnErrorThatNamesEveryPlace()
    {
        string child = WriteChild(Child("by-name.vhd")
            .AddLocator(0, ChainBytes.W2ru, @".\by-relative.vhd").AddLocator(1, ChainBytes.W2ku, @"D:\x\by-absolute.vhd")
            .AddLocator(2, ChainBytes.MacX, "file:///y/by-url.vhd"));
        Directory.CreateDirectory(_folder["search"]);
        var policy = new ParentPolicy { SearchFolders = [_folder["search"]] };
        Finding finding = Fail(child, policy);
        Assert.Equal((FaultCode.ParentNotFound, VhdStructure.Chain), (finding.Code, finding.Structure));
        string[] places =
        [
            _folder["vms/by-relative.vhd"], _folder["vms/by-name.vhd"], _folder["vms/by-absolute.vhd"], _folder["vms/by-url.vhd"],
            _folder["search/by-relative.vhd"], _folder["search/by-absolute.vhd"], @"D:\x\by-absolute.vhd",
            Path.GetFullPath("/y/by-url.vhd", _folder.Root),
        ];
        Assert.All(places, place => Assert.Contains(place, finding.Message, StringComparison.Ordinal));

        ChainLevel missing = ChainInspector.Describe(child, policy)[1];
        Assert.Equal((ChainState.Missing, @".\by-relative.vhd"), (missing.State, missing.Path));
        Assert.All(places, place => Assert.Contains(missing.Tried, tried => tried.Path == place && tried.Reason.Length > 0));
    }

    [Theory]
    [InlineData(ChainBytes.W2ru, @"..\outside\parent.vhd")]
    [InlineData(ChainBytes.W2ru, @".\sub\..\..\outside\parent.vhd")]
    [InlineData(ChainBytes.W2ku, "{root}/outside/parent.vhd")]
    [InlineData(ChainBytes.MacX, "{url}/outside/parent.vhd")]
    public void PathThatLeadsOutsideIsFollowedOnRequestOnly(uint code, string path)
    {
        WriteParent("outside/parent.vhd");
        string url = new Uri(_folder.Root).AbsoluteUri;
        path = path.Replace("{root}", _folder.Root, StringComparison.Ordinal).Replace("{url}", url, StringComparison.Ordinal);
        string child = WriteChild(Child("none").AddLocator(0, code, path));
        Finding finding = Fail(child);
        Assert.Equal(FaultCode.ParentNotFound, finding.Code);
        Assert.Contains(_folder["outside/parent.vhd"], finding.Message, StringComparison.Ordinal);
        Assert.Contains("is not followed", finding.Message, StringComparison.Ordinal);
        Assert.Equal(ChainState.NotFollowed, ChainInspector.Describe(child)[1].State);
        AssertReadsParent(child, new ParentPolicy { FollowParentPath = true });
        AssertReadsParent(child, new ParentPolicy { SearchFolders = [_folder["outside"]] });
        AssertReadsParent(child, new ParentPolicy { ParentPath = _folder["outside/parent.vhd"] });
        AssertReadsParent(child, new ParentPolicy { SearchFolders = [_folder.Root] });
    }

    [LinkFact]
    public void LinkThatLeadsOutsideCountsAsOutside()
    {
        WriteParent("outside/parent.vhd");
        File.CreateSymbolicLink(_folder["vms/parent.vhd"], _folder["outside/parent.vhd"]);
        Directory.CreateSymbolicLink(_folder["vms/sub"], _folder["outside"]);
        foreach (string path in new[] { @".\parent.vhd", @".\sub\parent.vhd", @".\sub\PARENT.vhd" })
        {
            string child = WriteChild(Child("none").AddLocator(0, ChainBytes.W2ru, path), $"{Guid.NewGuid():N}.vhd");
            Assert.Equal(FaultCode.ParentNotFound, Fail(child).Code);
            AssertReadsParent(child, new ParentPolicy { FollowParentPath = true });
            AssertReadsParent(child, new ParentPolicy { SearchFolders = [_folder["outside"]] });
        }
    }

    [LinkFact]
    public void LinkThatStaysInsideIsFollowed()
    {
        WriteParent("vms/store/real.vhd");
        File.CreateSymbolicLink(_folder["vms/parent.vhd"], Path.Combine("store", "real.vhd"));
        AssertReadsParent(WriteChild(Child("parent.vhd")));
    }

    [LinkFact]
    public void ChildThatIsALinkHasItsParentBesideTheFile()
    {
        WriteParent("vms/parent.vhd");
        WriteChild(Child("parent.vhd"));
        string link = _folder["link.vhd"];
        File.CreateSymbolicLink(link, _folder["vms/child.vhd"]);
        AssertReadsParent(link);
    }

    [LinkFact]
    public void LinksThatGoRoundAreNotFollowed()
    {
        File.CreateSymbolicLink(_folder["vms/parent.vhd"], _folder["vms/other.vhd"]);
        File.CreateSymbolicLink(_folder["vms/other.vhd"], _folder["vms/parent.vhd"]);
        Assert.Equal(FaultCode.ParentNotFound, Fail(WriteChild(Child("parent.vhd")), new ParentPolicy { FollowParentPath = true }).Code);
    }

    [Theory]
    [InlineData(ChainBytes.W2ku, @"\\server\share\parent.vhd")]
    [InlineData(ChainBytes.W2ku, "//server/share/parent.vhd")]
    [InlineData(ChainBytes.W2ku, @"\\.\PhysicalDrive0")]
    [InlineData(ChainBytes.W2ku, @"\\?\GLOBALROOT\Device\Harddisk0")]
    [InlineData(ChainBytes.W2ku, @"\??\C:\x")]
    [InlineData(ChainBytes.W2ku, "/dev/zero")]
    [InlineData(ChainBytes.W2ku, "/dev/stdin")]
    [InlineData(ChainBytes.W2ru, @"..\..\..\..\..\..\dev\zero")]
    [InlineData(ChainBytes.MacX, "file://server/share/parent.vhd")]
    public void NetworkAndDevicePathsAreNeverFollowed(uint code, string path)
    {
        string child = WriteChild(Child("none").AddLocator(0, code, path));
        Finding finding = Fail(child, new ParentPolicy { FollowParentPath = true, IgnoreIdMismatch = true, RawParent = true });
        Assert.Equal(FaultCode.ParentNotFound, finding.Code);
    }

    [Fact]
    public void NothingButARegularFileIsOpened()
    {
        Directory.CreateDirectory(_folder["vms/folder.vhd"]);
        Assert.Equal(FaultCode.ParentNotFound, Fail(WriteChild(Child("folder.vhd"))).Code);
        Assert.Equal(
            FaultCode.ParentNotFound, Fail(_folder["vms/child.vhd"], new ParentPolicy { ParentPath = _folder["vms/folder.vhd"] }).Code);
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        // A pipe without a writer would wait for ever.
        Peers.PeerProcess.Run("mkfifo", _folder["vms/pipe.vhd"]);
        Assert.Equal(FaultCode.ParentNotFound, Fail(WriteChild(Child("pipe.vhd"), "second.vhd")).Code);
    }

    [Fact]
    public void FileThatIsNoImageIsNamedWithTheReason()
    {
        File.WriteAllText(_folder["vms/parent.vhd"], new string('x', 4000));
        Finding finding = Fail(WriteChild(Child("parent.vhd")));
        Assert.Equal(FaultCode.ParentDamaged, finding.Code);
        Assert.Contains("conectix", finding.Message, StringComparison.Ordinal);
        Assert.Equal(ChainState.Damaged, ChainInspector.Describe(_folder["vms/child.vhd"])[1].State);
        File.WriteAllText(_folder["vms/parent.vhd"], "x");
        Assert.Equal(FaultCode.ParentDamaged, Fail(_folder["vms/child.vhd"]).Code);
    }

    [Fact]
    public void ParentWithAnotherIdIsReadOnRequestOnly()
    {
        WriteParent("vms/parent.vhd", "another");
        string child = WriteChild(Child("parent.vhd"));
        Finding finding = Fail(child);
        Assert.Equal(
            (FaultCode.ParentIdMismatch, $"{ChainBytes.Id("parent")}", $"{ChainBytes.Id("another")}"),
            (finding.Code, finding.Expected, finding.Actual));
        Assert.Equal(FaultCode.ParentIdMismatch, Fail(child, new ParentPolicy { ParentPath = _folder["vms/parent.vhd"] }).Code);
        AssertReadsParent(child, new ParentPolicy { IgnoreIdMismatch = true });
        Assert.Equal(ChainState.IdMismatch, ChainInspector.Describe(child)[1].State);
        Assert.Equal(ChainState.IdMismatch, ChainInspector.Describe(child, new ParentPolicy { IgnoreIdMismatch = true })[1].State);
    }

    [Fact]
    public void RightIdElsewhereIsBetterThanAWrongIdHere()
    {
        WriteParent("vms/parent.vhd", "another", fill: 0x11);
        WriteParent("search/parent.vhd");
        AssertReadsParent(
            WriteChild(Child("parent.vhd")), new ParentPolicy { SearchFolders = [_folder["search"]], IgnoreIdMismatch = true });
    }

    [Fact]
    public void ChildWithoutAParentIdIsRefusedUnlessAsked()
    {
        _folder.Write("vms/parent.vhd", ImageBytes.Dynamic(Size).AddBlock(0, 0xAB).PutFooter(68, new byte[16]).Bytes);
        string child = WriteChild(Child("parent.vhd").PutHeader(40, new byte[16]));
        Assert.Equal(FaultCode.ParentIdNull, Fail(child).Code);
        Assert.Equal(ChainState.Missing, ChainInspector.Describe(child)[1].State);
        AssertReadsParent(child, new ParentPolicy { IgnoreIdMismatch = true });
    }

    [Fact]
    public void RawParentIsReadOnRequestOnly()
    {
        // A raw disk whose guest stored a whole image: its bytes are data, never an image, where raw was asked for.
        byte[] raw = ImageBytes.Dynamic(Size).AddBlock(0, 0xAB).Bytes[..^100];
        _folder.Write("vms/parent.img", raw);
        string child = WriteChild(Child("parent.img").PutHeader(40, new byte[16]));
        Assert.Equal(FaultCode.ParentIdNull, Fail(child).Code);
        byte[] expected = new byte[Size];
        raw.CopyTo(expected, 0);
        Assert.Equal(expected, ReadAll(child, new ParentPolicy { RawParent = true }));

        // A child that stores an id has an image for a parent: raw takes the caller's double word.
        string proud = WriteChild(Child("parent.img"), "proud.vhd");
        Assert.NotEqual(FaultCode.ParentNotFound, Fail(proud, new ParentPolicy { RawParent = true }).Code);
        Assert.Equal(
            expected,
            ReadAll(proud, new ParentPolicy { RawParent = true, IgnoreIdMismatch = true, ParentPath = _folder["vms/parent.img"] }));
    }

    [Fact]
    public void ImageThatIsItsOwnParentIsACycle()
    {
        string child = WriteChild(ChainBytes.Child(Size, "child", "child", "child.vhd"));
        Assert.Equal(FaultCode.ChainCycle, Fail(child).Code);
        Assert.Equal(FaultCode.ChainCycle, Fail(child, new ParentPolicy { ParentPath = child }).Code);
        using var image = VhdImage.Open(child, new VhdOpenOptions { ForWriting = true });
        var error = Assert.Throws<VhdFormatException>(() => image.ReadSectors(0, new byte[512]));
        Assert.Equal(FaultCode.ChainCycle, error.Finding.Code);
    }

    [LinkFact]
    public void ImageThatIsItsOwnParentByALinkIsACycle()
    {
        WriteChild(ChainBytes.Child(Size, "child", "child", "alias.vhd"), "other.vhd");
        File.CreateSymbolicLink(_folder["vms/alias.vhd"], _folder["vms/other.vhd"]);
        Assert.Equal(FaultCode.ChainCycle, Fail(_folder["vms/other.vhd"]).Code);
    }

    /// <summary>By identity and not by path: the same file under a second name of its own.</summary>
    [Fact]
    public void ImageThatIsItsOwnParentByAHardLinkIsACycle()
    {
        string child = WriteChild(ChainBytes.Child(Size, "child", "child", "alias.vhd"));
        HardLink.Create(_folder["vms/alias.vhd"], child);
        Assert.Equal(FaultCode.ChainCycle, Fail(child).Code);
    }

    [Fact]
    public void ImagesThatAreEachOthersParentAreACycle()
    {
        string first = WriteChild(ChainBytes.Child(Size, "a", "b", "b.vhd"), "a.vhd");
        WriteChild(ChainBytes.Child(Size, "b", "c", "c.vhd"), "b.vhd");
        WriteChild(ChainBytes.Child(Size, "c", "a", "a.vhd"), "c.vhd");
        Assert.Equal(FaultCode.ChainCycle, Fail(first).Code);
        Assert.Equal(
            [ChainState.Ok, ChainState.Ok, ChainState.Ok, ChainState.Cycle], ChainInspector.Describe(first).Select(level => level.State));
    }

    [Fact]
    public void ParentOfTheSameNameElsewhereIsNotTakenForACycle()
    {
        WriteParent("base/disk.vhd");
        string child =
            WriteChild(Child("disk.vhd").AddLocator(0, ChainBytes.W2ku, @"C:\base\disk.vhd")
                .AddLocator(1, ChainBytes.W2ru, @"..\base\disk.vhd"), "disk.vhd");
        AssertReadsParent(child, new ParentPolicy { SearchFolders = [_folder["base"]] });
        AssertReadsParent(child, new ParentPolicy { FollowParentPath = true });
    }

    [Fact]
    public void ChainOfFiveThousandIsBounded()
    {
        for (int i = 0; i < 5000; i++)
        {
            _folder.Write($"{i}.vhd", ChainBytes.Child(4096, $"{i}", $"{i + 1}", $"{i + 1}.vhd").Bytes);
        }

        using (VhdImage deep = VhdImage.Open(_folder["0.vhd"]))
        {
            var error = Assert.Throws<VhdFormatException>(() => deep.ReadSectors(0, new byte[512]));
            Assert.Equal(FaultCode.ChainTooDeep, error.Finding.Code);
        }

        IReadOnlyList<ChainLevel> levels = ChainInspector.Describe(_folder["0.vhd"]);
        Assert.Equal((ParentPolicy.MaxDepth + 1, ChainState.TooDeep), (levels.Count, levels[^1].State));

        // As deep as is followed: 1023 children over a root.
        _folder.Write("root.vhd", ImageBytes.Dynamic(4096).WithId("5000").AddBlock(0, 0xAB).Bytes);
        File.Move(_folder["root.vhd"], _folder["5000.vhd"]);
        using VhdImage whole = VhdImage.Open(_folder[$"{5000 - ParentPolicy.MaxDepth + 1}.vhd"]);
        byte[] sector = new byte[512];
        whole.ReadSectors(0, sector);
        Assert.Equal(0xAB, sector[0]);
    }

    [Fact]
    public void ParentThatAWriterHasOpenIsAClearError()
    {
        WriteParent("vms/parent.vhd");
        string child = WriteChild(Child("parent.vhd"));
        using (LocalImageFile.OpenWrite(_folder["vms/parent.vhd"]))
        {
            using VhdImage image = VhdImage.Open(child);
            var error = Assert.Throws<ImageInUseException>(() => image.ReadSectors(0, new byte[512]));
            Assert.Contains("parent.vhd", error.Message, StringComparison.Ordinal);
            Assert.Equal(ChainState.Inaccessible, ChainInspector.Describe(child)[1].State);
        }

        // And while the child reads, no one writes to the parent.
        using VhdImage reading = VhdImage.Open(child);
        reading.ReadSectors(0, new byte[512]);
        Assert.Throws<ImageInUseException>(() => LocalImageFile.OpenWrite(_folder["vms/parent.vhd"]));
        using LocalImageFile shared = LocalImageFile.OpenRead(_folder["vms/parent.vhd"]);
    }

    [Fact]
    public void ParentWithoutAnyStoredInformationIsOnlyReadByName()
    {
        WriteParent("vms/parent.vhd");
        string child = WriteChild(Child(string.Empty).PutHeader(40, new byte[16]));
        Assert.Equal(FaultCode.ParentIdNull, Fail(child).Code);
        Assert.Equal(FaultCode.ParentNotFound, Fail(child, new ParentPolicy { IgnoreIdMismatch = true }).Code);
        AssertReadsParent(child, new ParentPolicy { IgnoreIdMismatch = true, ParentPath = _folder["vms/parent.vhd"] });
    }

    [Fact]
    public void TimeStampOfAParentIsANoteOnly()
    {
        WriteParent("vms/parent.vhd");
        string child = WriteChild(Child("parent.vhd").PutHeader(56, 12345u));
        AssertReadsParent(child);
        ChainLevel parent = ChainInspector.Describe(child)[1];
        Assert.Equal(
            (ChainState.Ok, FaultCode.ParentTimeStampDiffers, Severity.Note),
            (parent.State, parent.TimeStampNote!.Code, parent.TimeStampNote.Severity));
        Assert.Null(ChainInspector.Describe(WriteChild(Child("parent.vhd"), "second.vhd"))[1].TimeStampNote);
    }

    private static Finding Fail(string path, ParentPolicy? policy = null)
    {
        using VhdImage image = VhdImage.Open(path, new VhdOpenOptions { Parents = policy ?? ParentPolicy.Default });
        var error = Assert.Throws<VhdFormatException>(() => image.ReadSectors(0, new byte[512]));
        Assert.StartsWith(error.Path + ": ", error.Message, StringComparison.Ordinal);
        return error.Finding;
    }

    private static byte[] ReadAll(string path, ParentPolicy? policy)
    {
        using VhdImage image = VhdImage.Open(path, new VhdOpenOptions { Parents = policy ?? ParentPolicy.Default });
        byte[] bytes = new byte[image.SectorCount * 512];
        image.ReadSectors(0, bytes);
        return bytes;
    }

    private static void AssertReadsParent(string path, ParentPolicy? policy = null)
    {
        byte[] expected = new byte[Size];
        expected.AsSpan(0, 4096).Fill(0xAB);
        Assert.Equal(expected, ReadAll(path, policy));
    }

    private static ImageBytes Child(string parentName) => ChainBytes.Child(Size, "child", "parent", parentName);

    private void WriteParent(string place, string id = "parent", byte fill = 0xAB)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_folder[place])!);
        _folder.Write(place, ImageBytes.Dynamic(Size).WithId(id).AddBlock(0, fill).Bytes);
    }

    private string WriteChild(ImageBytes child, string name = "child.vhd") => _folder.Write($"vms/{name}", child.Bytes);
}
