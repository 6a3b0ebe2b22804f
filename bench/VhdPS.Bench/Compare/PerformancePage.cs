using System.Globalization;
using System.Text;
using static System.FormattableString;

namespace VhdPS.Bench.Compare;

/// <summary>docs/performance.md: how the figures were taken, and a table a family.</summary>
internal sealed class PerformancePage(
    IReadOnlyList<RowResult> results, IReadOnlyList<MemoryResult> memory, IReadOnlyList<string> machine, int runs)
{
    /// <summary>Not measured by this program: a server and a library of another platform take part.</summary>
    private static readonly string Transfers =
        """

        ## Sending to Azure

        By hand, against Azurite 3.37 in memory on loopback, a dynamic image of 20 GiB with 100 MiB of data; the peer is
        `@azure/storage-blob` 12.32 on Node 20, which sends the same ranges in requests of 4 MiB, 8 at once, timed inside its process. The
        machine was in other use.

        | what | goal | measured |
        |---|---|---|
        | bytes sent | the data and 4 MiB at most | the data and 512 bytes |
        | requests | fewer than 40 | 31 (the peer 26, without looking, leasing and giving back) |
        | our time as a share of the peer's, median of 7 pairs | 1.00 | **1.03** (0.66 to 1.31) |
        | the same, the peer in requests of 2 MiB | 1.00 | 0.98 |
        | peak resident above the warm process, 8 requests at once | 96 MiB | 38 MiB |
        | temporary disk | 0 B | no file but the state, of less than 4,096 lines |

        """.ReplaceLineEndings("\n").TrimEnd('\n') + "\n";

    public string Text()
    {
        var text = new StringBuilder();
        text.Append(
            """
            # Performance

            Each figure is our time as a share of the peer's: 0.50 is half its time, 1.00 as long. Made by

                dotnet run -c Release --project bench/VhdPS.Bench -- compare

            which writes this page and the chart; `--quick` shows in a minute or two that the rows run.

            ![Our time as a share of the peer's](performance.svg)

            ## What a user feels

            The cmdlets as they are by default, which wait until the new file is on the medium, and with the switch that the
            cell names, or without that wait (`-NoFlush`), beside `cp` and `qemu-img convert`, which do not wait, and the same
            with a `sync` of their file. On XFS and btrfs, where `cp` is told to copy (`--reflink=never`), ours share extents.
            Before each run the target is deleted and everything synced, and half a second goes by. Measured by itself, with

                dotnet run -c Release --project bench/VhdPS.Bench -- conversions


            """.ReplaceLineEndings("\n"));
        text.Append(PageSection.Keep("conversions"));
        text.Append(
            """

            The goals were 0.25 of `cp` and `sync` on XFS and btrfs, and 0.05 with the switch, which leaves out the reading. The reading
            is what takes the time there: the blocks themselves are shared by a call each. In the run of November 2026 one goal was
            missed, `-Mode Quick` on btrfs, at 0.07: the old file's 2 GiB in the page cache have to be given back when it is replaced
            (0.08 s where it is not in the cache, 0.34 s where it is). On ext4, which shares nothing, all wait for the medium.

            ## Growth

            Time and memory against size, of the cmdlets in a warm session. The exponent is the slope through the logarithms of
            all sizes: 1 is in proportion. Measured by itself, with

                dotnet run -c Release --project bench/VhdPS.Bench -- growth


            """.ReplaceLineEndings("\n"));
        text.Append(PageSection.Keep("growth"));
        text.Append(
            """

            Above 1.05 is what waits for the medium (conversions of 4 GiB and more: what is to be written is more than the system lets
            wait) and what goes through all files of a folder: of many images, objects outlive more collections of the runtime the more
            of them there are; each file is opened once, and the folder listed once. `Resize-VpcImage` of many in one folder: before each
            change the folder is listed again, at a microsecond or two a file, for an image that came meanwhile may depend on the one
            that is changed; files are read again only where they have changed.

            ## The size of a write

            New files are written by calls of 128 KiB at most. 2 GiB by `pwrite` into a new file, Linux 6.18, a virtual machine with
            2 cores and 24 GiB: the middle of 5 runs on ext4 and 3 on XFS (a loop device), and the slowest; other work ran beside it.

            | a call | ext4 | slowest | and `fsync` | XFS | slowest | and `fsync` |
            |---|---|---|---|---|---|---|
            | 128 KiB | 0.51 s | 0.56 s | 1.74 s | 0.26 s | 1.23 s | 1.39 s |
            | 256 KiB | 0.48 s | 0.54 s | 1.62 s | 0.18 s | 0.21 s | 1.13 s |
            | 512 KiB | 0.49 s | 3.02 s | 1.66 s | 0.91 s | 1.19 s | 2.02 s |
            | 1 MiB | 1.72 s | 3.11 s | 3.10 s | 1.18 s | 1.19 s | 2.28 s |

            Calls of 2 MiB take 3.2 s a GiB on ext4 and 1.9 s on XFS; calls of 64 KiB are no faster than those of 128. In an earlier run
            on the same kind of machine 256 KiB was slow, too (2.4 s for 2 GiB, and 0.8 to 1.3 s by 128 KiB), which is why 128 was taken:
            Linux takes memory for the page cache in pieces as large as the call, and large ones can be dear. btrfs takes 1.0 s a
            GiB whatever the size. Over pages that are there already, long calls are not slower but faster (512 MiB on XFS: 41 ms by
            1 MiB, 58 ms by 128 KiB), and so are reads (38 and 61 ms): they, and zeros written over old data, stay at 1 MiB.

            ## How it is measured

            * The data comes from a seed. Both sides do the same requests on the same bytes, one at a time.

            """.ReplaceLineEndings("\n"));
        text.Append(
            CultureInfo.InvariantCulture,
            $"* The sides run in turn (ours, the peer, ours, the peer, ...) after a warm-up: {runs} pairs, more of\n"
                + $"  short work, 3 where a run of the peer takes many seconds. A ratio is of one pair; shown are the median "
                + $"of the ratios, the least and the most.\n");
        text.Append(
            """
            * Our side is timed inside a warm process, a program by its whole process. The page cache is warm,
              filled by reading the files from the medium after they were made.
            * What a side does beyond the requests (opening, syncing) is timed with it where the note says so.

            The machine:

            """.ReplaceLineEndings("\n"));
        foreach (string line in machine)
        {
            text.Append(CultureInfo.InvariantCulture, $"* {line}\n");
        }

        foreach (IGrouping<string, RowResult> family in results.GroupBy(result => result.Row.Family))
        {
            AppendFamily(text, family.Key, [.. family]);
        }

        AppendMissed(text, [.. results.Where(result => !result.IsMet)]);
        AppendMemory(text);
        text.Append(Transfers);
        return text.ToString();
    }

    private static void AppendFamily(StringBuilder text, string family, List<RowResult> rows)
    {
        text.Append(CultureInfo.InvariantCulture, $"\n## {family}\n\n");
        text.Append("| work | over | goal | measured | least to most | pairs | ours | the peer's |\n|---|---|---|---|---|---|---|---|\n");
        foreach (RowResult result in rows)
        {
            Row row = result.Row;
            text.Append(
                CultureInfo.InvariantCulture,
                $"| {row.Work} | {row.Peer} | {Share(row.Goal)} | {Measured(result)} "
                    + $"| {Share(result.LeastRatio)} to {Share(result.MostRatio)} | {result.Pairs.Count} "
                    + $"| {Milliseconds(result.OurMilliseconds)} | {Milliseconds(result.PeerMilliseconds)} |\n");
        }

        if (rows.Exists(result => result.Row.Note is not null))
        {
            text.Append('\n');
        }

        foreach (Row row in rows.Select(result => result.Row).Where(row => row.Note is not null))
        {
            text.Append(CultureInfo.InvariantCulture, $"* {row.Work}: {row.Note}\n");
        }
    }

    private static void AppendMissed(StringBuilder text, List<RowResult> rows)
    {
        text.Append(rows.Count > 0 ? "\n## Missed goals\n\n" : "\nNo goal of time is missed.\n");
        foreach (RowResult result in rows)
        {
            double excess = ((result.Ratio / result.Row.Goal) - 1) * 100;
            string why = result.Row.Obstacle is { } obstacle ? $" {obstacle}" : string.Empty;
            text.Append(
                CultureInfo.InvariantCulture,
                $"* {result.Row.Work}, over {result.Row.Peer}: {Share(result.Ratio)}, "
                    + $"{Math.Max(1, excess):0} % above {Share(result.Row.Goal)}.{why}\n");
        }
    }

    private void AppendMemory(StringBuilder text)
    {
        text.Append("\n## Memory\n\n| work | what is counted | goal | measured |\n|---|---|---|---|\n");
        foreach (MemoryResult result in memory)
        {
            MemoryFigure figure = result.Figure;
            string measured = figure.IsMet ? Bytes(figure.MeasuredBytes) : $"**{Bytes(figure.MeasuredBytes)}** (missed)";
            text.Append(CultureInfo.InvariantCulture, $"| {result.Work} | {figure.What} | {Bytes(figure.GoalBytes)} | {measured} |\n");
        }
    }

    private static string Measured(RowResult result) =>
        result.IsMet ? Share(result.Ratio) : $"**{Share(result.Ratio)}** (missed)";

    /// <summary>Two decimals, and two figures below a tenth.</summary>
    private static string Share(double value) =>
        value.ToString(value >= 0.095 ? "0.00" : value >= 0.0095 ? "0.000" : "0.0000", CultureInfo.InvariantCulture);

    private static string Milliseconds(double value) => value switch
    {
        >= 1000 => Invariant($"{value / 1000:0.00} s"),
        >= 10 => Invariant($"{value:0} ms"),
        _ => Invariant($"{value:0.00} ms"),
    };

    private static string Bytes(long value) => value >= 1024 * 1024
        ? Invariant($"{value / 1048576.0:0.0} MiB")
        : Invariant($"{value} B");
}
