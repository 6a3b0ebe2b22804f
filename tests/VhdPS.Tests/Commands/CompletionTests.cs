using System.Management.Automation;

namespace VhdPS.Tests.Commands;

/// <summary>What the tab key offers for values, and sizes as people write them; paths complete in a real PowerShell only.</summary>
public sealed class CompletionTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly ModuleSession _session;

    public CompletionTests()
    {
        _session = new ModuleSession(_folder.Root);
        _session.Run("New-VpcImage data.vhd -Size 1MB").WithoutErrors();
    }

    public void Dispose()
    {
        _session.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("Get-VpcImage data.vhd -SizeRule ", "Auto", "Chs", "CurrentSize")]
    [InlineData("New-VpcImage x.vhd 1GB -VhdType ", "Dynamic", "Fixed")]
    [InlineData("New-VpcImage x.vhd 1GB -BlockSize 2", "256KB", "2MB")]
    [InlineData("New-VpcImage x.vhd 1GB -BlockSizeBytes 3", "32MB")]
    [InlineData("Get-VpcHash data.vhd -BlockManifest -BlockSize ", "16MB", "2MB", "4MB", "512KB", "64KB")]
    [InlineData("Set-VpcImage data.vhd -CreatorApplication v", "vbox", "vpc ", "vs  ")]
    [InlineData("Set-VpcImage data.vhd -CreatorApplication 'w", "wa", "win ")]
    [InlineData("Repair-VpcImage data.vhd -Code BatEntry", "BatEntryDuplicate", "BatEntryInStructure", "BatEntryPastEnd")]
    [InlineData("Convert-VpcImage data.vhd -VhdType ", "Dynamic", "Fixed", "Raw")]
    [InlineData("Convert-VpcImage data.vhd -For ", "Azure")]
    public void Values_complete(string typed, params string[] offered) =>
        Assert.Equal(offered, Complete(typed).Order(StringComparer.Ordinal));

    [Fact]
    public void A_creator_is_completed_with_its_blanks_in_quotes() =>
        Assert.Equal(["'win '"], CompletionTexts("Set-VpcImage data.vhd -CreatorApplication wi"));

    [Theory]
    [InlineData("2GB")]
    [InlineData("'2GB'")]
    [InlineData("'2 GiB'")]
    [InlineData("'2gib'")]
    [InlineData("'2048 MiB'")]
    [InlineData("2147483648")]
    public void Sizes_are_taken_as_they_are_written(string size) =>
        Assert.Equal(2L << 30, _session.Run($"Resize-VpcImage data.vhd -Size {size} -PassThru").WithoutErrors().Output.Single().Properties["Size"].Value);

    [Theory]
    [InlineData("'2 apples'")]
    [InlineData("'GiB'")]
    public void What_is_no_size_is_refused(string size) =>
        Assert.StartsWith(
            "CannotConvertArgumentNoMessage,",
            Assert.Single(_session.Run($"Resize-VpcImage data.vhd -Size {size}").Errors).FullyQualifiedErrorId,
            StringComparison.Ordinal);

    [Fact]
    public void Debug_tells_where_the_structures_lie()
    {
        IReadOnlyList<string> told = _session.Run("Get-VpcImage data.vhd -Debug").WithoutErrors().Debug;
        Assert.Contains(told, line => line.EndsWith("FooterCopy at file offset 0 (0x0), 512 bytes.", StringComparison.Ordinal));
        Assert.Contains(told, line => line.EndsWith("Header at file offset 512 (0x200), 1024 bytes.", StringComparison.Ordinal));
    }

    private IEnumerable<string> Complete(string typed) => Matches(typed).Select(result => result.ListItemText);

    private IEnumerable<string> CompletionTexts(string typed) => Matches(typed).Select(result => result.CompletionText);

    private IReadOnlyList<CompletionResult> Matches(string typed) => _session
        .Run("[System.Management.Automation.CommandCompletion]::CompleteInput($typed, $typed.Length, $null).CompletionMatches", ("typed", typed))
        .WithoutErrors().As<CompletionResult>();
}
