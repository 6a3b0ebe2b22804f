using System.Management.Automation;
using VhdPS.Engine.Format;

namespace VhdPS.Tests.Commands;

/// <summary>Get-VpcImage, Get-VpcFooter and Test-VpcChecksum, and what all cmdlets on many files share.</summary>
public sealed class InspectionCommandTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly ModuleSession _session;

    public InspectionCommandTests()
    {
        _session = new ModuleSession(_folder.Root);
        _session.Run("""
            'a.vhd', 'b[1].vhd' | New-VpcImage -Size 1GB -UniqueId '11111111-2222-3333-4444-555555555555'
            New-VpcImage fixed.vhd -Size 5MB -VhdType Fixed
            """).WithoutErrors();
    }

    public void Dispose()
    {
        _session.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Every_image_of_a_folder_is_checked()
    {
        IReadOnlyList<PSObject> results = _session.Run("Get-ChildItem *.vhd | Test-VpcChecksum").WithoutErrors().Output;
        Assert.Equal(["a.vhd", "b[1].vhd", "fixed.vhd"], results.Select(result => Path.GetFileName((string)result.Properties["Path"].Value)));
        Assert.All(results, result => Assert.True((bool)result.Properties["IsValid"].Value));
    }

    [Theory]
    [InlineData("Test-VpcChecksum *.vhd", 3)]
    [InlineData("Test-VpcChecksum a.vhd, fixed.vhd", 2)]
    [InlineData("Test-VpcChecksum -LiteralPath 'b[1].vhd'", 1)]
    [InlineData("'a.vhd', (Get-Item fixed.vhd) | Test-VpcChecksum", 2)]
    [InlineData("Get-VpcImage *.vhd | Test-VpcChecksum", 3)]
    [InlineData("Get-VpcImage *.vhd | Get-VpcFooter | Get-VpcImage", 3)]
    [InlineData("Get-VpcImage ./a.vhd", 1)]
    [InlineData("Get-VpcImage *.nothing", 0)]
    public void Paths_bind_as_users_write_them(string script, int count) =>
        Assert.Equal(count, _session.Run(script).WithoutErrors().Output.Count);

    [Theory]
    [InlineData("Get-VpcImage")]
    [InlineData("Get-VpcFooter")]
    [InlineData("Test-VpcChecksum")]
    public void One_bad_file_among_good_ones_is_one_error(string command)
    {
        File.WriteAllText(_folder["bad.vhd"], new string('x', 2000));
        SessionResult result = _session.Run($"'a.vhd', 'bad.vhd', 'missing.vhd', 'fixed.vhd' | {command}");
        Assert.Equal(2, result.Output.Count);
        Assert.Equal([ErrorCategory.InvalidData, ErrorCategory.ObjectNotFound], result.Errors.Select(error => error.CategoryInfo.Category));
        Assert.StartsWith("NotVhd,", result.Errors[0].FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Equal(_folder["bad.vhd"], result.Errors[0].TargetObject);
        Assert.Contains("conectix", result.Errors[0].ToString(), StringComparison.Ordinal);
        Assert.NotEmpty(result.Errors[0].ErrorDetails.RecommendedAction);
    }

    [Fact]
    public void Error_action_stop_ends_the_script()
    {
        SessionResult result = _session.Run("'missing.vhd', 'a.vhd' | Get-VpcImage -ErrorAction Stop; 'after'");
        Assert.Empty(result.Output);
        Assert.NotNull(result.TerminatingError);
    }

    [Theory]
    [InlineData("Get-VpcImage .", ErrorCategory.InvalidType)]
    [InlineData("Get-VpcImage Env:PATH", ErrorCategory.InvalidArgument)]
    [InlineData("Get-VpcImage NoSuchDrive:/a.vhd", ErrorCategory.ObjectNotFound)]
    public void What_is_no_file_is_one_error(string script, ErrorCategory category) =>
        Assert.Equal(category, _session.Run(script).SingleError().CategoryInfo.Category);

    [Fact]
    public void A_wrong_checksum_is_a_result()
    {
        byte[] bytes = File.ReadAllBytes(_folder["a.vhd"]);
        bytes[^100] ^= 0x40;
        File.WriteAllBytes(_folder["a.vhd"], bytes);
        PSObject result = _session.Run("Test-VpcChecksum a.vhd").WithoutErrors().Output.Single();
        Assert.False((bool)result.Properties["IsValid"].Value);
        Assert.Equal([false, true, true], new[] { "Footer", "FooterCopy", "Header" }
            .Select(name => (bool)new PSObject(result.Properties[name].Value).Properties["IsValid"].Value));
        Assert.Equal([false], _session.Run("Test-VpcChecksum a.vhd -Quiet").As<bool>());

        SessionResult image = _session.Run("Get-VpcImage a.vhd").WithoutErrors();
        Assert.Contains("checksum of the footer does not hold", Assert.Single(image.Warnings), StringComparison.Ordinal);
        ErrorRecord error = _session.Run("Write-VpcSector a.vhd 0 ([byte[]]::new(512))").SingleError();
        Assert.StartsWith("FooterChecksumMismatch,", error.FullyQualifiedErrorId, StringComparison.Ordinal);
    }

    [Fact]
    public void Both_footers_wrong_are_read_only_by_force()
    {
        byte[] bytes = File.ReadAllBytes(_folder["a.vhd"]);
        bytes[^100] ^= 0x40;
        bytes[400] ^= 0x40;
        File.WriteAllBytes(_folder["a.vhd"], bytes);
        Assert.StartsWith("FooterChecksumMismatch,", _session.Run("Read-VpcSector a.vhd 0").SingleError().FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Single(_session.Run("Read-VpcSector a.vhd 0 -Force").WithoutErrors().Output);
        Assert.Equal(1L << 30, _session.Run("Get-VpcImage a.vhd -Force").WithoutErrors().Output[0].Properties["Size"].Value);
    }

    [Fact]
    public void Every_field_of_the_footer_is_decoded()
    {
        PSObject footer = _session.Run("Get-VpcFooter a.vhd").WithoutErrors().Output.Single();
        Assert.Equal("conectix", footer.Properties["Cookie"].Value);
        Assert.Equal(new Version(1, 0), footer.Properties["FileFormatVersion"].Value);
        Assert.Equal(512UL, footer.Properties["DataOffset"].Value);
        Assert.Equal(1UL << 30, footer.Properties["OriginalSize"].Value);
        Assert.Equal(new DiskGeometry(2080, 16, 63), footer.Properties["DiskGeometry"].Value);
        Assert.Equal(Guid.Parse("11111111-2222-3333-4444-555555555555"), footer.Properties["UniqueId"].Value);
        Assert.Equal(DateTimeKind.Utc, ((DateTime)footer.Properties["TimeStamp"].Value).Kind);
        Assert.Equal(new FileInfo(_folder["a.vhd"]).Length - 512, footer.Properties["FileOffset"].Value);
        Assert.Equal(0L, _session.Run("Get-VpcFooter a.vhd -Copy").WithoutErrors().Output.Single().Properties["FileOffset"].Value);
        Assert.Equal(File.ReadAllBytes(_folder["a.vhd"])[^512..], _session.Run("Get-VpcFooter a.vhd -Raw").As<byte[]>().Single());
        Assert.Equal(ErrorCategory.InvalidArgument, _session.Run("Get-VpcFooter fixed.vhd -Copy").SingleError().CategoryInfo.Category);
    }

    [Fact]
    public void Select_first_ends_the_pipeline_and_not_the_script()
    {
        SessionResult result = _session.Run("Get-ChildItem *.vhd | Test-VpcChecksum | Select-Object -First 1; 'after'").WithoutErrors();
        Assert.Equal(2, result.Output.Count);
        Assert.Equal("after", result.Output[1].BaseObject);
    }

    [Fact]
    public void Runspaces_work_side_by_side()
    {
        IReadOnlyList<bool> results = _session.Run("""
            1..8 | ForEach-Object -Parallel {
                Import-Module $using:module
                Test-VpcChecksum -LiteralPath $using:folder/a.vhd -Quiet
            } -ThrottleLimit 4
            """, ("module", Repository.Module), ("folder", _folder.Root)).WithoutErrors().As<bool>();
        Assert.Equal(Enumerable.Repeat(true, 8), results);
    }

    [Theory]
    [InlineData("de-DE")]
    [InlineData("tr-TR")]
    public void Other_cultures_change_nothing_but_the_separators(string culture)
    {
        using var session = new ModuleSession(_folder.Root, culture);
        session.Run("New-VpcImage c.vhd -Size 1GB; Get-VpcImage *.vhd | Test-VpcChecksum; Get-VpcFooter c.vhd").WithoutErrors();
        Assert.Contains("Dynamic", session.RunFormatted("Get-VpcImage c.vhd"), StringComparison.Ordinal);
    }

    [Fact]
    public void Tables_show_sizes_for_people()
    {
        string table = _session.RunFormatted("Get-VpcImage *.vhd");
        Assert.Matches(@"Dynamic\s+1 GiB.*\sa\.vhd", table);
        Assert.Matches(@"Fixed\s+5 MiB.*\sfixed\.vhd", table);
        Assert.Matches(@"True\s+0x[0-9A-F]{8} ok.*\sa\.vhd", _session.RunFormatted("Test-VpcChecksum *.vhd"));
    }
}
