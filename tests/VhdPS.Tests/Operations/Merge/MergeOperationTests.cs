using VhdPS.Engine.Chains;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Engine.Operations.Merge;
using VhdPS.Engine.Operations.Resize;
using VhdPS.Tests.Chains;
using VhdPS.Tests.Checking;
using VhdPS.Tests.Crash;

namespace VhdPS.Tests.Operations.Merge;

public sealed class MergeOperationTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("Dynamic")]
    [InlineData("Fixed")]
    public void A_chain_of_any_block_sizes_becomes_its_root_level_by_level(string root)
    {
        for (int seed = 1; seed <= 5; seed++)
        {
            using var folder = new TempFolder();
            ChainModel chain = MakeChain(folder, seed, root, children: 3);
            string top = chain.Path, target = ChainInspector.Describe(top)[3].Path;
            MergePlan plan = MergeOperation.Run(Request(top) with { Depth = 3 });
            Assert.Equal(target, plan.TargetPath);
            AssertDisk(target, chain.Content);
            Verdict.AssertClean(target);
            Assert.Equal([target], Directory.GetFiles(folder.Root));
        }
    }

    [Fact]
    public void One_level_goes_into_a_parent_that_has_a_parent_itself()
    {
        ChainModel chain = MakeChain(_folder, 77, "Dynamic", children: 2);
        string parent = ChainInspector.Describe(chain.Path)[1].Path;
        MergePlan plan = MergeOperation.Run(Request(chain.Path) with { KeepChild = true });
        Assert.Empty(plan.DeletedPaths);
        AssertDisk(parent, chain.Content);
        AssertDisk(chain.Path, chain.Content);
        Verdict.AssertClean(parent);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_new_file_leaves_all_others_as_they_are(int depth)
    {
        ChainModel chain = MakeChain(_folder, 78 + depth, "Dynamic", children: 3);
        Dictionary<string, byte[]> before = Directory.GetFiles(_folder.Root).ToDictionary(path => path, File.ReadAllBytes);
        string target = _folder["new.vhd"];
        MergePlan plan = MergeOperation.Run(Request(chain.Path) with { Depth = depth, DestinationPath = target });
        Assert.True(plan.IsNewFile);
        AssertDisk(target, chain.Content);
        Verdict.AssertClean(target);
        Assert.Equal(4 - depth, ChainInspector.Describe(target).Count);
        Assert.Equal([.. before.Keys.Append(target).Order()], Directory.GetFiles(_folder.Root).Order());
        Assert.All(before, pair => Assert.Equal(pair.Value, File.ReadAllBytes(pair.Key)));
        var error = Assert.Throws<VhdOperationException>(
            () => MergeOperation.Run(Request(chain.Path) with { Depth = depth, DestinationPath = target }));
        Assert.Equal(OperationError.TargetExists, error.Code);
    }

    [Fact]
    public void A_destination_in_the_chain_says_how_deep()
    {
        ChainModel chain = MakeChain(_folder, 90, "Fixed", children: 2);
        string root = ChainInspector.Describe(chain.Path)[2].Path;
        Assert.Equal(2, MergeOperation.Plan(Request(chain.Path) with { DestinationPath = root }).SourcePaths.Count);
        Assert.Throws<ArgumentException>(() => MergeOperation.Plan(Request(chain.Path) with { DestinationPath = root, Depth = 1 }));
        var error = Assert.Throws<VhdOperationException>(
            () => MergeOperation.Plan(Request(chain.Path) with { DestinationPath = chain.Path }));
        Assert.Equal(OperationError.SameFile, error.Code);
        MergeOperation.Run(Request(chain.Path) with { DestinationPath = root });
        AssertDisk(root, chain.Content);
    }

    [Fact]
    public void A_smaller_parent_grows_first()
    {
        string parent = Make("parent.vhd", 1 << 20), child = MakeChild("child.vhd", parent);
        ResizeOperation.Run(new ResizeOptions(child) { SizeBytes = 5 << 20 });
        Write(child, 9000, 0x77);
        MergePlan plan = MergeOperation.Run(Request(child));
        Assert.Equal((1L << 20, 5L << 20), (plan.OldSizeBytes, plan.NewSizeBytes));
        byte[] disk = new byte[5 << 20];
        disk.AsSpan(9000 * 512, 512).Fill(0x77);
        AssertDisk(parent, disk);
        Verdict.AssertClean(parent);
    }

    [Fact]
    public void Zeros_beyond_a_smaller_level_hide_what_lies_deeper()
    {
        string root = Make("root.vhd", 4 << 20), middle = MakeChild("middle.vhd", root), child = MakeChild("child.vhd", middle);
        Write(root, 8000, 0x11);
        ResizeOperation.Run(new ResizeOptions(middle) { SizeBytes = 1 << 20, Force = true });
        MergeOperation.Run(Request(child) with { DestinationPath = _folder["new.vhd"] });
        AssertDisk(_folder["new.vhd"], new byte[4 << 20]);
        Assert.Equal(root, ChainInspector.Describe(_folder["new.vhd"])[1].Path);
    }

    [Fact]
    public void Other_children_of_the_parent_are_named_and_keep_their_disks()
    {
        string parent = Make("parent.vhd", 1 << 20), child = MakeChild("child.vhd", parent);
        string other = MakeChild("other.vhd", parent), third = MakeChild("third.vhd", parent);
        Write(child, 5, 0x12);
        byte[] before = File.ReadAllBytes(parent);
        var error = Assert.Throws<VhdOperationException>(() => MergeOperation.Run(Request(child)));
        Assert.Equal(OperationError.HasChildren, error.Code);
        Assert.Contains(other, error.Message, StringComparison.Ordinal);
        Assert.Contains(third, error.Message, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllBytes(parent));
        Assert.True(File.Exists(child));
        MergeOperation.Run(Request(child) with { DestinationPath = _folder["new.vhd"] });
        Assert.Equal(before, File.ReadAllBytes(parent));
    }

    [Fact]
    public void An_image_that_others_stand_on_is_not_deleted()
    {
        string parent = Make("parent.vhd", 1 << 20), child = MakeChild("child.vhd", parent), grandchild = MakeChild(
            "grandchild.vhd", child);
        var error = Assert.Throws<VhdOperationException>(() => MergeOperation.Run(Request(child)));
        Assert.Equal((OperationError.HasChildren, child), (error.Code, error.Path));
        Assert.Contains(grandchild, error.Message, StringComparison.Ordinal);
        Write(child, 7, 0x13);
        MergeOperation.Run(Request(child) with { KeepChild = true });
        AssertDisk(parent, Read(grandchild));
    }

    [Fact]
    public void What_has_no_parent_or_not_that_many_is_refused()
    {
        string parent = Make("parent.vhd", 1 << 20), child = MakeChild("child.vhd", parent);
        Assert.Equal(OperationError.WrongType, Assert.Throws<VhdOperationException>(() => MergeOperation.Plan(Request(parent))).Code);
        Assert.Throws<ArgumentException>(() => MergeOperation.Plan(Request(child) with { Depth = 2 }));
        File.Delete(parent);
        Assert.Equal(FaultCode.ParentNotFound, Assert.Throws<VhdFormatException>(() => MergeOperation.Plan(Request(child))).Finding.Code);
    }

    [Fact]
    public void A_merge_that_was_cancelled_is_run_again()
    {
        string parent = Make("parent.vhd", 8 << 20), child = MakeChild("child.vhd", parent);
        byte[] disk = new byte[8 << 20];
        new Random(5).NextBytes(disk);
        using (VhdImage image = VhdImage.Open(child, new VhdOpenOptions { ForWriting = true }))
        {
            image.WriteSectors(0, disk);
        }

        for (int at = 1; at <= 3; at++)
        {
            using var cancellation = new CancellationTokenSource();
            int calls = 0;
            var progress = new Calls(() =>
            {
                if (++calls == at)
                {
                    cancellation.Cancel();
                }
            });
            Assert.ThrowsAny<OperationCanceledException>(() => MergeOperation.Run(Request(child), progress, cancellation.Token));
            AssertDisk(child, disk);
            Verdict.AssertClean(parent);
        }

        MergeOperation.Run(Request(child));
        AssertDisk(parent, disk);
        Assert.False(File.Exists(child));
    }

    [Theory]
    [InlineData(512)]
    [InlineData(4096)]
    [InlineData(65536)]
    public void The_growth_of_a_parent_is_known_before(int childBlockSize)
    {
        string parent = Make("parent.vhd", 1 << 20), child = _folder["child.vhd"];
        ChildCreator.Create(child, new NewChild(parent)
        {
            BlockSize = childBlockSize,
            UniqueId = Guid.NewGuid(),
            TimeStamp = VhdSpec.Epoch,
        });
        foreach (long sector in new long[] { 0, 1, 7, 8, 500, 1999 })
        {
            Write(parent, sector, 0x11);
        }

        foreach (long sector in new long[] { 2, 9, 16, 17, 129, 1000, 2047 })
        {
            Write(child, sector, 0x22);
        }

        long before = new FileInfo(parent).Length, most = MergeGrowth.CountBytes(child, parent);
        MergeOperation.Run(Request(child));
        long growth = new FileInfo(parent).Length - before;

        // A block of the child may reach over several of the parent's of which it writes only some.
        Assert.True(growth == most || (childBlockSize > 4096 && growth < most), $"{growth} bytes, {most} were told");
        Verdict.AssertClean(parent);
    }

    [SmallDiskFact]
    public void A_merge_that_has_no_room_is_refused_before_it_starts()
    {
        using var disk = new SmallDisk(1 << 20);
        string parent = disk["parent.vhd"], child = disk["child.vhd"];
        ImageCreator.Create(parent, new NewImage(4 << 20) { BlockSize = 65536, UniqueId = Guid.NewGuid(), TimeStamp = VhdSpec.Epoch });
        ChildCreator.Create(child, new NewChild(parent) { UniqueId = Guid.NewGuid(), TimeStamp = VhdSpec.Epoch });
        for (int block = 0; block < 9; block++)
        {
            for (int sector = block * 128; sector < (block + 1) * 128; sector += 8)
            {
                Write(child, sector, 0x33);
            }
        }

        byte[] before = File.ReadAllBytes(parent);
        foreach (MergeOptions request in new[] { Request(child), Request(child) with { DestinationPath = disk["new.vhd"] } })
        {
            var error = Assert.Throws<VhdOperationException>(() => MergeOperation.Run(request));
            Assert.Equal(OperationError.NotEnoughSpace, error.Code);
        }

        Assert.Equal(before, File.ReadAllBytes(parent));
        Assert.Equal(2, Directory.GetFiles(Path.GetDirectoryName(parent)!).Length);
        Verdict.AssertClean(child);
    }

    private static MergeOptions Request(string path) => new(path) { UniqueId = Guid.NewGuid(), TimeStamp = VhdSpec.Epoch };

    private static ChainModel MakeChain(TempFolder folder, int seed, string root, int children)
    {
        var random = new Random(seed);
        var chain = new ChainModel(folder, random, random.Next(3000, 12000), root);
        for (int i = 0; i < children; i++)
        {
            chain.AddChild();
            chain.WriteRandomly(15);
        }

        return chain;
    }

    private static byte[] Read(string path)
    {
        using VhdImage image = VhdImage.Open(path);
        byte[] disk = new byte[image.SectorCount * 512];
        image.ReadSectors(0, disk);
        return disk;
    }

    private static void AssertDisk(string path, byte[] expected)
    {
        byte[] actual = Read(path);
        Assert.Equal(expected.Length, actual.Length);
        int same = expected.AsSpan().CommonPrefixLength(actual);
        Assert.True(same == expected.Length, $"sector {same / 512} differs");
    }

    private static void Write(string path, long sector, byte value)
    {
        using VhdImage image = VhdImage.Open(path, new VhdOpenOptions { ForWriting = true });
        byte[] data = new byte[512];
        data.AsSpan().Fill(value);
        image.WriteSectors(sector, data);
    }

    private string Make(string name, long size)
    {
        ImageCreator.Create(_folder[name], new NewImage(size) { BlockSize = 4096, UniqueId = Guid.NewGuid(), TimeStamp = VhdSpec.Epoch });
        return _folder[name];
    }

    private string MakeChild(string name, string parent)
    {
        ChildCreator.Create(_folder[name], new NewChild(parent) { UniqueId = Guid.NewGuid(), TimeStamp = VhdSpec.Epoch });
        return _folder[name];
    }

    private sealed class Calls(Action action) : IProgress<WorkProgress>
    {
        public void Report(WorkProgress value) => action();
    }
}
