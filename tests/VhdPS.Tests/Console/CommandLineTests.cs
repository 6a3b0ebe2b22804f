using VhdPS.Console;
using VhdPS.Console.Hosting;

namespace VhdPS.Tests.Console;

public class CommandLineTests
{
    [Theory]
    [InlineData("-Bogus", "-Bogus")]
    [InlineData("-Command", "-Command")]
    [InlineData("-NoProfile -File", "-File")]
    [InlineData("nosuch.ps1", "nosuch.ps1")]
    public void What_cannot_be_run_is_named(string line, string named) =>
        Assert.Contains(named, CommandLine.Parse(line.Split(' ')).Problem, StringComparison.Ordinal);

    [Fact]
    public void The_rest_of_the_line_is_the_command()
    {
        CommandLine line = CommandLine.Parse(["-NoLogo", "-NonInteractive", "-c", "Get-VpcImage", "-File", "a b.vhd"]);
        Assert.Null(line.Problem);
        Assert.True(line.NonInteractive);
        Assert.Equal(RunMode.Command, line.Mode);
        Assert.Equal("Get-VpcImage -File a b.vhd", line.Text);
    }

    [Theory]
    [InlineData("-Force", "-Force")]
    [InlineData("-Force:$False", "-Force:$False")]
    [InlineData("-Path:it's", "-Path:'it''s'")]
    [InlineData("-5", "'-5'")]
    [InlineData("-", "'-'")]
    [InlineData("-a; Remove-Item x", "'-a; Remove-Item x'")]
    [InlineData("$(Remove-Item x)", "'$(Remove-Item x)'")]
    [InlineData("\u2019; Remove-Item x", "'\u2019\u2019; Remove-Item x'")]
    [InlineData("", "''")]
    public void An_argument_of_a_file_cannot_be_more_than_an_argument(string argument, string expected) =>
        Assert.Equal(expected, ScriptArgument.ToScript(argument));
}
