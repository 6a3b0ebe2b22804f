using System.Management.Automation;
using System.Management.Automation.Runspaces;
using System.Runtime.InteropServices;

namespace VhdPS.Console.Hosting;

/// <summary>One engine with the module imported, and what is run in it.</summary>
internal sealed class ConsoleSession : IDisposable
{
    private readonly ConsoleUserInterface _userInterface;
    private readonly ConsoleHost _host;
    private readonly Runspace _runspace;
    private readonly Lock _runningLock = new();
    private readonly Stack<PowerShell> _running = new();
    private readonly PosixSignalRegistration[] _signals;

    public ConsoleSession(bool canPrompt)
    {
        Terminal = new Terminal();
        _userInterface = new ConsoleUserInterface(Terminal, canPrompt);
        _host = new ConsoleHost(_userInterface, () => new PromptLoop(this).Run());
        string? module = ModuleLocation.Find(AppContext.BaseDirectory);
        if (module is not null)
        {
            ModuleLocation.AddToModulePath(module);
        }

        _runspace = RunspaceFactory.CreateRunspace(_host, InitialState(module));
        _runspace.ThreadOptions = PSThreadOptions.UseCurrentThread;
        _runspace.Open();
        Runspace.DefaultRunspace = _runspace;
        if (module is null)
        {
            _userInterface.WriteWarningLine("The VhdPS module was not found beside the host; build it first (dotnet build).");
        }

        _signals =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGINT, StopRunning),
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, StopAll),
            PosixSignalRegistration.Create(PosixSignal.SIGHUP, StopAll),
        ];
    }

    public Terminal Terminal { get; }

    public ConsoleUserInterface UserInterface => _userInterface;

    /// <summary>Whether the prompt loop that runs now has to end.</summary>
    public bool PromptEnds => _host.RequestedExitCode is not null || _host.NestedPromptEnds;

    /// <summary>Runs a script to its end. Returns the exit code.</summary>
    public int RunScript(string script)
    {
        using var powerShell = PowerShell.Create(_runspace);
        powerShell.AddScript(script);
        return RunToEnd(powerShell);
    }

    /// <summary>Runs a script file with arguments as a shell hands them over. Returns the exit code.</summary>
    public int RunFile(string path, IEnumerable<string> arguments)
    {
        // The file's script block, not the file, is called: the exit of a called file would end only that file.
        string file = $"$ExecutionContext.InvokeCommand.GetCommand({ScriptArgument.Quote(path)}, 'ExternalScript').ScriptBlock";
        return RunScript($"& {file} {string.Join(' ', arguments.Select(ScriptArgument.ToScript))}");
    }

    /// <summary>Reads commands from the terminal until <c>exit</c> or the end of input. Returns the exit code.</summary>
    public int RunInteractive()
    {
        new PromptLoop(this).Run();
        return _host.RequestedExitCode ?? ExitCode.Success;
    }

    /// <summary>Runs one line of a prompt and shows its output. An error, shown too, does not end the prompt.</summary>
    public void RunLine(string line)
    {
        using PowerShell powerShell = NewNestable();
        powerShell.AddScript(line);
        Invoke(powerShell, new PSInvocationSettings { AddToHistory = true });
    }

    /// <summary>The text of the session's <c>prompt</c> function.</summary>
    public string PromptText()
    {
        using PowerShell powerShell = NewNestable();
        try
        {
            return powerShell.AddCommand("prompt").Invoke<string>().LastOrDefault() ?? "PS> ";
        }
        catch (RuntimeException)
        {
            return "PS> ";
        }
    }

    public void Dispose()
    {
        foreach (PosixSignalRegistration signal in _signals)
        {
            signal.Dispose();
        }

        _runspace.Dispose();
    }

    private static InitialSessionState InitialState(string? module)
    {
        InitialSessionState state = InitialSessionState.CreateDefault2();
        MissingCmdlets.AddTo(state);
        if (module is not null)
        {
            state.ImportPSModule([module]);
        }

        if (OperatingSystem.IsWindows())
        {
            // Without the configuration file that comes with pwsh the engine would load neither scripts nor views.
            state.ExecutionPolicy = Microsoft.PowerShell.ExecutionPolicy.RemoteSigned;
        }

        return state;
    }

    private int RunToEnd(PowerShell powerShell)
    {
        bool completed = Invoke(powerShell, new PSInvocationSettings());
        if (_host.RequestedExitCode is { } code)
        {
            return code;
        }

        if (!completed)
        {
            return ExitCode.Interrupted;
        }

        bool lastStatementFailed = _runspace.SessionStateProxy.GetVariable("?") is false;
        return _userInterface.ErrorWasShown || lastStatementFailed ? ExitCode.Failure : ExitCode.Success;
    }

    /// <summary>Runs a pipeline with its output and errors shown. Returns false when it was stopped.</summary>
    private bool Invoke(PowerShell powerShell, PSInvocationSettings settings)
    {
        powerShell.AddCommand("Out-Default");
        powerShell.Commands.Commands[^1].MergeUnclaimedPreviousCommandResults = PipelineResultTypes.Error | PipelineResultTypes.Output;
        lock (_runningLock)
        {
            _running.Push(powerShell);
        }

        try
        {
            powerShell.Invoke(null, settings);
            return powerShell.InvocationStateInfo.State != PSInvocationState.Stopped;
        }
        catch (PipelineStoppedException)
        {
            return false;
        }
        catch (RuntimeException e)
        {
            Show(e.ErrorRecord);
            return true;
        }
        finally
        {
            lock (_runningLock)
            {
                _running.Pop();
            }

            Terminal.EraseProgress();
        }
    }

    /// <summary>Shows the error that ended a pipeline in the view of the errors that did not.</summary>
    private void Show(ErrorRecord record)
    {
        _userInterface.ErrorWasShown = true;
        var error = new PSObject(record);
        error.Properties.Add(new PSNoteProperty("writeErrorStream", true));
        using PowerShell powerShell = NewNestable();
        powerShell.AddCommand("Out-Default").AddParameter("InputObject", error).Invoke();
    }

    private PowerShell NewNestable()
    {
        if (_running.Count > 0)
        {
            return PowerShell.Create(RunspaceMode.CurrentRunspace);
        }

        return PowerShell.Create(_runspace);
    }

    private void StopRunning(PosixSignalContext context)
    {
        context.Cancel = true;
        lock (_runningLock)
        {
            if (_running.TryPeek(out PowerShell? powerShell))
            {
                powerShell.BeginStop(null, null);
            }
        }
    }

    /// <summary>A request to end: what runs is stopped so that it can tidy up; the session then ends by itself.</summary>
    private void StopAll(PosixSignalContext context)
    {
        lock (_runningLock)
        {
            if (_running.Count == 0)
            {
                return;
            }
        }

        _host.SetShouldExit(128 + (context.Signal == PosixSignal.SIGTERM ? 15 : 1));
        StopRunning(context);
    }
}
