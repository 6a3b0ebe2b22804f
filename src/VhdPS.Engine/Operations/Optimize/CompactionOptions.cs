using VhdPS.Engine.Chains;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Partitions.FreeSpace;


namespace VhdPS.Engine.Operations.Optimize;

/// <summary>How an image is made smaller in its own file.</summary>
internal sealed record CompactionOptions
{
    /// <summary>Read the data of every block, and not its bitmap alone, to find out whether it can be dropped.</summary>
    public bool ReadsData { get; init; } = true;

    /// <summary>Put the blocks that are left in the order of the disk.</summary>
    public bool Orders { get; init; }

    /// <summary>Bytes of blocks that move between two pairs of syncs.</summary>
    public long RoundBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>Go on although a machine's state is saved with the image.</summary>
    public bool Force { get; init; }

    /// <summary>Drop blocks that lie in the file and that no table entry names.</summary>
    public bool DropLostBlocks { get; init; }

    /// <summary>Drop blocks that consist of zeros and of clusters that the disk's own file systems call free, too.</summary>
    public bool ClearsFreeSpace { get; init; }

    /// <summary>Answers what depends on the image, where free space is asked for; null: an index for this call alone.</summary>
    public ChildIndex? Children { get; init; }

    /// <summary>Which of the two sizes in the footer holds.</summary>
    public SizeRule SizeRule { get; init; }

    /// <summary>Holds the reading of disks back; null for as fast as can be.</summary>
    public RateLimit? RateLimit { get; init; }

    /// <summary>Where the parents of a differencing image may be and what proves them.</summary>
    public ParentPolicy Parents { get; init; } = ParentPolicy.Default;
}

/// <summary>What a compaction in place does, or has done.</summary>
/// <param name="Path">The file.</param>
/// <param name="FileLengthBefore">Bytes of the file before.</param>
/// <param name="FileLengthAfter">Bytes of the file after.</param>
/// <param name="DroppedBlockCount">Blocks that read the same without being in the file.</param>
/// <param name="MovedBlockCount">How often a block is copied: into a gap, or on its way to its place in the order.</param>
internal sealed record CompactionResult(
    string Path, long FileLengthBefore, long FileLengthAfter, int DroppedBlockCount, int MovedBlockCount)
{
    /// <summary>Bytes that the file is longer under way than before; the volume has to have them.</summary>
    public long SpareBytes { get; init; }

    /// <summary>Bytes of blocks that are copied.</summary>
    public long MovedBytes { get; init; }

    /// <summary>What the free space of each partition was judged to be; empty where it was not asked for.</summary>
    public IReadOnlyList<PartitionFreeSpace> FreeSpace { get; init; } = [];
}
