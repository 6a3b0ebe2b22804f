using System.Globalization;
using VhdPS.Engine.Chains;
using VhdPS.Engine.Disks;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Engine.Layout;

namespace VhdPS.Engine.Operations.Resize;

/// <summary>
/// Gives the disk in an image another size, in place. What is gained reads as zeros; sizes and geometry follow, the original
/// size stays. A crash at any moment leaves the image as it was or with its new size; running it again finishes the rest.
/// </summary>
public static class ResizeOperation
{
    /// <summary>Says what <see cref="Run(string, ResizeRequest, IProgress{WorkProgress}?, CancellationToken)"/> would do; the file is only read.</summary>
    /// <exception cref="ArgumentException">The size wanted is out of its range.</exception>
    /// <exception cref="VhdFormatException">The image's content does not allow it.</exception>
    /// <exception cref="VhdRefusedException">Data would be lost, or something else needs force.</exception>
    public static ResizePlan Plan(
        string path, ResizeRequest request, IProgress<WorkProgress>? progress = null, CancellationToken cancellation = default)
    {
        using var file = LocalImageFile.OpenRead(path);
        return Plan(file, request, progress, cancellation);
    }

    /// <summary>Says what a resize of an open file would do; closes the file.</summary>
    public static ResizePlan Plan(
        ImageFile file, ResizeRequest request, IProgress<WorkProgress>? progress = null, CancellationToken cancellation = default)
    {
        using var image = VhdImage.Open(file, Options(file, request, forWriting: false));
        bool isMend = MendedImage.Check(image, file);
        return Prepare(image, request, progress, cancellation).Plan with { IsMend = isMend };
    }

    /// <summary>Resizes the disk in a file of the machine.</summary>
    /// <returns>What was done.</returns>
    /// <exception cref="ArgumentException">The size wanted is out of its range.</exception>
    /// <exception cref="VhdFormatException">The image's content does not allow it.</exception>
    /// <exception cref="VhdRefusedException">Data would be lost, or something else needs force; nothing was changed.</exception>
    /// <exception cref="ImageIOException">The file could not be read or written; the image is sound.</exception>
    public static ResizePlan Run(
        string path, ResizeRequest request, IProgress<WorkProgress>? progress = null, CancellationToken cancellation = default) =>
        Run(LocalImageFile.OpenWrite(path), request, progress, cancellation);

    /// <summary>Resizes the disk in an open file and closes it.</summary>
    /// <returns>What was done.</returns>
    public static ResizePlan Run(
        ImageFile file, ResizeRequest request, IProgress<WorkProgress>? progress = null, CancellationToken cancellation = default)
    {
        VhdOpenOptions options;
        try
        {
            options = Options(file, request, forWriting: true);
        }
        catch
        {
            file.Dispose();
            throw;
        }

        using VhdImage image = MendedImage.Open(file, options, out bool isMend);
        (ResizePlan plan, FixedResize? fixedResize, SparseResize? sparseResize) = Prepare(image, request, progress, cancellation);
        if (plan.IsChange)
        {
            if (fixedResize is not null)
            {
                progress?.Report(new WorkProgress(1, 1) { Step = "Writing the footer at its new place, then the file's length" });
            }

            fixedResize?.Run();
            sparseResize?.Run(progress, cancellation);
        }

        return plan with { IsMend = isMend };
    }

    private static VhdOpenOptions Options(ImageFile file, ResizeRequest request, bool forWriting) =>
        new() { ForWriting = forWriting, SizeRule = WidestSize.RuleFor(file, request.SizeRule), Parents = request.Parents };

    private static (ResizePlan Plan, FixedResize? Fixed, SparseResize? Sparse) Prepare(
        VhdImage image, ResizeRequest request, IProgress<WorkProgress>? progress, CancellationToken cancellation)
    {
        ImageLayout layout = image.Layout;
        if (layout.Footer.SavedState != 0 && !request.Force)
        {
            throw new VhdRefusedException(
                layout.Path, RefusalCode.StateSaved, "the state of a virtual machine is saved with the image, and it would not fit the changed disk; -Force goes on.");
        }

        if (!request.Force && !request.AllowsChildren)
        {
            ChildSearch.ThrowIfAny(layout.Path, layout.Footer.UniqueId, "and some programs refuse a parent of another size");
        }

        long oldSize = (long)layout.Size.SizeBytes;
        long newSize = FindSize(image, request, progress, cancellation);
        long? lostSector = FindLoss(image, newSize, request, progress, cancellation);
        ThrowIfParentWouldShow(image, newSize, request, cancellation);
        FixedResize? fixedResize = layout.VhdType == VhdType.Fixed ? new FixedResize(image, newSize) : null;
        SparseResize? sparseResize = fixedResize is null ? new SparseResize(image, newSize) : null;
        HardDiskFooter newFooter = fixedResize?.NewFooter ?? sparseResize!.NewFooter;
        var plan = new ResizePlan(layout.Path, layout.VhdType, oldSize, newSize)
        {
            OldFileLength = layout.FileLength,
            NewFileLength = fixedResize?.NewFileLength ?? sparseResize!.NewFileLength,
            MovedBlockCount = sparseResize?.MovedBlockCount ?? 0,
            IsTableMoved = sparseResize?.IsTableMoved ?? false,
            IsBatmapDropped = sparseResize?.IsBatmapDropped ?? false,
            IsCreatorChanged = newFooter.CreatorApplication != layout.Footer.CreatorApplication,
            LostSector = lostSector,
            IsChange = fixedResize?.IsChange ?? sparseResize!.IsChange,
        };
        return (plan, fixedResize, sparseResize);
    }

    private static long FindSize(VhdImage image, ResizeRequest request, IProgress<WorkProgress>? progress, CancellationToken cancellation)
    {
        long unit = request.RoundUpToBytes;
        if (unit <= 0 || unit % VhdSpec.SectorSize != 0)
        {
            throw new ArgumentException(Invariant($"The size cannot be rounded up to {unit} bytes: that is no multiple of {VhdSpec.SectorSize}."));
        }

        if (request.SizeBytes is not null && request.ToMinimumSize)
        {
            throw new ArgumentException("A size and the minimum size cannot both be asked for.");
        }

        long oldSize = image.SectorCount * VhdSpec.SectorSize;
        long wanted = request.SizeBytes ?? oldSize;
        if (request.ToMinimumSize)
        {
            progress?.Report(new WorkProgress(0, oldSize) { Step = "Looking for the last sector that is not zeros" });
            wanted = Math.Max(1, DataScan.FindLast(image, 0, progress, cancellation) + 1) * VhdSpec.SectorSize;
        }

        // Fixed images beyond 2040 GiB exist; they may be made smaller, not larger.
        long most = Math.Max(VhdSpec.MaxSize, oldSize);
        if (wanted <= 0 || wanted > most || VhdSpec.RoundUp(wanted, unit) > most)
        {
            throw new ArgumentException(Invariant($"{image.Path}: the size {wanted} is not from 1 to {most} bytes."));
        }

        return VhdSpec.RoundUp(wanted, unit);
    }

    private static long? FindLoss(
        VhdImage image, long newSize, ResizeRequest request, IProgress<WorkProgress>? progress, CancellationToken cancellation)
    {
        long newCount = newSize / VhdSpec.SectorSize;
        if (newCount >= image.SectorCount || request.ToMinimumSize)
        {
            return null;
        }

        long last;
        progress?.Report(new WorkProgress(0, (image.SectorCount - newCount) * VhdSpec.SectorSize) { Step = "Looking for data behind the new end" });
        try
        {
            last = DataScan.FindLast(image, newCount, progress, cancellation);
        }
        catch (VhdFormatException) when (request.Force)
        {
            // What cannot be read, a child without its parent, cannot be told either; the caller gives it up.
            return null;
        }

        if (last < 0)
        {
            return null;
        }

        return request.Force ? last : throw new VhdRefusedException(
            image.Path,
            RefusalCode.DataWouldBeLost,
            Invariant($"sector {last} behind the new end holds data, so the disk can shrink to {(last + 1) * VhdSpec.SectorSize} bytes and no further; -Force cuts it off."));
    }

    /// <summary>What a child gains is zeros only where its parent has none either: it may be larger than the child.</summary>
    private static void ThrowIfParentWouldShow(VhdImage image, long newSize, ResizeRequest request, CancellationToken cancellation)
    {
        long newCount = newSize / VhdSpec.SectorSize;
        if (image.Layout.VhdType != VhdType.Differencing || newCount <= image.SectorCount || request.Force)
        {
            return;
        }

        using var parents = ParentChain.Open(image.File, image.Layout, new VhdOpenOptions { Parents = request.Parents });
        var chain = new ChainReader(parents.Levels[0], () => [.. parents.Levels.Skip(1)]);
        long sector = DataScan.FindFirst(chain, image.SectorCount, Math.Min(newCount, parents.Levels[0].SectorCount), cancellation);
        if (sector >= 0)
        {
            throw new VhdRefusedException(
                image.Path,
                RefusalCode.ParentDataWouldShow,
                Invariant($"its parent '{parents.Levels[0].Path}' is larger and has data at sector {sector}, which the grown disk would show; -Force goes on."));
        }
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
