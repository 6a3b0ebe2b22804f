using System.Xml.Linq;
using VhdPS.Engine.Format;
using VhdPS.Engine.Pages;
using VhdPS.Engine.Storage;
using VhdPS.Tests.Commands;

namespace VhdPS.Tests.Help;

/// <summary>What platyPS built into docs/help/en-US is what the pages in docs/en-US say, and Get-Help shows it.</summary>
public sealed class BuiltHelpTests
{
    private static readonly XNamespace Command = "http://schemas.microsoft.com/maml/dev/command/2004/10";
    private static readonly XNamespace Maml = "http://schemas.microsoft.com/maml/2004/10";
    private static readonly XNamespace Dev = "http://schemas.microsoft.com/maml/dev/2004/10";

    private static readonly string BuiltFolder = Path.Combine(Repository.Root, "docs", "help", "en-US");

    private static readonly Lazy<Dictionary<string, XElement>> Built = new(() =>
        XDocument.Load(Path.Combine(BuiltFolder, "VhdPS.dll-Help.xml")).Root!.Elements(Command + "command")
            .ToDictionary(command => command.Element(Command + "details")!.Element(Command + "name")!.Value));

    public static TheoryData<string> Pages => new(HelpPage.Names());

    public static TheoryData<string> Topics => new(
        Directory.EnumerateFiles(HelpPage.Folder, "about_*.md").Select(path => Path.GetFileNameWithoutExtension(path)!));

    [Fact]
    public void Every_page_is_built() => Assert.Equal(HelpPage.Names(), Built.Value.Keys.Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Pages))]
    public void Built_help_says_what_the_page_says(string name)
    {
        var page = HelpPage.Read(name);
        XElement built = Built.Value[name];
        Assert.Equal(Words(page.Synopsis), Words(Text(built.Element(Command + "details")!)));
        Assert.Equal(Words(page.Description), Words(Text(built)));
        Assert.Equal(
            page.Examples.Select(example => (example.Title, Words(example.Code))),
            built.Descendants(Command + "example").Select(example =>
                (example.Element(Maml + "title")!.Value.Trim('-', ' '), Words(example.Element(Dev + "code")!.Value))));

        var parameters = built.Element(Command + "parameters")!.Elements(Command + "parameter").ToDictionary(parameter => parameter.Element(Maml + "name")!.Value);
        Assert.Equal(page.Parameters.Keys.Order(), parameters.Keys.Order());
        foreach ((string parameterName, HelpParameter described) in page.Parameters)
        {
            XElement parameter = parameters[parameterName];
            IReadOnlyDictionary<string, string> facts = described.Facts[0];
            Assert.Equal(Words(described.Text), Words(Text(parameter)));
            Assert.Equal(
                [parameterName, facts["Required"], facts["Position"], facts["Accept pipeline input"], facts["Aliases"] is { Length: > 0 } aliases ? aliases : "none", facts["Default value"], facts["Type"]],
                new[]
                {
                    parameterName,
                    parameter.Attribute("required")!.Value,
                    parameter.Attribute("position")!.Value,
                    parameter.Attribute("pipelineInput")!.Value,
                    parameter.Attribute("aliases")!.Value,
                    parameter.Element(Dev + "defaultValue")!.Value,
                    parameter.Element(Dev + "type")!.Element(Maml + "name")!.Value,
                },
                StringComparer.OrdinalIgnoreCase);
        }
    }

    [Theory]
    [MemberData(nameof(Topics))]
    public void Built_topics_say_what_their_pages_say(string topic)
    {
        string page = File.ReadAllText(Path.Combine(HelpPage.Folder, topic + ".md"));
        string built = File.ReadAllText(Path.Combine(BuiltFolder, topic + ".help.txt"));
        string[] lines = page[page.IndexOf("# SHORT DESCRIPTION", StringComparison.Ordinal)..].ReplaceLineEndings("\n").Split('\n');
        Assert.Equal(
            Words(string.Join('\n', lines.Where(line => !line.StartsWith("```", StringComparison.Ordinal)).Select(line => line.TrimStart('#')))),
            Words(built[built.IndexOf("SHORT DESCRIPTION", StringComparison.Ordinal)..]));
    }

    [Fact]
    public void Every_error_has_its_heading()
    {
        Dictionary<string, string> sections = HelpPage.Split(
            File.ReadAllText(Path.Combine(HelpPage.Folder, "about_VpcErrors.md")).ReplaceLineEndings("\n"), "## ");
        sections.Remove("about_VpcErrors");
        IEnumerable<string> others =
        [
            "ImageInUse", "PathNotFound", "PathNotUsable", "AccessDenied", "InvalidArgument", "DiskFull",
            .. Enum.GetNames<ImageIOOperation>().Select(operation => operation + "Failed"), "IOError",
        ];
        Assert.Equal([.. Enum.GetNames<FaultCode>(), .. Enum.GetNames<RefusalCode>(), .. Enum.GetNames<TransferFault>(), .. others], sections.Keys);
        Assert.All(sections.Values, text => Assert.Contains("\nWhat to do: ", text, StringComparison.Ordinal));
        Assert.All(Enum.GetValues<FaultCode>(), code =>
        {
            FaultAttribute facts = FaultCatalog.Of(code);
            string kind = $"{facts.Severity}. {(facts.IsRepairable ? "Repairable. " : "")}";
            Assert.StartsWith(kind, sections[$"{code}"], StringComparison.Ordinal);
            Assert.Equal(facts.IsRepairable, sections[$"{code}"].Contains("Repairable.", StringComparison.Ordinal));
        });
    }

    [Fact]
    public void Get_Help_shows_pages_and_topics()
    {
        using var session = new ModuleSession();
        Assert.Contains("Makes new, empty disk images.", session.RunFormatted("Get-Help New-VpcImage -Full"), StringComparison.Ordinal);
        Assert.Contains("New-VpcImage -Path data.vhd -Size 20GB", session.RunFormatted("Get-Help New-VpcImage -Examples"), StringComparison.Ordinal);
        Assert.Contains("power of two from 512", session.RunFormatted("Get-Help New-VpcImage -Parameter BlockSize"), StringComparison.Ordinal);
        Assert.Contains("BatEntryPastEnd", session.RunFormatted("Get-Help about_VpcErrors"), StringComparison.Ordinal);
    }

    private static string Text(XElement element) =>
        string.Join('\n', element.Element(Maml + "description")!.Elements(Maml + "para").Select(para => para.Value));

    private static string Words(string text) => string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
}
