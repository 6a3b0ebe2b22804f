using System.Diagnostics;

namespace VhdPS.Bench.Compare;

/// <summary>Programs that are compared with, each timed from its start to its end.</summary>
internal static class PeerProcess
{
    public static bool Exists(string name) =>
        (Environment.GetEnvironmentVariable("PATH") ?? string.Empty)
        .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
        .Any(folder => File.Exists(Path.Combine(folder, name)) || File.Exists(Path.Combine(folder, name + ".exe")));

    /// <summary>Runs a program to its end.</summary>
    /// <exception cref="InvalidOperationException">It failed.</exception>
    public static TimeSpan Time(string name, params string[] arguments)
    {
        long start = Stopwatch.GetTimestamp();
        string errors = Run(name, arguments, out _);
        TimeSpan time = Stopwatch.GetElapsedTime(start);
        return errors.Length == 0 ? time : throw new InvalidOperationException($"{name} {string.Join(' ', arguments)}: {errors}");
    }

    /// <summary>The first line that a program says of itself, or null where it is missing.</summary>
    public static string? Version(string name)
    {
        if (!Exists(name))
        {
            return null;
        }

        _ = Run(name, ["--version"], out string output);
        return output.Split('\n')[0].Trim();
    }

    private static string Run(string name, IEnumerable<string> arguments, out string output)
    {
        using var process = Process.Start(new ProcessStartInfo(name, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? string.Empty : $"exit code {process.ExitCode}: {errors.Result}";
    }
}
