using VhdPS.Engine.Files;
using VhdPS.Engine.Format;

namespace VhdPS.Engine.Layout;

/// <summary>
/// Where everything lies in one image, as it was when the file was read: every value checked against the file and against
/// the others, every derived size. Immutable. What is wrong is in <see cref="Findings"/>; a part that could not be read is null.
/// </summary>
internal sealed class ImageLayout
{
    private long _structuresEnd = -1;

    internal ImageLayout()
    {
    }

    /// <summary>The file.</summary>
    public required string Path { get; init; }

    /// <summary>Length of the file in bytes.</summary>
    public required long FileLength { get; init; }

    /// <summary>Both ends of the file.</summary>
    public required FooterPair Footers { get; init; }

    /// <summary>The authoritative footer; null where none can be used.</summary>
    public StoredFooter? StoredFooter { get; init; }

    /// <summary>The dynamic header; null for a fixed image, or where it cannot be read.</summary>
    public DynamicDiskHeader? Header { get; init; }

    /// <summary>The virtual size and the rule that gave it.</summary>
    public VirtualSize Size { get; init; }

    /// <summary>Virtual sectors; the last is filled up with zeros where the size is not a whole number of them.</summary>
    public long SectorCount { get; init; }

    /// <summary>Bytes of data in a block; 0 for a fixed image.</summary>
    public int BlockSize { get; init; }

    /// <summary>Blocks of the disk, which are the table entries in use; 0 for a fixed image.</summary>
    public int BlockCount { get; init; }

    /// <summary>Blocks that the table has an entry for: all, but where damage is read and the table is cut off or too short.</summary>
    internal int TableEntryCount { get; init; }

    /// <summary>File offset of the table in bytes.</summary>
    public long TableOffset { get; init; }

    /// <summary>Footer copy, header, table, locator data and batmap, in the order of the file.</summary>
    public IReadOnlyList<StructureExtent> Structures { get; init; } = [];

    /// <summary>Paths of locators that begin after the end of the file; new blocks begin in none of them.</summary>
    internal IReadOnlyList<StructureExtent> LocatorsPastEnd { get; init; } = [];

    /// <summary>Blocks that table entries past the disk's last block name: no data of the disk that is shown, and occupied all the
    /// same.</summary>
    internal IReadOnlyList<StructureExtent> BlocksPastDisk { get; init; } = [];

    /// <summary>Xen's map of full blocks; null where there is none.</summary>
    internal Batmap? Batmap { get; init; }

    /// <summary>What departs from the specification, in the order in which it was found.</summary>
    public required IReadOnlyList<Finding> Findings { get; init; }

    /// <summary>The authoritative footer.</summary>
    public HardDiskFooter Footer => StoredFooter!.Footer;

    /// <summary>Which of the two footers holds.</summary>
    public VhdStructure StoredFooterStructure =>
        StoredFooter!.FileOffset == 0 && VhdType != VhdType.Fixed ? VhdStructure.FooterCopy : VhdStructure.Footer;

    /// <summary>The disk type.</summary>
    public VhdType VhdType => Footer.DiskType;

    /// <summary>Sectors of data in a block.</summary>
    public int SectorsPerBlock => BlockSize / VhdSpec.SectorSize;

    /// <summary>Bytes of a block's sector bitmap.</summary>
    public int BitmapSize => VhdSpec.BitmapSize(BlockSize);

    /// <summary>Bytes of a block and its bitmap.</summary>
    public long BlockSpan => (long)BitmapSize + BlockSize;

    /// <summary>The first byte after all structures but blocks and footer.</summary>
    public long StructuresEnd
    {
        get
        {
            long end = Volatile.Read(ref _structuresEnd);
            if (end < 0)
            {
                end = Structures.Count == 0 ? 0 : Structures.Max(extent => extent.End);
                Volatile.Write(ref _structuresEnd, end);
            }

            return end;
        }
    }

    /// <summary>What nothing new may be put over besides the disk's blocks: structures, and blocks past the disk's end.</summary>
    internal IEnumerable<StructureExtent> Occupied => BlocksPastDisk.Count == 0 ? Structures : Structures.Concat(BlocksPastDisk);

    /// <summary>The first byte past all of <see cref="Occupied"/>.</summary>
    internal long OccupiedEnd => BlocksPastDisk.Count == 0 ? StructuresEnd : Math.Max(StructuresEnd, BlocksPastDisk[^1].End);

    /// <summary>File offset where the footer at the end begins, or would have to: nothing that counts lies after it.</summary>
    public long DataEnd => Footers.End?.FileOffset ?? FileLength;

    /// <summary>The first finding that keeps the image from being opened, or null.</summary>
    public Finding? FindBlockingFinding(bool forWriting) => Findings.FirstOrDefault(finding =>
        finding.Effect is FaultEffect.Unreadable or FaultEffect.UnreadableUnlessForced
        || (forWriting && finding.Effect == FaultEffect.ReadOnly));

    /// <summary>Reads and judges footers, header, locators and batmap; the table's entries are not looked at.</summary>
    /// <exception cref="VhdFormatException">The file is too small to hold anything.</exception>
    public static ImageLayout Read(ImageFile file, LayoutOptions? options = null) =>
        new LayoutReader(file, options ?? LayoutOptions.Default).Read();

    /// <summary>File offset of the bitmap that a table entry names.</summary>
    public static long BitmapOffset(uint entry) => (long)entry * VhdSpec.SectorSize;

    /// <summary>File offset of the data of the block whose entry is <paramref name="entry"/>.</summary>
    public long DataOffset(uint entry) => BitmapOffset(entry) + BitmapSize;

    /// <summary>Virtual sectors of a block: <see cref="SectorsPerBlock"/> but for the last block.</summary>
    public int SectorsInBlock(int blockIndex) =>
        (int)Math.Min(SectorsPerBlock, SectorCount - ((long)blockIndex * SectorsPerBlock));

    /// <summary>What is wrong with the place that a table entry in use names; null where nothing is.</summary>
    public Finding? CheckEntry(int blockIndex, uint entry)
    {
        long start = BitmapOffset(entry);
        if (!IsWholeInFile(blockIndex, entry))
        {
            return EntryFinding(
                FaultCode.BatEntryPastEnd, blockIndex, entry, $"a block that ends at or before {DataEnd}", "is not whole in the file");
        }

        return FindStructureHit(start) is { } hit
            ? EntryFinding(
                FaultCode.BatEntryInStructure, blockIndex, entry, "a place of its own", $"overlaps the {hit.Structure} at {hit.FileOffset}")
            : null;
    }

    /// <summary>Whether a table entry in use names a place where a block can be: <see cref="CheckEntry"/> without its finding.</summary>
    internal bool IsPlaceForBlock(int blockIndex, uint entry) =>
        IsWholeInFile(blockIndex, entry) && FindStructureHit(BitmapOffset(entry)) is null;

    /// <summary>Whether the file has all sectors of the block that an entry names.</summary>
    internal bool IsWholeInFile(int blockIndex, uint entry) =>
        BitmapOffset(entry) + BitmapSize + ((long)SectorsInBlock(blockIndex) * VhdSpec.SectorSize) <= DataEnd;

    /// <summary>The first structure whose bytes a block would share; null where there is none.</summary>
    /// <param name="bitmapOffset">File offset of the block's bitmap.</param>
    internal StructureExtent? FindStructureHit(long bitmapOffset)
    {
        if (bitmapOffset >= StructuresEnd)
        {
            return null;
        }

        for (int i = 0; i < Structures.Count; i++)
        {
            StructureExtent extent = Structures[i];

            // A locator may be wrong about its place; only a block that begins in its path is no block.
            long usedEnd = extent.FileOffset + extent.UsedLength;
            bool isHit = extent.Structure == VhdStructure.ParentLocator
                ? bitmapOffset >= extent.FileOffset && bitmapOffset < usedEnd
                : bitmapOffset < usedEnd && extent.FileOffset < bitmapOffset + BlockSpan;
            if (isHit)
            {
                return extent;
            }
        }

        return null;
    }

    /// <summary>A finding about the table entry of one block.</summary>
    internal Finding EntryFinding(FaultCode code, int blockIndex, uint entry, string expected, string fact) => new(
        code,
        VhdStructure.BlockAllocationTable,
        BlockAllocationTable.EntryOffset(TableOffset, blockIndex),
        expected,
        $"sector {entry} (offset {BitmapOffset(entry)})",
        $"Block {blockIndex} {fact}.")
    {
        BlockIndex = blockIndex,
    };
}

/// <summary>A part of the file that a structure other than a block takes.</summary>
/// <param name="Structure">Which.</param>
/// <param name="FileOffset">Bytes from the start of the file.</param>
/// <param name="Length">Bytes that it may use: new blocks stay out of them.</param>
internal readonly record struct StructureExtent(VhdStructure Structure, long FileOffset, long Length)
{
    /// <summary>Bytes that it does use: no block may share them. The rest is space that a file may claim in error.</summary>
    public long UsedLength { get; init; } = Length;

    /// <summary>The first byte after it.</summary>
    public long End => FileOffset + Length;
}
