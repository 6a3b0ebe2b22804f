using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using VhdPS.Engine.Files;

namespace VhdPS;

/// <summary>
/// A file on which a thread of its own works. What the work reports is kept until the pipeline's thread asks for it: no
/// other thread may write to a stream of PowerShell.
/// </summary>
/// <param name="run">The work, which may report and be cancelled.</param>
/// <param name="handOut">Hands the ended work's outcome to the pipeline; on the pipeline's thread.</param>
internal sealed class PendingFile(
    Action<IProgress<WorkProgress>, CancellationToken> run, Action<PendingFile> handOut) : IProgress<WorkProgress>
{
    private readonly ConcurrentQueue<WorkProgress> _steps = new();
    private readonly TaskCompletionSource _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ExceptionDispatchInfo? _failure;
    private Reported? _latest;

    /// <summary>Whether the work has ended, well or not.</summary>
    public bool HasEnded => _end.Task.IsCompleted;

    /// <inheritdoc/>
    public void Report(WorkProgress value)
    {
        if (value.Step is not null)
        {
            _steps.Enqueue(value);
        }

        Volatile.Write(ref _latest, new Reported(value));
    }

    /// <summary>Does the work; what it throws is kept.</summary>
    public void Run(CancellationToken cancellation)
    {
        try
        {
            cancellation.ThrowIfCancellationRequested();
            run(this, cancellation);
        }
        catch (Exception exception)
        {
            // It is thrown on where the outcome is handed out.
            _failure = ExceptionDispatchInfo.Capture(exception);
        }

        _end.SetResult();
    }

    /// <summary>Waits for the end of the work, and passes on meanwhile what it reports.</summary>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public void Wait(IProgress<WorkProgress> progress, TimeSpan interval, CancellationToken cancellation)
    {
        bool hasEnded;
        do
        {
            hasEnded = _end.Task.Wait((int)interval.TotalMilliseconds, cancellation);
            while (_steps.TryDequeue(out WorkProgress step))
            {
                progress.Report(step);
            }

            if (Interlocked.Exchange(ref _latest, null) is { } latest)
            {
                progress.Report(latest.Value with { Step = null });
            }
        }
        while (!hasEnded);
        _failure?.Throw();
    }

    /// <summary>Hands the outcome out, waiting for it where it is not there yet.</summary>
    public void HandOut() => handOut(this);

    private sealed record Reported(WorkProgress Value);
}
