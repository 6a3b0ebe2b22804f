using System.Diagnostics;
using System.Globalization;
using System.Text;
using VhdPS.Bench.Compare;

using CompareOptions = VhdPS.Bench.Compare.CompareOptions;

namespace VhdPS.Bench.Growth;

/// <summary>Time and memory of the cmdlets against size, and the exponent of each growth.</summary>
internal sealed class GrowthCommand(CompareOptions options, long mostDataBytes)
{
    private const int Runs = 3;

    public int Run()
    {
        var page = new StringBuilder();
        page.Append("| work | against | sizes | time | memory above the warm process | exponent of time |\n|---|---|---|---|---|---|\n");
        using (var engine = new WarmEngine())
        using (var data = new BenchData(options.DataFolder, options.IsQuick))
        {
            foreach (GrowthSeries series in GrowthCatalog.All(options.IsQuick, mostDataBytes))
            {
                foreach ((string name, string command) in series.Works.Where(work => options.Wants(work.Name)))
                {
                    string line = Measure(series, name, command, engine, data);
                    Console.WriteLine(line);
                    page.Append(line).Append('\n');
                }
            }
        }

        if (options.IsKept)
        {
            PageSection.Write("growth", page.ToString());
        }

        return 0;
    }

    /// <summary>The slope of the straight line through the logarithms: 1 where twice the size takes twice the time.</summary>
    private static double Exponent(IReadOnlyList<long> sizes, IReadOnlyList<double> seconds)
    {
        double[] x = [.. sizes.Select(size => Math.Log(size))], y = [.. seconds.Select(time => Math.Log(time))];
        double middleX = x.Average(), middleY = y.Average();
        return x.Zip(y, (one, other) => (one - middleX) * (other - middleY)).Sum() / x.Sum(one => (one - middleX) * (one - middleX));
    }

    private static string Measure(GrowthSeries series, string name, string command, WarmEngine engine, BenchData data)
    {
        var seconds = new List<double>();
        var memory = new List<long>();
        string target = data.PathOf("grown.vhd");
        foreach (long size in series.Sizes)
        {
            var variables = new Dictionary<string, object> { ["path"] = series.Prepare(data, size), ["target"] = target };
            void Work()
            {
                File.Delete(target);
                File.Delete(target + "x");
                engine.RunSilently(command, variables);
            }

            memory.Add(PeakMemory.Measure(Work));
            var times = new List<TimeSpan>();
            for (int run = 0; run < Runs; run++)
            {
                long start = Stopwatch.GetTimestamp();
                Work();
                times.Add(Stopwatch.GetElapsedTime(start));
            }

            seconds.Add(Figures.Median(times));
        }

        File.Delete(target);
        File.Delete(target + "x");
        return string.Create(
            CultureInfo.InvariantCulture,
            $"| `{name}` | {series.Axis} | {string.Join(", ", series.Sizes.Select(series.Describe))} "
                + $"| {string.Join(", ", seconds.Select(Figures.Seconds))} "
                + $"| {string.Join(", ", memory.Select(bytes => Figures.Bytes(bytes)))} | {Exponent(series.Sizes, seconds):0.00} |");
    }
}
