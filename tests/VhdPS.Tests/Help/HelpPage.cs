using System.Text.RegularExpressions;

namespace VhdPS.Tests.Help;

/// <summary>A cmdlet's page in docs/en-US, by its headings.</summary>
internal sealed partial class HelpPage
{
    private readonly Dictionary<string, string> _sections;

    private HelpPage(string name, string text)
    {
        Name = name;
        _sections = Split(text, "## ");
        Parameters = Split(_sections["PARAMETERS"], "### -").ToDictionary(pair => pair.Key, pair => new HelpParameter(pair.Value));
        Examples = [.. Split(_sections["EXAMPLES"], "### ").Select(pair => new HelpExample(pair.Key, pair.Value))];
    }

    public static string Folder { get; } = Path.Combine(Repository.Root, "docs", "en-US");

    public string Name { get; }

    public string Synopsis => _sections["SYNOPSIS"].Trim();

    public string Description => _sections["DESCRIPTION"].Trim();

    public IReadOnlyDictionary<string, HelpParameter> Parameters { get; }

    public IReadOnlyList<HelpExample> Examples { get; }

    /// <summary>The one-line syntax of each parameter set, by the set's heading; the heading is empty where there is one set only.</summary>
    public IReadOnlyDictionary<string, string> Syntax => Split(_sections["SYNTAX"], "### ")
        .DefaultIfEmpty(new("", _sections["SYNTAX"]))
        .ToDictionary(pair => pair.Key, pair => pair.Value.Replace("```", "", StringComparison.Ordinal));

    public static HelpPage Read(string cmdlet) => new(cmdlet, File.ReadAllText(Path.Combine(Folder, cmdlet + ".md")).ReplaceLineEndings("\n"));

    /// <summary>The pages of cmdlets that there are.</summary>
    public static IEnumerable<string> Names() =>
        Directory.EnumerateFiles(Folder, "*-*.md").Select(path => Path.GetFileNameWithoutExtension(path)).Order(StringComparer.Ordinal);

    /// <summary>The texts below the headings that begin with <paramref name="mark"/>, outside of code blocks.</summary>
    public static Dictionary<string, string> Split(string text, string mark)
    {
        var found = new Dictionary<string, string>();
        string? heading = null;
        bool isCode = false;
        foreach (string line in text.Split('\n'))
        {
            isCode ^= line.StartsWith("```", StringComparison.Ordinal);
            if (!isCode && line.StartsWith(mark, StringComparison.Ordinal))
            {
                heading = line[mark.Length..].Trim();
                found.Add(heading, "");
            }
            else if (!isCode && (line.StartsWith("# ", StringComparison.Ordinal) || (mark.StartsWith("###", StringComparison.Ordinal) && AnyHeading().IsMatch(line))))
            {
                heading = null;
            }
            else if (heading is not null)
            {
                found[heading] += line + "\n";
            }
        }

        return found;
    }

    [GeneratedRegex("^#{1,3} ")]
    private static partial Regex AnyHeading();
}
