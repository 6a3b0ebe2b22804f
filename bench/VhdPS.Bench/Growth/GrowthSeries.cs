using VhdPS.Bench.Compare;

namespace VhdPS.Bench.Growth;

/// <summary>Pieces of work on the same input in several sizes.</summary>
/// <param name="Axis">What grows.</param>
/// <param name="Sizes">The sizes, ascending.</param>
/// <param name="Describe">A size in words.</param>
/// <param name="Prepare">Makes the input of a size and returns its path.</param>
/// <param name="Works">Names, and lines of script with $path and $target.</param>
internal sealed record GrowthSeries(
    string Axis,
    IReadOnlyList<long> Sizes,
    Func<long, string> Describe,
    Func<BenchData, long, string> Prepare,
    IReadOnlyList<(string Name, string Command)> Works);
