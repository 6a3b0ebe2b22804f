namespace VhdPS.Engine.Pages;

/// <summary>Makes a request again where the service was busy, after waits that grow and differ from one request to the next.</summary>
/// <param name="wait">Waits; tests put a double in its place.</param>
/// <param name="jitter">A number from 0 to 1, another each time.</param>
internal sealed class TransferRetry(Func<TimeSpan, CancellationToken, Task>? wait = null, Func<double>? jitter = null)
{
    /// <summary>Tries of one request, the first among them: with the waits between them about three minutes.</summary>
    public const int MaxTries = 11;

    private static readonly TimeSpan FirstWait = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(30);

    private readonly Func<TimeSpan, CancellationToken, Task> _wait = wait ?? Task.Delay;
    private readonly Func<double> _jitter = jitter ?? Random.Shared.NextDouble;

    /// <summary>Makes a request until it succeeds, is refused for good, or has been tried often enough.</summary>
    public async Task<T> RunAsync<T>(Func<CancellationToken, Task<T>> request, CancellationToken cancellation)
    {
        for (int tries = 1; ; tries++)
        {
            try
            {
                return await request(cancellation).ConfigureAwait(false);
            }
            catch (TransferException error) when (error.IsTransient && tries < MaxTries)
            {
                await WaitAsync(tries, error.RetryAfter, cancellation).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Makes a request that returns nothing.</summary>
    public Task RunAsync(Func<CancellationToken, Task> request, CancellationToken cancellation) => RunAsync(
        async token =>
        {
            await request(token).ConfigureAwait(false);
            return true;
        },
        cancellation);

    /// <summary>Makes a request on another thread and waits for it here.</summary>
    public T Run<T>(Func<CancellationToken, Task<T>> request, CancellationToken cancellation) =>
        Task.Run(() => RunAsync(request, cancellation), CancellationToken.None).GetAwaiter().GetResult();

    /// <summary>Makes a request that returns nothing on another thread and waits for it here.</summary>
    public void Run(Func<CancellationToken, Task> request, CancellationToken cancellation) =>
        Task.Run(() => RunAsync(request, cancellation), CancellationToken.None).GetAwaiter().GetResult();

    /// <summary>Waits after a try that failed: twice as long as the time before, of which half is left to chance.</summary>
    public Task WaitAsync(int tries, TimeSpan? asked, CancellationToken cancellation)
    {
        double grown = Math.Min(FirstWait.TotalSeconds * Math.Pow(2, tries - 1), LongestWait.TotalSeconds);
        var wait = TimeSpan.FromSeconds(grown * (0.5 + (_jitter() / 2)));
        return _wait(asked > wait ? (asked.Value < LongestWait ? asked.Value : LongestWait) : wait, cancellation);
    }
}
