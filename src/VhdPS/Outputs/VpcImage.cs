using VhdPS.Engine.Chains;
using VhdPS.Engine.Disks;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Layout;
using VhdPS.Engine.Partitions;
using VhdPS.Engine.Vhdx;


namespace VhdPS;

/// <summary>One image: what it is, how large, and how it lies in its file.</summary>
public sealed class VpcImage : VpcObject
{
    private VpcImage(ImageLayout layout, ImageFile file, TableFigures? figures, MinimumDiskSize? partitions)
        : base(layout.Path)
    {
        HardDiskFooter footer = layout.Footer;
        DynamicDiskHeader? header = layout.Header;
        VhdFormat = Engine.Format.VhdFormat.Vhd;
        VhdType = layout.VhdType;
        LogicalSectorSize = VhdSpec.SectorSize;
        PhysicalSectorSize = VhdSpec.SectorSize;
        Size = (long)layout.Size.SizeBytes;
        SizeRule = layout.Size.ToString();
        CurrentSize = footer.CurrentSize;
        ChsSize = footer.Geometry.SizeBytes;
        FileSize = layout.FileLength;
        SizeOnDisk = file.SizeOnDisk;
        SectorCount = layout.SectorCount;
        Geometry = footer.Geometry;
        CreatorApplication = footer.CreatorApplication;
        CreatorVersion = VpcFooter.ToVersion(footer.CreatorVersion);
        CreatorHostOS = footer.CreatorHostOS;
        UniqueId = footer.UniqueId;
        TimeStamp = footer.TimeStamp;
        SavedState = footer.SavedState != 0;
        Footer = new VpcFooter(layout.Path, layout.StoredFooter!);
        MinimumSize = Minimum(partitions, Size);
        Alignment = 1;
        if (header is null || figures is not { } table)
        {
            return;
        }

        Header = new VpcHeader(Path, header, (long)footer.DataOffset);
        BlockSize = layout.BlockSize;
        BlockCount = layout.BlockCount;
        AllocatedBlockCount = table.AllocatedBlockCount;
        FragmentationPercentage = table.FragmentationPercentage;
        Alignment = table.IsAligned ? 1 : 0;
        if (VhdType == Engine.Format.VhdType.Differencing)
        {
            ParentPath = header.ReadParentPath(file);
            ParentUniqueId = header.ParentUniqueId;
        }
        else
        {
            MinimumSize = Minimum(partitions, (table.LastAllocatedBlock + 1L) * layout.BlockSize);
        }
    }

    private VpcImage(DiskSource disk)
        : base(disk.Path)
    {
        Size = disk.SizeBytes;
        LogicalSectorSize = disk.LogicalSectorSize;
        PhysicalSectorSize = disk.PhysicalSectorSize;
        FileSize = disk.FileSize;
        SizeOnDisk = disk.SizeOnDisk;
        SectorCount = disk.LogicalSectorCount;
        CreatorApplication = string.Empty;
        MinimumSize = Minimum(FindMinimum(disk), Size);
        Alignment = 1;
    }

    private VpcImage(VhdxDescription image, ImageFile file, MinimumDiskSize? partitions)
        : base(image.Path)
    {
        bool hasBlocks = image.VhdType != Engine.Format.VhdType.Fixed;
        VhdFormat = Engine.Format.VhdFormat.Vhdx;
        VhdType = image.VhdType;
        Size = image.SizeBytes;
        LogicalSectorSize = image.LogicalSectorSize;
        PhysicalSectorSize = image.PhysicalSectorSize;
        FileSize = file.Length;
        SizeOnDisk = file.SizeOnDisk;
        SectorCount = (Size + LogicalSectorSize - 1) / LogicalSectorSize;
        CreatorApplication = image.Creator;
        UniqueId = image.VirtualDiskId;
        DataWriteGuid = image.DataWriteGuid;
        LogState = image.LogState;
        ParentPath = image.ParentPath;
        ParentUniqueId = image.ParentId;

        // The specification puts every block on a whole MiB.
        Alignment = 1;
        BlockSize = hasBlocks ? image.BlockSize : null;
        BlockCount = hasBlocks ? (int)image.BlockCount : null;
        AllocatedBlockCount = hasBlocks ? (int)image.AllocatedBlockCount : null;
        FragmentationPercentage = hasBlocks ? image.FragmentationPercentage : null;
        MinimumSize = Minimum(
            partitions,
            image.VhdType == Engine.Format.VhdType.Dynamic ? (image.LastAllocatedBlock + 1L) * image.BlockSize : Size);
    }

    /// <summary>VHD or VHDX; null for a raw disk.</summary>
    public VhdFormat? VhdFormat { get; }

    /// <summary>Fixed, dynamic or differencing; null for a raw disk.</summary>
    public VhdType? VhdType { get; }

    /// <summary>The virtual size in bytes.</summary>
    public long Size { get; }

    /// <summary>Which of the two sizes in the footer it is, and why; null for a VHDX and a raw disk.</summary>
    public string? SizeRule { get; }

    /// <summary>The footer's current size in bytes; null for a VHDX and a raw disk.</summary>
    public ulong? CurrentSize { get; }

    /// <summary>Cylinders x heads x sectors per track, in bytes; null for a VHDX and a raw disk.</summary>
    public long? ChsSize { get; }

    /// <summary>Bytes of a sector as the disk shows it: of a VHD 512, of a VHDX 512 or 4096.</summary>
    public int LogicalSectorSize { get; }

    /// <summary>Bytes of a sector as the disk recommends to write it.</summary>
    public int PhysicalSectorSize { get; }

    /// <summary>Length of the file in bytes.</summary>
    public long FileSize { get; }

    /// <summary>Bytes that the file takes on the medium.</summary>
    public long SizeOnDisk { get; }

    /// <summary>Virtual sectors, each of LogicalSectorSize bytes.</summary>
    public long SectorCount { get; }

    /// <summary>Bytes in a block; null for a fixed image and a raw disk.</summary>
    public int? BlockSize { get; }

    /// <summary>Blocks of the disk; null for a fixed image and a raw disk.</summary>
    public int? BlockCount { get; }

    /// <summary>Blocks that are in the file; null for a fixed image and a raw disk.</summary>
    public int? AllocatedBlockCount { get; }

    /// <summary>
    /// The size in bytes that the disk can shrink to by its partition table: the end of the last partition, with a GPT's backup after
    /// it, in whole MiB; the whole size where the table forbids it. Of a dynamic disk without a table, the size below which a block
    /// that is in the file would be cut off; the whole size of a fixed one without a table and of a differencing image.
    /// </summary>
    public long MinimumSize { get; }

    /// <summary>Of the steps from an allocated block to the next, how many of 100 are jumps; null for a fixed or a raw disk.</summary>
    public int? FragmentationPercentage { get; }

    /// <summary>1 where all block data begins on 4 KiB of the file, else 0.</summary>
    public int Alignment { get; }

    /// <summary>Cylinders, heads, sectors per track; null for a VHDX and a raw disk.</summary>
    public DiskGeometry? Geometry { get; }

    /// <summary>The program that made the image: of a VHD four characters, of a VHDX a text, of a raw
    /// disk empty.</summary>
    public string CreatorApplication { get; }

    /// <summary>The version of that program; null for a VHDX and a raw disk.</summary>
    public Version? CreatorVersion { get; }

    /// <summary>Four characters that name the system it ran on; null for a VHDX and a raw disk.</summary>
    public string? CreatorHostOS { get; }

    /// <summary>The disk's identity; of a VHD it is what children name. Null for a raw disk.</summary>
    public Guid? UniqueId { get; }

    /// <summary>Of a VHDX the id of its data's state, which children name and every writer changes; null for a VHD.</summary>
    public Guid? DataWriteGuid { get; }

    /// <summary>Of a VHDX whether changes wait in its log, which reads see; null for a VHD.</summary>
    public VhdxLogState? LogState { get; }

    /// <summary>When the image was made, UTC; null for a VHDX and a raw disk, which do not say.</summary>
    public DateTime? TimeStamp { get; }

    /// <summary>Whether a virtual machine's state is saved with the image.</summary>
    public bool SavedState { get; }

    /// <summary>The parent's path as the image stores it; null for an image without parent.</summary>
    public string? ParentPath { get; }

    /// <summary>
    /// The parent's id as the image stores it, of a VHDX its DataWriteGuid; null for an image without parent.
    /// </summary>
    public Guid? ParentUniqueId { get; }

    /// <summary>The authoritative footer; null for a VHDX and a raw disk.</summary>
    public VpcFooter? Footer { get; }

    /// <summary>The dynamic header; null for a fixed image and a raw disk.</summary>
    public VpcHeader? Header { get; }

    /// <summary>Describes an image that was made or changed just now.</summary>
    internal static VpcImage Read(string path)
    {
        using var file = LocalImageFile.OpenRead(path);
        return FormatProbe.Of(file) == Engine.Format.VhdFormat.Vhdx
            ? Describe(file, VhdxDescription.Read(file))
            : Describe(file, ImageLayout.Read(file));
    }

    /// <summary>Describes a VHDX.</summary>
    internal static VpcImage Describe(ImageFile file, VhdxDescription image) => new(image, file, FindMinimum(file, image));

    /// <summary>Describes a raw disk.</summary>
    internal static VpcImage Describe(DiskSource disk) => new(disk);

    /// <summary>Describes an image whose layout has been read.</summary>
    internal static VpcImage Describe(ImageFile file, ImageLayout layout)
    {
        var map = new SectorMap(file, layout, ignoreBitmap: false);
        TableFigures? figures = map.Table is { } table ? TableScan.Measure(layout, table) : null;
        return new VpcImage(layout, file, figures, FindMinimum(file, layout, map));
    }

    /// <summary>What the partitions allow; null where the disk cannot be read without others or for its damage.</summary>
    private static MinimumDiskSize? FindMinimum(ImageFile file, ImageLayout layout, SectorMap map)
    {
        if (layout.VhdType == Engine.Format.VhdType.Differencing)
        {
            return null;
        }

        try
        {
            return MinimumDiskSize.Of(PartitionTable.Read(new LayoutDiskReader(file, map, layout)));
        }
        catch (Exception error) when (error is VhdFormatException or ImageIOException)
        {
            return null;
        }
    }

    /// <summary>The same of a VHDX, with the changes that wait in its log.</summary>
    private static MinimumDiskSize? FindMinimum(ImageFile file, VhdxDescription image)
    {
        if (image.VhdType == Engine.Format.VhdType.Differencing)
        {
            return null;
        }

        try
        {
            using DiskSource disk = DiskSources.OpenAs(new NonOwningImageFile(file), Engine.Format.VhdFormat.Vhdx, VhdOpenOptions.Default);
            return FindMinimum(disk);
        }
        catch (Exception error) when (error is VhdFormatException or ImageIOException)
        {
            return null;
        }
    }

    private static MinimumDiskSize? FindMinimum(DiskSource disk)
    {
        try
        {
            return MinimumDiskSize.Of(PartitionTable.Read(new DiskSourceReader(disk)));
        }
        catch (Exception error) when (error is VhdFormatException or ImageIOException)
        {
            return null;
        }
    }

    /// <summary>By the table where the disk has one, else by the blocks.</summary>
    private long Minimum(MinimumDiskSize? partitions, long blocksEnd) =>
        partitions is { Verdict: not MinimumSizeVerdict.NoTable } ? partitions.SizeBytes ?? Size : Math.Min(Size, blocksEnd);

    /// <inheritdoc/>
    public override string ToString() => Path;
}
