namespace VhdPS.Bench.Compare;

/// <summary>One pair of runs.</summary>
/// <param name="Ours">Our time.</param>
/// <param name="Peer">The peer's, right after.</param>
internal readonly record struct TimedPair(TimeSpan Ours, TimeSpan Peer)
{
    public double Ratio => Ours / Peer;
}

/// <summary>What the pairs of one row say.</summary>
internal sealed record RowResult(Row Row, IReadOnlyList<TimedPair> Pairs, MemoryFigure? Memory)
{
    /// <summary>The median of our time over the peer's, pair by pair.</summary>
    public double Ratio { get; } = Median(Pairs.Select(pair => pair.Ratio));

    public double LeastRatio { get; } = Pairs.Min(pair => pair.Ratio);

    public double MostRatio { get; } = Pairs.Max(pair => pair.Ratio);

    public double OurMilliseconds { get; } = Median(Pairs.Select(pair => pair.Ours.TotalMilliseconds));

    public double PeerMilliseconds { get; } = Median(Pairs.Select(pair => pair.Peer.TotalMilliseconds));

    public bool IsMet => Ratio <= Row.Goal;

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
