using System.Globalization;
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
/// Every verb that writes, over and over on one disk in a folder. What each step does follows from a seed and its number,
/// so that who has seen the numbers of the finished steps knows what must be there.
/// </summary>
internal static class WritingCycle
{
    private const int BlockBytes = 32 * 1024;
    private const int FirstBytes = 1 << 20;
    private const int MostBytes = 3 << 20;

    private static readonly DateTime Time = new(2024, 3, 4, 5, 6, 8, DateTimeKind.Utc);

    private static readonly Step[] Steps =
    [
        .. Enumerable.Repeat(Writing(), 4),
        new("optimize", (state, path, _) => Optimize(path(state.Leaf))),
        Writing(),
        Child("c.vhd"),
        Writing(), Writing(),
        new("optimize a child", (state, path, _) => Optimize(path(state.Leaf))),
        Merging(1, "a.vhd"),
        Resizing(),
        Writing(),
        new(
            "optimize in place",
            (state, path, _) => OptimizeOperation.RunInPlace(new OptimizeOptions(path(state.Leaf)) { OrdersBlocks = true })),
        Converting("b.vhd", DiskFormat.Fixed),
        Writing(),
        Resizing(),
        new("to raw in place", (state, path, _) => InPlaceConversion.ToRaw(path(state.Leaf), SizeRule.Auto, force: false)),
        new(
            "to fixed in place",
            (state, path, _) => InPlaceConversion.ToFixed(path(state.Leaf), CheckTarget.Any, force: false, Guid.NewGuid(), Time)),
        Converting("a.vhd", DiskFormat.Dynamic),
        new("set an id", (state, path, _) => SetImageOperation.Run(new SetImageOptions(path(state.Leaf)) { UniqueId = Guid.NewGuid() })),
        Child("c.vhd"),
        Writing(),
        Resizing(),
        Child("d.vhd"),
        Writing(),
        Merging(2, "a.vhd") with { Between = "c.vhd" },
        Child("c.vhd"),
        Writing(),
        new(
            "merge into a new file",
            (state, path, _) =>
                MergeOperation.Run(MergeOptionsOf(path(state.Leaf), 1) with { DestinationPath = path("n.vhd"), Force = true })),
        Merging(1, "a.vhd"),
        new("zero the footer", (state, path, _) => ZeroFooter(path(state.Leaf))) { IsDamaged = true },
        new("repair", (state, path, _) => Repair(path(state.Leaf))) { IsDamaged = true },
        new("undo the repair", (state, path, _) => UndoOperation.Run(path(state.Leaf), path(state.Leaf) + ".undo")) { IsDamaged = true },
        new("repair again", (state, path, _) => Repair(path(state.Leaf))) { IsDamaged = true },
        new("drop the undo file", (state, path, _) => File.Delete(path(state.Leaf) + ".undo")),
    ];

    /// <summary>Steps until the first comes again.</summary>
    public static int StepCount => Steps.Length;

    /// <summary>The disk and the file that holds it.</summary>
    internal sealed record State(string Leaf, byte[] Disk);

    /// <summary>Makes what the first step begins with.</summary>
    public static State Prepare(string folder)
    {
        ImageCreator.Create(
            Path.Combine(folder, "a.vhd"),
            new NewImage(FirstBytes) { BlockSize = BlockBytes, UniqueId = Guid.NewGuid(), TimeStamp = Time });
        return new State("a.vhd", new byte[FirstBytes]);
    }

    /// <summary>Runs without end, and reports the number of each step that has ended.</summary>
    public static void Run(string folder, int seed)
    {
        var state = new State("a.vhd", new byte[FirstBytes]);
        for (int number = 0; ; number++)
        {
            Step step = Steps[number % Steps.Length];
            step.Run(state, name => Path.Combine(folder, name), new Random((seed * 31) + number));
            state = step.After(state, new Random((seed * 31) + number));
            System.Console.Out.WriteLine(number.ToString(CultureInfo.InvariantCulture));
        }
    }

    /// <summary>What is there after a step.</summary>
    public static State After(State state, int number, int seed) =>
        Steps[number % Steps.Length].After(state, new Random((seed * 31) + number));

    /// <summary>The name of a step.</summary>
    public static string NameOf(int number) => Steps[number % Steps.Length].Name;

    /// <summary>Why a folder cannot be what a cut left between two states; null where it can.</summary>
    public static string? FindFault(string folder, State before, State after, int number)
    {
        Step step = Steps[number % Steps.Length];
        string old = Path.Combine(folder, before.Leaf), made = Path.Combine(folder, after.Leaf);
        if (before.Leaf == after.Leaf || File.Exists(old))
        {
            byte[] other = before.Leaf == after.Leaf ? after.Disk : before.Disk;
            return FindFault(old, before.Disk, other, step.IsDamaged);
        }

        // Of two levels the upper one is gone first, and the lower one holds the disk then.
        string between = step.Between is { } name ? Path.Combine(folder, name) : made;
        return FindFault(File.Exists(between) ? between : made, after.Disk, after.Disk, step.IsDamaged);
    }

    private static string? FindFault(string path, byte[] before, byte[] after, bool isDamaged)
    {
        if (!File.Exists(path))
        {
            return $"{path} is gone";
        }

        bool isImage = IsImage(path);
        if (isImage && !isDamaged)
        {
            CheckReport report = ImageChecker.Check(path, new CheckOptions { Full = true });
            if (!report.IsValid)
            {
                return string.Join('\n', report.Findings.Select(finding => finding.Describe()));
            }
        }

        using DiskSource source = DiskSource.Open(path, isImage ? SourceFormat.Vhd : SourceFormat.Raw);
        if (source.SizeBytes != before.Length && source.SizeBytes != after.Length)
        {
            return $"{path} has {source.SizeBytes} bytes, not {before.Length} or {after.Length}";
        }

        byte[] actual = new byte[source.SizeBytes];
        source.ReadAt(0, actual);
        for (int at = 0; at < actual.Length; at += 512)
        {
            ReadOnlySpan<byte> sector = actual.AsSpan(at, 512);
            if (!IsSector(before, at, sector) && !IsSector(after, at, sector))
            {
                int old = at < before.Length ? before[at] : 0, made = at < after.Length ? after[at] : 0;
                return $"sector {at / 512} of {path} is {sector[0]:X2}, not {old:X2} or {made:X2}";
            }
        }

        return null;
    }

    private static bool IsSector(byte[] disk, int at, ReadOnlySpan<byte> sector) =>
        at < disk.Length ? sector.SequenceEqual(disk.AsSpan(at, 512)) : sector.IndexOfAnyExcept((byte)0) < 0;

    private static bool IsImage(string path)
    {
        byte[] bytes = File.ReadAllBytes(path);
        return bytes.AsSpan().StartsWith("conectix"u8) || bytes.AsSpan(Math.Max(0, bytes.Length - 512)).StartsWith("conectix"u8);
    }

    private static (int Sector, byte[] Data) RandomWrite(State state, Random random)
    {
        byte[] data = new byte[random.Next(1, 100) * 512];
        data.AsSpan().Fill((byte)random.Next(256));
        return (random.Next((state.Disk.Length - data.Length) / 512), data);
    }

    private static Step Writing() => new(
        "write",
        (state, path, random) =>
        {
            (int sector, byte[] data) = RandomWrite(state, random);
            using VhdImage image = VhdImage.Open(path(state.Leaf), new VhdOpenOptions { ForWriting = true });
            image.WriteSectors(sector, data);
            image.Flush();
        },
        (state, random) =>
        {
            (int sector, byte[] data) = RandomWrite(state, random);
            byte[] disk = [.. state.Disk];
            data.CopyTo(disk, sector * 512);
            return state with { Disk = disk };
        });

    private static Step Child(string name) => new(
        "make a child",
        (state, path, _) => ChildCreator.Create(path(name), new NewChild(path(state.Leaf)) { UniqueId = Guid.NewGuid(), TimeStamp = Time }),
        (state, _) => state with { Leaf = name });

    private static Step Merging(int depth, string target) => new(
        $"merge {depth}",
        (state, path, _) => MergeOperation.Run(MergeOptionsOf(path(state.Leaf), depth)),
        (state, _) => state with { Leaf = target });

    private static Step Resizing() => new(
        "resize",
        (state, path, _) => ResizeOperation.Run(new ResizeOptions(path(state.Leaf)) { SizeBytes = Grown(state) }),
        (state, _) => state with { Disk = [.. state.Disk, .. new byte[Grown(state) - state.Disk.Length]] });

    private static int Grown(State state) => Math.Min(MostBytes, state.Disk.Length + (64 * 1024));

    private static Step Converting(string target, DiskFormat format) => new(
        $"convert to {format}",
        (state, path, _) =>
        {
            using var operation = ConvertOperation.Begin(new ConvertOptions(path(state.Leaf), path(target))
            {
                TargetFormat = format,
                BlockSize = BlockBytes,
                DeleteSource = true,
                UniqueId = Guid.NewGuid(),
                TimeStamp = Time,
            });
            operation.Run();
        },
        (state, _) => state with { Leaf = target });

    private static MergeOptions MergeOptionsOf(string path, int depth) =>
        new(path) { Depth = depth, UniqueId = Guid.NewGuid(), TimeStamp = Time };

    private static void Optimize(string path)
    {
        using var operation = OptimizeOperation.Begin(new OptimizeOptions(path));
        operation.Run();
    }

    private static void ZeroFooter(string path)
    {
        using LocalImageFile file = LocalImageFile.OpenWrite(path);
        file.WriteAt(file.Length - 512, new byte[512]);
        file.Flush();
    }

    private static void Repair(string path) => RepairOperation.Run(path, RepairOperation.Plan(path), path + ".undo");

    /// <summary>One step: what is done to the files, and what the disk is then.</summary>
    private sealed record Step(string Name, Action<State, Func<string, string>, Random> Run, Func<State, Random, State> After)
    {
        public Step(string name, Action<State, Func<string, string>, Random> run)
            : this(name, run, static (state, _) => state)
        {
        }

        /// <summary>Whether the image is damaged on purpose before or after it.</summary>
        public bool IsDamaged { get; init; }

        /// <summary>The file that holds the disk after the first half of a step of two.</summary>
        public string? Between { get; init; }
    }
}
