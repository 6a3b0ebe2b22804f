using BenchmarkDotNet.Running;
using VhdPS.Bench.Benchmarks;
using VhdPS.Bench.Compare;
using VhdPS.Bench.Conversions;
using VhdPS.Bench.Growth;
using VhdPS.Bench.Rows;

namespace VhdPS.Bench;

internal static class Program
{
    private const string Usage = """
        compare [names...] [--quick] [--runs N] [--data-folder DIR]
            Measures VhdPS and its peers side by side. Without names and --quick the figures go to
            docs/performance.md and docs/performance.svg; otherwise they are only shown.
              names          what has one of them in its name; an unknown one lists all names
              --quick        less data and three runs: shows that the rows work, not how fast
              --runs N       pairs of runs a row (11)
              --data-folder  where the images are made; deleted at the end (the temporary folder)
        conversions [names...] [--quick] [--runs N] [--data-folder DIR]
            The cmdlets as they are by default beside cp and qemu-img, each with and without a sync; as root also on
            XFS and btrfs in files of the data folder. The figures of a whole run go into docs/performance.md.
        growth [names...] [--quick] [--data-folder DIR] [--most-data GIB]
            Time and memory against size, and exponents; --most-data is the largest disk of data (8). The figures of
            a whole run go into docs/performance.md.
        bdn [arguments of BenchmarkDotNet]
            The engine's hot paths, with the bytes that a call allocates.
        """;

    private static int Main(string[] args)
    {
        switch (args)
        {
            case ["compare", .. var rest]:
                if (CompareOptions.Parse(rest, out string? error) is not { } options)
                {
                    return Refuse(error);
                }

                return new CompareCommand(options).Run(RowCatalog.Rows, RowCatalog.MemoryWorks);
            case ["conversions", .. var rest]:
                return CompareOptions.Parse(rest, out string? fault) is { } conversions
                    ? new ConversionsCommand(conversions).Run()
                    : Refuse(fault);
            case ["growth", .. var rest]:
                return CompareOptions.Parse(rest, out string? wrong) is { } growth
                    ? new GrowthCommand(growth, growth.MostDataBytes).Run()
                    : Refuse(wrong);
            case ["bdn", .. var rest]:
                BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(rest, HotPathConfig.Create());
                return 0;
            default:
                Console.Error.WriteLine(Usage);
                return 2;
        }
    }

    private static int Refuse(string? error)
    {
        Console.Error.WriteLine(error);
        return 2;
    }
}
