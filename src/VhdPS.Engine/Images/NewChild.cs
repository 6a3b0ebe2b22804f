namespace VhdPS.Engine.Images;

/// <summary>What a new differencing image is to be; size and geometry are its parent's.</summary>
/// <param name="ParentPath">The parent.</param>
public sealed record NewChild(string ParentPath)
{
    /// <summary>Bytes in a block; null: as the parent's, or 2 MiB over a fixed one.</summary>
    public int? BlockSize { get; init; }

    /// <summary>The identity that children name.</summary>
    public required Guid UniqueId { get; init; }

    /// <summary>The time of making.</summary>
    public required DateTime TimeStamp { get; init; }
}
