namespace VhdPS.Tests.Commands;

/// <summary>Every view fits the narrowest terminal that people use: nothing is cut off, no header is broken.</summary>
public sealed class ViewTests : IDisposable
{
    private const string LongName = "a-rather-long-name-of-the-image-of-a-server-2026-11-01.vhd";
    private readonly TempFolder _folder = new();
    private readonly ModuleSession _session;

    public ViewTests()
    {
        _session = new ModuleSession(_folder.Root);
        _session.Run($"""
            $null = New-VpcImage {LongName} -Size 2040GB
            $null = New-VpcImage fixed.vhd -Size 4MB -VhdType Fixed
            $null = New-VpcImage base.vhd -Size 1023.99GB
            Write-VpcSector base.vhd 0 ([byte[]](, 7 * 512))
            $null = New-VpcImage child.vhd -ParentPath base.vhd
            $null = New-VpcImage hurt.vhd -Size 1GB
            $bytes = [IO.File]::ReadAllBytes("$PWD/hurt.vhd")
            $bytes[-100] = 64
            $bytes[700] = 3
            [IO.File]::WriteAllBytes("$PWD/hurt.vhd", $bytes)
            """).WithoutErrors();
    }

    public static TheoryData<string> Outputs =>
    [
        "Get-VpcImage *.vhd -ErrorAction Ignore",
        "Get-VpcImage *.vhd -ErrorAction Ignore | Format-Table",
        "Get-VpcFooter *.vhd -WarningAction Ignore | Format-Table",
        "Get-VpcHash fixed.vhd",
        "Get-VpcHash fixed.vhd -Algorithm SHA512",
        "Compare-VpcImage fixed.vhd base.vhd -Structure",
        "Optimize-VpcImage *.vhd -Mode Quick -ErrorAction Ignore",
        "Read-VpcSector child.vhd 0 2",
        "Read-VpcSector child.vhd 0 2 | Format-Table",
        "Test-VpcChecksum *.vhd",
        "(Test-VpcChecksum base.vhd).Footer",
        "Test-VpcImage *.vhd",
        "(Test-VpcImage hurt.vhd).Findings",
        "(Test-VpcImage hurt.vhd).Findings | Format-Table",
        "(Test-VpcImage base.vhd -For Azure).Rules",
        "Repair-VpcImage hurt.vhd",
        "(Repair-VpcImage hurt.vhd).Steps",
        "(Repair-VpcImage hurt.vhd).Steps | Format-Table",
    ];

    public void Dispose()
    {
        _session.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [MemberData(nameof(Outputs))]
    public void A_view_fits_80_columns(string script)
    {
        string[] lines = [.. _session.Run($"{script} | Out-String -Width 80").WithoutErrors().As<string>().Single().ReplaceLineEndings("\n").Split('\n')];
        string[] shown = [.. lines.Where(line => !line.StartsWith("   ", StringComparison.Ordinal) || !line.Contains(": ", StringComparison.Ordinal))];
        Assert.True(shown.Length > 2);
        Assert.All(shown, line => Assert.InRange(line.Length, 0, 80));
        Assert.All(shown, line => Assert.DoesNotContain('…', line));
        if (Array.FindIndex(lines, line => line.StartsWith("----", StringComparison.Ordinal) || line.Trim().StartsWith("----", StringComparison.Ordinal)) is var rule and > 0)
        {
            // A header that is broken has more than one line between the blank one and the rule.
            Assert.True(rule < 2 || string.IsNullOrWhiteSpace(lines[rule - 2]), string.Join('\n', lines));
        }
    }

    [Fact]
    public void A_long_name_is_shown_whole()
    {
        string text = _session.Run($"Get-VpcImage {LongName} | Out-String -Width 80").WithoutErrors().As<string>().Single();
        Assert.Contains(LongName, string.Concat(text.ReplaceLineEndings("\n").Split('\n').Select(line => line.Length > 62 ? line[62..] : "")), StringComparison.Ordinal);
    }

    [Fact]
    public void Rows_are_shown_as_they_come()
    {
        // A table that measured its rows first would give the later ones, whose sizes are longer, too narrow columns.
        string text = _session.RunFormatted("Get-VpcImage fixed.vhd; Start-Sleep -Milliseconds 600; Get-VpcImage base.vhd");
        Assert.Contains("1023.99 GiB", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Get-VpcImage fixed.vhd")]
    [InlineData("Get-VpcFooter fixed.vhd")]
    [InlineData("Test-VpcImage fixed.vhd")]
    [InlineData("Get-VpcHash fixed.vhd")]
    public void A_wide_view_has_the_names(string script)
    {
        // The console's small cmdlets have no Format-Wide; a real PowerShell takes the view that is in the file.
        string type = (string)_session.Run($"({script}).PSObject.TypeNames[0]").WithoutErrors().Output.Single().BaseObject;
        string views = File.ReadAllText(Path.Combine(Path.GetDirectoryName(Repository.Module)!, "VhdPS.Format.ps1xml"));
        Assert.Contains($"<TypeName>{type}</TypeName>", views[views.IndexOf("VpcFileWide", StringComparison.Ordinal)..], StringComparison.Ordinal);
    }
}
