using VhdPS.Engine.Chains;
using VhdPS.Engine.Checking;
using VhdPS.Engine.Disks;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Engine.Layout;
using VhdPS.Engine.Operations.Resize;
using VhdPS.Engine.Partitions.FreeSpace;


namespace VhdPS.Engine.Operations.Optimize;

/// <summary>
/// Makes the file of a dynamic or differencing image smaller without a second file: blocks that read the same without being
/// there are dropped, the last blocks of the file move into the gaps before them (M1 to M4), and the file is cut after what
/// is left. A crash at any moment leaves an image with the same disk; running it again goes on. Blocks are put in order only where
/// that is asked for.
/// Where free space counts as zeros, blocks without a byte of any file go too: their bytes are then zeros, at whatever moment it is cut
/// off, and those of all other blocks are what they were.
/// </summary>
internal static class InPlaceCompaction
{
    /// <summary>Says what <see cref="Run(string, CompactionOptions, IProgress{WorkProgress}?, CancellationToken)"/> would do; the file is
    /// only read.</summary>
    /// <exception cref="VhdFormatException">The image's content does not allow it.</exception>
    /// <exception cref="VhdOperationException">The image is fixed, a machine's state is saved with it, or blocks lie in it that no table
    /// entry names.</exception>
    public static CompactionResult Plan(
        string path, CompactionOptions options, IProgress<WorkProgress>? progress = null, CancellationToken cancellation = default)
    {
        ImageFile file = LocalImageFile.OpenRead(path);
        using VhdImage image = Open(file, options, forWriting: false);
        RepairedImage.Check(image, file);
        Check(file, image, options, cancellation);
        progress?.Report(new WorkProgress(0, 0) { Step = "Looking for empty blocks" });
        FreeSpaceMap? freeSpace = ReadFreeSpace(file, image, options, cancellation);
        List<int> dropped = RedundantBlocks.Find(image, options, ToZeros(freeSpace), progress, cancellation);
        return Move(image, dropped, mover: null, options, progress: null, cancellation) with
        {
            FreeSpace = freeSpace?.Partitions ?? [],
        };
    }

    /// <summary>Compacts an image.</summary>
    /// <exception cref="VhdFormatException">The image's content does not allow it.</exception>
    /// <exception cref="VhdOperationException">The image is fixed, a machine's state is saved with it, or blocks lie in it that no table
    /// entry names; nothing was changed.</exception>
    /// <exception cref="ImageIOException">The file could not be read or written; the image is sound.</exception>
    public static CompactionResult Run(
        string path, CompactionOptions options, IProgress<WorkProgress>? progress = null, CancellationToken cancellation = default) =>
        Run(LocalImageFile.OpenWrite(path), options, progress, cancellation);

    /// <summary>Compacts the image in an open file and closes it.</summary>
    public static CompactionResult Run(
        ImageFile file, CompactionOptions options, IProgress<WorkProgress>? progress = null, CancellationToken cancellation = default)
    {
        using VhdImage image = Open(file, options, forWriting: true);
        Check(file, image, options, cancellation);
        progress?.Report(new WorkProgress(0, 0) { Step = "Looking for empty blocks" });
        FreeSpaceMap? freeSpace = ReadFreeSpace(file, image, options, cancellation);
        List<int> dropped = RedundantBlocks.Find(image, options, ToZeros(freeSpace), progress, cancellation);
        if (options is { Orders: true, Force: false })
        {
            VolumeSpace.ThrowIfLess(file.Path, Move(image, dropped, mover: null, options, progress: null, cancellation).SpareBytes);
        }

        var footers = new FooterWriter(file, image.Layout);
        var mover = new BlockMover(file, image.Layout, image.Map.Table!, footers);
        CompactionResult result;
        try
        {
            progress?.Report(new WorkProgress(0, 0) { Step = $"Dropping {dropped.Count} blocks and moving the last ones into the gaps" });
            result = Move(image, dropped, mover, options, progress, cancellation);
        }
        catch (OperationCanceledException)
        {
            footers.CutTo(BlockAllocator.FindEnd(image.Layout, image.Map.Table!));
            throw;
        }

        footers.CutTo(BlockAllocator.FindEnd(image.Layout, image.Map.Table!));

        // The bitmaps of old places that the cut left in the file.
        file.Flush();
        return result with { FileLengthAfter = file.Length, FreeSpace = freeSpace?.Partitions ?? [] };
    }

    /// <summary>Judges the maps of the disk; they are asked only before the first block is dropped.</summary>
    private static FreeSpaceMap? ReadFreeSpace(
        ImageFile file, VhdImage image, CompactionOptions options, CancellationToken cancellation)
    {
        if (!options.ClearsFreeSpace)
        {
            return null;
        }

        // Not to be closed: the image is open for longer than the look at it.
        var disk = new ImageDiskSource(file, image);
        return StandaloneDisk.ReadFreeSpace(disk, options.Children, cancellation);
    }

    private static ZeroedRanges? ToZeros(FreeSpaceMap? freeSpace) => freeSpace is null ? null : StandaloneDisk.ToZeros(freeSpace);

    private static VhdImage Open(ImageFile file, CompactionOptions options, bool forWriting)
    {
        file.RateLimit = options.RateLimit;
        VhdOpenOptions openOptions;
        try
        {
            openOptions = new VhdOpenOptions
            {
                ForWriting = forWriting,
                SizeRule = LargerSize.RuleFor(file, options.SizeRule),
                Parents = options.Parents,
            };
        }
        catch
        {
            file.Dispose();
            throw;
        }

        return forWriting ? RepairedImage.Open(file, openOptions, out _) : VhdImage.Open(file, openOptions);
    }

    private static void Check(ImageFile file, VhdImage image, CompactionOptions options, CancellationToken cancellation)
    {
        ImageLayout layout = image.Layout;
        if (image.Map.Table is not { } table)
        {
            throw new VhdOperationException(layout.Path, OperationError.WrongType, "a fixed image has no blocks to move.");
        }

        if (layout.Footer.SavedState != 0 && !options.Force)
        {
            throw new VhdOperationException(
                layout.Path, OperationError.StateSaved, "the state of a virtual machine is saved with the image.")
            { IsOverridable = true };
        }

        for (int blockIndex = 0; blockIndex < table.Count; blockIndex++)
        {
            if (table[blockIndex] != VhdSpec.UnusedEntry && layout.CheckEntry(blockIndex, table[blockIndex]) is { } finding)
            {
                throw new VhdFormatException(layout.Path, finding);
            }
        }

        if (!options.DropLostBlocks)
        {
            LostBlockGuard.ThrowIfAny(file, layout, table, cancellation);
        }
    }

    /// <summary>Drops blocks, moves the last of the file into the first gaps and orders what is left; with no mover it only
    /// counts.</summary>
    private static CompactionResult Move(
        VhdImage image, List<int> dropped, BlockMover? mover, CompactionOptions options, IProgress<WorkProgress>? progress,
        CancellationToken cancellation)
    {
        ImageLayout layout = image.Layout;
        BlockAllocationTable table = image.Map.Table!;
        if (mover is null)
        {
            table = table.WithCount(table.Count);
        }

        foreach (int blockIndex in dropped)
        {
            mover?.Drop(blockIndex);
            if (mover is null)
            {
                table[blockIndex] = VhdSpec.UnusedEntry;
            }
        }

        mover?.Publish();
        int moved = FillGaps(layout, table, mover, options, progress, cancellation);
        long most = BlockAllocator.FindEnd(layout, table);
        if (options.Orders)
        {
            progress?.Report(new WorkProgress(0, 0) { Step = "Putting the blocks in the order of the disk" });
            var order = new BlockOrder(layout, table, mover, options.RoundBytes);
            moved += order.Sort(progress, cancellation);
            most += order.SpareBytes;
        }

        long end = Math.Min(layout.DataEnd, BlockAllocator.FindEnd(layout, table));
        return new CompactionResult(layout.Path, layout.FileLength, end + VhdSpec.FooterSize, dropped.Count, moved)
        {
            SpareBytes = Math.Max(0, most + VhdSpec.FooterSize - layout.FileLength),
            MovedBytes = moved * layout.BlockSpan,
        };
    }

    /// <summary>Moves the last blocks of the file into the first gaps; how many.</summary>
    private static int FillGaps(
        ImageLayout layout, BlockAllocationTable table, BlockMover? mover, CompactionOptions options, IProgress<WorkProgress>? progress,
        CancellationToken cancellation)
    {
        ulong[] byPlace = TableScan.SortByPlace(table);
        var gaps = new FreeRanges(layout, byPlace, TableScan.Measure(layout, table).IsAligned, isPacked: options.Orders);
        int moved = 0;
        long roundBytes = 0;
        for (int last = byPlace.Length - 1; last >= 0; last--)
        {
            cancellation.ThrowIfCancellationRequested();
            int blockIndex = TableScan.BlockOf(byPlace[last]);
            if (!gaps.TryTake(ImageLayout.BitmapOffset(TableScan.EntryOf(byPlace[last])), out long place))
            {
                break;
            }

            moved++;
            if (mover is null)
            {
                table[blockIndex] = (uint)(place / VhdSpec.SectorSize);
                continue;
            }

            mover.Copy(blockIndex, place);
            roundBytes += layout.BlockSpan;
            progress?.Report(new WorkProgress(moved * layout.BlockSpan, byPlace.Length * layout.BlockSpan));
            if (roundBytes >= options.RoundBytes)
            {
                mover.Publish();
                roundBytes = 0;
            }
        }

        mover?.Publish();
        return moved;
    }
}
