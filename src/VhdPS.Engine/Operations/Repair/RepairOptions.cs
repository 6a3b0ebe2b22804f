using VhdPS.Engine.Format;


namespace VhdPS.Engine.Operations.Repair;

/// <summary>What a repair may mend.</summary>
public sealed record RepairOptions
{
    /// <summary>The faults to mend; null for all that can be.</summary>
    public IReadOnlyCollection<FaultCode>? Codes { get; init; }

    /// <summary>The id that an image without one gets; null leaves it without.</summary>
    public Guid? UniqueId { get; init; }

    /// <summary>Which of the two sizes holds.</summary>
    public SizeRule SizeRule { get; init; }

    /// <summary>Whether blocks that no table entry names are looked for and entered.</summary>
    public bool RebuildTable { get; init; }

    /// <summary>How sure the place of a found block must be to be entered.</summary>
    public RebuildConfidence LeastConfidence { get; init; } = RebuildConfidence.Medium;
}
