using System.Management.Automation;

namespace VhdPS.Tests.Commands;

/// <summary>What a user of PowerShell and of Hyper-V's cmdlets expects of every cmdlet, whichever it is.</summary>
public sealed class CmdletHabitTests : IDisposable
{
    private static readonly string[] Changing = ["Convert", "Merge", "New", "Optimize", "Repair", "Resize", "Set", "Undo", "Write"];
    private readonly ModuleSession _session = new();
    private readonly IReadOnlyList<CmdletInfo> _cmdlets;

    public CmdletHabitTests() => _cmdlets = _session.Run("Get-Command -Module VhdPS").WithoutErrors().As<CmdletInfo>();

    public void Dispose() => _session.Dispose();

    [Fact]
    public void Verbs_are_PowerShells_and_nouns_are_ours()
    {
        string[] approved = [.. new[] { typeof(VerbsCommon), typeof(VerbsCommunications), typeof(VerbsData), typeof(VerbsDiagnostic) }
            .SelectMany(verbs => verbs.GetFields()).Select(verb => (string)verb.GetValue(null)!)];
        Assert.All(_cmdlets, cmdlet => Assert.Contains(cmdlet.Verb, approved));
        Assert.All(_cmdlets, cmdlet => Assert.Matches("^Vpc[A-Z][a-z]+$", cmdlet.Noun));
    }

    /// <summary>The map is only drawn, but into a file too.</summary>
    [Fact]
    public void What_changes_something_has_WhatIf_and_Confirm_and_nothing_else_has() => Assert.All(_cmdlets, cmdlet =>
    {
        bool isChanging = Changing.Contains(cmdlet.Verb) || cmdlet.Name == "Show-VpcMap";
        Assert.Equal((cmdlet.Name, isChanging), (cmdlet.Name, cmdlet.Parameters.ContainsKey("WhatIf")));
        Assert.Equal((cmdlet.Name, isChanging), (cmdlet.Name, cmdlet.Parameters.ContainsKey("Confirm")));
    });

    /// <summary>Where data would be lost the engine refuses without -Force, so no cmdlet stops a script with a question.</summary>
    [Fact]
    public void No_cmdlet_asks_unless_it_is_told_to() => Assert.All(_cmdlets, cmdlet =>
        Assert.NotEqual(ConfirmImpact.High, Attribute<CmdletAttribute>(cmdlet).ConfirmImpact));

    [Fact]
    public void Files_come_by_name_by_wildcard_and_by_property() => Assert.All(_cmdlets.Where(cmdlet => cmdlet.Name is not ("New-VpcImage" or "Compare-VpcImage")), cmdlet =>
    {
        ParameterMetadata path = cmdlet.Parameters["Path"], literal = cmdlet.Parameters["LiteralPath"];
        Assert.True(path.ParameterSets["Path"] is { IsMandatory: true, Position: 0, ValueFromPipeline: true });
        Assert.True(literal.ParameterSets["LiteralPath"] is { IsMandatory: true, ValueFromPipelineByPropertyName: true });
        Assert.Equal(["FullName", "LP", "PSPath"], literal.Aliases.Order(StringComparer.Ordinal));
    });

    [Theory]
    [InlineData("Size", "SizeBytes")]
    [InlineData("BlockSize", "BlockSizeBytes")]
    public void Sizes_have_HyperVs_names_too(string name, string alias)
    {
        ParameterMetadata[] sizes = [.. _cmdlets.Select(cmdlet => cmdlet.Parameters.GetValueOrDefault(name)).OfType<ParameterMetadata>()];
        Assert.NotEmpty(sizes);
        Assert.All(sizes, size => Assert.Contains(alias, size.Aliases));
        Assert.All(sizes, size => Assert.Contains(size.Attributes, attribute => attribute.GetType().Name == "ByteSizeAttribute"));
    }

    [Fact]
    public void Paths_and_block_sizes_complete() => Assert.All(_cmdlets, cmdlet =>
        Assert.All(cmdlet.Parameters.Values.Where(IsCompleted), parameter => Assert.True(
            parameter.Attributes.OfType<ArgumentCompleterAttribute>().Any(), $"{cmdlet.Name} -{parameter.Name}")));

    [Fact]
    public void What_is_emitted_is_declared() => Assert.All(
        _cmdlets.Where(cmdlet => cmdlet.Name != "Undo-VpcRepair"), cmdlet => Assert.NotEmpty(cmdlet.OutputType));

    [Fact]
    public void Images_that_are_made_or_changed_are_emitted_on_request() => Assert.All(
        _cmdlets.Where(cmdlet => Changing.Contains(cmdlet.Verb) && cmdlet.Verb is not ("New" or "Repair" or "Undo")),
        cmdlet => Assert.Equal(typeof(SwitchParameter), cmdlet.Parameters["PassThru"].ParameterType));

    private static bool IsCompleted(ParameterMetadata parameter) =>
        (parameter.Name.EndsWith("Path", StringComparison.Ordinal) && !parameter.SwitchParameter) || parameter.Name is "BlockSize" or "CreatorApplication" or "Code";

    private static T Attribute<T>(CmdletInfo cmdlet)
        where T : Attribute => (T)System.Attribute.GetCustomAttribute(cmdlet.ImplementingType, typeof(T))!;
}
