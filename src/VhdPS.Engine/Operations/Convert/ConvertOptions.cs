using VhdPS.Engine.Chains;
using VhdPS.Engine.Checking;
using VhdPS.Engine.Disks;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Operations.Hash;

namespace VhdPS.Engine.Operations.Convert;

/// <summary>What is to be converted, into what.</summary>
/// <param name="SourcePath">The file that is read.</param>
/// <param name="TargetPath">The file that is made.</param>
public sealed record ConvertOptions(string SourcePath, string TargetPath)
{
    /// <summary>Opens a source that is no file; null: <see cref="SourcePath"/> is one.</summary>
    public Func<DiskSource>? OpenSource { get; init; }

    /// <summary>What the source is read as.</summary>
    public SourceFormat SourceFormat { get; init; }

    /// <summary>What the target is to be; null: as the source, a differencing image or a raw disk becoming dynamic.</summary>
    public DiskFormat? TargetFormat { get; init; }

    /// <summary>The format of a target that is an image.</summary>
    public VhdFormat TargetImageFormat { get; init; }

    /// <summary>Bytes of a sector as the disk in a VHDX shows it, 512 or 4096; null: as the source's.</summary>
    public int? LogicalSectorSize { get; init; }

    /// <summary>Bytes of a sector as the disk in a VHDX recommends to write it; null: as a VHDX source's, else 4096.</summary>
    public int? PhysicalSectorSize { get; init; }

    /// <summary>
    /// Bytes in a block of a dynamic target; null: as a source of the same format, else 2 MiB of a VHD and 32 MiB of a VHDX.
    /// </summary>
    public int? BlockSize { get; init; }

    /// <summary>What the target is to be fit for: Azure gives a fixed image, grown with zeros to whole MiB and Azure's least
    /// size.</summary>
    public CheckTarget FitFor { get; init; }

    /// <summary>Leave the partition table as it is where the disk gets another size; else the backup of a GPT moves to the new
    /// end.</summary>
    public bool KeepPartitionTable { get; init; }

    /// <summary>Count the clusters that the disk's own file systems call free as zeros, where they are clean and their maps can be relied
    /// on.</summary>
    public bool ClearsFreeSpace { get; init; }

    /// <summary>Which of the source's two sizes holds.</summary>
    public SizeRule SizeRule { get; init; }

    /// <summary>Take every sector of an allocated block of a dynamic source as written.</summary>
    public bool IgnoreBitmap { get; init; }

    /// <summary>
    /// Replace an existing target, and convert although a machine's state is saved, others depend on the source that is deleted, or
    /// free space seems short. Damage is never read as zeros: that is <see cref="Salvage"/>.
    /// </summary>
    public bool Force { get; init; }

    /// <summary>Read what can be read of a damaged source; what is lost is filled and listed in the result.</summary>
    public bool Salvage { get; init; }

    /// <summary>The byte in place of what a salvage has lost.</summary>
    public byte Fill { get; init; }

    /// <summary>Holds the reading of disks back; null for as fast as can be.</summary>
    public RateLimit? RateLimit { get; init; }

    /// <summary>Where the parents of a differencing source may be and what proves them.</summary>
    public ParentPolicy Parents { get; init; } = ParentPolicy.Default;

    /// <summary>The parent of a differencing target, which has what differs from it; null for every other.</summary>
    public string? ParentPath { get; init; }

    /// <summary>The hashes of that parent's blocks: what is equal by them is not read of the parent. Null: all is read.</summary>
    public BlockManifest? ParentManifest { get; init; }

    /// <summary>Answers what depends on the image; null: an index for this call alone. A batch shares one.</summary>
    public ChildIndex? Children { get; init; }

    /// <summary>Read the target back and compare it with the source before it takes its place.</summary>
    public bool Verify { get; init; }

    /// <summary>Delete the source when the target is whole.</summary>
    public bool DeleteSource { get; init; }

    /// <summary>
    /// Put the target on the medium before it takes its place. Without it nothing is synced, and neither may anything be replaced nor
    /// the source be deleted.
    /// </summary>
    public bool Sync { get; init; } = true;

    /// <summary>
    /// Let the target have extents of the source's files where the file system can, so that they are not copied; else it is
    /// independent of them.
    /// </summary>
    public bool ShareExtents { get; init; } = true;

    /// <summary>
    /// Read the data to find zeros, which the target leaves out: it is the same file on every file system. Else what is not known
    /// to be zeros by table and holes counts as data, and only what is copied is read.
    /// </summary>
    public bool FindZeros { get; init; } = true;

    /// <summary>The identity of the new image.</summary>
    public required Guid UniqueId { get; init; }

    /// <summary>The time of making.</summary>
    public required DateTime TimeStamp { get; init; }
}

/// <summary>What a conversion made.</summary>
/// <param name="Path">The new file.</param>
/// <param name="Format">What it is.</param>
/// <param name="SizeBytes">Its virtual size.</param>
/// <param name="FileSize">Its length in bytes.</param>
/// <param name="SizeOnDisk">Bytes that it takes on the medium.</param>
/// <param name="WrittenBytes">Bytes of the disk that were copied or shared, the rest being zeros.</param>
public sealed record ConvertResult(string Path, DiskFormat Format, long SizeBytes, long FileSize, long SizeOnDisk, long WrittenBytes)
{
    /// <summary>Bytes of those written that were not copied: the target has the extents of the source's files.</summary>
    public long SharedBytes { get; init; }

    /// <summary>Bytes of those written that were copied.</summary>
    public long CopiedBytes => WrittenBytes - SharedBytes;

    /// <summary>Sectors of the source that could not be read, and what is in their place is the fill; empty but for a salvage.</summary>
    public IReadOnlyList<LostRange> LostRanges { get; init; } = [];
}
