using System.Globalization;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;

namespace VhdPS.Bench.Compare;

/// <summary>Measures the rows that are asked for, shows each as it is done, and keeps the figures of a whole run.</summary>
internal sealed class CompareCommand(CompareOptions options)
{
    private readonly List<RowResult> _results = [];
    private readonly List<MemoryResult> _memory = [];
    private bool _isAnyMissing;

    public int Run(IReadOnlyList<Row> rows, IReadOnlyList<MemoryWork> memoryWorks)
    {
        List<Row> wantedRows = [.. rows.Where(row => options.Wants(row.Name))];
        List<MemoryWork> wantedWorks = [.. memoryWorks.Where(work => options.Wants(work.Name))];
        if (wantedRows.Count + wantedWorks.Count == 0)
        {
            IEnumerable<string> names = rows.Select(row => row.Name).Concat(memoryWorks.Select(work => work.Name));
            Console.Error.WriteLine($"Nothing has such a name. There are: {string.Join(", ", names)}.");
            return 2;
        }

        using (var data = new BenchData(options.DataFolder, options.IsQuick))
        {
            wantedRows.ForEach(row => Measure(row, data));
            wantedWorks.ForEach(work => Measure(work, data));
        }

        if (!options.IsKept)
        {
            Console.WriteLine("Shown only: docs/performance.md takes the figures of a whole run.");
            return _isAnyMissing ? 1 : 0;
        }

        if (_isAnyMissing)
        {
            Console.Error.WriteLine("docs/performance.md is left as it was: figures are missing.");
            return 1;
        }

        string[] machine = [.. Machine.Describe(options.DataFolder)];
        string docs = Path.Combine(Repository.Root, "docs");
        Directory.CreateDirectory(docs);
        File.WriteAllText(Path.Combine(docs, "performance.md"), new PerformancePage(_results, _memory, machine, options.Runs).Text());
        File.WriteAllText(Path.Combine(docs, "performance.svg"), new PerformanceChart(_results).Text());
        return 0;
    }

    private void Measure(Row row, BenchData data)
    {
        using (row)
        {
            if (row.PeerProgram is { } program && !PeerProcess.Exists(program))
            {
                Miss(row.Name, $"{program} is not installed.");
                return;
            }

            Try(row.Name, () =>
            {
                row.Prepare(data);
                RowResult result = new PairRunner(options.Runs).Run(row);
                _results.Add(result);
                Console.WriteLine(Line(result));
                if (result.Memory is { } figure)
                {
                    Add(row.Name, new MemoryResult(row.Work, figure));
                }
            });
        }
    }

    private void Measure(MemoryWork work, BenchData data)
    {
        using (work)
        {
            Try(work.Name, () =>
            {
                work.Prepare(data);
                Add(work.Name, new MemoryResult(work.Work, work.Measure()));
            });
        }
    }

    private void Try(string name, Action work)
    {
        try
        {
            work();
        }
        catch (Exception error) when (error is IOException or InvalidOperationException or VhdOperationException or VhdFormatException)
        {
            Miss(name, error.Message);
        }
    }

    private void Miss(string name, string why)
    {
        _isAnyMissing = true;
        Console.Error.WriteLine($"{name}: {why}");
    }

    private void Add(string name, MemoryResult result)
    {
        _memory.Add(result);
        MemoryFigure figure = result.Figure;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{name,-32} {figure.What}: {figure.MeasuredBytes} bytes, goal {figure.GoalBytes}{Missed(figure.IsMet)}"));
    }

    private static string Line(RowResult result) => string.Create(
        CultureInfo.InvariantCulture,
        $"{result.Row.Name,-32} {result.Ratio:0.000} ({result.LeastRatio:0.000} to {result.MostRatio:0.000}), "
            + $"goal {result.Row.Goal:0.###}, {result.Pairs.Count} pairs, "
            + $"{result.OurMilliseconds:0.00} ms to {result.PeerMilliseconds:0.00} ms{Missed(result.IsMet)}");

    private static string Missed(bool isMet) => isMet ? string.Empty : "  MISSED";
}
