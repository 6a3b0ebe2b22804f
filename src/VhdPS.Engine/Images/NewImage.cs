using VhdPS.Engine.Format;


namespace VhdPS.Engine.Images;

/// <summary>How the size asked for becomes the size of the disk.</summary>
public enum GeometryRule
{
    /// <summary>Exactly the size asked for, rounded up to a sector; creator <c>win </c>, so that every reader sees it.</summary>
    Exact,

    /// <summary>Rounded up to whole cylinders, as Virtual PC does; creator <c>vpc </c>, geometry and size agree.</summary>
    Chs,
}

/// <summary>What a new image is to be.</summary>
/// <param name="SizeBytes">The size asked for, up to 2040 GiB, of a fixed image up to 32,767 GiB.</param>
public sealed record NewImage(long SizeBytes)
{
    private const uint VirtualPc2007Version = 0x0005_0003;

    /// <summary>Fixed or dynamic.</summary>
    public VhdType VhdType { get; init; } = VhdType.Dynamic;

    /// <summary>Bytes in a block: a power of two from 512 to 256 MiB. For fixed images it means nothing.</summary>
    public int BlockSize { get; init; } = VhdSpec.DefaultBlockSize;

    /// <summary>How the size becomes the disk's.</summary>
    public GeometryRule GeometryRule { get; init; }

    /// <summary>
    /// The size in bytes up to which a dynamic disk can be grown without a block in the way of its table, which has the entries for it from
    /// the start. Null: the table has one entry a block, as 7-Zip and Azure want it, and growing moves the first blocks.
    /// </summary>
    public long? MaximumSizeBytes { get; init; }

    /// <summary>
    /// Cylinders, heads and sectors per track that the footer names; null for those of the size by the specification's algorithm. At
    /// most so large as the disk, which has the size asked for.
    /// </summary>
    public DiskGeometry? Geometry { get; init; }

    /// <summary>
    /// The four characters of the program that the image names as its maker; null for the one that fits the rule of the size. By the
    /// creators <c>vpc </c> and <c>qemu</c> readers go by the geometry, and so an exact size that is none of a geometry is refused.
    /// </summary>
    public string? CreatorApplication { get; init; }

    /// <summary>The identity that children name.</summary>
    public required Guid UniqueId { get; init; }

    /// <summary>The time of making.</summary>
    public required DateTime TimeStamp { get; init; }

    /// <summary>Whether the size is that of an image: Xen makes larger ones.</summary>
    internal bool IsOfImage { get; init; }

    /// <summary>Blocks of the disk.</summary>
    /// <exception cref="ArgumentException">A value is out of its range.</exception>
    public int BlockCount => checked((int)((DiskSize / BlockSize) + (DiskSize % BlockSize == 0 ? 0 : 1)));

    /// <summary>The disk's size in bytes after rounding.</summary>
    /// <exception cref="ArgumentException">A value is out of its range.</exception>
    public long DiskSize
    {
        get
        {
            Validate();
            DiskGeometry covering = CoveringGeometry;
            long sectors = VhdSpec.SectorsFor(SizeBytes);
            return covering.SectorCount >= sectors ? covering.SizeBytes : sectors * VhdSpec.SectorSize;
        }
    }

    /// <summary>Entries of the table: one a block of the disk when it has its maximum size.</summary>
    internal int TableEntryCount =>
        MaximumSizeBytes is { } most ? (this with { SizeBytes = most, MaximumSizeBytes = null }).BlockCount : BlockCount;

    /// <summary>The geometry that the size is rounded up to; zero where it is not.</summary>
    private DiskGeometry CoveringGeometry =>
        GeometryRule == GeometryRule.Chs ? DiskGeometry.CoveringSectorCount(VhdSpec.SectorsFor(SizeBytes)) : default;

    /// <summary>The footer of the new image, sealed.</summary>
    /// <exception cref="ArgumentException">A value is out of its range.</exception>
    public HardDiskFooter CreateFooter()
    {
        long size = DiskSize;
        bool isChs = GeometryRule == GeometryRule.Chs;
        var footer = HardDiskFooter.Create(
            VhdType,
            size,
            // Not the geometry of the rounded size: where the heads change, that one is smaller than what was asked for.
            isChs ? CoveringGeometry : Geometry ?? DiskGeometry.ForSectorCount(size / VhdSpec.SectorSize),
            UniqueId,
            TimeStamp,
            CreatorApplication ?? (isChs ? "vpc " : VirtualSize.WindowsCreator),
            isChs ? VirtualPc2007Version : VirtualSize.WindowsVersion);
        return VirtualSize.Of(footer).SizeBytes == (ulong)size
            ? footer
            : throw new ArgumentException(
                $"By the creator '{CreatorApplication}' a disk has the size of its geometry, which is not {size} bytes: ask for whole "
                    + "cylinders.");
    }

    private void Validate()
    {
        long most = VhdType == VhdType.Fixed ? VhdSpec.MaxFixedSize : IsOfImage ? VhdSpec.MaxXenSize : VhdSpec.MaxSize;
        if (SizeBytes <= 0 || SizeBytes > most)
        {
            throw new ArgumentException(
                $"The size {SizeBytes} is not from 1 to {most} bytes ({most >> 30} GiB), the most for a VHD of type {VhdType}.");
        }

        if (VhdType != VhdType.Fixed && !IsBlockSize(BlockSize))
        {
            throw new ArgumentException($"The block size {BlockSize} is not a power of two from 512 to {VhdSpec.MaxBlockSize} bytes.");
        }

        if (VhdType is not (VhdType.Fixed or VhdType.Dynamic or VhdType.Differencing))
        {
            throw new ArgumentException($"The type {VhdType} cannot be made.");
        }

        if (VhdType != VhdType.Fixed && VhdSpec.SectorsFor(SizeBytes) / (BlockSize / VhdSpec.SectorSize) >= VhdSpec.MaxTableEntries)
        {
            throw new ArgumentException(
                $"Blocks of {BlockSize} bytes are too small for a disk of {SizeBytes} bytes: the table would pass 64 MiB.");
        }

        if (MaximumSizeBytes is { } maximum && (VhdType != VhdType.Dynamic || maximum < SizeBytes))
        {
            throw new ArgumentException(
                $"The maximum size {maximum} is of a dynamic image alone, and not less than its size of {SizeBytes} bytes.");
        }

        if (Geometry is { } geometry
            && (GeometryRule == GeometryRule.Chs || geometry.SectorCount == 0 || geometry.SectorCount > VhdSpec.SectorsFor(SizeBytes)))
        {
            throw new ArgumentException(
                $"The geometry {geometry} has {geometry.SectorCount} sectors; a disk of {SizeBytes} bytes of exactly that size takes one "
                    + $"of 1 to {VhdSpec.SectorsFor(SizeBytes)}.");
        }

        if (UniqueId == Guid.Empty)
        {
            throw new ArgumentException("The unique id must not be all zeros.");
        }
    }

    private static bool IsBlockSize(int size) => size is >= VhdSpec.SectorSize and <= VhdSpec.MaxBlockSize && (size & (size - 1)) == 0;
}
