using VhdPS.Engine.Chains;
using VhdPS.Engine.Files;

namespace VhdPS.Engine.Operations.Merge;

/// <summary>Which differencing image is merged with its parents, and how.</summary>
/// <param name="Path">The differencing image.</param>
public sealed record MergeOptions(string Path)
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

    /// <summary>Replace an existing new file; go on although other images depend on a merged one or a machine's state is saved.</summary>
    public bool Force { get; init; }

    /// <summary>Holds the reading of disks back; null for as fast as can be.</summary>
    public RateLimit? RateLimit { get; init; }

    /// <summary>Where the parents may be and what proves them.</summary>
    public ParentPolicy Parents { get; init; } = ParentPolicy.Default;

    /// <summary>Answers what depends on the image; null: an index for this call alone. A batch shares one.</summary>
    public ChildIndex? Children { get; init; }

    /// <summary>
    /// Let a new file with the whole disk have extents of the merged ones where the file system can, so that they are not copied.
    /// </summary>
    public bool ShareExtents { get; init; } = true;

    /// <summary>The identity of a new file.</summary>
    public required Guid UniqueId { get; init; }

    /// <summary>The time of making of a new file.</summary>
    public required DateTime TimeStamp { get; init; }
}

/// <summary>What a merge does.</summary>
/// <param name="TargetPath">The file that holds the merged disk afterwards.</param>
/// <param name="SourcePaths">The images that are merged, the child first; into a new file the deepest parent too.</param>
/// <param name="IsNewFile">Whether the target is made and all else left as it is.</param>
public sealed record MergePlan(string TargetPath, IReadOnlyList<string> SourcePaths, bool IsNewFile)
{
    /// <summary>The parent of a new file; null where it has none.</summary>
    public string? BasePath { get; init; }

    /// <summary>Bytes of the blocks that are read.</summary>
    public long DataBytes { get; init; }

    /// <summary>The target's virtual size before, in bytes; of a new file as <see cref="NewSizeBytes"/>.</summary>
    public long OldSizeBytes { get; init; }

    /// <summary>The target's virtual size after, in bytes.</summary>
    public long NewSizeBytes { get; init; }

    /// <summary>The most bytes by which the files may grow, of several levels those of the first.</summary>
    internal long NeededBytes { get; init; }

    /// <summary>The most new space that a new file with the whole disk needs, in bytes; null for every other merge. 0 after the
    /// work.</summary>
    public long? NewSpaceBytes => this is { IsNewFile: true, BasePath: null } ? NeededBytes : null;

    /// <summary>Bytes of data in a new file that were not copied: it has extents of the merged ones. 0 before the work.</summary>
    public long SharedBytes { get; init; }

    /// <summary>Bytes of data in a new file with the whole disk that were copied. 0 before the work.</summary>
    public long CopiedBytes { get; init; }

    /// <summary>The images that are deleted when the target is whole.</summary>
    public IReadOnlyList<string> DeletedPaths { get; init; } = [];
}
