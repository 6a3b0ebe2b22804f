using System.Buffers;
using VhdPS.Engine.Chains;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Engine.Layout;
using VhdPS.Engine.Operations.Merge;
using VhdPS.Engine.Operations.Resize;
using VhdPS.Engine.Operations.Set;
using VhdPS.Engine.Vhdx;
using VhdPS.Tests.Checking;
using VhdPS.Tests.Peers;

namespace VhdPS.Tests.Operations.Merge;

/// <summary>What a merge says that it will do, what it says while it does it, and what it refuses before.</summary>
public sealed class MergePlanTests : IDisposable
{
    private const int Size = 1 << 20;

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_plan_names_sizes_files_and_data()
    {
        (string parent, string child) = MakePair();
        Write(child, 0, 3 * 8, 100 * 8);
        MergePlan plan = MergeOperation.Plan(Request(child));
        Assert.Equal((parent, 3L * 4096, false), (plan.TargetPath, plan.DataBytes, plan.IsNewFile));
        Assert.Equal([child], plan.SourcePaths);
        Assert.Equal([child], plan.DeletedPaths);
        Assert.Empty(MergeOperation.Plan(Request(child) with { KeepChild = true }).DeletedPaths);

        // Of a fixed root all counts, and nothing of a new file is deleted.
        string fixedRoot = _folder["fixed.vhd"];
        ImageCreator.Create(fixedRoot, New() with { VhdType = VhdType.Fixed });
        string fixedChild = MakeChild("fixed-child.vhd", fixedRoot);
        Write(fixedChild, 7);
        long length = new FileInfo(fixedRoot).Length;
        plan = MergeOperation.Plan(Request(fixedChild) with { DestinationPath = _folder["new.vhd"] });
        Assert.Equal((true, length + (2 << 20)), (plan.IsNewFile, plan.DataBytes));
        Assert.Empty(plan.DeletedPaths);
        Assert.Equal([fixedChild, fixedRoot], plan.SourcePaths);
    }

    [UnixFact]
    public void The_space_that_is_wanted_is_what_is_stored_or_what_grows_if_that_is_less()
    {
        // One sector of a block of 2 MiB, and then a block that the parent has too.
        string parent = _folder["parent.vhd"];
        ImageCreator.Create(parent, New() with { BlockSize = 2 << 20 });
        string child = MakeChild("child.vhd", parent);
        Write(child, 8);
        long stored = MergeGrowth.StoredBytes(child);
        Assert.InRange(stored, 1, 1 << 20);
        Assert.Equal(stored, MergeOperation.Plan(Request(child)).NeededBytes);
        Write(parent, 9);
        Assert.Equal(0, MergeOperation.Plan(Request(child)).NeededBytes);

        string leaf = MakeChild("leaf.vhd", child);
        Write(leaf, 8);
        MergePlan plan = MergeOperation.Plan(Request(leaf) with { DestinationPath = _folder["new.vhd"] });
        Assert.Equal(2L * (2 << 20), plan.DataBytes);
        Assert.Equal(MergeGrowth.StoredBytes(child) + MergeGrowth.StoredBytes(leaf), plan.NeededBytes);
    }

    [Fact]
    public void Blocks_that_a_parent_lacks_are_counted_from_the_first_on()
    {
        (string parent, string child) = MakePair();
        Write(child, 0);
        Assert.Equal(2 * 4096, MergeGrowth.CountBytes(child, parent));
        Write(child, 8);
        Assert.Equal(4 * 4096, MergeGrowth.CountBytes(child, parent));
        Write(parent, 0);
        Assert.Equal(2 * 4096, MergeGrowth.CountBytes(child, parent));
    }

    [Fact]
    public void A_fixed_parent_grows_by_what_the_child_has_more()
    {
        string root = _folder["fixed.vhd"];
        ImageCreator.Create(root, New() with { VhdType = VhdType.Fixed });
        string child = MakeChild("child.vhd", root);
        Assert.Equal(0, MergeGrowth.CountBytes(child, root));
        ResizeOperation.Run(new ResizeOptions(child) { SizeBytes = 3 * Size });
        Assert.Equal(2 * Size, MergeGrowth.CountBytes(child, root));
    }

    [Fact]
    public void Every_step_is_told_and_the_bytes_that_are_done()
    {
        string root = Make("root.vhd"), middle = MakeChild("middle.vhd", root), leaf = MakeChild("leaf.vhd", middle);
        ResizeOperation.Run(new ResizeOptions(leaf) { SizeBytes = 2 * Size });
        Write(leaf, 3, 2500);
        var progress = new StepProgress();
        MergeOperation.Run(Request(leaf) with { DestinationPath = _folder["new.vhd"] }, progress);
        AssertSteps(progress, $"new file, '{_folder["new.vhd"]}'", $"its name '{_folder["new.vhd"]}'");
        Assert.Contains(progress.Steps, step => (step.DoneBytes, step.TotalBytes) == (2 * Size, 2 * Size));

        progress = new StepProgress();
        MergeOperation.Run(Request(leaf), progress);
        AssertSteps(
            progress,
            $"Growing '{middle}' to {2 * Size} bytes",
            $"Writing what '{leaf}' holds itself to '{middle}'",
            $"Deleting '{leaf}'");
        Assert.Contains(progress.Steps, step => (step.DoneBytes, step.TotalBytes) == (2 * Size, 2 * Size));
        Verdict.AssertClean(middle);
    }

    [UnixFact]
    public void What_was_left_beside_the_new_file_is_told()
    {
        string root = Make("root.vhd"), middle = MakeChild("middle.vhd", root), leaf = MakeChild("leaf.vhd", middle);
        string stale = _folder.Write(".vhdps-0123abcd.tmp", "rest"u8);
        var progress = new StepProgress();
        MergeOperation.Run(Request(leaf) with { DestinationPath = _folder["new.vhd"] }, progress);
        Assert.Contains(stale, Assert.Single(progress.Steps, step => step.Warning is not null).Warning, StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_merge_has_read_is_open_no_more_when_it_is_done()
    {
        string root = Make("root.vhd"), middle = MakeChild("middle.vhd", root), leaf = MakeChild("leaf.vhd", middle);
        MergeOperation.Run(Request(leaf) with { DestinationPath = _folder["new.vhd"] });
        foreach (string path in new[] { root, middle, leaf, _folder["new.vhd"] })
        {
            LocalImageFile.OpenWrite(path).Dispose();
        }
    }

    /// <summary>Zeros that a smaller level shows are written as zeros, whatever the memory held before.</summary>
    [Fact]
    public void Zeros_beyond_a_smaller_level_are_zeros_in_any_memory()
    {
        string root = Make("root.vhd"), middle = MakeChild("middle.vhd", root), child = MakeChild("child.vhd", middle);
        Write(root, 1500);
        ResizeOperation.Run(new ResizeOptions(middle) { SizeBytes = Size / 2, Force = true });
        byte[] dirty = ArrayPool<byte>.Shared.Rent(2048 * 512);
        dirty.AsSpan().Fill(0xEE);
        ArrayPool<byte>.Shared.Return(dirty);
        MergeOperation.Run(Request(child) with { DestinationPath = _folder["new.vhd"] });
        using VhdImage image = VhdImage.Open(_folder["new.vhd"]);
        byte[] disk = new byte[Size];
        image.ReadSectors(0, disk);
        Assert.False(disk.AsSpan().ContainsAnyExcept((byte)0));
        Verdict.AssertClean(_folder["new.vhd"]);
    }

    [Fact]
    public void A_new_file_named_as_one_is_a_VHDX()
    {
        (string parent, string child) = MakePair();
        Write(parent, 9);
        Write(child, 3);
        MergeOperation.Run(Request(child) with { DestinationPath = _folder["new.vhdx"] });
        using var file = LocalImageFile.OpenRead(_folder["new.vhdx"]);
        byte[] signature = new byte[8];
        file.ReadAt(0, signature);
        Assert.Equal("vhdxfile"u8, signature);
    }

    [Fact]
    public void A_chain_of_VHDX_images_is_merged_as_a_whole_into_a_new_file()
    {
        string root = _folder["root.vhdx"], child = _folder["child.vhdx"];
        VhdxCreator.Create(root, new NewVhdx(4 << 20) { UniqueId = Guid.NewGuid(), TimeStamp = VhdSpec.Epoch });
        VhdxCreator.CreateChild(child, new NewVhdxChild(root) { UniqueId = Guid.NewGuid(), TimeStamp = VhdSpec.Epoch });
        MergePlan plan = MergeOperation.Plan(Request(child) with { DestinationPath = _folder["new.vhdx"] });
        Assert.Equal([child, root], plan.SourcePaths);
        Assert.Equal((4L << 20, 4L << 20, 0L), (plan.OldSizeBytes, plan.NewSizeBytes, plan.DataBytes));
        Assert.Throws<VhdFormatException>(() => MergeOperation.Plan(Request(child)));
        Assert.Throws<VhdFormatException>(() => MergeOperation.Plan(Request(child) with { DestinationPath = root }));
    }

    [Fact]
    public void The_state_of_a_machine_is_asked_for_in_every_image_that_changes()
    {
        string root = Make("root.vhd"), middle = MakeChild("middle.vhd", root), leaf = MakeChild("leaf.vhd", middle);
        foreach (string saved in new[] { leaf, middle, root })
        {
            SetImageOperation.Run(new SetImageOptions(saved) { SavedState = true });
            foreach (int depth in new[] { 1, 2 })
            {
                MergeOptions request = Request(leaf) with { Depth = depth };
                if (saved == root && depth == 1)
                {
                    Assert.Equal(middle, MergeOperation.Plan(request).TargetPath);
                    continue;
                }

                var error = Assert.Throws<VhdOperationException>(() => MergeOperation.Plan(request));
                Assert.Equal((OperationError.StateSaved, true, saved), (error.Code, error.IsOverridable, error.Path));
                Assert.Equal(depth, MergeOperation.Plan(request with { Force = true }).SourcePaths.Count);
            }

            SetImageOperation.Run(new SetImageOptions(saved) { SavedState = false });
        }
    }

    [Fact]
    public void Other_children_are_forced_and_found_wherever_they_are_looked_for()
    {
        string parent = Make("parent.vhd");
        string near = Directory.CreateDirectory(_folder["near"]).FullName, moved = Path.Combine(near, "child.vhd");
        ChildCreator.Create(moved, new NewChild(parent) { UniqueId = Guid.NewGuid(), TimeStamp = VhdSpec.Epoch });
        MergeOptions request = Request(moved) with { Parents = new ParentPolicy { ParentPath = parent } };
        string beside = MakeChild("beside.vhd", parent);
        Assert.Equal(
            OperationError.HasChildren, Assert.Throws<VhdOperationException>(() => MergeOperation.Plan(request)).Code);
        Assert.Equal(parent, MergeOperation.Plan(request with { Force = true }).TargetPath);
        File.Delete(beside);
        Assert.Equal(parent, MergeOperation.Plan(request).TargetPath);

        // One that lies elsewhere is found by an index that looks there.
        string leafFolder = Directory.CreateDirectory(_folder["leaf"]).FullName;
        ChildCreator.Create(
            Path.Combine(leafFolder, "leaf.vhd"), new NewChild(moved) { UniqueId = Guid.NewGuid(), TimeStamp = VhdSpec.Epoch });
        Assert.Equal(parent, MergeOperation.Plan(request).TargetPath);
        Assert.Equal(
            OperationError.HasChildren,
            Assert.Throws<VhdOperationException>(
                () => MergeOperation.Plan(request with { Children = new ChildIndex([leafFolder]) })).Code);
    }

    [Fact]
    public void Lost_blocks_of_what_would_be_deleted_refuse_the_merge()
    {
        (string parent, string child) = MakePair();
        Write(child, 0, 8, 16, 24);
        byte[] bytes = File.ReadAllBytes(child);
        var layout = ImageLayout.Read(new Files.MemoryImageFile(bytes));
        bytes.AsSpan((int)layout.TableOffset + 4, 4).Fill(0xFF);
        File.WriteAllBytes(child, bytes);
        Assert.Equal(
            OperationError.LostBlocksPresent, Assert.Throws<VhdOperationException>(() => MergeOperation.Plan(Request(child))).Code);
        Assert.Equal(parent, MergeOperation.Plan(Request(child) with { KeepChild = true }).TargetPath);
        Assert.Equal(bytes, File.ReadAllBytes(child));
    }

    [Fact]
    public void What_is_no_image_or_has_a_parent_that_cannot_be_used_is_refused()
    {
        string rubbish = _folder.Write("rubbish.vhd", new byte[3000]);
        Assert.Equal(
            FaultCode.NotVhd, Assert.Throws<VhdFormatException>(() => MergeOperation.Plan(Request(rubbish))).Finding.Code);

        (string parent, string child) = MakePair();
        MergeOptions ignoring = Request(child) with { Parents = new ParentPolicy { IgnoreIdMismatch = true } };
        SetImageOperation.Run(new SetImageOptions(parent) { UniqueId = Guid.NewGuid(), Force = true });
        Assert.Equal(
            FaultCode.ParentIdMismatch, Assert.Throws<VhdFormatException>(() => MergeOperation.Plan(Request(child))).Finding.Code);
        Assert.Equal(parent, MergeOperation.Plan(ignoring).TargetPath);
        using (LocalImageFile.OpenWrite(parent))
        {
            Assert.Throws<ImageInUseException>(() => MergeOperation.Plan(ignoring));
        }

        File.Delete(parent);
        Assert.Equal(FaultCode.ParentNotFound, Assert.Throws<VhdFormatException>(() => MergeOperation.Plan(ignoring)).Finding.Code);
    }

    [Fact]
    public void A_parent_in_which_two_blocks_overlap_is_not_merged_into()
    {
        (string parent, string child) = MakePair();
        Write(parent, 0, 8);
        byte[] bytes = File.ReadAllBytes(parent);
        var layout = ImageLayout.Read(new Files.MemoryImageFile(bytes));
        bytes.AsSpan((int)layout.TableOffset, 4).CopyTo(bytes.AsSpan((int)layout.TableOffset + 4));
        bytes[layout.TableOffset + 7]++;
        File.WriteAllBytes(parent, bytes);
        Assert.Equal(FaultCode.BlocksOverlap, Assert.Throws<VhdFormatException>(() => MergeOperation.Plan(Request(child))).Finding.Code);
    }

    [Fact]
    public void A_raw_parent_is_not_merged_into()
    {
        string raw = _folder.Write("disk.img", new byte[Size]), child = _folder["child.vhd"];
        ChildCreator.Create(child, new NewChild(raw) { IsParentRaw = true, UniqueId = Guid.NewGuid(), TimeStamp = VhdSpec.Epoch });
        MergeOptions request = Request(child) with { Parents = new ParentPolicy { RawParent = true } };
        Assert.Equal(OperationError.WrongType, Assert.Throws<VhdOperationException>(() => MergeOperation.Plan(request)).Code);
    }

    /// <summary>Between two levels another program writes to the image that comes next.</summary>
    [UnixFact]
    public void A_level_that_changed_since_it_was_merged_into_is_not_deleted()
    {
        string root = Make("root.vhd"), middle = MakeChild("middle.vhd", root), leaf = MakeChild("leaf.vhd", middle);
        Write(middle, 5);
        Write(leaf, 3);
        StepProgress progress = null!;
        progress = new StepProgress(_ =>
        {
            if (progress.Steps[^1].Step?.StartsWith("Deleting", StringComparison.Ordinal) == true)
            {
                Thread.Sleep(20);
                PeerProcess.Run("sh", "-c", $"printf x | dd of='{middle}' bs=1 seek=40000 conv=notrunc 2>/dev/null");
            }
        });
        ImageInUseException error = Assert.Throws<ImageInUseException>(
            () => MergeOperation.Run(Request(leaf) with { Depth = 2 }, progress));
        Assert.Contains(middle, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("for writing", error.Message, StringComparison.Ordinal);
        Assert.True(File.Exists(middle));
        Assert.False(File.Exists(leaf));
        LocalImageFile.OpenWrite(middle).Dispose();
    }

    private static void AssertSteps(StepProgress progress, params string[] expected)
    {
        string[] steps = [.. progress.Steps.Select(step => step.Step).OfType<string>()];
        Assert.All(expected, text => Assert.Contains(steps, step => step.Contains(text, StringComparison.Ordinal)));
    }

    private static MergeOptions Request(string path) => new(path) { UniqueId = Guid.NewGuid(), TimeStamp = VhdSpec.Epoch };

    private static NewImage New() => new(Size) { BlockSize = 4096, UniqueId = Guid.NewGuid(), TimeStamp = VhdSpec.Epoch };

    private static void Write(string path, params long[] sectors)
    {
        using VhdImage image = VhdImage.Open(path, new VhdOpenOptions { ForWriting = true });
        foreach (long sector in sectors)
        {
            image.WriteSectors(sector, [.. Enumerable.Repeat((byte)0x5A, 512)]);
        }
    }

    private (string Parent, string Child) MakePair()
    {
        string parent = Make("parent.vhd");
        return (parent, MakeChild("child.vhd", parent));
    }

    private string Make(string name)
    {
        ImageCreator.Create(_folder[name], New());
        return _folder[name];
    }

    private string MakeChild(string name, string parent)
    {
        ChildCreator.Create(_folder[name], new NewChild(parent) { UniqueId = Guid.NewGuid(), TimeStamp = VhdSpec.Epoch });
        return _folder[name];
    }
}
