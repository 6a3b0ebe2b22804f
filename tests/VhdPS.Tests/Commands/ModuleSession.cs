using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Runspaces;
using VhdPS.Console;

namespace VhdPS.Tests.Commands;

/// <summary>
/// A PowerShell session in this process with the staged module imported, as a user imports it, in a folder. It has the
/// console host's small cmdlets where the engine's package has none.
/// </summary>
/// <remarks>
/// The module's VhdPS.Engine resolves to the one copy that the tests reference, so that an output's
/// <c>VhdPS.Engine</c> types can be cast. The types of VhdPS itself are not referenced: read them as properties.
/// </remarks>
internal sealed class ModuleSession : IDisposable
{
    private static readonly Lazy<InitialSessionState> State = new(CreateState);

    private readonly CapturingHost _host;
    private readonly Runspace _runspace;

    /// <param name="folder">The session's location, which is not the process's.</param>
    /// <param name="culture">The name of the session's culture.</param>
    public ModuleSession(string? folder = null, string culture = "en-US")
    {
        Folder = folder ?? Path.GetTempPath();
        _host = new CapturingHost(CultureInfo.GetCultureInfo(culture));
        _runspace = RunspaceFactory.CreateRunspace(_host, State.Value);
        _runspace.Open();
        _runspace.SessionStateProxy.Path.SetLocation(WildcardPattern.Escape(Folder));
    }

    public string Folder { get; }

    /// <summary>Answers to the prompts that a script shows, first to last, by the label or its key; a prompt without one fails.</summary>
    public Queue<string> Answers => _host.Prompts.Answers;

    /// <summary>The questions that were asked.</summary>
    public IReadOnlyList<string> Questions => _host.Prompts.Questions;

    /// <summary>
    /// Runs a script to its end, with the given values as variables of these names. What it writes to each stream is in
    /// the result; nothing is thrown.
    /// </summary>
    public SessionResult Run(string script, params (string Name, object? Value)[] variables) =>
        Start(script, variables).Wait();

    /// <summary>
    /// Runs a script and returns what a console 120 columns wide shows of its output, warnings and errors, without colour.
    /// </summary>
    public string RunFormatted(string script, params (string Name, object? Value)[] variables)
    {
        SetVariables(variables);
        using var powerShell = PowerShell.Create(_runspace);
        powerShell.AddScript(script).AddCommand("Out-Default");
        powerShell.Commands.Commands[^1].MergeUnclaimedPreviousCommandResults = PipelineResultTypes.Error | PipelineResultTypes.Output;
        _host.TakeText();
        powerShell.Invoke();
        return _host.TakeText();
    }

    /// <summary>Starts a script that the test stops or looks at while it runs.</summary>
    public RunningScript Start(string script, params (string Name, object? Value)[] variables)
    {
        SetVariables(variables);
        var powerShell = PowerShell.Create(_runspace);
        powerShell.AddScript(script);
        return new RunningScript(powerShell);
    }

    public void Dispose() => _runspace.Dispose();

    private static InitialSessionState CreateState()
    {
        // The sessions of ForEach-Object -Parallel and of jobs find the module by its name.
        ModuleLocation.AddToModulePath(Repository.Module);
        InitialSessionState state = InitialSessionState.CreateDefault2();
        MissingCmdlets.AddTo(state);
        state.ImportPSModule([Repository.Module]);
        state.ThrowOnRunspaceOpenError = true;
        return state;
    }

    private void SetVariables((string Name, object? Value)[] variables)
    {
        foreach ((string name, object? value) in variables)
        {
            _runspace.SessionStateProxy.SetVariable(name, value);
        }
    }
}
