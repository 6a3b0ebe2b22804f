namespace VhdPS.Engine.Format;

/// <summary>The facts about a fault that hold wherever it is found.</summary>
/// <param name="severity">How much it matters.</param>
/// <param name="effect">What it keeps the engine from doing.</param>
[AttributeUsage(AttributeTargets.Field)]
public sealed class FaultAttribute(Severity severity, FaultEffect effect) : Attribute
{
    /// <summary>How much it matters.</summary>
    public Severity Severity { get; } = severity;

    /// <summary>What it keeps the engine from doing.</summary>
    public FaultEffect Effect { get; } = effect;

    /// <summary>Whether repair can correct it from evidence in the file.</summary>
    public bool IsRepairable { get; init; }
}
