using System.Diagnostics;

namespace VhdPS.Bench.Compare;

/// <summary>Runs the two sides of a row in turn, after a warm-up of both.</summary>
internal sealed class PairRunner(int runs)
{
    private const int MostRunsFactor = 9;
    private const int LeastWarmUps = 3;
    private static readonly TimeSpan WarmUpTime = TimeSpan.FromSeconds(1);

    /// <summary>Short work is paired more often, for its figures scatter more.</summary>
    private static readonly TimeSpan RowTime = TimeSpan.FromSeconds(4);

    public RowResult Run(Row row)
    {
        WarmUp(row);
        MemoryFigure? memory = row.MeasureMemory();
        List<TimedPair> pairs = [];
        int least = Math.Min(runs, row.EnoughPairs);
        long start = Stopwatch.GetTimestamp();
        while (pairs.Count < least || (Stopwatch.GetElapsedTime(start) < RowTime && pairs.Count < least * MostRunsFactor))
        {
            pairs.Add(new TimedPair(row.RunOurs(), row.RunPeer()));
        }

        return new RowResult(row, pairs, memory);
    }

    private static void WarmUp(Row row)
    {
        // Code of ours is compiled in tiers: the second comes after some calls and a pause.
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < LeastWarmUps || Stopwatch.GetElapsedTime(start) < WarmUpTime; i++)
        {
            row.RunOurs();
        }

        row.RunPeer();
    }
}
