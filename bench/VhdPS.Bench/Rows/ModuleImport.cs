using System.Diagnostics;
using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Runspaces;
using System.Reflection;
using System.Reflection.Emit;
using VhdPS.Bench.Compare;

namespace VhdPS.Bench.Rows;

/// <summary>The first import of the module in a process, against that of a binary module with nothing in it.</summary>
internal sealed class ModuleImport : Row
{
    /// <summary>The verb by which this program starts itself to import one module.</summary>
    public const string ChildVerb = "import-once";

    private string _emptyModule = string.Empty;

    public override string Name => "import";

    public override string Family => "The module";

    public override string Work => "`Import-Module VhdPS`";

    public override string ShortWork => "Import-Module VhdPS";

    public override string Peer => "the import of an empty binary module";

    public override string ShortPeer => "empty binary module";

    public override double Goal => 2;

    public override string Note =>
        "Each import runs in a process of its own and is timed there, after the engine has started and run its first command.";

    /// <summary>Starts an engine, imports a module and writes the import's milliseconds.</summary>
    public static int RunChild(string modulePath)
    {
        using Runspace runspace = RunspaceFactory.CreateRunspace(InitialSessionState.CreateDefault2());
        runspace.Open();
        using var shell = PowerShell.Create(runspace);
        shell.AddCommand("Get-Module").Invoke();
        shell.Commands.Clear();
        TimeSpan time = Time(() => WarmEngine.Import(shell, modulePath));
        Console.Out.Write(time.TotalMilliseconds.ToString("R", CultureInfo.InvariantCulture));
        return 0;
    }

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
        string program = Environment.ProcessPath!;
        bool isHost = Path.GetFileNameWithoutExtension(program).Equals("dotnet", StringComparison.OrdinalIgnoreCase);
        string[] arguments = isHost ? [typeof(ModuleImport).Assembly.Location, ChildVerb, modulePath] : [ChildVerb, modulePath];
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        string milliseconds = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0
            ? TimeSpan.FromMilliseconds(double.Parse(milliseconds, CultureInfo.InvariantCulture))
            : throw new InvalidOperationException($"The import of {modulePath} failed with exit code {process.ExitCode}.");
    }
}
