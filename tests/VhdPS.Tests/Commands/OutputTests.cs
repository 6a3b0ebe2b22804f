using System.Collections;
using System.Management.Automation;
using System.Reflection;

namespace VhdPS.Tests.Commands;

/// <summary>
/// What every output type owes a script: lists that can be indexed, and properties and views that survive remoting, jobs
/// and Export-Clixml, however deep they lie.
/// </summary>
public sealed class OutputTests : IDisposable
{
    private const int RemotingDepth = 1;

    private static readonly string[] OutputScripts =
    [
        "Get-VpcImage fixed.vhd",
        "Get-VpcImage child.vhd",
        "(Get-VpcImage child.vhd).Footer",
        "(Get-VpcImage child.vhd).Header",
        "(Get-VpcImage child.vhd).Header.ParentLocators",
        "(Get-VpcImage child.vhd).Geometry",
        "Get-VpcFooter hurt.vhd",
        "Read-VpcSector child.vhd 0 3",
        "Get-VpcBlock child.vhd -Detailed",
        "Get-VpcBlock child.vhd -Chain",
        "Get-VpcChain child.vhd",
        "Get-VpcChain orphan",
        "(Get-VpcChain orphan/child.vhd).TriedPath",
        "Show-VpcMap child.vhd",
        "Test-VpcChecksum child.vhd",
        "Test-VpcChecksum hurt.vhd",
        "(Test-VpcChecksum hurt.vhd).Footer",
        "Get-VpcHash child.vhd",
        "Get-VpcHash child.vhd -BlockManifest",
        "Compare-VpcImage base.vhd child.vhd",
        "Compare-VpcImage base.vhd child.vhd -Structure",
        "Optimize-VpcImage fixed.vhd",
        "Optimize-VpcImage base.vhd",
        "Test-VpcImage child.vhd",
        "Test-VpcImage hurt.vhd -Full -For Azure",
        "(Test-VpcImage hurt.vhd -For Azure).Findings",
        "(Test-VpcImage hurt.vhd -For Azure).Rules",
        "(Test-VpcImage hurt.vhd -For Azure).SizeSeen",
        "Repair-VpcImage hurt.vhd",
        "(Repair-VpcImage worse.vhd).Steps",
    ];

    private readonly TempFolder _folder = new();
    private readonly ModuleSession _session;

    public OutputTests()
    {
        _session = new ModuleSession(_folder.Root);
        _session.Run("""
            $null = New-VpcImage base.vhd -Size 10MB
            Write-VpcSector base.vhd 0 ([byte[]](, 1 * 1024))
            $null = New-VpcImage child.vhd -ParentPath base.vhd
            Write-VpcSector child.vhd 0 ([byte[]](, 2 * 512))
            $null = New-VpcImage fixed.vhd -Size 5MB -VhdType Fixed
            $null = New-Item -ItemType Directory orphan
            $null = Copy-Item child.vhd orphan/child.vhd
            $null = Copy-Item child.vhd orphan/twin.vhd
            $bytes = [IO.File]::ReadAllBytes("$PWD/base.vhd")
            $bytes[-100] = 1
            'hurt', 'worse' | ForEach-Object { [IO.File]::WriteAllBytes("$PWD/$_.vhd", $bytes) }
            """).WithoutErrors();
    }

    public static TheoryData<string> Scripts => [.. OutputScripts];

    public void Dispose()
    {
        _session.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [MemberData(nameof(Scripts))]
    public void Properties_and_views_survive(string script)
    {
        (IReadOnlyList<PSObject> sent, IReadOnlyList<PSObject> received) = Send(script);
        Assert.NotEmpty(sent);
        Assert.Equal(sent.Count, received.Count);
        for (int i = 0; i < sent.Count; i++)
        {
            Assert.Equal("Deserialized." + sent[i].TypeNames[0], received[i].TypeNames[0]);
            AssertSame(sent[i], received[i], script);
        }

        // The picture of a map is drawn before it travels, 80 columns wide whatever the console.
        string shown = sent[0].TypeNames[0] == "VhdPS.VpcMap" ? $"\n{sent[0]}\n\n\n" : _session.RunFormatted("$sent");
        Assert.Equal(shown, _session.RunFormatted("$received"));
    }

    [Fact]
    public void Lists_can_be_indexed()
    {
        foreach (PSObject output in OutputScripts.SelectMany(script => _session.Run(script).WithoutErrors().Output))
        {
            foreach (PSPropertyInfo property in output.Properties.Where(property => property.Value is IEnumerable and not string and not byte[]))
            {
                object[] items = [.. ((IEnumerable)property.Value).Cast<object>()];
                for (int i = 0; i < items.Length; i++)
                {
                    Assert.Equal([items[i]], _session.Run("$output.($name)[$i]", ("output", output), ("name", property.Name), ("i", i)).As<object>());
                }
            }
        }
    }

    [Fact]
    public void Every_type_of_an_output_is_among_them()
    {
        var met = new HashSet<Type>();
        foreach (string script in OutputScripts)
        {
            met.UnionWith(_session.Run(script).Output.Select(output => output.BaseObject.GetType()));
        }

        IEnumerable<Type> emitted = _session.Run("(Get-Command -Module VhdPS).ImplementingType").As<Type>()
            .SelectMany(cmdlet => cmdlet.GetCustomAttributes<OutputTypeAttribute>()).SelectMany(attribute => attribute.Type).Select(name => name.Type);
        // Those of transfers need a server: Pester meets them.
        string[] transfers = ["VpcSendResult", "VpcSendPlan", "VpcReceiveResult", "VpcReceivePlan"];
        Assert.Empty(Reachable(emitted).Except(met).Select(type => type.Name).Except(transfers));
    }

    [Fact]
    public void Names_of_values_hold_on_the_other_side()
    {
        Send("Get-VpcImage *.vhd");
        Assert.Equal(["fixed.vhd"], _session.Run("$received | Where-Object VhdType -EQ Fixed | ForEach-Object { Split-Path -Leaf $_.Path }").As<string>());
        Send("Get-VpcChain child.vhd");
        Assert.Empty(_session.Run("$received | Where-Object State -NE Ok").Output);
    }

    [Theory]
    [InlineData(@"C:\vms\a.vhd", @"C:\vms", "a.vhd")]
    [InlineData(@"D:\d.vhd", @"D:\", "d.vhd")]
    [InlineData(@"\\nas\share\c.vhd", @"\\nas\share", "c.vhd")]
    [InlineData(@"/srv/e\f.vhd", "/srv", @"e\f.vhd")]
    [InlineData("/g.vhd", "/", "g.vhd")]
    public void Files_of_another_host_are_shown_by_its_name_and_the_rules_of_its_system(string path, string folder, string name)
    {
        string[] lines = _session.RunFormatted("""
            $object = [pscustomobject]@{ Path = $path; IsValid = $true; Errors = 0; Warnings = 0; Notes = 0; Findings = @(); PSComputerName = 'web1'; PSShowComputerName = $true }
            $object.PSTypeNames.Insert(0, 'Deserialized.VhdPS.VpcCheckResult')
            $object
            """, ("path", path)).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        Assert.Equal($"Folder: web1: {folder}", lines[0]);
        Assert.Contains(name, lines[3].Split(' '));
    }

    private (IReadOnlyList<PSObject> Sent, IReadOnlyList<PSObject> Received) Send(string script) => (
        _session.Run($"$sent = @({script}); $sent").WithoutErrors().Output,
        _session.Run(
            "$received = @($sent | ForEach-Object { [Management.Automation.PSSerializer]::Deserialize([Management.Automation.PSSerializer]::Serialize($_, $depth)) }); $received",
            ("depth", RemotingDepth)).WithoutErrors().Output);

    private static void AssertSame(object? sent, object? received, string place)
    {
        object? value = (received as PSObject)?.BaseObject is { } held and not PSCustomObject ? held : received;
        object? original = (sent as PSObject)?.BaseObject ?? sent;
        if (original is null or string or byte[] or Version or Guid or DateTime or bool || original.GetType().IsPrimitive)
        {
            Assert.Equal(original, value);
        }
        else if (original is Enum)
        {
            Assert.Equal(original.ToString(), value);
        }
        else if (original is IEnumerable list)
        {
            object?[] expected = [.. list], actual = [.. Assert.IsAssignableFrom<IEnumerable>(value)];
            Assert.Equal(expected.Length, actual.Length);
            foreach ((object? one, object? other) in expected.Zip(actual))
            {
                AssertSame(one, other, place + "[]");
            }
        }
        else
        {
            PSObject here = PSObject.AsPSObject(original), there = PSObject.AsPSObject(received!);
            Assert.Equal(here.ToString(), there.ToString());
            Assert.Equal(here.Properties.Select(property => $"{place}.{property.Name}"), there.Properties.Select(property => $"{place}.{property.Name}"));
            foreach (PSPropertyInfo property in here.Properties)
            {
                AssertSame(property.Value, there.Properties[property.Name].Value, $"{place}.{property.Name}");
            }
        }
    }

    /// <summary>The module's own types among some and in their properties, of whatever depth.</summary>
    private static HashSet<Type> Reachable(IEnumerable<Type> types)
    {
        var reached = new HashSet<Type>();
        var left = new Queue<Type>(types);
        while (left.TryDequeue(out Type? type))
        {
            if (type.IsGenericType)
            {
                left.Enqueue(type.GetGenericArguments()[0]);
            }
            else if (type.Namespace?.StartsWith("VhdPS", StringComparison.Ordinal) == true && !type.IsEnum && reached.Add(type))
            {
                foreach (PropertyInfo property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance))
                {
                    left.Enqueue(property.PropertyType);
                }
            }
        }

        return reached;
    }
}
