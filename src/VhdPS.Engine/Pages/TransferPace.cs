namespace VhdPS.Engine.Pages;

/// <summary>
/// How many requests are in flight at once: half as many after the service was busy, one more after each round of
/// successes, as TCP does.
/// </summary>
internal sealed class TransferPace
{
    private readonly int _most;
    private readonly object _gate = new();
    private readonly Queue<TaskCompletionSource<long>> _waiting = new();
    private double _limit;
    private int _running;
    private long _cuts;

    /// <param name="most">The most at once.</param>
    public TransferPace(int most)
    {
        _most = most;
        _limit = most;
        LowestLimit = most;
    }

    /// <summary>Requests that may be in flight now.</summary>
    public int Limit
    {
        get
        {
            lock (_gate)
            {
                return (int)_limit;
            }
        }
    }

    /// <summary>The fewest that were ever allowed.</summary>
    public int LowestLimit { get; private set; }

    /// <summary>Waits for a turn.</summary>
    /// <returns>What <see cref="Leave"/> is given.</returns>
    public async Task<long> EnterAsync(CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        TaskCompletionSource<long> turn;
        lock (_gate)
        {
            if (_running < (int)_limit)
            {
                _running++;
                return _cuts;
            }

            turn = new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Enqueue(turn);
        }

        using CancellationTokenRegistration registration = cancellation.Register(() => turn.TrySetCanceled(cancellation));
        return await turn.Task.ConfigureAwait(false);
    }

    /// <summary>Ends a turn.</summary>
    /// <param name="ticket">What <see cref="EnterAsync"/> returned.</param>
    /// <param name="wasBusy">Whether the service was too busy for the request.</param>
    public void Leave(long ticket, bool wasBusy)
    {
        lock (_gate)
        {
            _running--;
            if (!wasBusy)
            {
                _limit = Math.Min(_most, _limit + (1 / _limit));
            }
            else if (ticket == _cuts)
            {
                // Requests that were in flight together are one refusal, not as many as there were.
                _cuts++;
                _limit = Math.Max(1, _limit / 2);
                LowestLimit = Math.Min(LowestLimit, (int)_limit);
            }

            while (_running < (int)_limit && _waiting.TryDequeue(out TaskCompletionSource<long>? next))
            {
                if (next.TrySetResult(_cuts))
                {
                    _running++;
                }
            }
        }
    }
}
