using System.Text.RegularExpressions;
using VhdPS.Tests.Peers;

namespace VhdPS.Tests.Help;

/// <summary>Every command of the guides runs on the prepared files.</summary>
public sealed partial class GuideTests
{
    private static readonly string Docs = Path.Combine(Repository.Root, "docs");

    public static TheoryData<string> Recipes => new(RecipeTitles());

    public static TheoryData<string> Rows => new(Counterparts());

    [Theory]
    [MemberData(nameof(Recipes))]
    public void Every_recipe_works(string recipe)
    {
        using var folder = new ExampleFolder();
        foreach (Match block in Block().Matches(HelpPage.Split(Read("cookbook.md"), "## ")[recipe]))
        {
            string script = block.Groups["script"].Value;
            if (!script.Contains(PeerPrograms.Mke2fs, StringComparison.Ordinal) || PeerPrograms.Find(PeerPrograms.Mke2fs) is not null)
            {
                folder.Session.Run(script).WithoutErrors();
            }
        }
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public void Every_counterpart_works(string command)
    {
        using var folder = new ExampleFolder();
        folder.Session.Run(command).WithoutErrors();
    }

    [Fact]
    public void Guides_have_commands()
    {
        Assert.True(RecipeTitles().Length >= 6);
        Assert.True(Counterparts().Length >= 25);
    }

    private static string[] RecipeTitles() => [.. HelpPage.Split(Read("cookbook.md"), "## ").Keys];

    private static string[] Counterparts() =>
        [.. new[] { "from-hyper-v.md", "from-qemu-img.md" }.SelectMany(guide => Row().Matches(Read(guide)).Select(match => match.Groups["command"].Value)).Distinct()];

    private static string Read(string guide) => File.ReadAllText(Path.Combine(Docs, guide)).ReplaceLineEndings("\n");

    [GeneratedRegex("```powershell\n(?<script>.*?)```", RegexOptions.Singleline)]
    private static partial Regex Block();

    [GeneratedRegex(@"^\| .* \| `(?<command>\w+-Vpc[^`]*)` \|$", RegexOptions.Multiline)]
    private static partial Regex Row();
}
