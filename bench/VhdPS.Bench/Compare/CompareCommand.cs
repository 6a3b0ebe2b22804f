using System.Globalization;
using VhdPS.Engine.Format;
using VhdPS.Engine.Storage;

namespace VhdPS.Bench.Compare;

/// <summary>Measures the rows that are asked for, shows each as it is done, and keeps the figures of a whole run.</summary>
internal sealed class CompareCommand(CompareOptions options)
{
    public int Run(IReadOnlyList<Row> rows)
    {
        List<Row> wanted = [.. rows.Where(options.Wants)];
        if (wanted.Count == 0)
        {
            Console.Error.WriteLine($"No row has such a name. There are: {string.Join(", ", rows.Select(row => row.Name))}.");
            return 2;
        }

        List<RowResult> results = [];
        List<Row> missing = [];
        using var data = new BenchData(options.DataFolder, options.IsQuick);
        foreach (Row row in wanted)
        {
            using (row)
            {
                if (row.PeerProgram is { } program && !PeerProcess.Exists(program))
                {
                    missing.Add(row);
                    Console.Error.WriteLine($"{row.Name}: {program} is not installed.");
                    continue;
                }

                try
                {
                    row.Prepare(data);
                    RowResult result = new PairRunner(options.Runs).Run(row);
                    results.Add(result);
                    Console.WriteLine(Line(result));
                }
                catch (Exception error) when (error is IOException or InvalidOperationException or VhdRefusedException or VhdFormatException)
                {
                    missing.Add(row);
                    Console.Error.WriteLine($"{row.Name}: {error.Message}");
                }
            }
        }

        if (!options.IsKept)
        {
            Console.WriteLine("Shown only: docs/performance.md takes the figures of a whole run.");
            return missing.Count == 0 ? 0 : 1;
        }

        if (missing.Count > 0)
        {
            Console.Error.WriteLine("docs/performance.md is left as it was: rows are missing.");
            return 1;
        }

        string[] machine = [.. Machine.Describe(options.DataFolder)];
        string docs = Path.Combine(Repository.Root, "docs");
        Directory.CreateDirectory(docs);
        File.WriteAllText(Path.Combine(docs, "performance.md"), new PerformancePage(results, machine, options.Runs).Text());
        File.WriteAllText(Path.Combine(docs, "performance.svg"), new PerformanceChart(results).Text());
        return 0;
    }

    private static string Line(RowResult result)
    {
        string time = string.Create(
            CultureInfo.InvariantCulture,
            $"{result.Row.Name,-28} {result.Ratio:0.000} ({result.LeastRatio:0.000} to {result.MostRatio:0.000}), goal {result.Row.Goal:0.###}, {result.Pairs.Count} pairs, {result.OurMilliseconds:0.00} ms to {result.PeerMilliseconds:0.00} ms{(result.IsMet ? string.Empty : "  MISSED")}");
        return result.Memory is { } memory
            ? time + string.Create(
                CultureInfo.InvariantCulture,
                $"\n{string.Empty,-28} {memory.What}: {memory.MeasuredBytes} bytes, goal {memory.GoalBytes}{(memory.IsMet ? string.Empty : "  MISSED")}")
            : time;
    }
}
