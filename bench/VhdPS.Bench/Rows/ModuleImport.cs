using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Reflection.Emit;
using VhdPS.Bench.Compare;

namespace VhdPS.Bench.Rows;

/// <summary>The first import of the module in a process, against that of a binary module with nothing in it.</summary>
internal sealed class ModuleImport : Row
{
    /// <summary>Imports the module whose manifest is the argument, and writes the import's milliseconds.</summary>
    private const string Script = """
        & {
            $null = Get-Module
            $watch = [Diagnostics.Stopwatch]::StartNew()
            Import-Module $args[0] -ErrorAction Stop
            $watch.Elapsed.TotalMilliseconds.ToString('R', [cultureinfo]::InvariantCulture)
        }
        """;

    private string _emptyModule = string.Empty;

    public override string Name => "import";

    public override string Family => "The module";

    public override string Work => "`Import-Module VhdPS`";

    public override string ShortWork => "Import-Module VhdPS";

    public override string Peer => "the import of an empty binary module";

    public override string ShortPeer => "empty binary module";

    public override double Goal => 2;

    public override string Note =>
        "Each import runs in a `pwsh` of its own, the pinned one, and is timed there, after it has run its first command.";

    public override void Prepare(BenchData data)
    {
        string folder = data.PathOf("Empty");
        Directory.CreateDirectory(folder);
        var assembly = new PersistedAssemblyBuilder(new AssemblyName("Empty"), typeof(object).Assembly);
        assembly.DefineDynamicModule("Empty");
        assembly.Save(Path.Combine(folder, "Empty.dll"));
        _emptyModule = Path.Combine(folder, "Empty.psd1");
        File.WriteAllText(
            _emptyModule,
            """
            @{
                RootModule = 'Empty.dll'
                ModuleVersion = '1.0.0'
                GUID = '0e2b7c55-3b0b-4f6e-8a58-6a4f0f3d9c11'
                PowerShellVersion = '7.4'
                CompatiblePSEditions = @('Core')
                CmdletsToExport = @()
                FunctionsToExport = @()
                AliasesToExport = @()
                VariablesToExport = @()
            }
            """);
    }

    public override TimeSpan RunOurs() => ImportInChild(Repository.StagedModule);

    public override TimeSpan RunPeer() => ImportInChild(_emptyModule);

    private static TimeSpan ImportInChild(string modulePath)
    {
        string[] arguments = ["pwsh", "-NoProfile", "-NonInteractive", "-Command", $"{Script.TrimEnd()} '{modulePath}'"];
        using var process = Process.Start(
            new ProcessStartInfo("dotnet", arguments) { RedirectStandardOutput = true, WorkingDirectory = Repository.Root })!;
        string milliseconds = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0
            ? TimeSpan.FromMilliseconds(double.Parse(milliseconds, CultureInfo.InvariantCulture))
            : throw new InvalidOperationException(
                $"The import of {modulePath} failed with exit code {process.ExitCode}; `dotnet tool restore` fetches PowerShell.");
    }
}
