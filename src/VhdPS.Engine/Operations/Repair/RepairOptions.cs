using VhdPS.Engine.Format;

namespace VhdPS.Engine.Operations.Repair;

/// <summary>What a repair may repair.</summary>
public sealed record RepairOptions
{
    /// <summary>The faults to repair; null for all that can be.</summary>
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

/// <summary>How sure it is which block of the disk a block found in the file is.</summary>
public enum RebuildConfidence
{
    /// <summary>The blocks are taken to have been written in order from the last known one on; there are fewer than could be.</summary>
    Low,

    /// <summary>The file holds as many blocks as the disk has, and no entry is left to say whether they are in order.</summary>
    Medium,

    /// <summary>Between two known entries in order, exactly as many blocks were found as entries are missing.</summary>
    High,
}
