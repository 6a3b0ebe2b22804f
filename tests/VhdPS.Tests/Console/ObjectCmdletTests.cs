using System.Text.Json.Nodes;
using VhdPS.Tests.Commands;

namespace VhdPS.Tests.Console;

/// <summary>The small cmdlets that select, order, count, convert and format objects.</summary>
public sealed class ObjectCmdletTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly ModuleSession _session;

    public ObjectCmdletTests() => _session = new ModuleSession(_folder.Root);

    public void Dispose()
    {
        _session.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void First_stops_the_commands_before_it()
    {
        SessionResult result = _session.Run("""
            1..10 | ForEach-Object { $global:seen = $_; $_ } | Select-Object -First 2
            'after', "$seen"
            """);
        Assert.Equal("1 2 after 2", string.Join(' ', result.WithoutErrors().Output));
        Assert.Empty(_session.Run("1..3 | Select-Object -First 0").WithoutErrors().Output);
    }

    [Theory]
    [InlineData("1..5 | Select-Object -Last 2", "4 5")]
    [InlineData("1..5 | Select-Object -Skip 3", "4 5")]
    [InlineData("1..5 | Select-Object -Skip 1 -First 2", "2 3")]
    [InlineData("1, 2, 1 | Select-Object -Unique", "1 2")]
    [InlineData("@{ A = 1, 2 } | ForEach-Object { [pscustomobject] $_ } | Select-Object -ExpandProperty A", "1 2")]
    [InlineData("'abc' | Select-Object Len*, @{ n = 'Twice'; e = { $_.Length * 2 } }, None", "@{Length=3; Twice=6; None=}")]
    [InlineData("3, 1, 2 | Sort-Object", "1 2 3")]
    [InlineData("'bb', 'a', 'CCC' | Sort-Object Length -Descending", "CCC bb a")]
    [InlineData("'b1', 'a2', 'a1' | Sort-Object { $_[0] }, @{ Expression = { $_[1] }; Descending = $true }", "a2 a1 b1")]
    [InlineData("'b', 'B', 'a' | Sort-Object -Unique", "a b")]
    [InlineData("(1..4 | Measure-Object -Sum -Average -Maximum).psobject.Properties.Value", "4 2.5 10 4  ")]
    [InlineData("'a', 'B', 'b' | Group-Object | ForEach-Object { \"$($_.Name)=$($_.Count)\" }", "a=1 B=2")]
    [InlineData("'bb', 'a', 'cc' | Group-Object Length | ForEach-Object { \"$($_.Name)=$($_.Group)\" }", "1=a 2=bb cc")]
    [InlineData("Get-Random -Minimum 5 -Maximum 6; (Get-Random -Count 3 -SetSeed 1).Count", "5 3")]
    [InlineData("Get-Date '2024-02-03' -Format yyyy/MM/dd; (New-Guid).GetType().Name", "2024/02/03 Guid")]
    [InlineData("Write-Output 1, 2; (Write-Output 1, 2 -NoEnumerate).Count", "1 2 2")]
    public void Objects_are_selected_ordered_and_counted(string script, string expected) =>
        Assert.Equal(expected, string.Join(' ', _session.Run(script).WithoutErrors().Output));

    [Fact]
    public void A_property_that_is_not_there_cannot_be_expanded() =>
        Assert.Contains("Nothing", _session.Run("1 | Select-Object -ExpandProperty Nothing").SingleError().ToString(), StringComparison.Ordinal);

    [Fact]
    public void Csv_goes_out_and_comes_back()
    {
        _session.Run("""
            $rows = [pscustomobject]@{ Path = 'a "b", c.vhd'; Size = 20GB }, [pscustomobject]@{ Path = "two`nlines"; Size = $null }
            $rows | Export-Csv x.csv
            """).WithoutErrors();
        Assert.Equal(
            "\"Path\",\"Size\"\n\"a \"\"b\"\", c.vhd\",\"21474836480\"\n\"two\nlines\",\n",
            File.ReadAllText(_folder["x.csv"]).ReplaceLineEndings("\n"));
        Assert.Equal(
            "a \"b\", c.vhd|21474836480 two\nlines|",
            string.Join(' ', _session.Run("Import-Csv x.csv | ForEach-Object { $_.Path + '|' + $_.Size }").WithoutErrors().Output).ReplaceLineEndings("\n"));
        Assert.Equal(
            "2 4",
            string.Join(' ', _session.Run("'a;b', '1;2', '3;4' | ConvertFrom-Csv -Delimiter ';' | ForEach-Object b").WithoutErrors().Output));
        Assert.Equal(
            ["\"a\"", "\"1\""], _session.Run("[pscustomobject]@{ a = 1 } | ConvertTo-Csv").WithoutErrors().As<string>());
    }

    [Fact]
    public void Sizes_of_a_csv_file_make_images()
    {
        File.WriteAllText(_folder["disks.csv"], "Path,Size\nsmall.vhd,8MB\nlarge.vhd,20GB\n");
        SessionResult result = _session.Run("Import-Csv disks.csv | New-VpcImage | Select-Object -ExpandProperty Size");
        Assert.Equal([8L << 20, 20L << 30], result.WithoutErrors().As<long>());
    }

    [Theory]
    [InlineData("@{ a = 1 }", """{"a":1}""")]
    [InlineData("[ordered]@{ a = @(); b = @(1, 'x', $null, $true); c = @{ d = 1.5 } }", """{"a":[],"b":[1,"x",null,true],"c":{"d":1.5}}""")]
    [InlineData("[pscustomobject]@{ s = \"q`\"\\é\"; e = [DayOfWeek]::Friday; u = [ulong]::MaxValue }", """{"s":"q\"\\é","e":5,"u":18446744073709551615}""")]
    [InlineData("[pscustomobject]@{ b = [byte[]](1, 2); t = [datetime]::new(2020, 1, 2, 3, 4, 5, [DateTimeKind]::Utc); g = [guid]::Empty }",
        """{"b":[1,2],"t":"2020-01-02T03:04:05Z","g":"00000000-0000-0000-0000-000000000000"}""")]
    public void Json_is_what_other_programs_read(string value, string expected)
    {
        string json = _session.Run($"{value} | ConvertTo-Json -Compress").WithoutErrors().As<string>()[0];
        Assert.Equal(expected, json);
        string indented = _session.Run($"{value} | ConvertTo-Json").WithoutErrors().As<string>()[0];
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), JsonNode.Parse(indented)), indented);
    }

    [Fact]
    public void Json_deeper_than_asked_for_is_cut_with_a_warning()
    {
        SessionResult result = _session.Run("@{ a = @{ b = @{ c = 1 } } } | ConvertTo-Json -Compress -Depth 1").WithoutErrors();
        Assert.Equal("""{"a":{"b":"System.Collections.Hashtable"}}""", result.As<string>()[0]);
        Assert.Single(result.Warnings);
        Assert.Equal(["[1,2]", "[1]"], _session.Run("1, 2 | ConvertTo-Json -Compress; 1 | ConvertTo-Json -Compress -AsArray").As<string>());
    }

    [Fact]
    public void Json_becomes_objects()
    {
        SessionResult result = _session.Run("""
            $o = '{ "a": [1, 2.5, 18446744073709551615], "b": { "c": "d" }, "t": "2020-01-02T03:04:05Z", "n": null }' | ConvertFrom-Json
            "$($o.a)|$($o.b.c)|$($o.t.GetType().Name)|$($null -eq $o.n)|$($o.a[0].GetType().Name)"
            ('{ "k": 1 }' | ConvertFrom-Json -AsHashtable)['k']
            ('[1,2]' | ConvertFrom-Json).Count
            """).WithoutErrors();
        Assert.Equal("1 2.5 18446744073709551615|d|DateTime|True|Int64 1 2", string.Join(' ', result.Output));
        Assert.Contains("InvalidJson", _session.Run("'{' | ConvertFrom-Json").SingleError().FullyQualifiedErrorId, StringComparison.Ordinal);
    }

    [Fact]
    public void Formatting_is_the_engines_own()
    {
        const string Rows = "$rows = [pscustomobject]@{ Name = 'a'; Size = 1; Other = 2 }, [pscustomobject]@{ Name = 'bb'; Size = 20; Other = 3 }; ";
        Assert.Equal(
            "\nName Size\n---- ----\na       1\nbb     20\n\n", _session.RunFormatted(Rows + "$rows | Format-Table Name, Size -AutoSize"));
        Assert.Equal(
            "\nName  : a\nTwice : 2\n\n", _session.RunFormatted(Rows + "$rows[0] | Format-List Name, @{ n = 'Twice'; e = { $_.Size * 2 } }"));
        Assert.Equal(
            ["", "Name", "----", "a", "bb", ""],
            _session.Run(Rows + "$rows | Format-Table Name | Out-String -Stream").WithoutErrors().As<string>().Select(line => line.TrimEnd()));
        Assert.All(
            _session.Run("[pscustomobject]@{ Name = 'x' * 100 } | Out-String -Stream -Width 40").WithoutErrors().As<string>(),
            line => Assert.True(line.Length <= 40, line));
    }

    [Fact]
    public void Sleep_ends_when_the_pipeline_is_stopped()
    {
        RunningScript script = _session.Start("1; Start-Sleep -Milliseconds 100000000");
        script.WaitForSign();
        Assert.True(script.Stop().WasStopped);
    }
}
