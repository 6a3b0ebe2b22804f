using System.Diagnostics;

namespace VhdPS.Tests;

/// <summary>A process of its own in which the module runs.</summary>
internal static class ModuleProcess
{
    /// <summary>The console's assembly, to be run by dotnet.</summary>
    public static readonly string ConsolePath = Path.Combine(AppContext.BaseDirectory, "VhdPS.Console.dll");

    /// <summary>Starts a script; its standard output can be read.</summary>
    public static Process Start(string script) => Process.Start(new ProcessStartInfo(Environment.ProcessPath!, [ConsolePath, "-Command", script])
    {
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
    })!;
}
