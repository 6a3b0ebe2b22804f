using VhdPS.Engine.Chains;


namespace VhdPS.Engine.Operations.Merge;

/// <summary>How a differencing image is merged with its parents.</summary>
public sealed record MergeOptions
{
    /// <summary>How many parents are merged with, from the nearest on; null: one, or all down to the destination.</summary>
    public int? Depth { get; init; }

    /// <summary>
    /// A new file, which leaves all others as they are; or a parent, which everything above it is merged into; null: the
    /// parent at the given depth.
    /// </summary>
    public string? DestinationPath { get; init; }

    /// <summary>Leave the merged images where they are; into a new file they always are.</summary>
    public bool KeepChild { get; init; }

    /// <summary>Replace an existing new file; go on although other images stand on a merged one or a machine's state is saved.</summary>
    public bool Force { get; init; }

    /// <summary>Where the parents may be and what proves them.</summary>
    public ParentPolicy Parents { get; init; } = ParentPolicy.Default;

    /// <summary>Answers what depends on the image; null: an index for this call alone. A batch shares one.</summary>
    public ChildIndex? Children { get; init; }

    /// <summary>The identity of a new file.</summary>
    public required Guid UniqueId { get; init; }

    /// <summary>The time of making of a new file.</summary>
    public required DateTime TimeStamp { get; init; }
}
