using VhdPS.Engine.Chains;
using VhdPS.Engine.Checking;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Engine.Layout;
using VhdPS.Engine.Operations.Convert;
using VhdPS.Engine.Operations.Merge;
using VhdPS.Engine.Operations.Optimize;
using VhdPS.Engine.Operations.Repair;
using VhdPS.Engine.Operations.Resize;
using VhdPS.Tests.Crash;
using VhdPS.Tests.Files;
using VhdPS.Tests.Format;
using Xunit.Abstractions;

namespace VhdPS.Tests.Operations.Repair;

/// <summary>A block whose table entry was damaged is still in the file: nothing drops it, and a rebuilt table names it again.</summary>
public sealed class LostBlockTests(ITestOutputHelper output)
{
    private static readonly int[] Ordered = [0, 1, 2, 3, 5, 6, 8, 11, 12, 15];
    private static readonly int[] Unordered = [5, 2, 0, 12, 8, 1, 15, 3];

    [Fact]
    public void NoChangedByteOfAnEntryCostsABlock()
    {
        int restored = 0, kept = 0, cases = 0;
        foreach ((ImageBytes whole, int blockIndex) in Images())
        {
            for (int at = 0; at < 4; at++)
            {
                for (int bit = 0; bit < 8; bit++)
                {
                    cases++;
                    byte[] damaged = (byte[])whole.Bytes.Clone();
                    damaged[whole.TableOffset + (blockIndex * 4) + at] ^= (byte)(1 << bit);
                    string what = $"block {blockIndex}, byte {at}, bit {bit}";

                    // Without being asked to rebuild, repair must leave what says that a block is missing.
                    using var plain = new MemoryImageFile(damaged);
                    RepairOperation.Run(plain, RepairOperation.Plan(plain), undo: null);
                    Assert.True(damaged.AsSpan().SequenceEqual(plain.ToArray()), what + ": repair changed the image");
                    Assert.False(ImageChecker.Check(plain).IsValid, what + ": the loss is not seen any more");

                    using var file = new MemoryImageFile(damaged);
                    using var undo = new MemoryImageFile([]);
                    RepairPlan plan = RepairOperation.Plan(file, new RepairOptions { RebuildTable = true });
                    RepairOperation.Run(file, plan, undo);
                    bool isRestored = whole.Bytes.AsSpan().SequenceEqual(file.ToArray());
                    Assert.True(isRestored || damaged.AsSpan().SequenceEqual(file.ToArray()), what + ": neither restored nor left");
                    restored += isRestored ? 1 : 0;
                    kept += isRestored ? 0 : 1;
                    if (isRestored)
                    {
                        UndoOperation.Run(file, UndoRecord.Read(undo));
                        Assert.Equal(damaged, file.ToArray());
                    }
                }
            }
        }

        output.WriteLine($"{cases} entries with a changed bit: {restored} restored, {kept} left as they were");
        Assert.True(restored > cases * 3 / 4, $"only {restored} of {cases} were restored");
    }

    [Fact]
    public void AnEntryThatReadsAsUnusedIsRestoredWhereItsOrderSaysWhichItIs()
    {
        ImageBytes whole = Make(Ordered);
        foreach (int blockIndex in Ordered[1..^1].Where(blockIndex => !IsZero(blockIndex)))
        {
            byte[] damaged = Without(whole, blockIndex);
            CheckReport report = RepairOutlook.Check(new MemoryImageFile(damaged));
            Finding finding = Assert.Single(report.Findings, finding => finding.Code == FaultCode.BlockLost);
            Assert.Equal(whole.GetEntry(blockIndex) * 512L, finding.FileOffset);
            Assert.DoesNotContain(report.Findings, other => other.Code == FaultCode.SpaceLeaked);
            using var file = new MemoryImageFile(damaged);
            RepairOperation.Run(file, RepairOperation.Plan(file), undo: null);
            Assert.Equal(damaged, file.ToArray());
            RepairOperation.Run(file, RepairOperation.Plan(file, new RepairOptions { RebuildTable = true }), undo: null);
            Assert.Equal(finding.IsRepairable, whole.Bytes.AsSpan().SequenceEqual(file.ToArray()));
            Assert.Equal(finding.IsRepairable, finding.NeedsRebuild);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void OptimizeDropsNoneWithoutBeingTold(bool inPlace)
    {
        using var folder = new TempFolder();
        string path = folder["d.vhd"];
        foreach (int blockIndex in Ordered.Where(blockIndex => !IsZero(blockIndex)))
        {
            byte[] damaged = Without(Make(Ordered), blockIndex);
            File.WriteAllBytes(path, damaged);
            foreach (bool isEstimate in new[] { true, false })
            {
                var options = new OptimizeOptions(path) { Force = true, EstimateOnly = isEstimate };
                var error = Assert.Throws<VhdOperationException>(() => Optimize(options, inPlace));
                Assert.Equal((OperationError.LostBlocksPresent, false), (error.Code, error.IsOverridable));
                Assert.Equal(damaged, File.ReadAllBytes(path));
            }

            Optimize(new OptimizeOptions(path) { DropLostBlocks = true }, inPlace);
            Assert.Empty(Lost(File.ReadAllBytes(path)));
        }
    }

    [Fact]
    public void NoVerbDeletesAFileWithOne()
    {
        using var folder = new TempFolder();
        string path = folder["d.vhd"], target = folder["t.vhd"];
        byte[] damaged = Without(Make(Ordered), Ordered.First(blockIndex => !IsZero(blockIndex)));
        File.WriteAllBytes(path, damaged);
        var error = Assert.Throws<VhdOperationException>(
            () => ConvertOperation.Begin(new ConvertOptions(path, target)
            { DeleteSource = true, Force = true, UniqueId = Guid.NewGuid(), TimeStamp = VhdSpec.Epoch }));
        Assert.Equal((OperationError.LostBlocksPresent, false), (error.Code, error.IsOverridable));
        Assert.Equal(damaged, File.ReadAllBytes(path));
        Assert.False(File.Exists(target));
        using (var kept = ConvertOperation.Begin(new ConvertOptions(path, target) { UniqueId = Guid.NewGuid(), TimeStamp = VhdSpec.Epoch }))
        {
            kept.Run();
        }

        Assert.True(ImageChecker.Check(LocalImageFile.OpenRead(target)).IsValid);
        string parent = folder["p.vhd"], child = folder["c.vhd"];
        ImageCreator.Create(parent, new NewImage(4 * 1024 * 1024) { UniqueId = Guid.NewGuid(), TimeStamp = VhdSpec.Epoch });
        ChildCreator.Create(child, new NewChild(parent) { UniqueId = Guid.NewGuid(), TimeStamp = VhdSpec.Epoch });
        using (VhdImage image = VhdImage.Open(child, new VhdOpenOptions { ForWriting = true }))
        {
            image.WriteSectors(0, new byte[512]);
        }

        var layout = ImageLayout.Read(LocalImageFile.OpenRead(child));
        byte[] lost = File.ReadAllBytes(child);
        lost.AsSpan((int)layout.TableOffset, 4).Fill(0xFF);
        File.WriteAllBytes(child, lost);
        byte[] before = File.ReadAllBytes(parent);
        error = Assert.Throws<VhdOperationException>(
            () => MergeOperation.Run(new MergeOptions(child) { Force = true, UniqueId = Guid.NewGuid(), TimeStamp = VhdSpec.Epoch }));
        Assert.Equal(OperationError.LostBlocksPresent, error.Code);
        Assert.Equal(lost, File.ReadAllBytes(child));
        Assert.Equal(before, File.ReadAllBytes(parent));
        MergeOperation.Run(new MergeOptions(child) { KeepChild = true, UniqueId = Guid.NewGuid(), TimeStamp = VhdSpec.Epoch });
        Assert.True(ImageChecker.Check(LocalImageFile.OpenRead(parent)).IsValid);
    }

    [Fact]
    public void NoWriteTakesItsPlaceWhereverTheWriteIsCut()
    {
        int cuts = 0;
        foreach (int[] blocks in new[] { Ordered, Unordered })
        {
            byte[] damaged = Without(Make(blocks), blocks[^1]);
            long at = Make(blocks).GetEntry(blocks[^1]) * 512L;
            byte[] lost = damaged[(int)at..(damaged.Length - 512)];
            for (int seed = 1; seed <= 20; seed++)
            {
                var random = new Random(seed);
                var workload = CrashWorkload.Run(damaged, random, steps: 12);
                foreach (PowerCut.State state in new PowerCut(damaged, workload.Recorder.Changes).Enumerate(random, samples: 4))
                {
                    cuts++;
                    Assert.Equal(lost, state.Bytes.AsSpan((int)at, lost.Length).ToArray());
                    byte[] after = new byte[lost.Length];
                    using var repaired = new MemoryImageFile(state.Bytes);
                    CutRepair.Run(repaired);
                    Assert.Equal(after.Length, CrashWorkload.Run(repaired.ToArray(), random, steps: 4).Recorder.ReadAt(at, after));
                    Assert.Equal(lost, after);
                }
            }
        }

        output.WriteLine($"{cuts} cuts");
    }

    [Fact]
    public void NoResizeLosesItWhereverItIsCut()
    {
        int cuts = 0, inTheWay = 0;
        foreach (int[] blocks in new[] { Ordered, Unordered })
        {
            foreach (int blockIndex in blocks.Where(blockIndex => !IsZero(blockIndex)))
            {
                byte[] damaged = Without(Make(blocks), blockIndex);
                int at = (int)Make(blocks).GetEntry(blockIndex) * 512;
                byte[] lost = damaged[at..(at + 4608)];
                foreach (long size in new[] { 4L * 4096, 17 * 4096, 200 * 4096, 1000 * 4096, 3000 * 4096 })
                {
                    var recorder = new RecordingImageFile(new KeptOpenImageFile(new MemoryImageFile(damaged)));
                    ResizePlan plan = ResizeOperation.Run(recorder, new ResizeOptions(recorder.Path) { SizeBytes = size, Force = true });
                    Assert.Equal(1, plan.LostBlockCount);
                    foreach (PowerCut.State state in new PowerCut(damaged, recorder.Changes).Enumerate(new Random((int)size), samples: 4))
                    {
                        cuts++;
                        Assert.True(
                            state.Bytes.AsSpan().IndexOf(lost) >= 0,
                            $"block {blockIndex} at {at}, {size} bytes, cut after {state.ChangeCount} changes");
                    }

                    byte[] after = new byte[recorder.Length];
                    recorder.ReadAt(0, after);
                    inTheWay += after.AsSpan(at, Math.Min(lost.Length, after.Length - at)).SequenceEqual(lost) ? 0 : 1;
                    Assert.True(ImageChecker.Check(new MemoryImageFile(after)).IsValid);
                }
            }
        }

        Assert.True(inTheWay > 0);
        output.WriteLine($"{cuts} cuts, {inTheWay} blocks in the way of the table");
    }

    [Fact]
    public void BlocksThatAShrinkDropsAreNotLost()
    {
        using var file = new MemoryImageFile(Make(Unordered).Bytes);
        ResizeOperation.Run(file.Reopen(), new ResizeOptions(file.Path) { SizeBytes = 4 * 4096, Force = true });
        Assert.Empty(Lost(file.ToArray()));
    }

    [Fact]
    public void SpaceWithoutDataIsNoBlock()
    {
        ImageBytes empty = Make(Ordered);
        empty.Insert(new byte[4608]);
        ImageBytes zeros = Make(Ordered).AddBlock(4, 0);
        byte[] child = ImageBytes.Differencing().AddBlock(2, 7, [0]).AddBlock(4, 7).Bytes;
        Assert.Empty(Lost(empty.Bytes));
        Assert.Empty(Lost(zeros.PutEntry(4, uint.MaxValue).Bytes));
        Assert.Empty(Lost([.. child]));

        // Beside damage a block of zeros may be the one whose entry is damaged; and in a child zeros hide the parent's data.
        Assert.Single(Lost(zeros.PutEntry(4, 0xFFFF0000).Bytes));
        Assert.Single(Lost(ImageBytes.Differencing().AddBlock(2, 0).PutEntry(2, uint.MaxValue).Bytes));
    }

    private static void Optimize(OptimizeOptions options, bool inPlace)
    {
        if (inPlace)
        {
            OptimizeOperation.RunInPlace(options);
            return;
        }

        using OptimizeOperation operation = OptimizeOperation.Begin(options);
        operation.Run();
    }

    private static IEnumerable<Finding> Lost(byte[] bytes) =>
        ImageChecker.Check(new MemoryImageFile(bytes)).Findings.Where(finding => finding.Code == FaultCode.BlockLost);

    private static IEnumerable<(ImageBytes Image, int BlockIndex)> Images()
    {
        foreach (int[] blocks in new[] { Ordered, Unordered })
        {
            foreach (int blockIndex in blocks)
            {
                yield return (Make(blocks), blockIndex);
            }
        }
    }

    private static ImageBytes Make(int[] blocks)
    {
        ImageBytes image = ImageBytes.Dynamic();
        foreach (int blockIndex in blocks)
        {
            // Some hold zeros: an entry that is moved into one names a place without a bitmap.
            image.AddBlock(blockIndex, IsZero(blockIndex) ? (byte)0 : (byte)(blockIndex + 1));
        }

        return image;
    }

    private static bool IsZero(int blockIndex) => blockIndex % 5 == 1;

    private static byte[] Without(ImageBytes image, int blockIndex)
    {
        byte[] bytes = (byte[])image.Bytes.Clone();
        bytes.AsSpan(image.TableOffset + (blockIndex * 4), 4).Fill(0xFF);
        return bytes;
    }
}
