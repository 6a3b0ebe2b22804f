namespace VhdPS.Engine.Disks;

/// <summary>Does work on units side by side and hands out the results in the order of the units, on the caller's thread.</summary>
internal static class OrderedWork
{
    /// <summary>Units in the works at once: enough for two cores to be busy while the oldest is handed out.</summary>
    public const int Depth = 3;

    /// <summary>
    /// Runs <paramref name="work"/> on each unit. The units are enumerated on the caller's thread, a few ahead. The first
    /// failure, by the order of the units, ends the sequence; all work has ended when the enumerator is disposed.
    /// </summary>
    public static IEnumerable<TResult> Run<TUnit, TResult>(
        IEnumerable<TUnit> units, Func<TUnit, CancellationToken, TResult> work, CancellationToken cancellation)
    {
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var running = new Queue<Task<TResult>>();
        try
        {
            foreach (TUnit unit in units)
            {
                cancellation.ThrowIfCancellationRequested();
                running.Enqueue(Start(unit, work, stopping.Token));
                if (running.Count == Depth)
                {
                    yield return running.Dequeue().GetAwaiter().GetResult();
                }
            }

            while (running.TryDequeue(out Task<TResult>? task))
            {
                cancellation.ThrowIfCancellationRequested();
                yield return task.GetAwaiter().GetResult();
            }
        }
        finally
        {
            stopping.Cancel();
            Task.WhenAll(running).ContinueWith(
                static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default).Wait(
                    CancellationToken.None);
        }
    }

    // Fair: a unit may wait for the ones before it, which must therefore have begun before it.
    private static Task<TResult> Start<TUnit, TResult>(
        TUnit unit, Func<TUnit, CancellationToken, TResult> work, CancellationToken stopping) =>
        Task.Factory.StartNew(
            () => work(unit, stopping), CancellationToken.None, TaskCreationOptions.PreferFairness, TaskScheduler.Default);
}

/// <summary>Lets numbered units do one step each in the order of their numbers, however they are worked on side by side.</summary>
internal sealed class Sequencer
{
    private const int RetryMilliseconds = 50;

    private readonly object _gate = new();
    private readonly HashSet<long> _passed = [];
    private long _turn;

    /// <summary>Returns when all units before <paramref name="number"/> have passed.</summary>
    public void Wait(long number, CancellationToken stopping)
    {
        lock (_gate)
        {
            while (_turn != number)
            {
                stopping.ThrowIfCancellationRequested();
                Monitor.Wait(_gate, RetryMilliseconds);
            }
        }
    }

    /// <summary>Marks a unit as passed; it need not have waited, and may be marked again.</summary>
    public void Pass(long number)
    {
        lock (_gate)
        {
            if (number < _turn)
            {
                return;
            }

            _passed.Add(number);
            while (_passed.Remove(_turn))
            {
                _turn++;
            }

            Monitor.PulseAll(_gate);
        }
    }
}
