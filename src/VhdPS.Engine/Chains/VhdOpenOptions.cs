using VhdPS.Engine.Files;
using VhdPS.Engine.Format;


namespace VhdPS.Engine.Chains;

/// <summary>How an image is opened.</summary>
public sealed record VhdOpenOptions
{
    /// <summary>For reading, the creator decides the size, damage is refused.</summary>
    public static readonly VhdOpenOptions Default = new();

    /// <summary>Open for writing, which no one else may then do.</summary>
    public bool ForWriting { get; init; }

    /// <summary>Which of the two sizes holds.</summary>
    public SizeRule SizeRule { get; init; }

    /// <summary>Read what can be read of a damaged image. Not for writing.</summary>
    public bool Force { get; init; }

    /// <summary>Read a block device as a raw disk although it is mounted for writing or in other use.</summary>
    public bool AllowDeviceInUse { get; init; }

    /// <summary>Holds the reading of a disk as a whole back; null for as fast as can be.</summary>
    public RateLimit? RateLimit { get; init; }

    /// <summary>The byte in place of what is lost of a damaged disk that is read as a whole.</summary>
    public byte Fill { get; init; }

    /// <summary>Take every sector of an allocated block of a dynamic image as written, as QEMU does. Not for writing.</summary>
    public bool IgnoreBitmap { get; init; }

    /// <summary>
    /// Ask only where the image's own blocks lie: its parents are not looked for before one of their sectors is wanted, of a VHDX
    /// never.
    /// </summary>
    public bool OwnBlocksOnly { get; init; }

    /// <summary>Where the parents of a differencing image may be and what proves them.</summary>
    public ParentPolicy Parents { get; init; } = ParentPolicy.Default;
}
