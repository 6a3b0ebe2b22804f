using VhdPS.Engine.Files;


namespace VhdPS.Tests.Operations;

/// <summary>Keeps every report and calls back at each, on the thread that reports.</summary>
internal sealed class StepProgress(Action<int>? onStep = null) : IProgress<WorkProgress>
{
    public List<WorkProgress> Steps { get; } = [];

    public void Report(WorkProgress value)
    {
        Steps.Add(value);
        onStep?.Invoke(Steps.Count);
    }
}
