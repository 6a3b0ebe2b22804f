namespace VhdPS.Engine.Pages;

/// <summary>
/// Does work on units side by side, each again where the service was busy, and hands out the results in the order of the
/// units, on the caller's thread, where the units are enumerated too.
/// </summary>
/// <param name="throttleLimit">The most units in the works at once.</param>
/// <param name="retry">How long to wait before a unit is tried again.</param>
internal sealed class TransferLoop(int throttleLimit, TransferRetry retry)
{
    /// <summary>How many units are in the works.</summary>
    public TransferPace Pace { get; } = new(throttleLimit);

    /// <summary>Runs <paramref name="work"/> on each unit. The first failure, by the order of the units, ends the sequence.</summary>
    /// <param name="units">The units.</param>
    /// <param name="work">What is done; it may be done again from its beginning.</param>
    /// <param name="ahead">Units begun besides the one that is handed out next.</param>
    /// <param name="cancellation">Ends the work.</param>
    public IEnumerable<TResult> Run<TUnit, TResult>(
        IEnumerable<TUnit> units, Func<TUnit, CancellationToken, Task<TResult>> work, int ahead, CancellationToken cancellation)
    {
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var running = new Queue<Task<TResult>>();
        try
        {
            foreach (TUnit unit in units)
            {
                cancellation.ThrowIfCancellationRequested();
                running.Enqueue(Task.Run(() => RunUnitAsync(unit, work, stopping.Token), CancellationToken.None));
                while (running.Count > ahead || (running.TryPeek(out Task<TResult>? head) && head.IsCompleted))
                {
                    yield return running.Dequeue().GetAwaiter().GetResult();
                }
            }

            while (running.TryDequeue(out Task<TResult>? task))
            {
                yield return task.GetAwaiter().GetResult();
            }
        }
        finally
        {
            stopping.Cancel();
            Task.WhenAll(running).ContinueWith(
                static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default).Wait(CancellationToken.None);
        }
    }

    private async Task<TResult> RunUnitAsync<TUnit, TResult>(
        TUnit unit, Func<TUnit, CancellationToken, Task<TResult>> work, CancellationToken stopping)
    {
        for (int tries = 1; ; tries++)
        {
            long ticket = await Pace.EnterAsync(stopping).ConfigureAwait(false);
            bool wasBusy = false;
            TimeSpan? asked = null;
            try
            {
                return await work(unit, stopping).ConfigureAwait(false);
            }
            catch (TransferException error) when (error.IsTransient)
            {
                wasBusy = true;
                asked = error.RetryAfter;
                if (tries >= TransferRetry.MaxTries)
                {
                    throw;
                }
            }
            finally
            {
                Pace.Leave(ticket, wasBusy);
            }

            await retry.WaitAsync(tries, asked, stopping).ConfigureAwait(false);
        }
    }
}
