using System.Diagnostics;
using VhdPS.Console;

namespace VhdPS.Tests.Console;

/// <summary>The built console host as a process of its own, without a terminal.</summary>
internal sealed class HostProcess : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    private readonly Process _process;
    private readonly Task<string> _error;

    private HostProcess(IEnumerable<string> arguments, string? folder, string input)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(MissingCmdlets).Assembly.Location, .. arguments])
        {
            WorkingDirectory = folder ?? Path.GetTempPath(),
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        _process = Process.Start(start)!;
        _error = _process.StandardError.ReadToEndAsync();
        _process.StandardInput.Write(input);
        _process.StandardInput.Close();
    }

    /// <summary>Runs the host to its end with the given standard input.</summary>
    public static HostResult Run(string[] arguments, string input = "", string? folder = null)
    {
        using var host = new HostProcess(arguments, folder, input);
        return host.Wait();
    }

    public static HostResult RunCommand(string script) => Run(["-Command", script]);

    /// <summary>Starts the host and returns when it has written its first line, which the result then lacks.</summary>
    public static HostProcess StartAndReadLine(params string[] arguments)
    {
        var host = new HostProcess(arguments, folder: null, input: "");
        host._process.StandardOutput.ReadLine();
        return host;
    }

    /// <summary>Sends a signal by its name, such as INT.</summary>
    public void Signal(string name)
    {
        using Process kill = Process.Start("kill", ["-" + name, $"{_process.Id}"]);
        kill.WaitForExit();
    }

    /// <summary>Waits for the end; a host that hangs is ended and fails the test.</summary>
    public HostResult Wait()
    {
        Task<string> output = _process.StandardOutput.ReadToEndAsync();
        if (!_process.WaitForExit(Limit))
        {
            _process.Kill(entireProcessTree: true);
            Assert.Fail("The host did not end.");
        }

        return new HostResult(_process.ExitCode, Text(output), Text(_error));
    }

    public void Dispose() => _process.Dispose();

    private static string Text(Task<string> task) => task.GetAwaiter().GetResult().ReplaceLineEndings("\n");
}
