using System.Management.Automation;
using System.Runtime.ExceptionServices;
using VhdPS.Engine.Files;

namespace VhdPS;

/// <summary>
/// What all cmdlets share: engine code runs inside one try/catch that turns its exceptions into error records, one an
/// input; nothing that can stop the pipeline (WriteObject, ShouldProcess) is ever called inside it.
/// </summary>
public abstract partial class VpcCommandBase : PSCmdlet, IDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private ExceptionDispatchInfo? _interruption;

    private CommandJob? _job;
    private RateLimit? _limit;

    /// <summary>Set when the pipeline is being stopped.</summary>
    protected CancellationToken Cancellation => _stopping.Token;

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <inheritdoc/>
    protected override void StopProcessing() => _stopping.Cancel();

    /// <summary>Releases what the cmdlet holds.</summary>
    protected virtual void Dispose(bool disposing)
    {
        if (disposing)
        {
            _stopping.Dispose();
        }
    }

    /// <summary>What holds back the work of the command, one for all its files; null where nothing does.</summary>
    private protected RateLimit? LimitTo(long bytesPerSecond) =>
        bytesPerSecond == 0 ? null : _limit ??= new RateLimit(bytesPerSecond, Cancellation);

    /// <summary>Whether the caller wants the work to be done by a job.</summary>
    private protected virtual bool IsJob => false;

    /// <summary>Leaves one record to a job where the caller wants one.</summary>
    private protected bool TryLeaveToJob()
    {
        if (IsJob)
        {
            (_job ??= new CommandJob(this)).Add();
        }

        return IsJob;
    }

    /// <summary>Starts the job and emits it, where records were left to one.</summary>
    private protected void StartJob()
    {
        if (_job is null || Cancellation.IsCancellationRequested)
        {
            return;
        }

        object? job;
        try
        {
            job = _job.Start();
        }
        catch (PSNotSupportedException error)
        {
            ThrowTerminatingError(new ErrorRecord(error, "ThreadJobMissing", ErrorCategory.NotInstalled, targetObject: null));
            return;
        }

        WriteObject(job);
    }

    /// <summary>Runs engine code for one input.</summary>
    /// <returns>Whether it came to its end; if not, an error record has been written, or the pipeline is stopping.</returns>
    protected bool TryRun(object? target, Action action)
    {
        return TryRun(
            target,
            () =>
            {
                action();
                return true;
            },
            out _);
    }

    /// <summary>Runs engine code for one input.</summary>
    /// <returns>Whether there is a result; if not, an error record has been written, or the pipeline is stopping.</returns>
    protected bool TryRun<T>(object? target, Func<T> function, out T result) => TryRun(target, function, beforeError: null, out result);

    /// <summary>
    /// Runs engine code for one input; what must be written before its error is written by <paramref name="beforeError"/>.
    /// </summary>
    private protected bool TryRun<T>(object? target, Func<T> function, Action? beforeError, out T result)
    {
        ErrorRecord error;
        try
        {
            result = function();
            _interruption?.Throw();
            return true;
        }
        catch (OperationCanceledException) when (Cancellation.IsCancellationRequested)
        {
            result = default!;
            _interruption?.Throw();
            return false;
        }
        catch (Exception exception) when (ErrorRecords.TryMake(exception, target) is { } record)
        {
            result = default!;
            error = record;
        }

        beforeError?.Invoke();
        error.ErrorDetails.RecommendedAction = error.ErrorDetails.RecommendedAction.Replace(
            AdviceCatalog.CommandPlaceholder, MyInvocation.MyCommand.Name, StringComparison.Ordinal);
        WriteError(error);
        return false;
    }

    /// <summary>
    /// Cancels the engine's work because a stream takes no more, and throws on when it has ended: an exception of the
    /// pipeline must not cut the engine off at any place.
    /// </summary>
    internal void Interrupt(Exception exception)
    {
        _interruption ??= ExceptionDispatchInfo.Capture(exception);
        _stopping.Cancel();
    }

    /// <summary>Whether the caller has given a parameter.</summary>
    protected bool IsGiven(string parameter) => MyInvocation.BoundParameters.ContainsKey(parameter);

    /// <summary>Whether the caller only wants to know what would be done.</summary>
    protected bool IsWhatIf => IsGiven("WhatIf")
        ? (SwitchParameter)MyInvocation.BoundParameters["WhatIf"]
        : LanguagePrimitives.IsTrue(GetVariableValue("WhatIfPreference"));

    /// <summary>A file as PowerShell's own commands emit it, with what its views and other commands look for.</summary>
    private protected PSObject ProviderItem(string path) =>
        InvokeProvider.Item.Get([path], force: true, literalPath: true).FirstOrDefault() ?? new PSObject(new FileInfo(path));

    /// <summary>Writes what would be done, where the caller only wants to know that; not where a question was answered with no.</summary>
    private protected void EmitPlan(Func<object> plan)
    {
        if (IsWhatIf)
        {
            WriteObject(plan());
        }
    }

    /// <summary>An engine's progress, shown until it is disposed; to be used on the pipeline's thread.</summary>
    private protected CommandProgress BeginProgress(string verb, string path) =>
        new(this, path, $"{verb} {System.IO.Path.GetFileName(path)}");

    /// <summary>Writes the elements of a lazy sequence of engine results, one an object.</summary>
    protected void WriteAll<T>(object? target, IEnumerable<T> results) =>
        WriteAll(target, results, result => WriteObject(result, enumerateCollection: false));

    /// <summary>Hands the elements of a lazy sequence of engine results to what writes them.</summary>
    protected void WriteAll<T>(object? target, IEnumerable<T> results, Action<T> write)
    {
        ArgumentNullException.ThrowIfNull(results);
        ArgumentNullException.ThrowIfNull(write);
        using IEnumerator<T> enumerator = results.GetEnumerator();
        while (TryRun(target, enumerator.MoveNext, out bool hasNext) && hasNext)
        {
            write(enumerator.Current);
        }
    }
}
