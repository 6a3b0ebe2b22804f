using System.Text.RegularExpressions;
using ArchUnitNET.Domain;
using ArchUnitNET.Fluent;
using ArchUnitNET.Loader;
using ArchUnitNET.xUnit;
using VhdPS.Engine.Images;
using static ArchUnitNET.Fluent.ArchRuleDefinition;

namespace VhdPS.Tests;

/// <summary>
/// The arrows between the engine's folders: each knows those before it and none after it. Vhdx stands beside Layout and
/// Images; the folders that own the interfaces it fits (Chains, Disks, Checking) may know it, and it them. Nbd's client is
/// made by Disks' factory. Pages, a page blob as the engine sees it, is known to Operations alone. A folder that is not there
/// yet is judged as soon as it is.
/// </summary>
public class EngineHouseTests
{
    private static readonly Architecture Engine = new ArchLoader().LoadAssemblies(typeof(VhdImage).Assembly).Build();

    private static readonly (string House, string[] Forbidden)[] Rules =
    [
        ("Format", ["Files", "Layout", "Chains", "Images", "Vhdx", "Disks", "Nbd", "Partitions", "Checking", "Operations", "Pages"]),
        ("Files", ["Layout", "Chains", "Images", "Vhdx", "Disks", "Nbd", "Partitions", "Checking", "Operations", "Pages"]),
        ("Layout", ["Chains", "Images", "Vhdx", "Disks", "Nbd", "Partitions", "Checking", "Operations", "Pages"]),
        ("Chains", ["Images", "Disks", "Nbd", "Partitions", "Checking", "Operations", "Pages"]),
        ("Images", ["Vhdx", "Disks", "Nbd", "Partitions", "Checking", "Operations", "Pages"]),
        ("Vhdx", ["Layout", "Images", "Nbd", "Partitions", "Operations", "Pages"]),
        ("Disks", ["Partitions", "Checking", "Operations", "Pages"]),
        ("Nbd", ["Vhdx", "Partitions", "Checking", "Operations", "Pages"]),
        ("Partitions", ["Vhdx", "Nbd", "Checking", "Operations", "Pages"]),
        ("Checking", ["Nbd", "Operations", "Pages"]),
        ("Pages", ["Layout", "Chains", "Images", "Vhdx", "Disks", "Nbd", "Partitions", "Checking", "Operations"]),
        ("Operations", ["Nbd"]),
    ];

    public static TheoryData<string, string> ForbiddenArrows()
    {
        var arrows = new TheoryData<string, string>();
        foreach ((string house, string[] forbidden) in Rules)
        {
            foreach (string other in forbidden)
            {
                arrows.Add(house, other);
            }
        }

        return arrows;
    }

    [Theory]
    [MemberData(nameof(ForbiddenArrows))]
    public void A_folder_of_the_engine_knows_none_after_it(string house, string other)
    {
        IArchRule rule = Types().That().ResideInNamespaceMatching(Namespaces(house))
            .Should().NotDependOnAny(Types().That().ResideInNamespaceMatching(Namespaces(other)))
            .WithoutRequiringPositiveResults();
        rule.Check(Engine);
    }

    // A constant, an enum value and nameof leave no trace in the compiled code; the directive that they need does in the source.
    [Theory]
    [MemberData(nameof(ForbiddenArrows))]
    public void A_source_file_names_no_folder_after_its_own(string house, string other)
    {
        var directive = new Regex($@"^using (static |\w+ = )?VhdPS\.Engine\.{other}\b", RegexOptions.Multiline);
        string folder = Path.Combine(Repository.Root, "src", "VhdPS.Engine", house);
        string[] offenders = !Directory.Exists(folder)
            ? []
            : [.. Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories).Where(
                path => directive.IsMatch(File.ReadAllText(path)))];

        Assert.Empty(offenders);
    }

    [Fact]
    public void Every_type_of_the_engine_lives_in_a_known_folder()
    {
        IEnumerable<string> strays = Engine.Types
            .Where(type => type.Assembly.Name.StartsWith("VhdPS.Engine", StringComparison.Ordinal))
            .Where(type => type.Namespace.FullName.StartsWith("VhdPS", StringComparison.Ordinal))
            .Where(type => !Rules.Any(rule => Regex.IsMatch(type.Namespace.FullName, Namespaces(rule.House))))
            .Select(type => type.FullName);

        Assert.Empty(strays);
        Assert.All(
            Rules.Where(rule => Directory.Exists(Path.Combine(Repository.Root, "src", "VhdPS.Engine", rule.House))),
            rule => Assert.Contains(Engine.Types, type => Regex.IsMatch(type.Namespace.FullName, Namespaces(rule.House))));
    }

    private static string Namespaces(string house) => $@"^VhdPS\.Engine\.{house}(\..*)?$";
}
