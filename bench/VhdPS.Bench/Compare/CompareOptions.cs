using System.Globalization;

namespace VhdPS.Bench.Compare;

/// <summary>What the command line of <c>compare</c> asks for.</summary>
internal sealed record CompareOptions
{
    private const int DefaultRuns = 11;
    private const int QuickRuns = 3;
    private const int DefaultMostDataGiB = 8;

    /// <summary>What is wanted has a name that contains one of these; empty for all.</summary>
    public IReadOnlyList<string> Names { get; private init; } = [];

    /// <summary>Less data and few runs.</summary>
    public bool IsQuick { get; private init; }

    /// <summary>Pairs of runs a row, at least.</summary>
    public int Runs { get; private init; } = DefaultRuns;

    /// <summary>The folder in which the data is made.</summary>
    public string DataFolder { get; private init; } = Path.GetTempPath();

    /// <summary>The largest disk of data whose growth is measured, in bytes.</summary>
    public long MostDataBytes { get; private init; } = DefaultMostDataGiB * BenchData.GiB;

    /// <summary>Only figures of a whole run with all of the data are worth keeping.</summary>
    public bool IsKept => Names.Count == 0 && !IsQuick;

    public static CompareOptions? Parse(IReadOnlyList<string> args, out string? error)
    {
        List<string> names = [];
        bool isQuick = false;
        int? runs = null;
        string? folder = null;
        int mostDataGiB = DefaultMostDataGiB;
        error = null;
        for (int i = 0; i < args.Count; i++)
        {
            string? value = i + 1 < args.Count ? args[i + 1] : null;
            switch (args[i])
            {
                case "--quick":
                    isQuick = true;
                    break;
                case "--runs" when int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int count) && count > 0:
                    runs = count;
                    i++;
                    break;
                case "--most-data" when int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int gib) && gib > 1:
                    mostDataGiB = gib;
                    i++;
                    break;
                case "--data-folder" when value is not null:
                    folder = Path.GetFullPath(value);
                    i++;
                    break;
                case var option when option.StartsWith('-'):
                    error = $"{option} is not known, or lacks its value.";
                    return null;
                default:
                    names.Add(args[i]);
                    break;
            }
        }

        return new CompareOptions
        {
            Names = names,
            IsQuick = isQuick,
            Runs = runs ?? (isQuick ? QuickRuns : DefaultRuns),
            MostDataBytes = mostDataGiB * BenchData.GiB,
            DataFolder = folder ?? Path.GetTempPath(),
        };
    }

    /// <summary>Whether the row or work of that name is to be measured.</summary>
    public bool Wants(string name) => Names.Count == 0 || Names.Any(part => name.Contains(part, StringComparison.OrdinalIgnoreCase));
}
