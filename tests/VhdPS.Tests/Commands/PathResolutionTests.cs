namespace VhdPS.Tests.Commands;

/// <summary>The paths that the cmdlets make of what a user writes, held against PowerShell's own resolution.</summary>
public sealed class PathResolutionTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly ModuleSession _session;

    public PathResolutionTests()
    {
        _session = new ModuleSession(_folder.Root);
        Directory.CreateDirectory(_folder["sub.d"]);
        _session.Run("""
            'a.vhd', 'b.vhd', 'sub.d/a.vhd', 'sub.d/b.vhd' | New-VpcImage -Size 1MB
            New-VpcImage './~' -Size 1MB
            """).WithoutErrors();
    }

    public void Dispose()
    {
        _session.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("a.vhd")]
    [InlineData("./a.vhd")]
    [InlineData(".//a.vhd")]
    [InlineData("sub.d/../a.vhd")]
    [InlineData("sub.d/a.vhd")]
    [InlineData("sub.d\\a.vhd")]
    [InlineData("./sub.d/./a.vhd")]
    [InlineData("./~")]
    [InlineData("$pwd/a.vhd")]
    [InlineData("$pwd/sub.d/a.vhd")]
    [InlineData("$pwd/sub.d/../b.vhd")]
    [InlineData("$pwd//sub.d//a.vhd")]
    [InlineData("FileSystem::$pwd/a.vhd")]
    [InlineData("Microsoft.PowerShell.Core\\FileSystem::$pwd/sub.d/a.vhd")]
    [InlineData("microsoft.powershell.core\\filesystem::$pwd/sub.d/b.vhd")]
    public void A_path_is_what_PowerShell_makes_of_it(string path)
    {
        path = path.Replace("$pwd", _folder.Root, StringComparison.Ordinal);
        string expected = _session.Run("$ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath($p)", ("p", path))
            .WithoutErrors().As<string>()[0];

        // The file before it in the same folder is what may be remembered.
        IReadOnlyList<string> paths = _session.Run(
            """
            ($before, $p | Get-VpcImage).Path
            (Get-VpcImage -LiteralPath $before, $p).Path
            """,
            ("p", path),
            ("before", path[..^Path.GetFileName(path.Replace('\\', '/')).Length] + "b.vhd")).WithoutErrors().As<string>();
        Assert.Equal(4, paths.Count);
        Assert.Equal(expected, paths[1]);
        Assert.Equal(expected, paths[3]);
    }

    [Fact]
    public void A_location_that_changes_under_the_pipeline_is_followed()
    {
        IReadOnlyList<string> paths = _session.Run("""
            ('a.vhd', 'sub.d', 'a.vhd' | ForEach-Object {
                if ($_ -eq 'sub.d') { $null = $ExecutionContext.SessionState.Path.SetLocation($_) } else { $_ }
            } | Get-VpcImage).Path
            """).WithoutErrors().As<string>();
        Assert.Equal([_folder["a.vhd"], _folder["sub.d/a.vhd"]], paths);
    }

    [Fact]
    public void Folders_and_missing_files_among_remembered_ones_are_errors()
    {
        SessionResult result = _session.Run("'a.vhd', 'sub.d', 'missing.vhd', '~', 'b.vhd' | Get-VpcImage");
        Assert.Equal(2, result.Output.Count);
        Assert.Equal(3, result.Errors.Count);
        Assert.StartsWith("PathNotFound,", result.Errors[1].FullyQualifiedErrorId, StringComparison.Ordinal);
    }
}
