using System.Management.Automation;

namespace VhdPS.Tests.Commands;

/// <summary>A script that runs while the test goes on.</summary>
internal sealed class RunningScript
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly PowerShell _powerShell;
    private readonly PSDataCollection<PSObject> _output = [];
    private readonly IAsyncResult _run;

    public RunningScript(PowerShell powerShell)
    {
        _powerShell = powerShell;
        var noInput = new PSDataCollection<PSObject>();
        noInput.Complete();
        _run = powerShell.BeginInvoke(noInput, _output);
    }

    /// <summary>Returns as soon as the script has written an object or a progress record; fails when it ends without.</summary>
    public void WaitForSign()
    {
        Assert.True(
            SpinWait.SpinUntil(() => HasSign || _run.IsCompleted, Patience) && HasSign,
            "The script ended, or did nothing for a minute, without a sign of work.");
    }

    /// <summary>Stops the pipeline as Ctrl+C does, and returns when it has stopped.</summary>
    public SessionResult Stop()
    {
        _powerShell.Stop();
        return Wait();
    }

    /// <summary>Waits for the end of the script.</summary>
    public SessionResult Wait()
    {
        ErrorRecord? terminatingError = null;
        bool wasStopped = false;
        try
        {
            _powerShell.EndInvoke(_run);
        }
        catch (PipelineStoppedException)
        {
            wasStopped = true;
        }
        catch (RuntimeException e)
        {
            terminatingError = e.ErrorRecord;
        }

        PSDataStreams streams = _powerShell.Streams;
        var result = new SessionResult
        {
            Output = [.. _output],
            Errors = [.. streams.Error],
            TerminatingError = terminatingError,
            WasStopped = wasStopped,
            Warnings = [.. streams.Warning.Select(record => record.Message)],
            Verbose = [.. streams.Verbose.Select(record => record.Message)],
            Debug = [.. streams.Debug.Select(record => record.Message)],
            Information = [.. streams.Information.Select(record => record.ToString())],
            Progress = [.. streams.Progress],
        };
        _powerShell.Dispose();
        return result;
    }

    private bool HasSign => _output.Count > 0 || _powerShell.Streams.Progress.Count > 0;
}
