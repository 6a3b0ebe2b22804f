using System.Diagnostics;
using System.Globalization;
using System.Text;
using VhdPS.Bench.Compare;

using CompareOptions = VhdPS.Bench.Compare.CompareOptions;

namespace VhdPS.Bench.Conversions;

/// <summary>
/// What a user feels: the cmdlets as they are by default, which sync, beside cp and qemu-img with and without a sync, on the file system
/// of the data folder and, as root, on new ones of XFS and btrfs.
/// </summary>
internal sealed class ConversionsCommand(CompareOptions options)
{
    private const string Vpc = "vpc";
    private const int DefaultRounds = 5;
    private static readonly string[] Columns =
    [
        "ours", "ours, switch", "ours, `-NoFlush`", "`cp`", "`cp`, `sync`", "`qemu-img convert`", "and `sync`", "`-W -m 16`", "and `sync`",
        "ours to `cp`, `sync`",
    ];

    private readonly TimeSpan _pause = TimeSpan.FromMilliseconds(options.IsQuick ? 50 : 500);

    private int Rounds => options.IsQuick ? 1 : Math.Min(options.Runs, DefaultRounds);

    public int Run()
    {
        var table = new StringBuilder();
        string lines = string.Concat(Enumerable.Repeat("---|", Columns.Length));
        table.Append(CultureInfo.InvariantCulture, $"| work | on | {string.Join(" | ", Columns)} |\n|---|---|{lines}\n");
        using (var data = new BenchData(options.DataFolder, options.IsQuick))
        using (var engine = new WarmEngine())
        {
            long sizeBytes = data.Scale(2 * BenchData.GiB);
            string own = new DriveInfo(options.DataFolder).DriveFormat;
            foreach (Func<TestFileSystem?> open in new Func<TestFileSystem?>[]
            {
                () => TestFileSystem.At(data.PathOf("own"), own),
                () => TestFileSystem.TryMount("xfs", data.PathOf(string.Empty), 6 * sizeBytes),
                () => TestFileSystem.TryMount("btrfs", data.PathOf(string.Empty), 6 * sizeBytes),
            })
            {
                using TestFileSystem? place = open();
                if (place is not null)
                {
                    Measure(place, data, sizeBytes, engine, table);
                }
            }
        }

        if (options.IsKept)
        {
            PageSection.Write("conversions", $"{string.Join("\n", Machine.Describe(options.DataFolder).Select(line => $"* {line}"))}\n"
                + $"* median of {Rounds} rounds of all columns in turn; a full disk of 2 GiB\n\n{table}");
        }

        return 0;
    }

    private static string Copy(string source, string folder)
    {
        string copy = Path.Combine(folder, Path.GetFileName(source));
        PeerProcess.Time("cp", "--reflink=never", source, copy);
        BenchData.Sync(copy);
        PageCache.ReadAnew(copy);
        return copy;
    }

    private void Measure(TestFileSystem place, BenchData data, long sizeBytes, WarmEngine engine, StringBuilder table)
    {
        string raw = Copy(data.Raw(DiskFill.Full, sizeBytes), place.Folder);
        string dynamic = Copy(data.Dynamic(DiskFill.Full, sizeBytes), place.Folder);
        string vhdx = Copy(data.Vhdx(DiskFill.Full, sizeBytes), place.Folder);
        string[] toDynamic = ["-O", Vpc, "-o", "subformat=dynamic,force_size=on"];
        ConversionWork[] works =
        [
            new(
                "raw to dynamic", raw, raw, "Convert-VpcImage $source $target -SourceFormat Raw -VhdType Dynamic",
                ["-f", "raw", .. toDynamic]),
            new("dynamic to raw", dynamic, raw, "Convert-VpcImage $source $target -VhdType Raw", ["-f", Vpc, "-O", "raw"]),
            new("VHDX to dynamic", vhdx, raw, "Convert-VpcImage $source $target -VhdType Dynamic", ["-f", "vhdx", .. toDynamic]),
            new("optimize", dynamic, dynamic, "Optimize-VpcImage $target", ["-f", Vpc, .. toDynamic], IsInstead: true),
        ];
        foreach (ConversionWork work in works.Where(work => options.Wants(work.Name)))
        {
            string line = $"| {work.Name} | {place.Name} | {Measure(work, place, engine)} |";
            Console.WriteLine(line);
            table.Append(line).Append('\n');
        }

        File.Delete(raw);
        File.Delete(dynamic);
        File.Delete(vhdx);
    }

    private string Measure(ConversionWork work, TestFileSystem place, WarmEngine engine)
    {
        string target = Path.Combine(place.Folder, "target.vhd");
        TimeSpan Ours(string switches) => Time(work, target, () => engine.RunSilently(
            $"{work.Command} {switches}", new Dictionary<string, object> { ["source"] = work.Source, ["target"] = target }));
        TimeSpan Peer(bool sync, string program, params string[] arguments) => Time(work, target, () =>
        {
            string made = work.IsInstead ? target + ".new" : target;
            PeerProcess.Time(program, [.. arguments, made]);
            if (sync)
            {
                PeerProcess.Time("sync", made);
            }

            if (work.IsInstead)
            {
                PeerProcess.Time("mv", made, target);
            }
        });

        var sides = new List<Func<TimeSpan>> { () => Ours(string.Empty), () => Ours(work.Switches[0]) };
        if (work.Switches.Length > 1)
        {
            sides.Add(() => Ours(work.Switches[1]));
        }

        foreach (bool sync in new[] { false, true })
        {
            sides.Add(() => Peer(sync, "cp", "--reflink=never", work.CopySource));
        }

        foreach (string[] fast in new string[][] { [], ["-W", "-m", "16"] })
        {
            foreach (bool sync in new[] { false, true })
            {
                sides.Add(() => Peer(sync, "qemu-img", ["convert", .. fast, .. work.QemuFormats, work.Source]));
            }
        }

        // Once before, so that the first round finds everything compiled.
        sides[0]();
        List<TimeSpan>[] times = [.. sides.Select(_ => new List<TimeSpan>())];
        for (int round = 0; round < Rounds; round++)
        {
            for (int i = 0; i < sides.Count; i++)
            {
                times[i].Add(sides[i]());
            }
        }

        List<string> cells = [.. times.Select(side => Figures.Seconds(Figures.Median(side)))];
        if (work.Switches.Length == 1)
        {
            cells.Insert(2, "");
        }

        int synced = work.Switches.Length + 2;
        double ratio = Figures.Median(times[0]) / Figures.Median(times[synced]);
        cells[1] = $"{cells[1]} (`{work.Switches[0]}`)";
        cells.Add(ratio.ToString("0.00", CultureInfo.InvariantCulture));
        return string.Join(" | ", cells);
    }

    /// <summary>One run: nothing is left of the one before, neither the file nor what waits to be written.</summary>
    private TimeSpan Time(ConversionWork work, string target, Action run)
    {
        File.Delete(target);
        if (work.IsInstead)
        {
            PeerProcess.Time("cp", "--reflink=auto", work.Source, target);
            PageCache.ReadAnew(target);
            PageCache.FreeMemory(target + ".new", new FileInfo(target).Length);
        }

        PeerProcess.Time("sync");
        Thread.Sleep(_pause);
        long start = Stopwatch.GetTimestamp();
        run();
        TimeSpan time = Stopwatch.GetElapsedTime(start);
        File.Delete(target);
        return time;
    }
}
