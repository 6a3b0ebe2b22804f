using VhdPS.Engine.Chains;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Engine.Layout;
using VhdPS.Engine.Operations.Set;
using VhdPS.Tests.Chains;
using VhdPS.Tests.Checking;
using VhdPS.Tests.Files;
using VhdPS.Tests.Format;

namespace VhdPS.Tests.Operations.Set;

/// <summary>Who depends on what would change, which ids cannot be, and footers that are put in order first.</summary>
public sealed class SetImageRefusalTests : IDisposable
{
    private const int Size = 16 * 4096;

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_would_be_refused_is_refused_by_a_look_too()
    {
        string child = MakeChild(), other = MakeParent("other.vhd", "other");
        byte[] before = File.ReadAllBytes(child);
        var options = new SetImageOptions(child) { ParentPath = other };
        Assert.Equal(
            FaultCode.ParentIdMismatch, Assert.Throws<VhdFormatException>(() => SetImageOperation.Check(options)).Finding.Code);
        SetImageOperation.Check(options with { IgnoreIdMismatch = true });
        Assert.Equal(before, File.ReadAllBytes(child));
    }

    /// <summary>A footer that is missing is written again, and the change is in both.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Footers_are_put_in_order_before_they_change(bool isFrontMissing)
    {
        ImageBytes bytes = ImageBytes.Dynamic(Size).AddBlock(0, 7);
        bytes = isFrontMissing ? bytes.Poke(0, new byte[512]) : bytes.CutEnd(512);
        MemoryImageFile file = bytes.ToFile();
        var id = Guid.NewGuid();
        SetImageOperation.Run(file.Reopen(), new SetImageOptions(file.Path) { UniqueId = id, Force = true });
        var layout = ImageLayout.Read(file.Reopen());
        Assert.Equal((id, id), (layout.Footers.End!.Footer.UniqueId, HardDiskFooter.Parse(file.ToArray().AsSpan(0, 512)).UniqueId));
        Verdict.AssertClean(file.Reopen());
    }

    /// <summary>A block lies past the end of the file: it may have been cut off, and the footer with it.</summary>
    [Theory]
    [InlineData("end")]
    [InlineData("front")]
    [InlineData("differ")]
    public void An_image_that_may_only_be_read_is_not_changed(string wrong)
    {
        ImageBytes bytes = ImageBytes.Dynamic(Size).AddBlock(0, 7).PutEntry(1, 0x00FFFFF0);
        bytes = wrong switch
        {
            "end" => bytes.CutEnd(512),
            "front" => bytes.Poke(0, new byte[512]),
            _ => bytes.PutFront(48, ImageBytes.BigEndian(8UL * 4096)),
        };
        MemoryImageFile file = bytes.ToFile();
        Finding finding = ImageLayout.Read(file).FindBlockingFinding(forWriting: true)!;
        var error = Assert.Throws<VhdFormatException>(
            () => SetImageOperation.Run(file.Reopen(), new SetImageOptions(file.Path) { SavedState = true }));
        Assert.Equal(finding.Code, error.Finding.Code);
        Assert.Equal(bytes.Bytes, file.ToArray());
    }

    [Fact]
    public void Who_depends_on_an_image_hears_what_the_change_does()
    {
        string child = MakeChild();
        _folder.Write("leaf.vhd", ChainBytes.Child(Size, "leaf", "child", "child.vhd").Bytes);
        string other = MakeParent("other.vhd", "other"), same = MakeParent("same.vhd", "parent");
        Assert.Contains(
            "which it knows by the id", Refusal(new SetImageOptions(child) { UniqueId = Guid.NewGuid() }), StringComparison.Ordinal);
        Assert.Contains(
            "see the other parent's data",
            Refusal(new SetImageOptions(child) { ParentPath = other, IgnoreIdMismatch = true }),
            StringComparison.Ordinal);

        // The same parent at another place changes nothing for them.
        SetImageOperation.Run(new SetImageOptions(child) { ParentPath = same });
        SetImageOperation.Run(new SetImageOptions(child) { ParentPath = other, IgnoreIdMismatch = true, Force = true });
        Assert.Equal(other, ChainInspector.Describe(child)[1].Path);
    }

    [Fact]
    public void Those_who_depend_on_it_are_looked_for_where_one_says()
    {
        string parent = MakeParent("parent.vhd", "parent"), far = Directory.CreateTempSubdirectory("vhdps-test-").FullName;
        try
        {
            string child = Path.Combine(far, "child.vhd");
            ChildCreator.Create(child, new NewChild(parent) { UniqueId = Guid.NewGuid(), TimeStamp = VhdSpec.Epoch });
            var options = new SetImageOptions(parent) { UniqueId = Guid.NewGuid() };
            SetImageOperation.Check(options);
            Assert.Contains(child, Refusal(options with { Children = new ChildIndex([far]) }), StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(far, recursive: true);
        }
    }

    [Fact]
    public void A_child_never_has_the_id_of_its_parent()
    {
        string child = MakeChild(), parent = _folder["parent.vhd"], namesake = MakeParent("namesake.vhd", "child");
        byte[] before = File.ReadAllBytes(child);
        foreach (SetImageOptions options in new[]
        {
            new SetImageOptions(child) { UniqueId = ChainBytes.Id("parent") },
            new SetImageOptions(child) { UniqueId = ChainBytes.Id("parent"), ParentPath = parent },
            new SetImageOptions(child) { ParentPath = namesake, IgnoreIdMismatch = true },
            new SetImageOptions(child) { UniqueId = ChainBytes.Id("child"), ParentPath = namesake, IgnoreIdMismatch = true },
        })
        {
            Assert.Contains(
                "its parent's", Assert.Throws<ArgumentException>(() => SetImageOperation.Run(options)).Message, StringComparison.Ordinal);
            Assert.Equal(before, File.ReadAllBytes(child));
        }

        // With an id of its own it may have that parent; and one that it has already keeps nothing else from being changed.
        SetImageOperation.Run(new SetImageOptions(child) { UniqueId = ChainBytes.Id("x"), ParentPath = namesake, IgnoreIdMismatch = true });
        string twin = _folder.Write("twin.vhd", ChainBytes.Child(Size, "twin", "twin", "twin.vhd").Bytes);
        SetImageOperation.Run(new SetImageOptions(twin) { SavedState = true });
        Assert.Equal(1, Footer(twin).SavedState);

        // What is no child stores no parent, whatever its header says.
        string plain = _folder.Write(
            "plain.vhd", ImageBytes.Dynamic(Size).PutHeader(40, ChainBytes.Id("plain").ToByteArray(bigEndian: true)).Bytes);
        SetImageOperation.Run(new SetImageOptions(plain) { UniqueId = ChainBytes.Id("plain") });
        Assert.Equal(ChainBytes.Id("plain"), Footer(plain).UniqueId);
    }

    [Fact]
    public void A_parent_that_someone_has_open_is_in_use()
    {
        string child = MakeChild();
        using (LocalImageFile.OpenWrite(_folder["parent.vhd"]))
        {
            var options = new SetImageOptions(child) { ParentPath = _folder["parent.vhd"] };
            Assert.Throws<ImageInUseException>(() => SetImageOperation.Run(options));
        }
    }

    [Fact]
    public void A_raw_parent_has_no_id_to_match()
    {
        string child = MakeChild(), raw = _folder.Write("disk.img", new byte[Size]);
        var options = new SetImageOptions(child) { ParentPath = raw, IsParentRaw = true };
        byte[] before = File.ReadAllBytes(child);
        var error = Assert.Throws<VhdFormatException>(() => SetImageOperation.Run(options));
        Assert.Equal(FaultCode.ParentIdMismatch, error.Finding.Code);
        Assert.Contains(raw, error.Message, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllBytes(child));
        SetImageOperation.Run(options with { IgnoreIdMismatch = true });
        using (var file = LocalImageFile.OpenRead(child))
        {
            Assert.Equal(Guid.Empty, ImageLayout.Read(file).Header!.ParentUniqueId);
        }

        // One that names none takes another raw disk without being asked.
        string second = _folder.Write("second.img", new byte[Size]);
        SetImageOperation.Run(options with { ParentPath = second });
        Assert.Equal(second, ChainInspector.Describe(child, new ParentPolicy { RawParent = true })[1].Path);
        Verdict.AssertClean(child);
    }

    private static string Refusal(SetImageOptions options)
    {
        byte[] before = File.ReadAllBytes(options.Path);
        var error = Assert.Throws<VhdOperationException>(() => SetImageOperation.Run(options));
        Assert.Equal(OperationError.HasChildren, error.Code);
        Assert.Equal(before, File.ReadAllBytes(options.Path));
        return error.Message;
    }

    private static HardDiskFooter Footer(string path)
    {
        using var file = LocalImageFile.OpenRead(path);
        return ImageLayout.Read(file).Footer;
    }

    private string MakeChild()
    {
        MakeParent("parent.vhd", "parent");
        return _folder.Write("child.vhd", ChainBytes.Child(Size, "child", "parent", "parent.vhd").AddBlock(1, 0x11).Bytes);
    }

    private string MakeParent(string name, string id) =>
        _folder.Write(name, ImageBytes.Dynamic(Size).WithId(id).AddBlock(0, 0xAB).Bytes);
}
