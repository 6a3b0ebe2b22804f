using VhdPS.Engine.Chains;
using VhdPS.Engine.Checking;
using VhdPS.Engine.Disks;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Engine.Operations.Convert;
using VhdPS.Engine.Operations.Merge;
using VhdPS.Engine.Operations.Optimize;
using VhdPS.Engine.Operations.Repair;
using VhdPS.Engine.Operations.Resize;
using VhdPS.Engine.Operations.Set;

namespace VhdPS.Tests.Crash;

/// <summary>
/// One kind of change to images in a folder, for a process of its own: what lies there before, what the process does, and
/// what must be there whether that succeeds or fails.
/// </summary>
/// <param name="Name">What the process is told.</param>
/// <param name="Prepare">Makes the files.</param>
/// <param name="Run">Changes them.</param>
/// <param name="Kept">The files of which the first that exists holds the disk.</param>
internal sealed record WritingVerb(string Name, Action<string> Prepare, Action<string> Run, params string[] Kept)
{
    public const int DiskBytes = 2 << 20;

    private const string Base = "base.vhd";
    private const string Child = "child.vhd";
    private const string Leaf = "leaf.vhd";
    private const string New = "new.vhd";

    private static readonly Guid Id = new("6b2f8d8e-54b1-4c50-8f43-0a5a3f5b9d11");
    private static readonly DateTime Time = new(2024, 3, 4, 5, 6, 8, DateTimeKind.Utc);
    private static readonly VhdOpenOptions Writing = new() { ForWriting = true };

    public static readonly IReadOnlyList<WritingVerb> All =
    [
        new("write", Dynamic, folder => Write(At(folder, Base), 1, 9), Base),
        new("write-child", ChildOfBase, folder => Write(At(folder, Child), 2, 9), Child),
        new("write-fixed", Fixed, folder => Write(At(folder, Base), 1, 9), Base),
        new("create", Dynamic, folder => ImageCreator.Create(At(folder, New), NewDisk(VhdType.Dynamic)), Base),
        new("create-fixed", Dynamic, folder => ImageCreator.Create(At(folder, New), NewDisk(VhdType.Fixed)), Base),
        new("create-child", Dynamic, folder =>
            ChildCreator.Create(At(folder, Child), new NewChild(At(folder, Base)) { UniqueId = Guid.NewGuid(), TimeStamp = Time }), Base),
        new("merge", ChildOfBase, folder => MergeOperation.Run(Merging(folder, Child)), Child, Base),
        new("merge-two", Chain, folder => MergeOperation.Run(Merging(folder, Leaf) with { Depth = 2 }), Leaf, Child, Base),
        new("merge-new-child", Chain, folder => MergeOperation.Run(Merging(folder, Leaf) with { DestinationPath = At(folder, New) }), Leaf),
        new("merge-new-disk", ChildOfBase, folder =>
            MergeOperation.Run(Merging(folder, Child) with { DestinationPath = At(folder, New) }), Child),
        new("optimize", Dynamic, folder => Optimize(folder, Base), Base),
        new("optimize-child", ChildOfBase, folder => Optimize(folder, Child), Child),
        new("optimize-in-place", Sparse, folder => OptimizeOperation.RunInPlace(new OptimizeOptions(At(folder, Base))), Base),
        new("order-in-place", Mixed, folder =>
            OptimizeOperation.RunInPlace(new OptimizeOptions(At(folder, Base)) { OrdersBlocks = true }), Base),
        new("resize", Dynamic, folder => Grow(folder, Base), Base),
        new("resize-fixed", Fixed, folder => Grow(folder, Base), Base),
        new("resize-child", ChildOfBase, folder => Grow(folder, Child), Child),
        new("convert", Dynamic, folder => Convert(folder, DiskFormat.Fixed, deleteSource: false), Base),
        new("convert-delete", Dynamic, folder => Convert(folder, DiskFormat.Fixed, deleteSource: true), Base, New),
        new("convert-over", TwoDisks, folder => Convert(folder, DiskFormat.Dynamic, deleteSource: true), Base, New),
        new("convert-raw-delete", Dynamic, folder => Convert(folder, DiskFormat.Raw, deleteSource: true), Base, New),
        new("to-fixed-in-place", Raw, folder =>
            InPlaceConversion.ToFixed(At(folder, "disk.raw"), CheckTarget.Any, force: false, Guid.NewGuid(), Time), "disk.raw"),
        new("to-raw-in-place", Fixed, folder => InPlaceConversion.ToRaw(At(folder, Base), SizeRule.Auto, force: false), Base),
        new("set-id", Dynamic, folder => SetImageOperation.Run(new SetImageOptions(At(folder, Base)) { UniqueId = Guid.NewGuid() }), Base),
        new("set-parent", Moved, folder =>
            SetImageOperation.Run(new SetImageOptions(At(folder, Child)) { ParentPath = At(folder, "moved.vhd") }), Child),
        new("repair", Damaged, Repair, Base),
        new("undo", Repaired, folder => UndoOperation.Run(At(folder, Base), At(folder, Base) + ".undo"), Base),
    ];

    public static WritingVerb Find(string name) => All.Single(verb => verb.Name == name);

    /// <summary>The disk before the change; all but the writes leave it as it is.</summary>
    public static byte[] Disk(string folder) => File.ReadAllBytes(At(folder, "expected.raw"));

    /// <summary>The disk is in the first of its files, in each sector as it was or, of those written, as it was to be.</summary>
    public void AssertKept(string folder)
    {
        string path = Kept.Select(name => At(folder, name)).FirstOrDefault(File.Exists)
            ?? throw new Xunit.Sdk.XunitException($"{Name}: no image is left");
        AssertHolds(path, folder);

        // Where the change made or replaced another file, that one has its name only when it is whole.
        string made = At(folder, New);
        if (File.Exists(made) && Name.StartsWith("convert", StringComparison.Ordinal) && !(Name == "convert-over" && IsOldTarget(made)))
        {
            AssertHolds(made, folder);
        }
    }

    private void AssertHolds(string path, string folder)
    {
        byte[] expected = Disk(folder), written = Pattern(9);
        SourceFormat format = IsImage(path) ? SourceFormat.Vhd : SourceFormat.Raw;
        using DiskSource source = DiskSource.Open(path, format);
        Assert.True(source.SizeBytes >= expected.Length, $"{Name}: {path} has {source.SizeBytes} bytes");
        byte[] actual = new byte[source.SectorCount * 512];
        source.ReadAt(0, actual);
        for (int at = 0; at < actual.Length; at += 512)
        {
            ReadOnlySpan<byte> sector = actual.AsSpan(at, 512);
            bool isOld = at < expected.Length ? sector.SequenceEqual(expected.AsSpan(at, 512)) : sector.IndexOfAnyExcept((byte)0) < 0;
            bool isNew = Name.StartsWith("write", StringComparison.Ordinal) && at < written.Length
                && sector.SequenceEqual(written.AsSpan(at, 512));
            Assert.True(isOld || isNew, $"{Name}: sector {at / 512} of {path} is lost");
        }
    }

    /// <summary>Whether a file begins or ends with a footer.</summary>
    public static bool IsImage(string path)
    {
        using LocalImageFile file = LocalImageFile.OpenRead(path);
        byte[] footer = new byte[512];
        foreach (long at in new[] { 0, Math.Max(0, file.Length - 512) })
        {
            file.ReadAt(at, footer);
            if (footer.AsSpan().StartsWith("conectix"u8))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsOldTarget(string path) => Disks.DiskModel.Read(path, SourceFormat.Vhd).AsSpan().IndexOfAnyExcept((byte)0) < 0;

    private static string At(string folder, string name) => Path.Combine(folder, name);

    private static NewImage NewDisk(VhdType type) =>
        new(DiskBytes) { VhdType = type, BlockSize = 64 * 1024, UniqueId = Guid.NewGuid(), TimeStamp = Time };

    private static MergeOptions Merging(string folder, string name) =>
        new(At(folder, name)) { UniqueId = Guid.NewGuid(), TimeStamp = Time };

    /// <summary>Runs of sectors here and there, each with a value of its own, zeros between them.</summary>
    private static byte[] Pattern(int seed)
    {
        var random = new Random(seed);
        byte[] disk = new byte[DiskBytes];
        for (int i = 0; i < 12; i++)
        {
            int start = random.Next((DiskBytes / 512) - 64), count = random.Next(1, 64);
            disk.AsSpan(start * 512, count * 512).Fill((byte)(1 + ((seed * 13) + i) % 255));
        }

        return disk;
    }

    /// <summary>Writes the sectors of a pattern that are not zeros.</summary>
    private static void Write(string path, int flushes, int seed)
    {
        byte[] pattern = Pattern(seed);
        using VhdImage image = VhdImage.Open(path, Writing);
        for (int at = 0; at < pattern.Length; at += 512)
        {
            if (pattern[at] != 0)
            {
                image.WriteSectors(at / 512, pattern.AsSpan(at, 512));
            }

            if (at == pattern.Length / 2 && flushes > 1)
            {
                image.Flush();
            }
        }

        image.Flush();
    }

    private static byte[] Over(byte[] below, byte[] above)
    {
        byte[] disk = [.. below];
        for (int at = 0; at < disk.Length; at += 512)
        {
            if (above[at] != 0)
            {
                above.AsSpan(at, 512).CopyTo(disk.AsSpan(at));
            }
        }

        return disk;
    }

    private static void Expect(string folder, byte[] disk) => File.WriteAllBytes(At(folder, "expected.raw"), disk);

    private static void Dynamic(string folder)
    {
        ImageCreator.Create(At(folder, Base), NewDisk(VhdType.Dynamic) with { UniqueId = Id });
        Write(At(folder, Base), 1, 1);
        Expect(folder, Pattern(1));
    }

    private static void Fixed(string folder)
    {
        ImageCreator.Create(At(folder, Base), NewDisk(VhdType.Fixed));
        Write(At(folder, Base), 1, 1);
        Expect(folder, Pattern(1));
    }

    private static void Raw(string folder)
    {
        File.WriteAllBytes(At(folder, "disk.raw"), Pattern(1));
        Expect(folder, Pattern(1));
    }

    private static void Sparse(string folder)
    {
        Dynamic(folder);
        using VhdImage image = VhdImage.Open(At(folder, Base), Writing);
        byte[] disk = Pattern(1), zeros = new byte[128 * 512];

        // Whole blocks of zeros in the midst of the file, for others to move into.
        foreach (int block in new[] { 0, 1, 2, 3, 7, 11 })
        {
            image.WriteSectors(block * 128, zeros);
            disk.AsSpan(block * zeros.Length, zeros.Length).Clear();
        }

        Expect(folder, disk);
    }

    private static void Mixed(string folder)
    {
        ImageCreator.Create(At(folder, Base), NewDisk(VhdType.Dynamic));
        byte[] disk = Pattern(1);
        using VhdImage image = VhdImage.Open(At(folder, Base), Writing);
        for (int block = (DiskBytes / (128 * 512)) - 1; block >= 0; block--)
        {
            image.WriteSectors(block * 128, disk.AsSpan(block * 128 * 512, 128 * 512));
            image.Flush();
        }

        Expect(folder, disk);
    }

    private static void AddChild(string folder, string parent, string child, int seed)
    {
        ChildCreator.Create(At(folder, child), new NewChild(At(folder, parent)) { UniqueId = Guid.NewGuid(), TimeStamp = Time });
        Write(At(folder, child), 1, seed);
        Expect(folder, Over(Disk(folder), Pattern(seed)));
    }

    private static void ChildOfBase(string folder)
    {
        Dynamic(folder);
        AddChild(folder, Base, Child, 2);
    }

    private static void Chain(string folder)
    {
        ChildOfBase(folder);
        AddChild(folder, Child, Leaf, 3);
    }

    private static void Moved(string folder)
    {
        ChildOfBase(folder);
        File.Copy(At(folder, Base), At(folder, "moved.vhd"));
    }

    private static void TwoDisks(string folder)
    {
        Dynamic(folder);
        ImageCreator.Create(At(folder, New), NewDisk(VhdType.Dynamic));
    }

    private static void Damaged(string folder)
    {
        Dynamic(folder);
        using LocalImageFile file = LocalImageFile.OpenWrite(At(folder, Base));
        file.WriteAt(file.Length - 512, new byte[512]);
        file.Flush();
    }

    private static void Repair(string folder) =>
        RepairOperation.Run(At(folder, Base), RepairOperation.Plan(At(folder, Base)), At(folder, Base) + ".undo");

    private static void Repaired(string folder)
    {
        Damaged(folder);
        Repair(folder);
    }

    private static void Optimize(string folder, string name)
    {
        using OptimizeOperation operation = OptimizeOperation.Begin(new OptimizeOptions(At(folder, name)));
        operation.Run();
    }

    private static void Grow(string folder, string name) =>
        ResizeOperation.Run(new ResizeOptions(At(folder, name)) { SizeBytes = 8 * DiskBytes });

    private static void Convert(string folder, DiskFormat format, bool deleteSource)
    {
        using ConvertOperation operation = ConvertOperation.Begin(new ConvertOptions(At(folder, Base), At(folder, New))
        {
            TargetFormat = format,
            DeleteSource = deleteSource,
            Force = File.Exists(At(folder, New)),
            UniqueId = Guid.NewGuid(),
            TimeStamp = Time,
        });
        operation.Run();
    }
}
