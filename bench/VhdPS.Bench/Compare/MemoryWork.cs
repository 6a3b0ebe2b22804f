namespace VhdPS.Bench.Compare;

/// <summary>A piece of work of ours whose memory has a goal, whatever its time.</summary>
internal abstract class MemoryWork : IDisposable
{
    /// <summary>The word that picks it on the command line.</summary>
    public abstract string Name { get; }

    /// <summary>What is done.</summary>
    public abstract string Work { get; }

    /// <summary>The most memory that it may take, in bytes.</summary>
    public abstract long GoalBytes { get; }

    /// <summary>Makes the data; not measured.</summary>
    public abstract void Prepare(BenchData data);

    /// <summary>Does the work once.</summary>
    public abstract void Run();

    public MemoryFigure Measure() => new("peak resident above the warm process", PeakMemory.Measure(Run), GoalBytes);

    public virtual void Dispose()
    {
    }
}
