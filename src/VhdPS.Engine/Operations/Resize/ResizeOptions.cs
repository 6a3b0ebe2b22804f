using VhdPS.Engine.Chains;
using VhdPS.Engine.Format;

namespace VhdPS.Engine.Operations.Resize;

/// <summary>What size a disk is to get. One of <see cref="SizeBytes"/> and <see cref="ToMinimumSize"/>, or neither to round the present
/// size.</summary>
/// <param name="Path">The image.</param>
public sealed record ResizeOptions(string Path)
{
    /// <summary>The size wanted, in bytes; null to start from the present size.</summary>
    public long? SizeBytes { get; init; }

    /// <summary>As small as it can be without cutting a partition or losing a sector that is not zero.</summary>
    public bool ToMinimumSize { get; init; }

    /// <summary>Leave the partition table as it is; else the backup of a GPT moves to the new end, and the partitions decide the minimum
    /// size.</summary>
    public bool KeepPartitionTable { get; init; }

    /// <summary>The size becomes a multiple of this, in bytes; a sector at least.</summary>
    public long RoundUpToBytes { get; init; } = VhdSpec.SectorSize;

    /// <summary>
    /// Go on although data after the new end is lost, a machine's state is saved with the image, other images depend on it,
    /// or a parent's data would become visible.
    /// </summary>
    public bool Force { get; init; }

    /// <summary>Which of the two sizes in the footer is the present one; by default the larger one that the file covers.</summary>
    public SizeRule SizeRule { get; init; }

    /// <summary>Go on although other images depend on the image: the caller has looked at them.</summary>
    internal bool AllowsChildren { get; init; }

    /// <summary>Go on although a machine's state is saved with the image: the caller has decided it.</summary>
    internal bool AllowsSavedState { get; init; }

    /// <summary>Answers what depends on the image; null: an index for this call alone. A batch shares one.</summary>
    public ChildIndex? Children { get; init; }

    /// <summary>Where the parents of a differencing image may be and what proves them.</summary>
    public ParentPolicy Parents { get; init; } = ParentPolicy.Default;
}

/// <summary>What a resize does to one image.</summary>
/// <param name="Path">The file.</param>
/// <param name="VhdType">The kind of image.</param>
/// <param name="OldSizeBytes">The virtual size before.</param>
/// <param name="NewSizeBytes">The virtual size after.</param>
public sealed record ResizePlan(string Path, VhdType VhdType, long OldSizeBytes, long NewSizeBytes)
{
    /// <summary>Length of the file before, in bytes.</summary>
    public long OldFileLength { get; init; }

    /// <summary>Length of the file after, in bytes.</summary>
    public long NewFileLength { get; init; }

    /// <summary>The most bytes that are written: moved blocks, table, header and footers.</summary>
    internal long WrittenBytes { get; init; }

    /// <summary>Blocks that move out of the way of the longer table.</summary>
    public int MovedBlockCount { get; init; }

    /// <summary>Blocks with data that no table entry names; they stay in the file.</summary>
    public int LostBlockCount { get; init; }

    /// <summary>Paths of locators that make way for a longer table.</summary>
    public int MovedLocatorCount { get; init; }

    /// <summary>Whether the table moves after the data because something that cannot move is in its way.</summary>
    public bool IsTableMoved { get; init; }

    /// <summary>Whether Xen's batmap has no place after the new table and is given up.</summary>
    public bool IsBatmapDropped { get; init; }

    /// <summary>Whether the creator becomes <c>win </c>, so that every reader sees the new size.</summary>
    public bool IsCreatorChanged { get; init; }

    /// <summary>The last sector that is not zeros after the new end and is lost; null where none is.</summary>
    public long? LostSector { get; init; }

    /// <summary>Whether the backup of a GPT moves to the disk's end.</summary>
    public bool IsGptMoved { get; init; }

    /// <summary>Why the partition table stays as it is, or keeps the disk from being made smaller; a sentence, empty where neither
    /// is.</summary>
    public string PartitionTableNote { get; init; } = string.Empty;

    /// <summary>Whether anything in the file has to change.</summary>
    public bool IsChange { get; init; } = true;

    /// <summary>Whether an earlier work was cut off, and what it left is put in order first.</summary>
    public bool IsRepair { get; init; }
}
