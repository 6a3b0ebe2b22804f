using System.Globalization;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;

namespace VhdPS.Engine.Vhdx;

/// <summary>
/// Where everything lies in one VHDX file, as it was when the file was read and with the changes that wait in its log: every
/// value checked against the file and against the others. Immutable. What is wrong is in <see cref="Findings"/>; a part that
/// could not be read is null.
/// </summary>
internal sealed class VhdxLayout
{
    private readonly VhdxExtent[] _occupied;

    internal VhdxLayout(IReadOnlyList<VhdxExtent> extents)
    {
        Extents = extents;
        _occupied = Join(extents);
    }

    /// <summary>The file.</summary>
    public required string Path { get; init; }

    /// <summary>Length of the file in bytes, with the changes of its log.</summary>
    public required long FileLength { get; init; }

    /// <summary>The program that made the file, as it says; untrusted.</summary>
    public string Creator { get; init; } = string.Empty;

    /// <summary>The current header; null where there is none.</summary>
    public VhdxHeader? Header { get; init; }

    /// <summary>The log; null where there is no header.</summary>
    public VhdxLog? Log { get; init; }

    /// <summary>What the metadata say; null where they cannot be used.</summary>
    public VhdxMetadata? Metadata { get; init; }

    /// <summary>The region of the block allocation table; null where it cannot be used.</summary>
    public VhdxExtent? Table { get; init; }

    /// <summary>Which entries of the table belong to which blocks; of no blocks where there are no metadata.</summary>
    public ChunkMap Chunks { get; init; }

    /// <summary>Header area, log and regions, in the order of the file.</summary>
    public IReadOnlyList<VhdxExtent> Extents { get; }

    /// <summary>What departs from the specification, in the order in which it was found.</summary>
    public required IReadOnlyList<Finding> Findings { get; init; }

    /// <summary>Fixed, dynamic or differencing.</summary>
    public VhdType VhdType => Metadata is { HasParent: true } ? VhdType.Differencing
        : Metadata is { IsFixed: true } ? VhdType.Fixed
        : VhdType.Dynamic;

    /// <summary>The first finding that keeps the image from being opened, or null.</summary>
    /// <param name="force">Whether what can be read is to be read.</param>
    public Finding? FindBlockingFinding(bool force) => Findings.FirstOrDefault(finding =>
        finding.Effect == FaultEffect.Unreadable || (!force && finding.Effect == FaultEffect.UnreadableUnlessForced));

    /// <summary>Reads and judges identifier, headers, log, region tables and metadata; the table's entries are not looked at.</summary>
    /// <exception cref="ImageIOException">The file could not be read.</exception>
    public static VhdxLayout Read(ImageFile file) => VhdxLayoutReader.Read(file);

    /// <summary>The file with the changes of its log; the file itself where none wait. Does not own it.</summary>
    public ImageFile Replay(ImageFile file) => Log?.Overlay is { } overlay ? new ReplayedFile(file, overlay, FileLength) : file;

    /// <summary>File offset of an entry of the table.</summary>
    public long EntryOffset(long entryIndex) => (Table?.FileOffset ?? 0) + (entryIndex * VhdxSpec.TableEntrySize);

    /// <summary>Bytes of the disk that a payload block has: the block size but for the last block.</summary>
    public long BytesInBlock(long blockIndex) =>
        Math.Min(Metadata!.BlockSize, Metadata.SizeBytes - (blockIndex * Metadata.BlockSize));

    /// <summary>What is wrong with the table entry of a payload block; null where nothing is. Cheap: for whole tables.</summary>
    public FaultCode? JudgePayload(long blockIndex, TableEntry entry)
    {
        if (entry.State == PayloadState.Reserved4 || (entry.State == PayloadState.PartiallyPresent && !Metadata!.HasParent))
        {
            return FaultCode.VhdxBlockStateInvalid;
        }

        return entry.IsInFile ? JudgePlace(entry, BytesInBlock(blockIndex), Metadata!.BlockSize) : null;
    }

    /// <summary>What is wrong with the table entry of a chunk's bitmap block; null where nothing is. Cheap: for whole tables.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="isNeeded">Whether the chunk has a partially present block.</param>
    public FaultCode? JudgeBitmap(TableEntry entry, bool isNeeded) => entry.State switch
    {
        PayloadState.FullyPresent => JudgePlace(entry, VhdxSpec.Mebibyte, VhdxSpec.Mebibyte),
        PayloadState.NotPresent => isNeeded ? FaultCode.VhdxBitmapMissing : null,
        _ => FaultCode.VhdxBitmapStateInvalid,
    };

    /// <summary>The finding about what <see cref="JudgePayload"/> said of an entry.</summary>
    public Finding DescribePayload(FaultCode code, long blockIndex, TableEntry entry)
    {
        if (code != FaultCode.VhdxBlockStateInvalid)
        {
            return DescribePlace(code, Chunks.PayloadEntry(blockIndex), entry, Invariant($"Block {blockIndex}"), Metadata!.BlockSize) with
            {
                BlockIndex = blockIndex,
            };
        }

        string expected = Metadata!.HasParent ? "0 to 3, 6 or 7" : "0 to 3 or 6";
        string message = Invariant($"Block {blockIndex} has a state that it cannot have.");
        return PayloadFinding(code, blockIndex, expected, Invariant($"{(int)entry.State}"), message);
    }

    /// <summary>The finding about what <see cref="JudgeBitmap"/> said of an entry.</summary>
    public Finding DescribeBitmap(FaultCode code, long chunkIndex, TableEntry entry)
    {
        string subject = Invariant($"The bitmap block of chunk {chunkIndex}");
        string state = Invariant($"{(int)entry.State}");
        return code switch
        {
            FaultCode.VhdxBitmapMissing =>
                BitmapFinding(code, chunkIndex, "6", state, subject + " is not there, and blocks of the chunk need it."),
            FaultCode.VhdxBitmapStateInvalid =>
                BitmapFinding(code, chunkIndex, "0 or 6", state, subject + " has a state that it cannot have."),
            _ => DescribePlace(code, Chunks.BitmapEntry(chunkIndex), entry, subject, VhdxSpec.Mebibyte),
        };
    }

    /// <summary>A finding about the table entry of a payload block.</summary>
    public Finding PayloadFinding(FaultCode code, long blockIndex, string expected, string actual, string message) =>
        EntryFinding(code, Chunks.PayloadEntry(blockIndex), expected, actual, message) with { BlockIndex = blockIndex };

    /// <summary>A finding about the table entry of a chunk's bitmap block.</summary>
    public Finding BitmapFinding(FaultCode code, long chunkIndex, string expected, string actual, string message) =>
        EntryFinding(code, Chunks.BitmapEntry(chunkIndex), expected, actual, message);

    private Finding EntryFinding(FaultCode code, long entryIndex, string expected, string actual, string message) =>
        new(code, VhdStructure.BlockAllocationTable, EntryOffset(entryIndex), expected, actual, message);

    private FaultCode? JudgePlace(TableEntry entry, long neededBytes, long spanBytes)
    {
        if (!entry.TryGetFileOffset(out long start) || start > FileLength || neededBytes > FileLength - start)
        {
            return FaultCode.VhdxBlockPastEnd;
        }

        return FindOccupied(start, start + spanBytes) is null ? null : FaultCode.VhdxBlockInStructure;
    }

    private Finding DescribePlace(FaultCode code, long entryIndex, TableEntry entry, string subject, long spanBytes)
    {
        string actual = Invariant($"MiB {entry.FileMebibyte}");
        if (code != FaultCode.VhdxBlockInStructure)
        {
            string expected = Invariant($"a block that ends at or before offset {FileLength}");
            return EntryFinding(code, entryIndex, expected, actual, subject + " is not whole in the file.");
        }

        entry.TryGetFileOffset(out long start);
        VhdxExtent hit = Extents.First(extent => extent.End > start && extent.FileOffset < start + spanBytes);
        string message = Invariant($"{subject} overlaps the {hit.Structure} at {hit.FileOffset}.");
        return EntryFinding(code, entryIndex, "a place of its own", actual, message);
    }

    /// <summary>The first occupied range that shares bytes with a range.</summary>
    private VhdxExtent? FindOccupied(long start, long end)
    {
        int low = 0, high = _occupied.Length;
        while (low < high)
        {
            int middle = low + ((high - low) / 2);
            (low, high) = _occupied[middle].End > start ? (low, middle) : (middle + 1, high);
        }

        return low < _occupied.Length && _occupied[low].FileOffset < end ? _occupied[low] : null;
    }

    /// <summary>The ranges that extents in ascending order cover, joined where they touch, so that a look-up is a search.</summary>
    private static VhdxExtent[] Join(IReadOnlyList<VhdxExtent> extents)
    {
        var joined = new List<VhdxExtent>();
        foreach (VhdxExtent extent in extents)
        {
            if (joined.Count > 0 && extent.FileOffset <= joined[^1].End)
            {
                VhdxExtent last = joined[^1];
                joined[^1] = last with { Length = Math.Max(last.End, extent.End) - last.FileOffset };
            }
            else
            {
                joined.Add(extent);
            }
        }

        return [.. joined];
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
