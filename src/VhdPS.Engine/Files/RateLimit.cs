namespace VhdPS.Engine.Files;

/// <summary>
/// Holds long work back to so many bytes a second, so that others get their share of the medium. Several threads may share one.
/// </summary>
public sealed class RateLimit
{
    private static readonly TimeSpan Lead = TimeSpan.FromMilliseconds(100);

    // A wait handle takes less than 25 days; what is left is waited for with the next bytes.
    private static readonly TimeSpan LongestPause = TimeSpan.FromHours(1);

    private readonly object _gate = new();
    private readonly Func<TimeSpan> _clock;
    private readonly Action<TimeSpan> _waitUntil;
    private TimeSpan _due;

    /// <summary>Begins to count.</summary>
    /// <param name="bytesPerSecond">The most bytes that are read from disks a second, on average.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <exception cref="ArgumentOutOfRangeException">The rate is not positive.</exception>
    public RateLimit(long bytesPerSecond, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bytesPerSecond);
        long start = TimeProvider.System.GetTimestamp();
        BytesPerSecond = bytesPerSecond;
        _clock = () => TimeProvider.System.GetElapsedTime(start);
        _waitUntil = due =>
        {
            TimeSpan pause = due - _clock();
            if (pause > TimeSpan.Zero)
            {
                cancellation.WaitHandle.WaitOne(pause < LongestPause ? pause : LongestPause);
            }

            cancellation.ThrowIfCancellationRequested();
        };
    }

    /// <summary>The same with the clock given, as the time since it began.</summary>
    internal RateLimit(long bytesPerSecond, Func<TimeSpan> clock, Action<TimeSpan> waitUntil)
    {
        BytesPerSecond = bytesPerSecond;
        _clock = clock;
        _waitUntil = waitUntil;
    }

    /// <summary>The most bytes a second, on average.</summary>
    public long BytesPerSecond { get; }

    /// <summary>Waits until so many more bytes may have been read. Time in which nothing was read is not made up for.</summary>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    internal void Wait(long byteCount)
    {
        TimeSpan due;
        lock (_gate)
        {
            TimeSpan earliest = _clock() - Lead;
            due = _due = (_due > earliest ? _due : earliest) + TimeSpan.FromSeconds((double)byteCount / BytesPerSecond);
        }

        _waitUntil(due);
    }
}
