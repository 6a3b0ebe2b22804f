namespace VhdPS.Engine.Vhdx;

/// <summary>The options of a new differencing VHDX file; sizes of disk and sectors are its parent's.</summary>
/// <param name="ParentPath">The parent.</param>
public sealed record NewVhdxChild(string ParentPath)
{
    /// <summary>Bytes in a block, a power of two from 1 to 256 MiB; null for Hyper-V's choice, 2 MiB.</summary>
    public int? BlockSizeBytes { get; init; }

    /// <summary>The disk's identity.</summary>
    public required Guid UniqueId { get; init; }

    /// <summary>The time of making.</summary>
    public required DateTime TimeStamp { get; init; }
}
