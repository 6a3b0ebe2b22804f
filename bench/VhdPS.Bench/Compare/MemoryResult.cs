namespace VhdPS.Bench.Compare;

/// <summary>What memory a piece of work took.</summary>
/// <param name="Work">What was done.</param>
/// <param name="Figure">What it took.</param>
internal sealed record MemoryResult(string Work, MemoryFigure Figure);
