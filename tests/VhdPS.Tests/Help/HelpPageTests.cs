using System.Globalization;
using System.Management.Automation;
using System.Text.RegularExpressions;
using VhdPS.Tests.Commands;

namespace VhdPS.Tests.Help;

/// <summary>The pages in docs/en-US say of every cmdlet what the engine says of it.</summary>
public sealed partial class HelpPageTests : IDisposable
{
    private const string AllSets = "__AllParameterSets";

    private readonly ModuleSession _session = new();

    public static TheoryData<string> Pages => new(HelpPage.Names());

    public void Dispose() => _session.Dispose();

    [Fact]
    public void Every_cmdlet_is_exported_and_has_a_page_and_a_row_in_the_readme()
    {
        IReadOnlyList<CmdletInfo> exported = _session.Run("Get-Command -Module VhdPS | Sort-Object Name").WithoutErrors().As<CmdletInfo>();
        string[] names = [.. exported.Select(cmdlet => cmdlet.Name)];
        string[] compiled = [.. exported[0].ImplementingType.Assembly.GetTypes()
            .SelectMany(type => type.GetCustomAttributes(typeof(CmdletAttribute), inherit: false).Cast<CmdletAttribute>())
            .Select(attribute => $"{attribute.VerbName}-{attribute.NounName}").Order()];
        string readme = File.ReadAllText(Path.Combine(Repository.Root, "README.md"));
        Assert.Equal(compiled, names);
        Assert.Equal(names, HelpPage.Names().Order());
        Assert.Equal(names, ReadmeRow().Matches(readme).Select(match => match.Groups["name"].Value).Order());
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void Parameters_are_described_as_they_are(string name)
    {
        CmdletInfo cmdlet = Find(name);
        var page = HelpPage.Read(name);
        string[] common = [.. Cmdlet.CommonParameters];
        Assert.Equal(
            cmdlet.Parameters.Keys.Except(common).Order(), page.Parameters.Keys.Order());
        foreach ((string parameterName, HelpParameter described) in page.Parameters)
        {
            ParameterMetadata parameter = cmdlet.Parameters[parameterName];
            foreach ((string set, ParameterSetMetadata inSet) in parameter.ParameterSets)
            {
                IReadOnlyDictionary<string, string> facts = set == AllSets ? Assert.Single(described.Facts) : described.In(set);
                string where = $"{name} -{parameterName}";
                Assert.Equal((where, TypeName(parameter.ParameterType)), (where, facts["Type"]));
                Assert.Equal((where, string.Join(", ", parameter.Aliases)), (where, facts["Aliases"]));
                Assert.Equal((where, $"{inSet.IsMandatory}"), (where, facts["Required"]));
                Assert.Equal((where, inSet.Position < 0 ? "Named" : $"{inSet.Position}"), (where, facts["Position"]));
                Assert.Equal((where, Pipeline(inSet)), (where, facts["Accept pipeline input"]));
                Assert.Equal((where, $"{parameter.Attributes.OfType<SupportsWildcardsAttribute>().Any()}"), (where, facts["Accept wildcard characters"]));
                Assert.Equal((where, AcceptedValues(parameter)), (where, facts.GetValueOrDefault("Accepted values", "")));
                AssertDefault(where, cmdlet, parameter, inSet, facts["Default value"]);
            }

            Assert.Equal(
                parameter.ParameterSets.Keys.Where(set => set != AllSets).Order(),
                described.Facts.SelectMany(facts => facts["Parameter Sets"].Split(", ")).Where(set => set != "(All)").Order());
            Assert.True(described.Text.Length > 20, $"{name} -{parameterName} is not described.");
        }
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void Syntax_is_that_of_the_parameter_sets(string name)
    {
        CmdletInfo cmdlet = Find(name);
        var page = HelpPage.Read(name);
        Assert.Equal(cmdlet.ParameterSets.Count, page.Syntax.Count);
        foreach (CommandParameterSetInfo set in cmdlet.ParameterSets)
        {
            string heading = page.Syntax.Count == 1 ? page.Syntax.Keys.Single() : set.Name + (set.IsDefault ? " (Default)" : "");
            Assert.Equal(SyntaxParts(set.ToString()), SyntaxParts(page.Syntax[heading]));
        }
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void Texts_are_complete(string name)
    {
        var page = HelpPage.Read(name);
        Assert.EndsWith(".", page.Synopsis, StringComparison.Ordinal);
        Assert.True(page.Description.Length > 100);
        Assert.True(page.Examples.Count >= 3);
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void Every_example_runs(string name)
    {
        using var folder = new ExampleFolder();
        // Those with a signature need a server: Pester runs them.
        foreach (HelpExample example in HelpPage.Read(name).Examples.Where(example => !example.Script.Contains("Get-Content sas", StringComparison.Ordinal)))
        {
            SessionResult result = folder.Session.Run(example.Script).WithoutErrors();
            if (!example.Script.Contains("-WhatIf", StringComparison.Ordinal))
            {
                bool isSilent = !example.Code.Contains("\n\n", StringComparison.Ordinal);
                Assert.Equal((example.Title, isSilent), (example.Title, result.Output.Count == 0));
            }
        }
    }

    private static void AssertDefault(string where, CmdletInfo cmdlet, ParameterMetadata parameter, ParameterSetMetadata inSet, string described)
    {
        if (inSet.IsMandatory)
        {
            Assert.Equal((where, "None"), (where, described));
        }
        else if (parameter.SwitchParameter)
        {
            Assert.Equal((where, "False"), (where, described));
        }
        else if (cmdlet.ImplementingType.GetProperty(parameter.Name) is { } property)
        {
            using var instance = (IDisposable)Activator.CreateInstance(cmdlet.ImplementingType)!;
            object? value = property.GetValue(instance);
            switch (value)
            {
                // Where nothing is given the cmdlet decides while it runs, and the page says how.
                case null or Array { Length: 0 } or DateTime { Ticks: 0 } or 0 or 0L or false:
                case Guid id when id == Guid.Empty:
                case Enum unset when Convert.ToInt64(unset, CultureInfo.InvariantCulture) == 0 && !Enum.IsDefined(unset.GetType(), described):
                    Assert.NotEmpty(described);
                    break;
                default:
                    Assert.Equal((where, value), (where, LanguagePrimitives.ConvertTo(ScriptNumber(described), parameter.ParameterType, CultureInfo.InvariantCulture)));
                    break;
            }
        }
    }

    /// <summary>The value of a number with PowerShell's suffix, as of 2MB; anything else as it stands.</summary>
    private static object ScriptNumber(string text) =>
        ScriptBlock.Create(text).Ast.Find(ast => ast is System.Management.Automation.Language.ConstantExpressionAst, searchNestedScriptBlocks: false)
            is System.Management.Automation.Language.ConstantExpressionAst { Value: not string } number ? number.Value : text;

    private static string AcceptedValues(ParameterMetadata parameter)
    {
        if (parameter.Attributes.OfType<ValidateSetAttribute>().FirstOrDefault() is { } set)
        {
            return string.Join(", ", set.ValidValues);
        }

        Type type = Nullable.GetUnderlyingType(parameter.ParameterType) ?? parameter.ParameterType;
        type = type.IsArray ? type.GetElementType()! : type;
        return type.IsEnum ? string.Join(", ", Enum.GetNames(type)) : "";
    }

    private static string Pipeline(ParameterSetMetadata set) => (set.ValueFromPipeline, set.ValueFromPipelineByPropertyName) switch
    {
        (true, true) => "True (ByPropertyName, ByValue)",
        (true, false) => "True (ByValue)",
        (false, true) => "True (ByPropertyName)",
        _ => "False",
    };

    private static string TypeName(Type type) => Nullable.GetUnderlyingType(type)?.Name ?? type.Name;

    private static IEnumerable<string> SyntaxParts(string syntax) =>
        SyntaxPart().Matches(Spaces().Replace(syntax, " ")).Select(match => match.Groups["part"].Value + match.Groups["end"].Value).Order(StringComparer.Ordinal);

    private CmdletInfo Find(string name) => _session.Run($"Get-Command {name}").WithoutErrors().As<CmdletInfo>().Single();

    [GeneratedRegex(@"^\| `(?<name>\w+-\w+)` \|", RegexOptions.Multiline)]
    private static partial Regex ReadmeRow();

    [GeneratedRegex(@"(?<!\w)(?<part>\[{0,2}-\w+\]?)(?: <[^>]*>(?<end>\]?))?")]
    private static partial Regex SyntaxPart();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();
}
