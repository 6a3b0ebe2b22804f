using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Runspaces;

namespace VhdPS.Bench.Compare;

/// <summary>A PowerShell engine in this process with the staged module imported.</summary>
internal sealed class WarmEngine : IDisposable
{
    private readonly Runspace _runspace;
    private readonly PowerShell _shell;

    public WarmEngine()
    {
        _runspace = RunspaceFactory.CreateRunspace(InitialSessionState.CreateDefault2());
        _runspace.Open();
        _shell = PowerShell.Create(_runspace);
        Import(_shell, Repository.StagedModule);
    }

    /// <summary>Imports a module by the path of its manifest.</summary>
    public static void Import(PowerShell shell, string manifestPath)
    {
        shell.AddCommand("Import-Module").AddParameter("Name", manifestPath).AddParameter("ErrorAction", "Stop").Invoke();
        shell.Commands.Clear();
    }

    /// <summary>Runs one cmdlet over a pipeline's input and counts what comes out.</summary>
    /// <exception cref="InvalidOperationException">It wrote an error.</exception>
    public int Invoke(string cmdlet, IDictionary parameters, IEnumerable? input = null)
    {
        _shell.Commands.Clear();
        _shell.Streams.ClearStreams();
        _shell.AddCommand(cmdlet).AddParameters(parameters);
        int count = _shell.Invoke(input).Count;
        return _shell.HadErrors
            ? throw new InvalidOperationException($"{cmdlet}: {string.Join("; ", _shell.Streams.Error)}")
            : count;
    }

    /// <summary>Runs a line of script whose output is thrown away, as it comes.</summary>
    /// <exception cref="InvalidOperationException">It wrote an error.</exception>
    public void RunSilently(string command, IDictionary<string, object> variables)
    {
        _shell.Commands.Clear();
        _shell.Streams.ClearStreams();
        foreach ((string name, object value) in variables)
        {
            _runspace.SessionStateProxy.SetVariable(name, value);
        }

        _shell.AddScript($"{command} | Out-Null").Invoke();
        if (_shell.HadErrors)
        {
            throw new InvalidOperationException($"{command}: {string.Join("; ", _shell.Streams.Error)}");
        }
    }

    public void Dispose()
    {
        _shell.Dispose();
        _runspace.Dispose();
    }
}
