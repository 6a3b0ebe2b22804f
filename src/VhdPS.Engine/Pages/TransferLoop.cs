namespace VhdPS.Engine.Pages;

/// <summary>
/// Does work on units side by side and hands out the results in the order of the units, on the caller's thread, where the
/// units are enumerated too. What the work requests is paced, and tried again where the service was busy.
/// </summary>
/// <param name="throttleLimit">The most requests in flight at once.</param>
/// <param name="retry">How long to wait before a request is tried again.</param>
internal sealed class TransferLoop(int throttleLimit, TransferRetry retry)
{
    /// <summary>How many requests are in flight.</summary>
    public TransferPace Pace { get; } = new(throttleLimit);

    /// <summary>Runs <paramref name="work"/> on each unit. The first failure, by the order of the units, ends the sequence.</summary>
    /// <param name="units">The units.</param>
    /// <param name="work">What is done; it makes its requests by <see cref="RequestAsync"/>.</param>
    /// <param name="cancellation">Ends the work.</param>
    public IEnumerable<TResult> Run<TUnit, TResult>(
        IEnumerable<TUnit> units, Func<TUnit, CancellationToken, Task<TResult>> work, CancellationToken cancellation)
    {
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var running = new Queue<Task<TResult>>();
        try
        {
            foreach (TUnit unit in units)
            {
                cancellation.ThrowIfCancellationRequested();
                running.Enqueue(Task.Run(() => work(unit, stopping.Token), CancellationToken.None));

                // One more unit than requests, so that one is being read while the others are under way.
                while (running.Count > throttleLimit || (running.TryPeek(out Task<TResult>? head) && head.IsCompleted))
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
                static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default).Wait(
                    CancellationToken.None);
        }
    }

    /// <summary>Makes a request when its turn comes, and again where the service was busy.</summary>
    public Task RequestAsync(Func<CancellationToken, Task> request, CancellationToken cancellation) => retry.RunAsync(
        async token =>
        {
            long ticket = await Pace.EnterAsync(token).ConfigureAwait(false);
            bool wasBusy = false;
            try
            {
                await request(token).ConfigureAwait(false);
            }
            catch (TransferException error) when (error.IsTransient)
            {
                wasBusy = true;
                throw;
            }
            finally
            {
                Pace.Leave(ticket, wasBusy);
            }
        },
        cancellation);
}
