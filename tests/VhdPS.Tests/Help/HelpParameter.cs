using System.Text.RegularExpressions;

namespace VhdPS.Tests.Help;

/// <summary>What a page says of a parameter: a text, and a table of facts for each group of parameter sets.</summary>
internal sealed partial class HelpParameter
{
    public HelpParameter(string section)
    {
        Text = section[..section.IndexOf("```", StringComparison.Ordinal)].Trim();
        Facts = [.. Table().Matches(section).Select(match => ReadTable(match.Groups["table"].Value))];
    }

    public string Text { get; }

    public IReadOnlyList<IReadOnlyDictionary<string, string>> Facts { get; }

    /// <summary>The facts that hold in a parameter set.</summary>
    public IReadOnlyDictionary<string, string> In(string set) =>
        Assert.Single(Facts, facts => facts["Parameter Sets"] is var sets && (sets == "(All)" || sets.Split(", ").Contains(set)));

    private static Dictionary<string, string> ReadTable(string table) => table
        .Split('\n', StringSplitOptions.RemoveEmptyEntries)
        .Select(line => line.Split(':', 2))
        .ToDictionary(pair => pair[0].Trim(), pair => pair[1].Trim());

    [GeneratedRegex("```yaml\n(?<table>.*?)```", RegexOptions.Singleline)]
    private static partial Regex Table();
}
