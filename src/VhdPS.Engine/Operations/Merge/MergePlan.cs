namespace VhdPS.Engine.Operations.Merge;

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

    /// <summary>The images that are deleted when the target is whole.</summary>
    public IReadOnlyList<string> DeletedPaths { get; init; } = [];
}
