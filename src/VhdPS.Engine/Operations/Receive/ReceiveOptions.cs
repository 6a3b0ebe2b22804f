using VhdPS.Engine.Disks;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Pages;

namespace VhdPS.Engine.Operations.Receive;

/// <summary>What is to be received, and into what.</summary>
/// <param name="TargetPath">The file that is made.</param>
public sealed record ReceiveOptions(string TargetPath)
{
    /// <summary>What the target is to be; of a difference it is always a differencing image.</summary>
    public DiskFormat TargetFormat { get; init; }

    /// <summary>The format of a target that is an image; of a difference it is always a VHD.</summary>
    public VhdFormat TargetImageFormat { get; init; }

    /// <summary>The image that the target is to be a child of, received from the previous snapshot; null for a whole disk.</summary>
    public string? ParentPath { get; init; }

    /// <summary>The snapshot that changes are asked since; null for the one that the parent's record names.</summary>
    public PreviousSnapshot? PreviousSnapshot { get; init; }

    /// <summary>The most requests at once, 1 or more.</summary>
    public int ThrottleLimit { get; init; } = 8;

    /// <summary>Holds the receiving back; null for as fast as can be.</summary>
    public RateLimit? RateLimit { get; init; }

    /// <summary>Replace an existing target, and take a parent whose record is missing or names another snapshot.</summary>
    public bool Force { get; init; }

    /// <summary>The identity of the new image.</summary>
    public required Guid UniqueId { get; init; }

    /// <summary>The time of making.</summary>
    public required DateTime TimeStamp { get; init; }

    /// <summary>Whether the target is a VHDX.</summary>
    internal bool IsVhdx => TargetFormat != DiskFormat.Raw && TargetImageFormat == VhdFormat.Vhdx;
}
