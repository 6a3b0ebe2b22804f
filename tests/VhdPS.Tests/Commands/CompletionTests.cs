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
    public void Values_complete(string typed, params string[] offered) =>
        Assert.Equal(offered, Complete(typed).Order(StringComparer.Ordinal));

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

    private IEnumerable<string> Complete(string typed) => _session
        .Run("[System.Management.Automation.CommandCompletion]::CompleteInput($typed, $typed.Length, $null).CompletionMatches", ("typed", typed))
        .WithoutErrors().As<CompletionResult>().Select(result => result.ListItemText);
}
