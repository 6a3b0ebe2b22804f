using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Vhdx;
using VhdPS.Tests.Files;
using static VhdPS.Tests.Vhdx.VhdxBytes;

namespace VhdPS.Tests.Vhdx;

public sealed class VhdxCreatorTests
{
    private static readonly DateTime Time = new(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc);

    internal static NewVhdx Options(long sizeBytes) => new(sizeBytes) { UniqueId = DiskId, TimeStamp = Time };

    [Fact]
    public void AnEmptyDynamicImageIsAsHyperVMakesThem()
    {
        MemoryImageFile file = Create(Options((100L << 30) + 1));
        VhdxLayout layout = AssertSound(file);
        Assert.Equal((VhdType.Dynamic, "VhdPS"), (layout.VhdType, layout.Creator));
        VhdxMetadata metadata = layout.Metadata!;
        Assert.Equal(((100L << 30) + 512, 32 * (int)MiB, DiskId), (metadata.SizeBytes, metadata.BlockSize, metadata.VirtualDiskId));
        Assert.Equal((512, 4096), (metadata.LogicalSectorSize, metadata.PhysicalSectorSize));
        Assert.Equal((MiB, MiB), (layout.Log!.Region!.FileOffset, layout.Log.Region.Length));
        Assert.Equal(4 * MiB, file.Length);
        using VhdxImage disk = VhdxImage.Open(file);
        Assert.Equal(new VhdxRun(0, disk.SizeBytes, VhdxOrigin.Zero, -1), disk.FindExtent(0, disk.SizeBytes));
    }

    [Fact]
    public void AnEmptyFixedImageHasAllItsBlocks()
    {
        NewVhdx options = Options(5 * MiB) with { VhdType = VhdType.Fixed, BlockSizeBytes = 2 * (int)MiB, LogicalSectorSize = 4096 };
        MemoryImageFile file = Create(options);
        Assert.Equal(VhdType.Fixed, AssertSound(file).VhdType);
        Assert.Equal(10 * MiB, file.Length);
        using VhdxImage disk = VhdxImage.Open(file);
        Assert.Equal((5 * MiB, 4096), (disk.SizeBytes, disk.LogicalSectorSize));
        Assert.Equal([new(0, 3, PayloadState.FullyPresent, 4 * MiB)], disk.EnumerateBlocks());
        Assert.Equal(0, disk.File.ReadAt(10 * MiB, new byte[1]));
    }

    [Fact]
    public void TheSameOptionsMakeTheSameBytes()
    {
        byte[] first = Create(Options(10 * MiB)).ToArray();
        Assert.Equal(first, Create(Options(10 * MiB)).ToArray());
        NewVhdx later = Options(10 * MiB) with { TimeStamp = Time.AddSeconds(1) };
        Assert.NotEqual(Options(1).DataWriteGuid, later.DataWriteGuid);
        Assert.NotEqual(Options(1).DataWriteGuid, Options(1).FileWriteGuid);
        Assert.Equal(8, Options(1).DataWriteGuid.Version);
        Assert.NotEqual(first, Create(later).ToArray());
    }

    /// <summary>Until everything else is in the file it is no VHDX file.</summary>
    [Fact]
    public void TheIdentifierIsWrittenLast()
    {
        var memory = new MemoryImageFile([]);
        var file = new GuardedImageFile(memory, () =>
        {
            byte[] start = new byte[8];
            memory.Reopen().ReadAt(0, start);
            Assert.False(VhdxFileIdentifier.IsVhdx(start), "something is written after the identifier");
        });
        VhdxCreator.Write(file, Options(10 * MiB));
        AssertSound(memory);
    }

    [Fact]
    public void ATableOfAnySizeIsWrittenInLittleMemory()
    {
        NewVhdx options = Options(64L << 40) with { BlockSizeBytes = (int)MiB };
        var file = new MemoryImageFile([]);
        var builder = new VhdxBuilder(file, options);
        builder.Begin();
        Assert.Equal((3 + 513) * MiB, file.Length);
        var random = new Random(4);
        var placed = new Dictionary<long, long>();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 300; i++)
        {
            long block = random.NextInt64(64L << 20);
            if (!builder.IsPlaced(block))
            {
                builder.Place(block);
                placed.Add(block, builder.DataOffset(block));
            }
        }

        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 200 * MiB);
        Assert.All(placed, block => Assert.Equal(block.Value, builder.DataOffset(block.Key)));
        builder.Complete();
        using VhdxImage disk = VhdxImage.Open(file.Reopen());
        Assert.All(placed, block => Assert.Equal(block.Value, disk.Find(block.Key * MiB, MiB).FileOffset));
        Assert.Equal(placed.Count, disk.EnumerateBlocks().Where(run => run.FileOffset >= 0).Sum(run => run.BlockCount));
    }

    [Theory]
    [InlineData(512, 1, 20)]
    [InlineData(4096, 2, 9)]
    [InlineData(512, 8, 33)]
    public void WhatIsPutIntoBlocksIsRead(int sectorSize, int blockMiB, int sizeMiB)
    {
        NewVhdx options = Options((sizeMiB * MiB) - 4096) with { BlockSizeBytes = blockMiB * (int)MiB, LogicalSectorSize = sectorSize };
        byte[] model = DiskFill.Make(1, options.DiskSize);
        var file = new MemoryImageFile([]);
        DiskFill.Write(file, options, model);
        AssertSound(file);
        using VhdxImage disk = VhdxImage.Open(file);
        byte[] read = new byte[model.Length];
        disk.ReadAt(0, read);
        Assert.True(model.AsSpan().SequenceEqual(read));
    }

    [Theory]
    [InlineData(512)]
    [InlineData(4096)]
    public void AChildHoldsWhatDiffers(int sectorSize)
    {
        const long size = 12 * MiB;
        byte[] parent = DiskFill.Make(2, size), model = (byte[])parent.Clone();
        NewVhdx options = Options(size) with
        {
            VhdType = VhdType.Differencing,
            BlockSizeBytes = (int)MiB,
            LogicalSectorSize = sectorSize,
            ParentLocator = VhdxParentLocator.Create(DataWriteGuid, [new("relative_path", ".\\parent.vhdx")]),
        };
        var random = new Random(3);
        for (int i = 0; i < 40; i++)
        {
            int at = random.Next((int)size / 4096) * 4096;
            RandomLog.Noise(random, 4096).CopyTo(model, at);
        }

        model.AsSpan(5 * (int)MiB, 2 * (int)MiB).Clear();
        var file = new MemoryImageFile([]);
        DiskFill.WriteChild(file, options, parent, model);
        Assert.Equal(VhdType.Differencing, AssertSound(file).VhdType);
        using VhdxImage disk = VhdxImage.Open(file, new VhdxOpenOptions { Parent = new ModelParent(parent) });
        byte[] read = new byte[size];
        disk.ReadAt(0, read);
        Assert.True(model.AsSpan().SequenceEqual(read));
        Assert.Contains(disk.EnumerateBlocks(), run => run.State == PayloadState.PartiallyPresent);
        Assert.Contains(disk.EnumerateBlocks(), run => run.State == PayloadState.Zero);
        Assert.Contains(disk.EnumerateBlocks(), run => run.State == PayloadState.NotPresent);
    }

    public static TheoryData<string> Refused() =>
    [
        "size 0", "size -1", "size over 64 TiB", "size of all bits", "block size 512 KiB", "block size 3 MiB", "block size 512 MiB",
        "logical 1024", "logical 0", "physical under logical", "null id", "child without parent", "parent of a dynamic image", "type 5",
    ];

    [Theory]
    [MemberData(nameof(Refused))]
    public void OptionsThatMakeNoFileAreRefused(string name)
    {
        NewVhdx sound = Options(10 * MiB);
        NewVhdx options = name switch
        {
            "size 0" => Options(0),
            "size -1" => Options(-1),
            "size over 64 TiB" => Options((64L << 40) + 1),
            "size of all bits" => Options(long.MaxValue),
            "block size 512 KiB" => sound with { BlockSizeBytes = 512 * 1024 },
            "block size 3 MiB" => sound with { BlockSizeBytes = 3 << 20 },
            "block size 512 MiB" => sound with { BlockSizeBytes = 512 << 20 },
            "logical 1024" => sound with { LogicalSectorSize = 1024 },
            "logical 0" => sound with { LogicalSectorSize = 0 },
            "physical under logical" => sound with { LogicalSectorSize = 4096, PhysicalSectorSize = 512 },
            "null id" => sound with { UniqueId = Guid.Empty },
            "child without parent" => sound with { VhdType = VhdType.Differencing },
            "parent of a dynamic image" => sound with { ParentLocator = VhdxParentLocator.Create(DiskId, []) },
            _ => sound with { VhdType = (VhdType)5 },
        };
        using var folder = new TempFolder();
        Assert.Throws<ArgumentException>(() => VhdxCreator.Create(folder["new.vhdx"], options));
        Assert.Empty(Directory.GetFiles(folder.Root));
    }

    [Fact]
    public void AChildNamesItsParent()
    {
        using var folder = new TempFolder();
        Directory.CreateDirectory(folder["sub"]);
        string parent = folder["parent.vhdx"], child = Path.Combine(folder["sub"], "child.avhdx");
        VhdxCreator.Create(parent, Options(100 * MiB) with { LogicalSectorSize = 4096 });
        VhdxCreator.CreateChild(child, new NewVhdxChild(parent) { UniqueId = FileWriteGuid, TimeStamp = Time });
        VhdxLayout layout;
        using (LocalImageFile file = LocalImageFile.OpenRead(child))
        {
            layout = VhdxLayout.Read(file);
        }

        Assert.Empty(layout.Findings);
        VhdxMetadata metadata = layout.Metadata!;
        Assert.Equal((100 * MiB, 2 * (int)MiB, 4096), (metadata.SizeBytes, metadata.BlockSize, metadata.LogicalSectorSize));
        VhdxParentLocator locator = metadata.ParentLocator!;
        Assert.Equal(@"..\parent.vhdx", locator.RelativePath);
        Assert.True(locator.IsLinkedTo((Options(1) with { LogicalSectorSize = 4096 }).DataWriteGuid));
        Assert.Equal(OperatingSystem.IsWindows(), locator.AbsolutePath is not null);
        Assert.Equal("{" + Options(1).DataWriteGuid + "}", locator.Find("parent_linkage"));

        // Neither the parent nor an existing file is overwritten unasked.
        byte[] before = File.ReadAllBytes(parent);
        var options = new NewVhdxChild(parent) { UniqueId = FileWriteGuid, TimeStamp = Time };
        var error = Assert.Throws<VhdOperationException>(() => VhdxCreator.CreateChild(parent, options, overwrite: true));
        Assert.Equal(OperationError.SameFile, error.Code);
        error = Assert.Throws<VhdOperationException>(() => VhdxCreator.Create(child, Options(MiB)));
        Assert.Equal(OperationError.TargetExists, error.Code);
        Assert.Equal(before, File.ReadAllBytes(parent));
        VhdxCreator.Create(child, Options(MiB), overwrite: true);
        Assert.Empty(Directory.GetFiles(folder.Root, "*.tmp", SearchOption.AllDirectories));
    }

    [Fact]
    public void AParentThatCannotBeNamedIsRefused()
    {
        using var folder = new TempFolder();
        var parent = new VhdxBytes(10 * MiB);
        parent.PutHeader(128 * 1024, 9, dataWriteGuid: Guid.Empty);
        string path = folder.Write("parent.vhdx", parent.File.ToArray());
        var options = new NewVhdxChild(path) { UniqueId = FileWriteGuid, TimeStamp = Time };
        var error = Assert.Throws<VhdFormatException>(() => VhdxCreator.CreateChild(folder["child.vhdx"], options));
        Assert.Equal(FaultCode.VhdxDataWriteGuidNull, error.Finding.Code);
        Assert.Equal(["parent.vhdx"], Directory.GetFiles(folder.Root).Select(Path.GetFileName));
    }

    private static MemoryImageFile Create(NewVhdx options)
    {
        var file = new MemoryImageFile([]);
        VhdxCreator.Write(file, options);
        return file;
    }

    private static VhdxLayout AssertSound(MemoryImageFile file)
    {
        VhdxCheckReport report = VhdxChecker.Check(file.Reopen());
        Assert.Empty(report.Findings);
        return report.Layout;
    }
}
