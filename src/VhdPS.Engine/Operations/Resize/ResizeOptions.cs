using VhdPS.Engine.Chains;
using VhdPS.Engine.Format;


namespace VhdPS.Engine.Operations.Resize;

/// <summary>What size a disk is to get. One of <see cref="SizeBytes"/> and <see cref="ToMinimumSize"/>, or neither to round the present size.</summary>
public sealed record ResizeOptions
{
    /// <summary>The size wanted, in bytes; null to start from the present size.</summary>
    public long? SizeBytes { get; init; }

    /// <summary>As small as it can be without losing a sector that is not zero.</summary>
    public bool ToMinimumSize { get; init; }

    /// <summary>The size becomes a multiple of this, in bytes; a sector at least.</summary>
    public long RoundUpToBytes { get; init; } = VhdSpec.SectorSize;

    /// <summary>
    /// Go on although data behind the new end is lost, a machine's state is saved with the image, other images stand on it,
    /// or a parent's data would come to sight.
    /// </summary>
    public bool Force { get; init; }

    /// <summary>Which of the two sizes in the footer is the present one; by default the larger one that the file covers.</summary>
    public SizeRule SizeRule { get; init; }

    /// <summary>Go on although other images stand on the image: the caller has looked at them.</summary>
    internal bool AllowsChildren { get; init; }

    /// <summary>Answers what depends on the image; null: an index for this call alone. A batch shares one.</summary>
    public ChildIndex? Children { get; init; }

    /// <summary>Where the parents of a differencing image may be and what proves them.</summary>
    public ParentPolicy Parents { get; init; } = ParentPolicy.Default;
}
