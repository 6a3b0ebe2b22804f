namespace VhdPS.Engine.Nbd;

/// <summary>
/// Ends a connection whose peer takes too long: what is blocked in it fails then. It looks from time to time, so that
/// setting a limit costs nothing; a limit is kept to about a tenth.
/// </summary>
internal sealed class Watchdog : IDisposable
{
    private const long None = long.MaxValue;

    private readonly Action _end;
    private readonly Timer _timer;
    private long _limit = None;
    private volatile bool _isExpired;

    /// <summary>Watches a connection.</summary>
    /// <param name="shortest">The shortest limit that will be set.</param>
    /// <param name="end">Ends the connection; runs on another thread.</param>
    public Watchdog(TimeSpan shortest, Action end)
    {
        _end = end;
        TimeSpan period = TimeSpan.FromMilliseconds(Math.Clamp(shortest.TotalMilliseconds / 10, 10, 1000));
        _timer = new Timer(static watchdog => ((Watchdog)watchdog!).Look(), this, period, period);
    }

    /// <summary>Whether the peer took too long.</summary>
    public bool IsExpired => _isExpired;

    /// <summary>From now on the peer has so much time.</summary>
    public void Allow(TimeSpan time) => Volatile.Write(ref _limit, Environment.TickCount64 + (long)time.TotalMilliseconds);

    /// <summary>The peer owes nothing.</summary>
    public void Pause() => Volatile.Write(ref _limit, None);

    /// <inheritdoc/>
    public void Dispose() => _timer.Dispose();

    private void Look()
    {
        if (Environment.TickCount64 > Volatile.Read(ref _limit) && !_isExpired)
        {
            _isExpired = true;
            _end();
        }
    }
}
