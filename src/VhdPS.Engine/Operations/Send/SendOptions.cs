using VhdPS.Engine.Chains;
using VhdPS.Engine.Disks;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;

namespace VhdPS.Engine.Operations.Send;

/// <summary>What disk is to be sent, and how.</summary>
/// <param name="SourcePath">The file that is read.</param>
public sealed record SendOptions(string SourcePath)
{
    /// <summary>What the source is read as.</summary>
    public SourceFormat SourceFormat { get; init; }

    /// <summary>Which of the source's two sizes holds.</summary>
    public SizeRule SizeRule { get; init; }

    /// <summary>Take every sector of an allocated block of a dynamic source as written.</summary>
    public bool IgnoreBitmap { get; init; }

    /// <summary>Holds the reading of disks back; null for as fast as can be.</summary>
    public RateLimit? RateLimit { get; init; }

    /// <summary>Where the parents of a differencing source may be and what proves them.</summary>
    public ParentPolicy Parents { get; init; } = ParentPolicy.Default;

    /// <summary>Count the clusters that the disk's own file systems call free as zeros, where they are clean and their maps can be relied
    /// on.</summary>
    public bool ClearsFreeSpace { get; init; }

    /// <summary>Leave the partition table as it is; else the backup of a GPT moves to the end of the disk as it is sent.</summary>
    public bool KeepPartitionTable { get; init; }

    /// <summary>Answers what depends on the image whose free space is left out; null: an index for this call alone.</summary>
    public ChildIndex? Children { get; init; }

    /// <summary>The most requests at once, 1 or more.</summary>
    public int ThrottleLimit { get; init; } = 8;

    /// <summary>Read the pages back and compare them with the disk before the footer makes it whole.</summary>
    public bool Verify { get; init; }

    /// <summary>The file that remembers how far the work is; null: beside the source.</summary>
    public string? StatePath { get; init; }

    /// <summary>
    /// Overwrite an existing blob, begin anew whatever the state file says, and send although a machine's state is saved with the
    /// source. A damaged source is refused all the same.
    /// </summary>
    public bool Force { get; init; }

    /// <summary>The identity in the footer that is sent.</summary>
    public required Guid UniqueId { get; init; }

    /// <summary>The time in the footer that is sent.</summary>
    public required DateTime TimeStamp { get; init; }
}
