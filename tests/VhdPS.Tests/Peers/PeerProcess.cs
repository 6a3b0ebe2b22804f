using System.Diagnostics;

namespace VhdPS.Tests.Peers;

/// <summary>What a finished program said.</summary>
internal sealed record PeerResult(string CommandLine, int ExitCode, string Output, string Error)
{
    /// <summary>Everything, for an assertion's message.</summary>
    public override string ToString() => $"{CommandLine}\nexit code {ExitCode}\n{Output}\n{Error}";
}

/// <summary>Runs a program to its end, or ends it when it hangs.</summary>
internal static class PeerProcess
{
    /// <summary>How long a program may take; far above what any needs on a loaded machine.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    /// <summary>Runs a program that must succeed and returns its standard output.</summary>
    public static string Run(string program, params string[] arguments)
    {
        PeerResult result = TryRun(program, arguments);
        Assert.True(result.ExitCode == 0, result.ToString());
        return result.Output;
    }

    /// <summary>Runs a program that must succeed, gives it what it reads, and returns its standard output.</summary>
    public static string RunWith(string input, string program, params string[] arguments)
    {
        PeerResult result = TryRunWith(input, program, arguments);
        Assert.True(result.ExitCode == 0, result.ToString());
        return result.Output;
    }

    /// <summary>Runs a program whatever its exit code.</summary>
    public static PeerResult TryRun(string program, params string[] arguments) => TryRunWith(string.Empty, program, arguments);

    private static PeerResult TryRunWith(string input, string program, string[] arguments)
    {
        string path = PeerPrograms.Find(program)
            ?? throw new InvalidOperationException($"{program} is not installed, and VHDPS_REQUIRE_PEERS is set.");
        var start = new ProcessStartInfo(path, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["LC_ALL"] = "C";
        using Process process = Process.Start(start)!;
        process.StandardInput.Write(input);
        process.StandardInput.Close();
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(Limit))
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{program} {string.Join(' ', arguments)} did not end.");
        }

        process.WaitForExit();
        return new PeerResult(
            $"{program} {string.Join(' ', arguments)}", process.ExitCode, output.GetAwaiter().GetResult(), error.GetAwaiter().GetResult());
    }
}
