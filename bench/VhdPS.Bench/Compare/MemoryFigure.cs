namespace VhdPS.Bench.Compare;

/// <summary>Memory that a piece of work took, and the most it may.</summary>
/// <param name="What">What was counted.</param>
/// <param name="MeasuredBytes">The bytes.</param>
/// <param name="GoalBytes">The most there may be.</param>
internal sealed record MemoryFigure(string What, long MeasuredBytes, long GoalBytes)
{
    public bool IsMet => MeasuredBytes <= GoalBytes;
}
