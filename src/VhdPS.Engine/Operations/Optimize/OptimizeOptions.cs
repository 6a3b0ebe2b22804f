using VhdPS.Engine.Chains;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Partitions.FreeSpace;

namespace VhdPS.Engine.Operations.Optimize;

/// <summary>What is to be made smaller, and how.</summary>
/// <param name="Path">The image.</param>
public sealed record OptimizeOptions(string Path)
{
    /// <summary>How empty blocks are found.</summary>
    public OptimizeMode Mode { get; init; }

    /// <summary>Only what would come of it: the image is opened for reading and nothing is written.</summary>
    public bool EstimateOnly { get; init; }

    /// <summary>Go on although a machine's state is saved or free space seems short.</summary>
    public bool Force { get; init; }

    /// <summary>Count the clusters that the disk's own file systems call free as zeros, where they are clean and their maps can be relied
    /// on.</summary>
    public bool ClearsFreeSpace { get; init; }

    /// <summary>In place, put the blocks in the order of the disk as well; a new file has them so always.</summary>
    public bool OrdersBlocks { get; init; }

    /// <summary>Answers what depends on the image; null: an index for this call alone. A batch shares one.</summary>
    public ChildIndex? Children { get; init; }

    /// <summary>Drop blocks that lie in the file and that no table entry names.</summary>
    public bool DropLostBlocks { get; init; }

    /// <summary>Put the new file on the medium before it takes its place.</summary>
    public bool Sync { get; init; } = true;

    /// <summary>
    /// Let the new file keep extents of the old one where the file system can, so that they are not copied; else all is written anew.
    /// </summary>
    public bool ShareExtents { get; init; } = true;

    /// <summary>Holds the reading of disks back; null for as fast as can be.</summary>
    public RateLimit? RateLimit { get; init; }

    /// <summary>Where the parents of a differencing image may be and what proves them.</summary>
    public ParentPolicy Parents { get; init; } = ParentPolicy.Default;
}

/// <summary>How empty blocks are found.</summary>
public enum OptimizeMode
{
    /// <summary>The data is read: blocks of zeros go, in a child also those that hold what the parent holds.</summary>
    Full,

    /// <summary>Bitmaps and holes of the file are trusted; stored zeros stay.</summary>
    Quick,
}

/// <summary>What an image took before, and takes after it was made smaller.</summary>
/// <param name="Path">The image.</param>
/// <param name="VhdType">Its type.</param>
/// <param name="IsEstimate">Whether nothing was written.</param>
public sealed record OptimizeResult(string Path, VhdType VhdType, bool IsEstimate)
{
    /// <summary>Length of the file before, in bytes.</summary>
    public required long FileSizeBefore { get; init; }

    /// <summary>Length of the file after, in bytes.</summary>
    public required long FileSizeAfter { get; init; }

    /// <summary>Bytes on the medium before.</summary>
    public required long SizeOnDiskBefore { get; init; }

    /// <summary>Bytes on the medium after; of an estimate, the data that would be written.</summary>
    public required long SizeOnDiskAfter { get; init; }

    /// <summary>What the free space of each partition was judged to be; empty where it was not asked for.</summary>
    internal IReadOnlyList<PartitionFreeSpace> FreeSpace { get; init; } = [];

    /// <summary>In place, bytes of blocks that are copied within the file.</summary>
    internal long MovedBytes { get; init; }

    /// <summary>In place, bytes that the file is longer under way than before.</summary>
    internal long SpareBytes { get; init; }

    /// <summary>Blocks in the file before; 0 for a fixed image.</summary>
    public int BlockCountBefore { get; init; }

    /// <summary>Blocks in the file after; 0 for a fixed image.</summary>
    public int BlockCountAfter { get; init; }

    /// <summary>Bytes of data in the new file that were not copied: it has the old one's extents.</summary>
    public long SharedBytes { get; init; }

    /// <summary>Bytes of data in the new file that were copied; of an estimate, the most new space that it needs.</summary>
    public long CopiedBytes { get; init; }

    /// <summary>Bytes that the file was made shorter by; for a fixed image, those that it gave back to the medium.</summary>
    public long SavedBytes => VhdType == VhdType.Fixed ? SizeOnDiskBefore - SizeOnDiskAfter : FileSizeBefore - FileSizeAfter;
}
