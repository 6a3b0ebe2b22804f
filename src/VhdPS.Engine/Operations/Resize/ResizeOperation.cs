using VhdPS.Engine.Chains;
using VhdPS.Engine.Disks;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Engine.Layout;
using VhdPS.Engine.Partitions;
using static System.FormattableString;

namespace VhdPS.Engine.Operations.Resize;

/// <summary>
/// Gives the disk in an image another size, in place. What is gained reads as zeros; sizes and geometry follow, the original
/// size stays. A crash at any moment leaves the image as it was or with its new size; running it again finishes the rest.
/// </summary>
public static class ResizeOperation
{
    private const string TableStep = "Writing the backup of the GPT at the new end, then its header";

    /// <summary>Says what <see cref="Run(ResizeOptions, IProgress{WorkProgress}?, CancellationToken)"/> would do; the file is only
    /// read.</summary>
    /// <exception cref="ArgumentException">The size wanted is out of its range.</exception>
    /// <exception cref="VhdFormatException">The image's content does not allow it.</exception>
    /// <exception cref="VhdOperationException">Data would be lost, or something else needs force.</exception>
    public static ResizePlan Plan(
        ResizeOptions options, IProgress<WorkProgress>? progress = null, CancellationToken cancellation = default)
    {
        using var file = LocalImageFile.OpenRead(options.Path);
        return Plan(file, options, progress, cancellation);
    }

    /// <summary>Says what a resize of an open file would do; closes the file.</summary>
    internal static ResizePlan Plan(
        ImageFile file, ResizeOptions options, IProgress<WorkProgress>? progress = null, CancellationToken cancellation = default)
    {
        using var image = VhdImage.Open(file, OpenOptions(file, options, forWriting: false));
        bool isRepair = RepairedImage.Check(image, file);
        return Prepare(image, options, progress, cancellation).Plan with { IsRepair = isRepair };
    }

    /// <summary>Resizes the disk in a file of the machine.</summary>
    /// <returns>What was done.</returns>
    /// <exception cref="ArgumentException">The size wanted is out of its range.</exception>
    /// <exception cref="VhdFormatException">The image's content does not allow it.</exception>
    /// <exception cref="VhdOperationException">Data would be lost, or something else needs force; nothing was changed.</exception>
    /// <exception cref="ImageIOException">The file could not be read or written; the image is sound.</exception>
    public static ResizePlan Run(
        ResizeOptions options, IProgress<WorkProgress>? progress = null, CancellationToken cancellation = default) =>
        Run(LocalImageFile.OpenWrite(options.Path), options, progress, cancellation);

    /// <summary>Resizes the disk in an open file and closes it.</summary>
    /// <returns>What was done.</returns>
    internal static ResizePlan Run(
        ImageFile file, ResizeOptions options, IProgress<WorkProgress>? progress = null, CancellationToken cancellation = default)
    {
        using (file)
        {
            VhdOpenOptions openOptions = OpenOptions(file, options, forWriting: true);
            VhdImage image = Open(file, openOptions, out bool isRepair);
            try
            {
                ResizeWork work = Prepare(image, options, progress, cancellation);
                if (!work.Plan.IsChange)
                {
                    return work.Plan with { IsRepair = isRepair };
                }

                ResizePlan plan = work.Plan with { IsRepair = isRepair };
                if (work.Move is not null && plan.NewSizeBytes < plan.OldSizeBytes)
                {
                    // The table is right for the smaller disk before the disk becomes it; what was written may lie in new blocks.
                    progress?.Report(new WorkProgress(1, 1) { Step = TableStep });
                    work.End!.Write(image, work.Move, clearsOld: false);
                    image.Dispose();
                    image = Open(file, openOptions, out _);
                    work = work.For(image);
                }

                work.Run(progress, cancellation);
                if (work.Move is not null && plan.NewSizeBytes >= plan.OldSizeBytes)
                {
                    progress?.Report(new WorkProgress(1, 1) { Step = TableStep });
                    image.Dispose();
                    image = Open(file, openOptions with { SizeRule = SizeRule.CurrentSize }, out _);
                    work.End!.Write(image, work.Move, clearsOld: true);
                }

                return plan;
            }
            finally
            {
                image.Dispose();
            }
        }
    }

    private static VhdImage Open(ImageFile file, VhdOpenOptions options, out bool isRepair) =>
        RepairedImage.Open(new WritableNonOwningImageFile(file), options, out isRepair);

    /// <summary>A resize that is planned.</summary>
    private sealed record ResizeWork(ResizePlan Plan, FixedResize? Fixed, SparseResize? Sparse, DiskEnd? End, GptMove? Move)
    {
        /// <summary>The same for an image that was opened again.</summary>
        public ResizeWork For(VhdImage image) => this with
        {
            Fixed = Fixed is null ? null : new FixedResize(image, Plan.NewSizeBytes),
            Sparse = Sparse is null ? null : new SparseResize(image, Plan.NewSizeBytes),
        };

        public void Run(IProgress<WorkProgress>? progress, CancellationToken cancellation)
        {
            if (Fixed is { IsChange: true })
            {
                progress?.Report(new WorkProgress(1, 1) { Step = "Writing the footer at its new place, then the file's length" });
                Fixed.Run(progress, cancellation);
            }

            if (Sparse is { IsChange: true })
            {
                Sparse.Run(progress, cancellation);
            }
        }
    }

    private static VhdOpenOptions OpenOptions(ImageFile file, ResizeOptions options, bool forWriting) =>
        new() { ForWriting = forWriting, SizeRule = LargerSize.RuleFor(file, options.SizeRule), Parents = options.Parents };

    private static ResizeWork Prepare(
        VhdImage image, ResizeOptions options, IProgress<WorkProgress>? progress, CancellationToken cancellation)
    {
        ImageLayout layout = image.Layout;
        if (layout.Footer.SavedState != 0 && !options.Force && !options.AllowsSavedState)
        {
            throw new VhdOperationException(
                layout.Path,
                OperationError.StateSaved,
                "the state of a virtual machine is saved with the image, and it would not fit the changed disk.")
            {
                IsOverridable = true,
            };
        }

        if (!options.Force && !options.AllowsChildren)
        {
            (options.Children ?? new ChildIndex(options.Parents.SearchFolders))
                .ThrowIfAny(layout.Path, layout, image.File.Identity, "and some programs refuse a parent of another size");
        }

        long oldSize = (long)layout.Size.SizeBytes;
        DiskEnd? end = ReadEnd(image, options);
        long newSize = FindSize(image, end, options, progress, cancellation, out string note);
        GptMove? move = FindMove(image, end, newSize, options, ref note);
        long? lostSector = FindLoss(image, end, move, newSize, options, progress, cancellation);
        ThrowIfParentWouldShow(image, newSize, options, cancellation);
        FixedResize? fixedResize = layout.VhdType == VhdType.Fixed ? new FixedResize(image, newSize) : null;
        SparseResize? sparseResize = fixedResize is null ? new SparseResize(image, newSize) : null;
        HardDiskFooter newFooter = fixedResize?.NewFooter ?? sparseResize!.NewFooter;
        var plan = new ResizePlan(layout.Path, layout.VhdType, oldSize, newSize)
        {
            OldFileLength = layout.FileLength,
            NewFileLength = fixedResize?.NewFileLength ?? sparseResize!.NewFileLength,
            WrittenBytes = sparseResize?.WrittenBytes ?? FixedResize.WrittenBytes,
            MovedBlockCount = sparseResize?.MovedBlockCount ?? 0,
            LostBlockCount = sparseResize?.LostBlockCount ?? 0,
            MovedLocatorCount = sparseResize?.MovedLocatorCount ?? 0,
            IsTableMoved = sparseResize?.IsTableMoved ?? false,
            IsBatmapDropped = sparseResize?.IsBatmapDropped ?? false,
            IsCreatorChanged = newFooter.CreatorApplication != layout.Footer.CreatorApplication,
            LostSector = lostSector,
            IsGptMoved = move is not null,
            PartitionTableNote = note,
            IsChange = move is not null || (fixedResize?.IsChange ?? sparseResize!.IsChange),
        };
        return new ResizeWork(plan, fixedResize, sparseResize, end, move);
    }

    private static DiskEnd? ReadEnd(VhdImage image, ResizeOptions options)
    {
        if (options.KeepPartitionTable)
        {
            return null;
        }

        try
        {
            return DiskEnd.Read(new ImageDiskReader(image));
        }
        catch (VhdFormatException) when (options.Force)
        {
            // A child without its parent: what its table says cannot be known.
            return null;
        }
    }

    private static GptMove? FindMove(VhdImage image, DiskEnd? end, long newSize, ResizeOptions options, ref string note)
    {
        GptMove? move = end?.PlanMove(newSize);
        if (move is not { Verdict: GptMoveVerdict.DoesNotFit or GptMoveVerdict.TableDamaged })
        {
            return move is { Verdict: GptMoveVerdict.Planned } ? move : null;
        }

        if (move.Verdict == GptMoveVerdict.DoesNotFit && newSize < image.SectorCount * VhdSpec.SectorSize && !options.Force)
        {
            throw new VhdOperationException(
                image.Path, OperationError.DataWouldBeLost, Invariant($"the disk cannot shrink to {newSize} bytes: {move.Reason}"))
            { IsOverridable = true };
        }

        note = "The partition table is left as it is: " + move.Reason;
        return null;
    }

    private static long FindSize(
        VhdImage image,
        DiskEnd? end,
        ResizeOptions options,
        IProgress<WorkProgress>? progress,
        CancellationToken cancellation,
        out string note)
    {
        note = string.Empty;
        long unit = options.RoundUpToBytes;
        if (unit <= 0 || unit % VhdSpec.SectorSize != 0)
        {
            throw new ArgumentException(
                Invariant($"The size cannot be rounded up to {unit} bytes: that is no multiple of {VhdSpec.SectorSize}."));
        }

        if (options.SizeBytes is not null && options.ToMinimumSize)
        {
            throw new ArgumentException("A size and the minimum size cannot both be asked for.");
        }

        long oldSize = image.SectorCount * VhdSpec.SectorSize;
        long wanted = options.SizeBytes ?? oldSize;
        if (options.ToMinimumSize)
        {
            progress?.Report(new WorkProgress(0, oldSize) { Step = "Looking for the last sector that is not zeros" });
            wanted = FindMinimum(image, end, options, progress, cancellation, out note);
        }

        long most = Math.Max(image.Layout.VhdType == VhdType.Fixed ? VhdSpec.MaxFixedSize : VhdSpec.MaxSize, oldSize);
        if (wanted <= 0 || wanted > most || VhdSpec.RoundUp(wanted, unit) > most)
        {
            throw new ArgumentException(Invariant($"{image.Path}: the size {wanted} is not from 1 to {most} bytes."));
        }

        return VhdSpec.RoundUp(wanted, unit);
    }

    /// <summary>By the partitions where there are some, and never through data past them.</summary>
    private static long FindMinimum(
        VhdImage image,
        DiskEnd? end,
        ResizeOptions options,
        IProgress<WorkProgress>? progress,
        CancellationToken cancellation,
        out string note)
    {
        note = string.Empty;
        long oldSize = image.SectorCount * VhdSpec.SectorSize;
        if (end?.Minimum is not { Verdict: not MinimumSizeVerdict.NoTable } minimum)
        {
            return Math.Max(1, DataScan.FindLast(image, 0, progress, cancellation) + 1) * VhdSpec.SectorSize;
        }

        if (minimum.SizeBytes is not { } least)
        {
            note = "The disk is not made smaller: " + minimum.Reason;
            return oldSize;
        }

        long from = (least - end.BackupBytes) / VhdSpec.SectorSize;
        SectorMask hide = end.HideBackups(end.PlanMove(least));
        long last = options.Force ? -1 : DataScan.FindLast(image, from, progress, cancellation, hide);
        return last < 0 ? least
            : Math.Min(oldSize, VhdSpec.RoundUp(((last + 1) * VhdSpec.SectorSize) + end.BackupBytes, MinimumDiskSize.Unit));
    }

    private static long? FindLoss(
        VhdImage image,
        DiskEnd? end,
        GptMove? move,
        long newSize,
        ResizeOptions options,
        IProgress<WorkProgress>? progress,
        CancellationToken cancellation)
    {
        // Where the backup of a GPT is to go nothing else may lie either.
        long newCount = (newSize - (move is null ? 0 : end!.BackupBytes)) / VhdSpec.SectorSize;
        if (newCount >= image.SectorCount || (options.ToMinimumSize && !options.Force))
        {
            return null;
        }

        long last;
        progress?.Report(
            new WorkProgress(0, (image.SectorCount - newCount) * VhdSpec.SectorSize) { Step = "Looking for data after the new end" });
        try
        {
            bool isTableRight = move is not null || end?.PlanMove(newSize) is { Verdict: GptMoveVerdict.NotNeeded };
            SectorMask? hide = isTableRight ? end!.HideBackups(move) : null;
            last = DataScan.FindLast(image, newCount, progress, cancellation, hide);
        }
        catch (VhdFormatException) when (options.Force)
        {
            // What cannot be read, a child without its parent, is not known either; the caller gives it up.
            return null;
        }

        if (last < 0)
        {
            return null;
        }

        return options.Force ? last : throw new VhdOperationException(
            image.Path,
            OperationError.DataWouldBeLost,
            Invariant(
                $"sector {last} past the new end has data, so the disk can shrink to ")
                + Invariant($"{((last + 1) * VhdSpec.SectorSize) + (move is null ? 0 : end!.BackupBytes)} bytes, no further."))
        { IsOverridable = true };
    }

    /// <summary>What a child gains is zeros only where its parent has none either: it may be larger than the child.</summary>
    private static void ThrowIfParentWouldShow(VhdImage image, long newSize, ResizeOptions options, CancellationToken cancellation)
    {
        long newCount = newSize / VhdSpec.SectorSize;
        if (image.Layout.VhdType != VhdType.Differencing || newCount <= image.SectorCount || options.Force)
        {
            return;
        }

        using var parents = ParentChain.Open(image.File, image.Layout, new VhdOpenOptions { Parents = options.Parents });
        var chain = new ChainReader(parents.Levels[0], () => [.. parents.Levels.Skip(1)]);
        long sector = DataScan.FindFirst(chain, image.SectorCount, Math.Min(newCount, parents.Levels[0].SectorCount), cancellation);
        if (sector >= 0)
        {
            throw new VhdOperationException(
                image.Path,
                OperationError.ParentDataWouldShow,
                Invariant(
                    $"its parent '{parents.Levels[0].Path}' is larger and has data at sector {sector}, which the grown disk would show."))
            { IsOverridable = true };
        }
    }
}
