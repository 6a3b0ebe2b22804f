using System.Diagnostics;

namespace VhdPS.Bench.Compare;

/// <summary>
/// One line of the comparison: a piece of work, ours and the peer's, on the same data. Ours is timed inside this warm
/// process, a peer that is a program by its whole process.
/// </summary>
internal abstract class Row : IDisposable
{
    /// <summary>The word that picks the row on the command line.</summary>
    public abstract string Name { get; }

    /// <summary>The heading it stands under.</summary>
    public abstract string Family { get; }

    /// <summary>What is done.</summary>
    public abstract string Work { get; }

    /// <summary>Whom it is compared with.</summary>
    public abstract string Peer { get; }

    /// <summary><see cref="Work"/> in the few words that a chart has room for.</summary>
    public abstract string ShortWork { get; }

    /// <summary><see cref="Peer"/>, likewise.</summary>
    public virtual string ShortPeer => PeerProgram ?? Peer;

    /// <summary>The most that our time may be, as a share of the peer's.</summary>
    public abstract double Goal { get; }

    /// <summary>The program that the peer needs, or null.</summary>
    public virtual string? PeerProgram => null;

    /// <summary>What a reader must know to judge the figure: synced or not, what is counted.</summary>
    public virtual string? Note => null;

    /// <summary>Why the goal may be missed, for a reader who sees that it was; null where nothing is known to stand in its way.</summary>
    public virtual string? Obstacle => null;

    /// <summary>Enough pairs for a row whose runs take many seconds.</summary>
    public virtual int EnoughPairs => int.MaxValue;

    /// <summary>Makes the data; not timed.</summary>
    public abstract void Prepare(BenchData data);

    /// <summary>Does our side once and says how long it took.</summary>
    public abstract TimeSpan RunOurs();

    /// <summary>Does the peer's side once and says how long it took.</summary>
    public abstract TimeSpan RunPeer();

    /// <summary>What our side takes of memory, where that has a goal.</summary>
    public virtual MemoryFigure? MeasureMemory() => null;

    public virtual void Dispose()
    {
    }

    protected static TimeSpan Time(Action work)
    {
        long start = Stopwatch.GetTimestamp();
        work();
        return Stopwatch.GetElapsedTime(start);
    }
}
