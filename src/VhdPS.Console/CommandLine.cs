namespace VhdPS.Console;

/// <summary>The host's options, as pwsh names them.</summary>
internal sealed class CommandLine
{
    public const string Usage = """
        Usage: vhdps [-NonInteractive] [-Command <script> | -Command - | -File <path> [arguments] | -Version | -Help]

        A small PowerShell host with the VhdPS module imported.

          -Command, -c      Runs the script given in the rest of the line; "-" reads it from standard input.
          -File, -f         Runs a script file with the rest of the line as its arguments.
          -NonInteractive   Fails where a prompt would be shown.
          -Version, -v      Shows the versions of the host and of its engine.
          -Help, -h         Shows this text.

        Without an option it reads commands from the terminal, or a script from redirected standard input.
        -NoProfile and -NoLogo are accepted for the sake of habit: there is no profile and no logo.

        Exit code: n after "exit n"; 1 when an error was shown or the last statement failed; 64 for a wrong command line;
        130 when interrupted; else 0.
        """;

    private CommandLine()
    {
    }

    public RunMode Mode { get; private set; } = RunMode.Interactive;

    public bool NonInteractive { get; private set; }

    /// <summary>The script of -Command, or the path of -File.</summary>
    public string? Text { get; private set; }

    public IReadOnlyList<string> ScriptArguments { get; private set; } = [];

    /// <summary>What is wrong with the line, or null.</summary>
    public string? Problem { get; private set; }

    public static CommandLine Parse(IReadOnlyList<string> args)
    {
        var line = new CommandLine();
        for (int i = 0; i < args.Count; i++)
        {
            string[] rest = [.. args.Skip(i + 1)];
            switch (OptionName(args[i]))
            {
                case "command" or "c":
                    line.Mode = rest is ["-"] ? RunMode.StandardInput : RunMode.Command;
                    line.Text = string.Join(' ', rest);
                    line.Problem = rest.Length == 0 ? "-Command needs a script" : null;
                    return line;
                case "file" or "f":
                    line.SetFile(rest);
                    return line;
                case "version" or "v":
                    line.Mode = RunMode.Version;
                    return line;
                case "help" or "h" or "?":
                    line.Mode = RunMode.Help;
                    return line;
                case "noninteractive" or "noni":
                    line.NonInteractive = true;
                    break;
                case "noprofile" or "nop" or "nologo" or "nol":
                    break;
                case null:
                    line.SetFile([.. args.Skip(i)]);
                    return line;
                default:
                    line.Problem = $"unknown option {args[i]}";
                    return line;
            }
        }

        return line;
    }

    private static string? OptionName(string argument) =>
        argument.StartsWith('-') ? argument.TrimStart('-').ToLowerInvariant() : null;

    private void SetFile(string[] pathAndArguments)
    {
        Mode = RunMode.File;
        if (pathAndArguments.Length == 0)
        {
            Problem = "-File needs the path of a script";
            return;
        }

        Text = Path.GetFullPath(pathAndArguments[0]);
        ScriptArguments = pathAndArguments[1..];
        if (!Text.EndsWith(".ps1", StringComparison.OrdinalIgnoreCase) || !File.Exists(Text))
        {
            Problem = $"{Text} is not an existing .ps1 file";
        }
    }
}
