namespace VhdPS.Tests.Console;

/// <summary>The host as a shell or a build script calls it.</summary>
public class ConsoleHostTests
{
    [Theory]
    [InlineData("1", 0)]
    [InlineData("exit 7", 7)]
    [InlineData("Write-Error no; 1", 1)]
    [InlineData("Write-Error no -ErrorAction SilentlyContinue; 1", 0)]
    [InlineData("Write-Error no 2>$null; 1", 0)]
    [InlineData("Write-Error no; exit 0", 0)]
    [InlineData("throw 'no'", 1)]
    [InlineData("try { throw 'no' } catch { 1 }", 0)]
    [InlineData("nosuchcommand", 1)]
    [InlineData("1 +", 1)]
    [InlineData("Get-VpcImage nosuch.vhd; 1", 1)]
    public void The_exit_code_tells_whether_an_error_was_shown(string script, int expected) =>
        Assert.Equal(expected, HostProcess.RunCommand(script).ExitCode);

    [Fact]
    public void Errors_go_to_standard_error_and_everything_else_to_standard_output_without_colour()
    {
        HostResult result = HostProcess.RunCommand(
            "1; Write-Error bad; Write-Warning low; Write-Verbose step -Verbose; Write-Host said -ForegroundColor Red; [pscustomobject]@{ A = 1 }");
        Assert.Equal("1\nWARNING: low\nVERBOSE: step\nsaid\n\nA\n-\n1\n\n", result.Output);
        Assert.Equal("Write-Error: bad\n", result.Error);
    }

    [Fact]
    public void Progress_is_not_written_where_there_is_no_terminal()
    {
        HostResult result = HostProcess.RunCommand("Write-Progress -Activity a -PercentComplete 5");
        Assert.Equal(new HostResult(0, "", ""), result);
    }

    [Fact]
    public void The_module_is_imported_and_found_by_its_name()
    {
        HostResult result = HostProcess.RunCommand(
            "(Get-Module).Name; Import-Module VhdPS; (Get-Module -ListAvailable VhdPS).Path; (Get-Module VhdPS).ExportedCmdlets.Count -gt 5");
        Assert.Equal($"VhdPS\n{Repository.Module}\nTrue\n", result.Output);
        Assert.Equal("", result.Error);
    }

    [Fact]
    public void Images_are_made_and_shown()
    {
        using var folder = new TempFolder();
        HostResult result = HostProcess.Run(
            ["-Command", "New-VpcImage a.vhd -Size 20GB | Out-Null; Get-ChildItem *.vhd | Get-VpcImage"], folder: folder.Root);
        Assert.Equal(0, result.ExitCode);
        Assert.Matches(@"\nDynamic +20 GiB .* a\.vhd", result.Output);
    }

    [Fact]
    public void Standard_input_is_a_script_when_it_is_redirected()
    {
        Assert.Equal(new HostResult(4, "6\n", ""), HostProcess.Run([], "function f {\n  2 * 3\n}\n\nf\nexit 4\n"));
        Assert.Equal(new HostResult(0, "6\n", ""), HostProcess.Run(["-Command", "-"], "2 * 3"));
    }

    [Fact]
    public void A_file_gets_its_arguments_by_name_and_by_position()
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder["it's [1].ps1"], """
            param([long] $Size, [switch] $Force, [switch] $Quiet, [string] $Path)
            "$Size|$Force|$Quiet|$Path|$PSScriptRoot"
            exit 3
            """);
        HostResult result = HostProcess.Run(
            ["-NoProfile", "-File", "it's [1].ps1", "-Size", "20GB", "-Force", "-Quiet:$false", "a 'b' $c"], folder: folder.Root);
        Assert.Equal(new HostResult(3, $"21474836480|True|False|a 'b' $c|{folder.Root}\n", ""), result);
    }

    [Theory]
    [InlineData("Remove-Item keep.txt -Confirm", "an answer to")]
    [InlineData("Read-Host name", "input")]
    [InlineData("function f([Parameter(Mandatory)] $Image) { }; f", "Image")]
    public void A_question_without_a_terminal_is_an_error(string script, string expected)
    {
        using var folder = new TempFolder();
        folder.Write("keep.txt", "x"u8);
        // The lines are there, but nobody typed them in answer to the question.
        HostResult result = HostProcess.Run(["-Command", script], "Y\nY\nY\n", folder.Root);
        Assert.Equal(1, result.ExitCode);
        Assert.Contains(expected, result.Error, StringComparison.Ordinal);
        Assert.True(File.Exists(folder["keep.txt"]));
    }

    [Theory]
    [InlineData("INT", 130)]
    [InlineData("TERM", 143)]
    public void A_signal_lets_the_script_tidy_up(string signal, int expected)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        using HostProcess host = HostProcess.StartAndReadLine(
            "-Command", "try { 'started'; Start-Sleep 1000 } finally { [Console]::Out.WriteLine('tidied') }; 'not reached'");
        host.Signal(signal);
        Assert.Equal(new HostResult(expected, "tidied\n", ""), host.Wait());
    }

    [Fact]
    public void A_wrong_command_line_is_answered_with_the_usage()
    {
        HostResult result = HostProcess.Run(["-Bogus"]);
        Assert.Equal(64, result.ExitCode);
        Assert.Equal("", result.Output);
        Assert.StartsWith("vhdps: ", result.Error, StringComparison.Ordinal);
        Assert.Contains("Usage: vhdps ", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Version_and_help_are_shown_on_request()
    {
        Assert.Matches(@"^vhdps \d+\.\d+\.\d+ \(PowerShell 7\.\d+\.\d+\)\n$", HostProcess.Run(["-Version"]).Output);
        HostResult help = HostProcess.Run(["-Help"]);
        Assert.Equal(0, help.ExitCode);
        Assert.StartsWith("Usage: vhdps ", help.Output, StringComparison.Ordinal);
    }
}
