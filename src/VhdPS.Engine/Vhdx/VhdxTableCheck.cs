using System.Globalization;
using VhdPS.Engine.Checking;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;

namespace VhdPS.Engine.Vhdx;

/// <summary>
/// Every entry of the table against the file, the structures and the other entries, in one pass; in two where blocks overlap.
/// </summary>
internal sealed class VhdxTableCheck
{
    private readonly ImageFile _file;
    private readonly VhdxLayout _layout;
    private readonly VhdxMetadata _metadata;
    private readonly FindingLog _log;
    private readonly BlockFaultRuns _faults;
    private readonly int _findingLimit;
    private readonly MebibyteSet _taken = new();
    private readonly List<Overlap> _overlaps = [];
    private readonly bool _isFixed;
    private bool _isBitmapNeeded;
    private long _unlistedOverlapCount;

    public VhdxTableCheck(ImageFile file, VhdxLayout layout, FindingLog log, int findingLimit)
    {
        _file = file;
        _layout = layout;
        _metadata = layout.Metadata!;
        _log = log;
        _faults = new BlockFaultRuns(log);
        _findingLimit = findingLimit;
        _isFixed = layout.VhdType == VhdType.Fixed;
    }

    /// <summary>Payload blocks that are in the file.</summary>
    public long AllocatedBlockCount { get; private set; }

    /// <summary>Bytes of the file that belong to no structure and no block.</summary>
    public long UnusedBytes { get; private set; }

    public void Run(IProgress<WorkProgress>? progress, CancellationToken cancellation)
    {
        foreach (VhdxExtent extent in _layout.Extents)
        {
            _taken.Take(extent.FileOffset / VhdxSpec.Mebibyte, extent.Length / VhdxSpec.Mebibyte);
        }

        var scanner = new TableScanner(_file, _layout);
        scanner.Run(Check, progress, cancellation);
        _faults.Close();
        if (_overlaps.Count > 0)
        {
            _overlaps.Sort(static (a, b) => a.SharedMebibyte.CompareTo(b.SharedMebibyte));
            scanner.Run(FindOthers, progress, cancellation);
            ReportOverlaps();
        }

        MeasureUnused();
    }

    private void Check(TableEntry entry, long chunkIndex, long blockIndex)
    {
        if (blockIndex >= 0)
        {
            CheckPayload(entry, blockIndex);
        }
        else
        {
            CheckBitmap(entry, chunkIndex);
            _isBitmapNeeded = false;
        }
    }

    private void CheckPayload(TableEntry entry, long blockIndex)
    {
        if (!entry.IsReservedZero)
        {
            AddBlockFault(
                FaultCode.VhdxReservedNotZero, entry, blockIndex, "zeros in bits 3 to 19",
                static (block, entry) => Invariant($"Reserved bits of the entry 0x{entry.Value:X16} of block {block} are not zero."));
        }

        if (_layout.JudgePayload(blockIndex, entry) is { } code)
        {
            AddMisplaced(code, entry, blockIndex);
        }
        else if (entry.IsInFile)
        {
            AllocatedBlockCount++;
            _isBitmapNeeded |= entry.State == PayloadState.PartiallyPresent;
            Place(entry, _layout.Chunks.PayloadEntry(blockIndex), blockIndex, _metadata.BlockSize);
        }
        else if (IsPlaceKept(entry))
        {
            Place(entry, _layout.Chunks.PayloadEntry(blockIndex), blockIndex, _metadata.BlockSize);
        }
        else if (entry.State == PayloadState.DraftUnmapped)
        {
            AddBlockFault(
                FaultCode.VhdxBlockStateOfDraft, entry, blockIndex, "3",
                static (block, _) => Invariant($"Block {block} has a state that only a draft had."));
        }
        else if (_isFixed)
        {
            // QUIRK(qemu): a new fixed image has room for its blocks, and a table that does not give it to them.
            AddBlockFault(
                FaultCode.VhdxBlockNotAllocated, entry, blockIndex, "6",
                static (block, _) => Invariant($"Block {block} of a fixed image is not in the file."));
        }
    }

    /// <summary>Whether a block without data keeps a place in the file, which the next write may use.</summary>
    private bool IsPlaceKept(TableEntry entry) =>
        entry.State is PayloadState.Undefined or PayloadState.Zero or PayloadState.Unmapped && entry.FileMebibyte != 0
        && entry.TryGetFileOffset(out long start) && start + _metadata.BlockSize <= _layout.FileLength;

    // In methods of their own, so that nothing is allocated for entries without a fault.
    private void AddMisplaced(FaultCode code, TableEntry entry, long blockIndex) =>
        _faults.AddOfBlock(code, blockIndex, () => _layout.DescribePayload(code, blockIndex, entry));

    private void AddBlockFault(
        FaultCode code, TableEntry entry, long blockIndex, string expected, Func<long, TableEntry, string> describe) =>
        _faults.AddOfBlock(code, blockIndex, () => _layout.PayloadFinding(
            code, blockIndex, expected, Invariant($"{(int)entry.State}"), describe(blockIndex, entry)));

    private void CheckBitmap(TableEntry entry, long chunkIndex)
    {
        if (!_metadata.HasParent)
        {
            if (entry.State != PayloadState.NotPresent)
            {
                _faults.AddOfChunk(FaultCode.VhdxBitmapUnexpected, chunkIndex, () => _layout.BitmapFinding(
                    FaultCode.VhdxBitmapUnexpected, chunkIndex, "0", Invariant($"0x{entry.Value:X16}"),
                    Invariant($"Chunk {chunkIndex} has a bitmap block, and the image has no parent.")));
            }

            return;
        }

        if (_layout.JudgeBitmap(entry, _isBitmapNeeded) is { } code)
        {
            _faults.AddOfChunk(code, chunkIndex, () => _layout.DescribeBitmap(code, chunkIndex, entry));
        }
        else if (entry.State == PayloadState.FullyPresent)
        {
            Place(entry, _layout.Chunks.BitmapEntry(chunkIndex), -1, VhdxSpec.Mebibyte);
        }
    }

    /// <summary>Takes the place of a block whose place is in the file and outside the structures.</summary>
    private void Place(TableEntry entry, long entryIndex, long blockIndex, int spanBytes)
    {
        entry.TryGetFileOffset(out long start);
        if (start + spanBytes > _layout.FileLength)
        {
            _log.Add(_layout.PayloadFinding(
                FaultCode.VhdxLastBlockShort, blockIndex, Invariant($"a block that ends at offset {start + spanBytes}"),
                Invariant($"{_layout.FileLength}"), Invariant($"Block {blockIndex} is in the file only as far as the disk goes.")));
        }

        long mebibytes = VhdxSpec.RoundUpToMebibyte(Math.Min(spanBytes, _layout.FileLength - start)) / VhdxSpec.Mebibyte;
        long shared = _taken.Take(entry.FileMebibyte, mebibytes);
        if (shared < 0)
        {
            return;
        }

        if (_overlaps.Count < _findingLimit)
        {
            _overlaps.Add(new Overlap(entryIndex, blockIndex, entry, shared));
        }
        else
        {
            _unlistedOverlapCount++;
        }
    }

    /// <summary>Looks for the other block of each overlap that is listed.</summary>
    private void FindOthers(TableEntry entry, long chunkIndex, long blockIndex)
    {
        long span = blockIndex >= 0 ? _metadata.BlockSize / VhdxSpec.Mebibyte : 1;
        bool isPlaced = blockIndex >= 0 ? entry.IsInFile || IsPlaceKept(entry) : entry.State == PayloadState.FullyPresent;
        if (!isPlaced)
        {
            return;
        }

        long entryIndex = blockIndex >= 0 ? _layout.Chunks.PayloadEntry(blockIndex) : _layout.Chunks.BitmapEntry(chunkIndex);
        for (int i = FirstSharedFrom(entry.FileMebibyte); i < _overlaps.Count; i++)
        {
            Overlap overlap = _overlaps[i];
            if (overlap.SharedMebibyte - entry.FileMebibyte >= span)
            {
                break;
            }

            if (overlap.Other is null && overlap.EntryIndex != entryIndex)
            {
                overlap.Other = blockIndex >= 0 ? Invariant($"block {blockIndex}") : Invariant($"the bitmap block of chunk {chunkIndex}");
            }
        }
    }

    private int FirstSharedFrom(long mebibyte)
    {
        int low = 0, high = _overlaps.Count;
        while (low < high)
        {
            int middle = low + ((high - low) / 2);
            (low, high) = _overlaps[middle].SharedMebibyte >= mebibyte ? (low, middle) : (middle + 1, high);
        }

        return low;
    }

    private void ReportOverlaps()
    {
        foreach (Overlap overlap in _overlaps.OrderBy(overlap => overlap.EntryIndex))
        {
            string subject = overlap.BlockIndex >= 0 ? Invariant($"Block {overlap.BlockIndex}") : "A bitmap block";
            string message = $"{subject} overlaps {overlap.Other ?? "another block"}.";
            _log.Add(new Finding(
                FaultCode.VhdxBlocksOverlap, VhdStructure.BlockAllocationTable, _layout.EntryOffset(overlap.EntryIndex),
                "a place of its own", Invariant($"MiB {overlap.Entry.FileMebibyte}"), message)
            {
                BlockIndex = overlap.BlockIndex < 0 ? null : overlap.BlockIndex,
            });
        }

        for (; _unlistedOverlapCount > 0; _unlistedOverlapCount--)
        {
            _log.CountOnly(FaultCode.VhdxBlocksOverlap);
        }
    }

    private void MeasureUnused()
    {
        if (_layout.FileLength > VhdxSpec.MaxCheckedFileLength)
        {
            _log.Add(new Finding(
                FaultCode.VhdxFileTooLong, VhdStructure.File, null, Invariant($"at most {VhdxSpec.MaxCheckedFileLength} bytes"),
                Invariant($"{_layout.FileLength} bytes"), "The file is longer than any disk needs."));
            return;
        }

        UnusedBytes = Math.Max(0, (_layout.FileLength / VhdxSpec.Mebibyte) - _taken.Count) * VhdxSpec.Mebibyte;
        if (UnusedBytes > 0)
        {
            _log.Add(new Finding(
                FaultCode.VhdxSpaceUnused, VhdStructure.File, null, string.Empty, Invariant($"{UnusedBytes} bytes"),
                "Parts of the file belong to no structure and no block."));
        }
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    /// <summary>A block that shares a MiB with a block before it in the table.</summary>
    private sealed class Overlap(long entryIndex, long blockIndex, TableEntry entry, long sharedMebibyte)
    {
        public long EntryIndex { get; } = entryIndex;

        public long BlockIndex { get; } = blockIndex;

        public TableEntry Entry { get; } = entry;

        public long SharedMebibyte { get; } = sharedMebibyte;

        public string? Other { get; set; }
    }
}
