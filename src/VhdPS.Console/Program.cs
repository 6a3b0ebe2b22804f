using System.Management.Automation;
using System.Reflection;
using VhdPS.Console.Hosting;

namespace VhdPS.Console;

internal static class Program
{
    private static int Main(string[] args)
    {
        CommandLine line = CommandLine.Parse(args);
        if (line.Problem is not null)
        {
            System.Console.Error.WriteLine($"vhdps: {line.Problem}");
            System.Console.Error.WriteLine(CommandLine.Usage);
            return ExitCode.Usage;
        }

        switch (line.Mode)
        {
            case RunMode.Help:
                System.Console.Out.WriteLine(CommandLine.Usage);
                return ExitCode.Success;
            case RunMode.Version:
                System.Console.Out.WriteLine($"vhdps {VersionOf(typeof(Program))} (PowerShell {VersionOf(typeof(PSObject))})");
                return ExitCode.Success;
        }

        using var session = new ConsoleSession(canPrompt: !line.NonInteractive && !System.Console.IsInputRedirected);
        return line.Mode switch
        {
            RunMode.Command => session.RunScript(line.Text!),
            RunMode.File => session.RunFile(line.Text!, line.ScriptArguments),
            _ when line.Mode == RunMode.StandardInput || System.Console.IsInputRedirected =>
                session.RunScript(System.Console.In.ReadToEnd()),
            _ => session.RunInteractive(),
        };
    }

    /// <summary>The version as people know it: without the suffix that builds append after a plus or a space.</summary>
    private static string VersionOf(Type type) =>
        type.Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+', ' ')[0];
}
