namespace VhdPS.Engine.Disks;

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
