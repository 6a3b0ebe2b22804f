using System.Management.Automation;
using VhdPS.Tests.Commands;

namespace VhdPS.Tests.Console;

/// <summary>The small cmdlets over the file system.</summary>
public sealed class ItemCmdletTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly ModuleSession _session;

    public ItemCmdletTests() => _session = new ModuleSession(_folder.Root);

    public void Dispose()
    {
        _session.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Children_are_found_by_wildcard_filter_kind_and_depth()
    {
        _folder.Write("a.vhd", default);
        _folder.Write("b.txt", default);
        Directory.CreateDirectory(_folder["sub"]);
        _folder.Write("sub/c.VHD", default);
        Assert.Equal(["a.vhd"], Names("Get-ChildItem *.vhd"));
        Assert.Equal(["a.vhd", "c.VHD"], Names("Get-ChildItem -Filter *.vhd -Recurse"));
        Assert.Equal(["sub"], Names("Get-ChildItem -Directory"));
        Assert.Equal(["a.vhd", "b.txt"], Names("Get-ChildItem -File"));
        Assert.Equal(["a.vhd", "sub"], Names("Get-Item a*, sub"));
        Assert.Empty(Names("Get-ChildItem *.none"));
    }

    [Fact]
    public void A_literal_path_is_no_pattern()
    {
        _folder.Write("[a].vhd", "x"u8);
        _folder.Write("a.vhd", "y"u8);
        Assert.Equal(["[a].vhd"], Names("Get-Item -LiteralPath '[a].vhd'"));
        Assert.Equal(["a.vhd"], Names("Get-Item '[a].vhd'"));
        Assert.Equal(["x"], Texts("Get-Content -LiteralPath '[a].vhd'"));
        _session.Run("Get-ChildItem | Where-Object Name -eq '[a].vhd' | Remove-Item").WithoutErrors();
        Assert.Equal(["a.vhd"], Names("Get-ChildItem"));
    }

    [Fact]
    public void A_missing_path_is_one_error_and_the_others_go_on()
    {
        _folder.Write("a.txt", "1\n2\n"u8);
        SessionResult result = _session.Run("Get-Content nosuch, a.txt");
        Assert.Equal(["1", "2"], result.As<string>());
        ErrorRecord error = result.SingleError();
        Assert.Equal(ErrorCategory.ObjectNotFound, error.CategoryInfo.Category);
        Assert.Contains("nosuch", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Removing_takes_a_full_folder_only_with_Recurse_and_nothing_with_WhatIf()
    {
        Directory.CreateDirectory(_folder["full"]);
        _folder.Write("full/a", default);
        Assert.Contains("-Recurse", _session.Run("Remove-Item full").SingleError().ToString(), StringComparison.Ordinal);
        _session.Run("Remove-Item full -Recurse -WhatIf").WithoutErrors();
        Assert.True(File.Exists(_folder["full/a"]));
        _session.Run("Remove-Item full -Recurse").WithoutErrors();
        Assert.False(Directory.Exists(_folder["full"]));
    }

    [Fact]
    public void Items_are_made_copied_moved_and_renamed()
    {
        _session.Run("""
            New-Item -ItemType Directory a/b | Out-Null
            New-Item a/f.txt -Value text | Out-Null
            Copy-Item a c -Recurse
            Move-Item c/f.txt d.txt
            Rename-Item d.txt e.txt
            """).WithoutErrors();
        Assert.True(Directory.Exists(_folder["c/b"]));
        Assert.False(File.Exists(_folder["c/f.txt"]));
        Assert.True(File.Exists(_folder["a/f.txt"]));
        Assert.Equal("text", File.ReadAllText(_folder["e.txt"]));
        _session.Run("New-Item a/f.txt -Value other").SingleError();
        Assert.Equal("text", File.ReadAllText(_folder["a/f.txt"]));
    }

    [Fact]
    public void Paths_are_tested_joined_split_and_resolved()
    {
        _folder.Write("a.txt", default);
        Assert.Equal(
            [true, false, true, false, false, true],
            _session.Run("""
                Test-Path a.txt, nosuch; Test-Path a.txt -PathType Leaf; Test-Path a.txt -PathType Container
                Test-Path nodrive:\x; Test-Path *.txt
                """).WithoutErrors().As<bool>());
        string separator = Path.DirectorySeparatorChar.ToString();
        Assert.Equal($"a{separator}b{separator}c", Texts("Join-Path a b c")[0]);
        Assert.Equal(["a.txt", "a", ".txt"], Texts("Split-Path x/a.txt -Leaf; Split-Path x/a.txt -LeafBase; Split-Path x/a.txt -Extension"));
        Assert.Equal(["x", _folder["a.txt"]], Texts("Split-Path x/a.txt; (Resolve-Path *.txt).ProviderPath"));
    }

    [Fact]
    public void The_location_is_the_sessions()
    {
        Directory.CreateDirectory(_folder["[sub]"]);
        Assert.Equal(
            [_folder["[sub]"], _folder.Root],
            Texts("Set-Location -LiteralPath '[sub]'; (Get-Location).ProviderPath; Set-Location ..; (Get-Location).ProviderPath"));
    }

    [Fact]
    public void Content_is_lines_text_or_bytes()
    {
        _session.Run("Set-Content a.txt one, two; 'x', 'y' | Set-Content -NoNewline b.txt; Set-Content -AsByteStream c (1, 255)").WithoutErrors();
        Assert.Equal($"one{Environment.NewLine}two{Environment.NewLine}", Texts("Get-Content -Raw a.txt")[0]);
        Assert.Equal(["one"], Texts("Get-Content a.txt -TotalCount 1"));
        Assert.Equal(["xy"], Texts("Get-Content b.txt"));
        Assert.Equal([1, 255], _session.Run("Get-Content -AsByteStream c").WithoutErrors().As<byte>());
        Assert.Equal([1, 255], _session.Run("Get-Content -AsByteStream -Raw c").WithoutErrors().As<byte[]>()[0]);
    }

    [Fact]
    public void Redirection_writes_what_is_shown()
    {
        _session.Run("[pscustomobject]@{ Name = 'a'; Size = 1 } > t.txt; 'one' > u.txt; 'two' >> u.txt").WithoutErrors();
        Assert.Equal("\nName Size\n---- ----\na       1\n\n", File.ReadAllText(_folder["t.txt"]).ReplaceLineEndings("\n"));
        Assert.Equal("one\ntwo\n", File.ReadAllText(_folder["u.txt"]).ReplaceLineEndings("\n"));
    }

    [Fact]
    public void A_hash_is_that_of_the_files_bytes()
    {
        _folder.Write("a", "abc"u8);
        Assert.Equal(
            ["BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD", "900150983CD24FB0D6963F7D28E17F72"],
            Texts("(Get-FileHash a).Hash; (Get-FileHash -LiteralPath a -Algorithm md5).Hash"));
    }

    private IReadOnlyList<string> Texts(string script) => _session.Run(script).WithoutErrors().As<string>();

    private string[] Names(string script) => [.. Texts($"{script} | Select-Object -ExpandProperty Name").Order(StringComparer.Ordinal)];
}
