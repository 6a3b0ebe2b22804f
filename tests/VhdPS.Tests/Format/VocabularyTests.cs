using System.Text.RegularExpressions;

namespace VhdPS.Tests.Format;

/// <summary>The engine says what is wrong in its own terms; cmdlets and their parameters are the module's words.</summary>
public sealed partial class VocabularyTests
{
    [Fact]
    public void The_engine_names_no_cmdlet_and_no_parameter()
    {
        string folder = Path.Combine(Repository.Root, "src", "VhdPS.Engine");
        string[] found =
        [
            .. from file in Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories)
               where !Path.GetRelativePath(folder, file).StartsWith("obj", StringComparison.Ordinal)
               from line in File.ReadLines(file).Select((text, index) => (Text: text, Number: index + 1))
               let match = PowerShellWord().Match(line.Text)
               where match.Success
               select $"{Path.GetRelativePath(folder, file)}:{line.Number}: {match.Value}",
        ];
        Assert.Empty(found);
    }

    // A cmdlet (Test-VpcImage), one of the module's nouns (VpcImage), or a parameter after a space, quote or bracket (-Force).
    [GeneratedRegex(@"\b[A-Z][a-z]+-V(?:pc|HD)\w*|\bVpc[A-Z]\w*|PowerShell|(?<=[\s""'(])-[A-Z][a-z]\w+")]
    private static partial Regex PowerShellWord();
}
