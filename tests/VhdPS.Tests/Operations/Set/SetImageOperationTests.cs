using VhdPS.Engine.Chains;
using VhdPS.Engine.Checking;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Engine.Layout;
using VhdPS.Engine.Operations.Set;
using VhdPS.Tests.Chains;
using VhdPS.Tests.Crash;
using VhdPS.Tests.Files;
using VhdPS.Tests.Format;

namespace VhdPS.Tests.Operations.Set;

/// <summary>Footer fields and the link to a parent, changed in place.</summary>
public sealed class SetImageOperationTests : IDisposable
{
    private const int Size = 16 * 4096;

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void FieldsOfBothFootersChangeAndNothingElse()
    {
        ImageBytes image = ImageBytes.Dynamic().AddBlock(1, 0x11).PutFooter(85, [1]).PutFooter(500, [0xEE]);
        foreach (byte[] bytes in new[] { image.Bytes, ImageBytes.Fixed().PutFooter(500, [0xEE]).Bytes })
        {
            MemoryImageFile file = new(bytes, _folder["image.vhd"]);
            var id = Guid.NewGuid();
            DateTime time = new(2020, 2, 3, 4, 5, 6, DateTimeKind.Utc);
            SetImageOperation.Run(
                file, new SetImageOptions(file.Path) { UniqueId = id, TimeStamp = time, CreatorApplication = "abc", SavedState = true });
            byte[] after = file.Reopen().ToArray();
            var layout = ImageLayout.Read(file.Reopen());
            Assert.Equal(
                (id, time, "abc", (byte)1),
                (layout.Footer.UniqueId, layout.Footer.TimeStamp, layout.Footer.CreatorApplication, layout.Footer.SavedState));
            Assert.DoesNotContain(layout.Findings, finding => finding.Code is FaultCode.FootersDiffer or FaultCode.FooterChecksumMismatch);
            int[] changed = [.. Enumerable.Range(0, bytes.Length).Where(i => bytes[i] != after[i])];
            int footerAt = bytes.Length - 512;
            Assert.All(changed, at => Assert.Contains(
                at >= footerAt ? at - footerAt : at, Enumerable.Range(24, 8).Concat(Enumerable.Range(64, 21))));
            Assert.Equal(bytes.Length, after.Length);

            SetImageOperation.Run(file.Reopen(), new SetImageOptions(file.Path) { SavedState = false });
            Assert.Equal(0, ImageLayout.Read(file.Reopen()).Footer.SavedState);
        }
    }

    [Fact]
    public void LegacyFooterGetsItsLastByte()
    {
        byte[] bytes = ImageBytes.Fixed().CutEnd(1).Bytes;
        var file = new MemoryImageFile(bytes, _folder["image.vhd"]);
        SetImageOperation.Run(file, new SetImageOptions(file.Path) { SavedState = true });
        var layout = ImageLayout.Read(file.Reopen());
        Assert.Equal((bytes.Length + 1, (byte)1, true), ((int)layout.FileLength, layout.Footer.SavedState, layout.Footer.IsChecksumValid));
    }

    [Fact]
    public void RelinkPointsToTheNewParentAndKeepsTheRest()
    {
        string parent = WriteParent("base/new parent.vhd", "new");
        ImageBytes image = ChainBytes.Child(Size, "child", "old", "old.vhd").PutHeader(800, [0xEE]).PutFooter(300, [0xDD])
            .AddLocator(0, ChainBytes.W2ku, @"C:\x\old.vhd").AddLocator(1, ChainBytes.W2ru, @".\old.vhd")
            .AddLocator(2, ChainBytes.W2ru, @".\older.vhd")
            .AddLocator(4, 0x4D616320, "alias").AddLocator(6, ChainBytes.Wi2r, "deprecated");
        int aliasAt = (int)BitConverter.ToInt64([.. image.Bytes.AsSpan(512 + 576 + (4 * 24) + 16, 8).ToArray().Reverse()]);
        image.Insert(new byte[4096]);
        image.AddBlock(0, 0x11).AddBlock(3, 0x33, [0x0F]);
        string child = _folder.Write("child.vhd", image.Bytes);
        byte[] alias = image.Bytes[aliasAt..(aliasAt + 512)];
        long length = image.Bytes.Length;

        var mismatch = Assert.Throws<VhdFormatException>(() => SetImageOperation.Run(new SetImageOptions(child) { ParentPath = parent }));
        Assert.Equal(FaultCode.ParentIdMismatch, mismatch.Finding.Code);
        Assert.Equal(image.Bytes, File.ReadAllBytes(child));

        SetImageOperation.Run(new SetImageOptions(child) { ParentPath = parent, IgnoreIdMismatch = true });
        byte[] after = File.ReadAllBytes(child);
        Assert.Equal(length, after.Length);
        Assert.Equal((0xEE, 0xDD, 0xDD), ((int)after[512 + 800], (int)after[300], (int)after[^(512 - 300)]));
        Assert.Equal(alias, after[aliasAt..(aliasAt + 512)]);
        using (var file = LocalImageFile.OpenRead(child))
        {
            var layout = ImageLayout.Read(file);
            Assert.Null(layout.FindBlockingFinding(forWriting: true));
            Assert.DoesNotContain(layout.Findings,
                finding => finding.Code is FaultCode.LocatorOverlaps or FaultCode.FootersDiffer or FaultCode.TrailingBytes);
            Assert.Equal(512UL, layout.Footer.DataOffset);

            // Windows writes no file URL.
            string[] url = OperatingSystem.IsWindows() ? [] : ["file://" + parent.Replace(" ", "%20", StringComparison.Ordinal)];
            Assert.Equal(
                ["W2ru", "W2ku", .. url.Select(_ => "MacX"), "Mac ", "Wi2r"],
                layout.Header!.ParentLocators.Where(locator => locator.IsUsed).Select(locator => locator.CodeText));
            Assert.Equal(
                [@".\base\new parent.vhd", parent.Replace('/', '\\'), .. url, "deprecated", "new parent.vhd"],
                StoredParentPath.ReadAll(file, layout.Header).Select(path => path.Text));
        }

        using VhdImage opened = VhdImage.Open(child);
        byte[] disk = new byte[Size];
        opened.ReadSectors(0, disk);
        Assert.Equal((0x11, 0xAB, 0xAB, 0x33), (disk[0], disk[4096], disk[3 * 4096], disk[(4 * 4096) - 1]));
    }

    [Fact]
    public void LongerPathsGoWhereThereIsRoom()
    {
        string deep = string.Join('/', Enumerable.Repeat("a folder with quite a long name, so that its path passes every room", 8));
        string parent = WriteParent($"{deep}/parent.vhd", "p");
        string child =
            _folder.Write("child.vhd", ChainBytes.Child(Size, "child", "p", "gone.vhd").AddBlock(0, 0x11).AddBlock(1, 0x22).Bytes);
        byte[] before = File.ReadAllBytes(child);
        SetImageOperation.Run(new SetImageOptions(child) { ParentPath = parent });
        byte[] after = File.ReadAllBytes(child);
        Assert.True(after.Length > before.Length);
        Assert.Equal(before[1536..^512], after[1536..(before.Length - 512)]);
        Assert.Equal([ChainState.Ok, ChainState.Ok], ChainInspector.Describe(child).Select(level => level.State));

        // Linked again, and with a block behind, the room is used again and not leaked.
        using (VhdImage image = VhdImage.Open(child, new VhdOpenOptions { ForWriting = true }))
        {
            image.WriteSectors(5 * 8, new byte[512]);
        }

        long length = new FileInfo(child).Length;
        SetImageOperation.Run(new SetImageOptions(child) { ParentPath = parent });
        Assert.Equal(length, new FileInfo(child).Length);
        using VhdImage opened = VhdImage.Open(child, new VhdOpenOptions { ForWriting = true });
        byte[] sector = new byte[512];
        opened.ReadSectors(8, sector);
        Assert.Equal(0x22, sector[0]);
    }

    [Fact]
    public void LocatorThatClaimsABlockIsNotWrittenInItsPlace()
    {
        string parent = WriteParent("parent.vhd", "p");
        ImageBytes image = ChainBytes.Child(Size, "child", "p", "gone.vhd").AddBlock(0, 0x11);
        image.PutLocator(0, ChainBytes.W2ru, 4096, 64, (ulong)(image.FooterOffset - 4096))
            .PutLocator(1, ChainBytes.W2ku, 4096, 64, (ulong)image.TableOffset);
        string child = _folder.Write("child.vhd", image.Bytes);
        SetImageOperation.Run(new SetImageOptions(child) { ParentPath = parent });
        byte[] after = File.ReadAllBytes(child);
        Assert.Equal(image.Bytes[image.TableOffset..image.FooterOffset], after[image.TableOffset..image.FooterOffset]);
        Assert.Equal([ChainState.Ok, ChainState.Ok], ChainInspector.Describe(child).Select(level => level.State));
    }

    [Fact]
    public void IdThatChildrenNameIsChangedByForceOnly()
    {
        string parent = WriteParent("parent.vhd", "p");
        _folder.Write("child.vhd", ChainBytes.Child(Size, "child", "p", "parent.vhd").Bytes);
        _folder.Write("rubbish.vhd", new byte[700]);
        var error = Assert.Throws<VhdOperationException>(
            () => SetImageOperation.Run(new SetImageOptions(parent) { UniqueId = ChainBytes.Id("q") }));
        Assert.Equal(OperationError.HasChildren, error.Code);
        Assert.Contains("child.vhd", error.Message, StringComparison.Ordinal);
        SetImageOperation.Run(new SetImageOptions(parent) { UniqueId = ChainBytes.Id("p"), SavedState = true });
        SetImageOperation.Run(new SetImageOptions(parent) { UniqueId = ChainBytes.Id("q"), Force = true });
        Assert.Equal(ChainState.IdMismatch, ChainInspector.Describe(_folder["child.vhd"])[1].State);
    }

    [Fact]
    public void WhatCannotBeIsRefusedAndNothingChanges()
    {
        string parent = WriteParent("parent.vhd", "p"), nameless = WriteParent("nameless.vhd", "p");
        File.WriteAllBytes(nameless, ImageBytes.Dynamic(Size).PutFooter(68, new byte[16]).Bytes);
        string child = _folder.Write("child.vhd", ChainBytes.Child(Size, "child", "p", "parent.vhd").Bytes);
        string grandchild = _folder.Write("grandchild.vhd", ChainBytes.Child(Size, "grandchild", "child", "child.vhd").Bytes);
        byte[] before = File.ReadAllBytes(child);
        FaultCode Code(string path) =>
            Assert.Throws<VhdFormatException>(
                () => SetImageOperation.Run(new SetImageOptions(child) { ParentPath = path, IgnoreIdMismatch = true })).Finding.Code;

        Assert.Equal(FaultCode.ParentNotFound, Code(_folder["none.vhd"]));
        Assert.Equal(FaultCode.ChainCycle, Code(child));
        Assert.Equal(FaultCode.ChainCycle, Code(grandchild));
        Assert.Equal(FaultCode.UniqueIdNull, Code(nameless));
        Assert.Throws<ArgumentException>(() => SetImageOperation.Run(new SetImageOptions(child) { UniqueId = Guid.Empty }));
        Assert.Throws<ArgumentException>(() => SetImageOperation.Run(new SetImageOptions(child) { CreatorApplication = "too long" }));
        Assert.Equal(OperationError.WrongType, Assert.Throws<VhdOperationException>(
            () => SetImageOperation.Run(new SetImageOptions(parent) { ParentPath = child })).Code);

        // The creator "vpc " would make the geometry the size.
        Assert.Equal(
            OperationError.DataWouldBeLost, Assert.Throws<VhdOperationException>(
                () => SetImageOperation.Run(new SetImageOptions(child) { CreatorApplication = "vpc " })).Code);
        Assert.Equal(before, File.ReadAllBytes(child));
    }

    /// <summary>
    /// After each sync any set of the sectors that were written since may have reached the medium: whichever do, the image
    /// opens, and its link is wholly the old one or wholly the new one.
    /// </summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void PowerCutLeavesTheOldOrTheNewLink(bool hasRoom)
    {
        string parent = WriteParent("new parent.vhd", "new");
        ImageBytes image = ChainBytes.Child(Size, "child", "old", "old.vhd").AddLocator(0, ChainBytes.W2ku, @"C:\x\old.vhd")
            .AddLocator(1, ChainBytes.W2ru, @".\old.vhd");
        if (hasRoom)
        {
            image.Insert(new byte[8192]);
        }

        image.AddBlock(0, 0x11);
        var file = new RecordingImageFile(new MemoryImageFile(image.Bytes, _folder["child.vhd"]));
        SetImageOperation.Run(
            file, new SetImageOptions(file.Path) { ParentPath = parent, IgnoreIdMismatch = true, TimeStamp = VhdSpec.Epoch });

        FooterOrder.Verify(image.Bytes, file.Changes, "relink");
        var durable = new MemoryImageFile(image.Bytes);
        var pending = new List<Change>();
        var links = new HashSet<string>();
        foreach (Change change in file.Changes)
        {
            if (change.Kind != ChangeKind.Flush)
            {
                pending.AddRange(SplitBySector(change));
                continue;
            }

            int sets = 1 << Math.Min(pending.Count, 12);
            for (int set = 0; set < sets; set++)
            {
                using MemoryImageFile cut = durable.Copy();
                for (int i = 0; i < pending.Count; i++)
                {
                    if ((set & (1 << (i % 12))) != 0)
                    {
                        Apply(cut, pending[i]);
                    }
                }

                links.Add(ReadLink(cut));
                VerifyByFront(cut);
                LinkAgain(cut, parent);
            }

            for (int i = 0; i < 2 * pending.Count; i++)
            {
                // The sector that was being written when the power went, with all of the others before it or none.
                Change spoilt = pending[i / 2];
                using MemoryImageFile cut = durable.Copy();
                pending.Take(i % 2 == 0 ? i / 2 : 0).ToList().ForEach(earlier => Apply(cut, earlier));
                Apply(cut, spoilt with { Data = [.. Enumerable.Repeat((byte)0xDB, spoilt.Data.Length)] });
                links.Add(ReadLink(cut));
                LinkAgain(cut, parent);
            }

            pending.ForEach(write => Apply(durable, write));
            pending.Clear();
        }

        Assert.Empty(pending);
        Assert.Equal(2, links.Count);
        Assert.Contains(
            "old.vhd|C:\\x\\old.vhd|.\\old.vhd", links.Select(link => link[(link.IndexOf('|', StringComparison.Ordinal) + 1)..]));
        Assert.DoesNotContain(ImageLayout.Read(durable).Findings, finding => finding.Severity != Severity.Note);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void AFooterOnTheMediumIsLeftAloneWhileTheOtherChanges(bool isChild)
    {
        ImageBytes image = isChild ? ChainBytes.Child(Size, "child", "old", "old.vhd") : ImageBytes.Dynamic();
        var file = new RecordingImageFile(new MemoryImageFile(image.Bytes, _folder["image.vhd"]));
        SetImageOperation.Run(
            file, new SetImageOptions(file.Path) { SavedState = true, UniqueId = Guid.NewGuid(), TimeStamp = VhdSpec.Epoch });
        Assert.Equal(2, file.Changes.Count(change => change.Kind == ChangeKind.Flush));
        FooterOrder.Verify(image.Bytes, file.Changes, "footers");
        Assert.DoesNotContain(ImageChecker.Check(file).Findings, finding => finding.Severity == Severity.Error);
    }

    /// <summary>What was cut off can be done again, whatever is left of the footers.</summary>
    private void LinkAgain(MemoryImageFile cut, string parent)
    {
        using var again = new MemoryImageFile(cut.ToArray(), _folder["child.vhd"]);
        SetImageOperation.Run(
            again, new SetImageOptions(again.Path) { ParentPath = parent, IgnoreIdMismatch = true, TimeStamp = VhdSpec.Epoch });
        Assert.Contains("new parent.vhd", ReadLink(again), StringComparison.Ordinal);
        Assert.DoesNotContain(ImageChecker.Check(again.Reopen()).Findings, finding => finding.Severity == Severity.Error);
    }

    private static IEnumerable<Change> SplitBySector(Change change)
    {
        if (change.Kind != ChangeKind.Write)
        {
            return [change];
        }

        return Enumerable.Range(0, (change.Data.Length + 511) / 512).Select(i => new Change(
            ChangeKind.Write, change.FileOffset + (i * 512), change.Data[(i * 512)..Math.Min(change.Data.Length, (i + 1) * 512)]));
    }

    private static void Apply(MemoryImageFile file, Change change)
    {
        if (change.Kind == ChangeKind.SetLength)
        {
            file.SetLength(change.FileOffset);
        }
        else
        {
            file.WriteAt(change.FileOffset, change.Data);
        }
    }

    private static string ReadLink(MemoryImageFile file)
    {
        using VhdImage image = VhdImage.Open(file.Reopen());
        byte[] sector = new byte[512];
        image.ReadSectors(0, sector);
        Assert.Equal(0x11, sector[0]);
        DynamicDiskHeader header = image.Layout.Header!;
        IEnumerable<string> texts = header.ParentLocators.Where(locator => locator.IsUsed).Select(locator => locator.ReadPath(file)!);
        return string.Join('|', texts.Prepend(header.ParentUnicodeName).Prepend($"{header.ParentUniqueId}{image.Layout.Footer.TimeStamp}"));
    }

    /// <summary>The copy of the footer at the front, which QEMU's driver reads first, names a header that is whole.</summary>
    private static void VerifyByFront(MemoryImageFile file)
    {
        byte[] front = new byte[512], bytes = new byte[1024];
        file.ReadAt(0, front);
        var footer = HardDiskFooter.Parse(front);
        Assert.True(footer.HasCookie && footer.IsChecksumValid);
        Assert.Equal(bytes.Length, file.ReadAt((long)footer.DataOffset, bytes));
        var header = DynamicDiskHeader.Parse(bytes);
        Assert.True(header.HasCookie && header.IsChecksumValid);
        Assert.All(
            header.ParentLocators.Where(locator => locator.IsUsed),
            locator => Assert.EndsWith(".vhd", locator.ReadPath(file), StringComparison.Ordinal));
    }

    private string WriteParent(string place, string id)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_folder[place])!);
        byte[] bytes = ImageBytes.Dynamic(Size).WithId(id).Bytes;
        ImageBytes image = ImageBytes.Dynamic(Size).WithId(id).AddBlock(0, 0xAB).AddBlock(1, 0xAB).AddBlock(3, 0xAB);
        Assert.NotEqual(bytes, image.Bytes);
        return _folder.Write(place, image.Bytes);
    }
}
