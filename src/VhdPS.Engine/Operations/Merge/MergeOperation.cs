using VhdPS.Engine.Chains;
using VhdPS.Engine.Checking;
using VhdPS.Engine.Disks;
using VhdPS.Engine.Files;
using VhdPS.Engine.Files.Native;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Engine.Layout;
using VhdPS.Engine.Operations.Convert;
using VhdPS.Engine.Operations.Resize;
using static System.FormattableString;

namespace VhdPS.Engine.Operations.Merge;

/// <summary>
/// Merges a differencing image into its parent, or an image and parents of it into a new file. Into the parent it goes level
/// by level, and in this order:
/// <list type="bullet">
/// <item>G1: only sectors that the child holds itself are written to the parent, which the child hides from its own readers:
/// at every moment the child reads as before.</item>
/// <item>G2: the parent's identity stays, so that the child matches it until it is gone.</item>
/// <item>G3: the child is deleted only after the parent has been flushed; then the parent is the image that it was.</item>
/// <item>G4: afterwards the disk is the child's, bit for bit and in size. What cannot come to that is refused before the first
/// write, whatever is forced: a parent larger than the child, whose end would be seen again, and a smaller one over data of its
/// own parent, which would be.</item>
/// </list>
/// Cut off at any moment, it is run again on the same child and comes to the same end.
/// </summary>
public static class MergeOperation
{
    /// <summary>Says what <see cref="Run"/> would do; the files are only read.</summary>
    /// <exception cref="ArgumentException">The chain is not so deep.</exception>
    /// <exception cref="VhdFormatException">An image cannot be read, or a parent not be found.</exception>
    /// <exception cref="VhdOperationException">An image has no parent, or others depend on one that would change.</exception>
    public static MergePlan Plan(MergeOptions options)
    {
        (MergePlan plan, IReadOnlyList<ChainLevel> levels) = Inspect(options);
        if (!IsWholeDisk(plan))
        {
            return WithSpace(plan, levels, options);
        }

        // Also refuses what the conversion would.
        using ConvertOperation conversion = BeginFlatten(plan, options);
        return plan with { NeededBytes = conversion.NewSpaceBytes };
    }

    /// <summary>Merges.</summary>
    /// <returns>What was done.</returns>
    /// <exception cref="ArgumentException">The chain is not so deep.</exception>
    /// <exception cref="VhdFormatException">An image cannot be read, or a parent not be found.</exception>
    /// <exception cref="VhdOperationException">An image has no parent, or others depend on one that would change; nothing was
    /// changed.</exception>
    /// <exception cref="ImageInUseException">Someone has an image open.</exception>
    /// <exception cref="ImageIOException">A file could not be read or written; the child is as it was.</exception>
    public static MergePlan Run(MergeOptions options, IProgress<WorkProgress>? progress = null, CancellationToken cancellation = default)
    {
        (MergePlan plan, IReadOnlyList<ChainLevel> levels) = Inspect(options);
        if (IsWholeDisk(plan))
        {
            return Flatten(plan, options, progress, cancellation);
        }

        plan = WithSpace(plan, levels, options);
        if (!plan.IsNewFile)
        {
            FileStamp[] stamps = [.. levels.Take(plan.SourcePaths.Count + 1).Select(level => StampOf(level.Path))];
            for (int depth = 0; depth < plan.SourcePaths.Count; depth++)
            {
                // Closed last: until it is gone no one may write to it what its parent would lack.
                using LocalImageFile child = OpenUnchanged(levels[depth].Path, stamps[depth], LocalImageFile.OpenReadToDelete);
                child.RateLimit = options.RateLimit;
                stamps[depth + 1] = MergeIntoParent(child, levels[depth + 1].Path, stamps[depth + 1], options, progress, cancellation);
                child.ThrowIfChanged();
                if (!options.KeepChild)
                {
                    progress?.Report(
                        new WorkProgress(1, 1) { Step = $"Deleting '{levels[depth].Path}', all of which its parent holds now" });
                    child.Delete();
                }
            }
        }
        else
        {
            MergeIntoNewChild(plan, options, progress, cancellation);
        }

        return plan;
    }

    /// <summary>Writes the child's own sectors into an open parent, and closes both.</summary>
    internal static void MergeIntoParent(
        ImageFile childFile, ImageFile parentFile, IProgress<WorkProgress>? progress = null, CancellationToken cancellation = default)
    {
        using VhdImage child = VhdImage.Open(childFile, new VhdOpenOptions { SizeRule = LargerSize.RuleFor(childFile) });
        using VhdImage parent = RepairedImage.Open(
            parentFile, new VhdOpenOptions { ForWriting = true, SizeRule = LargerSize.RuleFor(parentFile) }, out _);
        var level = new DiskLevel(new NonOwningImageFile(child.File), child.Layout, child.Path, ignoreBitmap: false);
        MergeCopy.Run([level], 0, parent, progress, cancellation);
    }

    /// <summary>Writes the child's own sectors into the parent.</summary>
    /// <returns>The parent as it is then.</returns>
    private static FileStamp MergeIntoParent(
        LocalImageFile child,
        string parentPath,
        FileStamp parentStamp,
        MergeOptions options,
        IProgress<WorkProgress>? progress,
        CancellationToken cancellation)
    {
        long childSize = SizeOf(child);
        long parentSize;
        using (LocalImageFile parent = OpenUnchanged(parentPath, parentStamp, LocalImageFile.OpenRead))
        {
            parentSize = SizeOf(parent);
        }

        if (parentSize < childSize)
        {
            progress?.Report(
                new WorkProgress(0, childSize) { Step = Invariant($"Growing '{parentPath}' to {childSize} bytes, which the child has") });

            // G1 holds while it grows: what it gains is zeros, as the child read it there before.
            ResizeOperation.Run(GrowthOf(parentPath, childSize, options), progress: null, cancellation);
            parentStamp = StampOf(parentPath);
        }

        using LocalImageFile target = OpenUnchanged(parentPath, parentStamp, LocalImageFile.OpenWrite);
        progress?.Report(new WorkProgress(0, childSize) { Step = $"Writing what '{child.Path}' holds itself to '{parentPath}'" });
        MergeIntoParent(new NonOwningImageFile(child), new WritableNonOwningImageFile(target), progress, cancellation);

        // What was merged into a file without a name is lost with it.
        return target.IsNamedByPath ? target.ReadStamp() : throw new ImageInUseException(parentPath, forWriting: true);
    }

    /// <summary>Opens a file that was looked at before, and refuses it when it is another or was changed since.</summary>
    private static LocalImageFile OpenUnchanged(string path, FileStamp stamp, Func<string, LocalImageFile> open)
    {
        LocalImageFile file = open(path);
        if (file.ReadStamp() == stamp)
        {
            return file;
        }

        file.Dispose();
        throw new ImageInUseException(path, forWriting: true);
    }

    private static FileStamp StampOf(string path)
    {
        using var file = LocalImageFile.OpenRead(path);
        return file.ReadStamp();
    }

    private static MergePlan Flatten(
        MergePlan plan, MergeOptions options, IProgress<WorkProgress>? progress, CancellationToken cancellation)
    {
        using ConvertOperation operation = BeginFlatten(plan, options);
        ConvertResult result = operation.Run(progress, cancellation);
        return plan with { SharedBytes = result.SharedBytes, CopiedBytes = result.CopiedBytes };
    }

    private static ConvertOperation BeginFlatten(MergePlan plan, MergeOptions options) =>
        ConvertOperation.Begin(new ConvertOptions(options.Path, plan.TargetPath)
        {
            TargetFormat = DiskFormat.Dynamic,
            TargetImageFormat = ImageName.IsVhdx(plan.TargetPath) ? VhdFormat.Vhdx : VhdFormat.Vhd,
            Force = options.Force,
            Parents = options.Parents,
            RateLimit = options.RateLimit,
            ShareExtents = options.ShareExtents,
            UniqueId = options.UniqueId,
            TimeStamp = options.TimeStamp,
        });

    private static bool IsWholeDisk(MergePlan plan) => plan is { IsNewFile: true, BasePath: null };

    /// <summary>A new child of the first parent that is not merged.</summary>
    private static void MergeIntoNewChild(
        MergePlan plan, MergeOptions options, IProgress<WorkProgress>? progress, CancellationToken cancellation)
    {
        var levels = new List<DiskLevel>();
        try
        {
            foreach (string source in plan.SourcePaths)
            {
                var file = LocalImageFile.OpenRead(source);
                file.RateLimit = options.RateLimit;
                ImageLayout read = ImageLayout.Read(file);
                levels.Add(new DiskLevel(file, LargerSize.Widen(file, read, LayoutOptions.Default), source, ignoreBitmap: false));
            }

            using var baseFile = LocalImageFile.OpenRead(plan.BasePath!);
            using var target = ReplacementFile.Begin(plan.TargetPath, options.Force, plan.SourcePaths);
            foreach (string warning in target.Warnings)
            {
                progress?.Report(new WorkProgress(0, plan.NewSizeBytes) { Warning = warning });
            }

            var child = new NewChild(plan.BasePath!)
            {
                UniqueId = options.UniqueId,
                TimeStamp = options.TimeStamp,
                SizeBytes = plan.NewSizeBytes,
            };
            ImageLayout layout = ImageLayout.Read(baseFile);
            ChildCreator.ThrowIfUnfit(layout);
            ChildCreator.Write(target.File, child, ParentDisk.Of(layout));
            progress?.Report(new WorkProgress(0, plan.NewSizeBytes)
            {
                Step = $"Writing what the images hold themselves to a new file, '{plan.TargetPath}'",
            });
            using (VhdImage image = VhdImage.Open(new WritableNonOwningImageFile(target.File), new VhdOpenOptions { ForWriting = true }))
            {
                MergeCopy.Run(levels, SizeOf(baseFile) / VhdSpec.SectorSize, image, progress, cancellation);
            }

            levels.ForEach(level => level.ThrowIfChanged());
            baseFile.ThrowIfChanged();
            progress?.Report(new WorkProgress(1, 1) { Step = $"Giving the new file its name '{plan.TargetPath}'" });
            target.Commit();
        }
        finally
        {
            levels.ForEach(level => level.Dispose());
        }
    }

    private static (MergePlan Plan, IReadOnlyList<ChainLevel> Levels) Inspect(MergeOptions options)
    {
        string path = options.Path;
        IReadOnlyList<ChainLevel> levels = ChainInspector.Describe(path, options.Parents);
        if (levels[0].Finding is { } refusal)
        {
            throw new VhdFormatException(path, refusal);
        }

        if (levels[0].Image is not { VhdType: VhdType.Differencing })
        {
            throw new VhdOperationException(path, OperationError.WrongType, "only a differencing image has a parent to merge with.");
        }

        if (levels[0].Image is { Format: VhdFormat.Vhdx })
        {
            return (VhdxMerge.Plan(levels, options), levels);
        }

        int? named = options.DestinationPath is { } destination ? FindInChain(levels, destination) : null;
        if (named == 0)
        {
            throw new VhdOperationException(path, OperationError.SameFile, "the destination is the image itself.");
        }

        if (named is not null && options.Depth is { } asked && asked != named)
        {
            throw new ArgumentException(
                Invariant($"{path}: the destination is parent {named} of the image, and depth {asked} was asked for."));
        }

        int depth = named ?? options.Depth ?? 1;
        ThrowIfUnusable(path, levels, depth, options.Parents);
        bool isNewFile = options.DestinationPath is not null && named is null;
        for (int i = 0; i <= depth; i++)
        {
            ThrowIfStateSaved(levels[i], options);
        }

        if (!isNewFile)
        {
            ThrowIfShared(levels, depth, options);
            ThrowIfOtherDisk(levels, depth, options);
            ThrowIfLostWouldBeDeleted(levels[0].Path, options);
        }
        else
        {
            ReplacementFile.ThrowIfInTheWay(options.DestinationPath!, options.Force, source: null);
        }

        return (MakePlan(levels, depth, isNewFile, options), levels);
    }

    private static MergePlan MakePlan(IReadOnlyList<ChainLevel> levels, int depth, bool isNewFile, MergeOptions options)
    {
        string[] sources = [.. levels.Take(isNewFile ? depth + 1 : depth).Select(level => level.Path)];
        long childSize = SizeOf(levels[0].Path);
        bool isRoot = levels[depth].Layout!.VhdType != VhdType.Differencing;
        long dataBytes = 0;
        foreach (string source in sources)
        {
            using var file = LocalImageFile.OpenRead(source);
            ImageLayout layout = ImageLayout.Read(file);
            dataBytes += layout.Header is null ? layout.FileLength
                : (long)SectorMap.ReadTable(file, layout).CountAllocated() * layout.BlockSize;
        }

        if (isNewFile)
        {
            return new MergePlan(options.DestinationPath!, sources, true)
            {
                BasePath = isRoot ? null : levels[depth + 1].Path,
                DataBytes = dataBytes,
                OldSizeBytes = childSize,
                NewSizeBytes = childSize,
            };
        }

        using var target = LocalImageFile.OpenRead(levels[depth].Path);
        using var image = VhdImage.Open(new NonOwningImageFile(target), new VhdOpenOptions { SizeRule = LargerSize.RuleFor(target) });
        RepairedImage.Check(image, target);
        long targetSize = image.SectorCount * VhdSpec.SectorSize;
        return new MergePlan(levels[depth].Path, sources, false)
        {
            DataBytes = dataBytes,
            OldSizeBytes = targetSize,
            NewSizeBytes = childSize,
            DeletedPaths = options.KeepChild ? [] : sources,
        };
    }

    internal static int? FindInChain(IReadOnlyList<ChainLevel> levels, string destination)
    {
        if (PlatformFile.Current.Stat(destination).Kind != FileKind.Regular)
        {
            return null;
        }

        FileIdentity identity = IdentityOf(destination);
        for (int i = 0; i < levels.Count; i++)
        {
            if (levels[i].State is ChainState.Ok or ChainState.IdMismatch && IdentityOf(levels[i].Path) == identity)
            {
                return i;
            }
        }

        return null;
    }

    internal static void ThrowIfUnusable(string path, IReadOnlyList<ChainLevel> levels, int depth, ParentPolicy policy)
    {
        for (int i = 1; i <= depth; i++)
        {
            if (i >= levels.Count)
            {
                throw new ArgumentException(
                    Invariant($"{path}: the image has {levels.Count - 1} parents, and depth {depth} was asked for."));
            }

            ChainLevel level = levels[i];
            bool isUsable = level.State == ChainState.Ok || (level.State == ChainState.IdMismatch && policy.IgnoreIdMismatch);
            if (!isUsable)
            {
                throw level.Error ?? new VhdFormatException(levels[i - 1].Path, level.Finding!);
            }

            if (level.IsRaw)
            {
                throw new VhdOperationException(
                    level.Path, OperationError.WrongType, "a raw disk is not merged into; convert the child into a new file.");
            }
        }
    }

    /// <summary>Of several merges the space of the first is known: those after it follow when its child is gone.</summary>
    private static MergePlan WithSpace(MergePlan plan, IReadOnlyList<ChainLevel> levels, MergeOptions options)
    {
        (string target, long most, IEnumerable<string> sources) = plan.IsNewFile
            ? (plan.TargetPath, plan.DataBytes, plan.SourcePaths)
            : (levels[1].Path, MergeGrowth.CountBytes(levels[0].Path, levels[1].Path), [levels[0].Path]);

        // Where files have holes, what the sources never stored takes no space in the target either.
        long needed = OperatingSystem.IsWindows() ? most : Math.Min(most, sources.Sum(MergeGrowth.StoredBytes));
        if (!options.Force)
        {
            VolumeSpace.ThrowIfLess(target, needed);
        }

        return plan with { NeededBytes = needed };
    }

    private static void ThrowIfStateSaved(ChainLevel level, MergeOptions options)
    {
        if (level.Layout!.Footer.SavedState != 0 && !options.Force)
        {
            throw new VhdOperationException(
                level.Path,
                OperationError.StateSaved,
                "the state of a virtual machine is saved with the image, and it would not fit the changed disk.")
            {
                IsOverridable = true,
            };
        }
    }

    /// <summary>Refuses to change a parent under its other children, and to delete an image under its own.</summary>
    private static void ThrowIfShared(IReadOnlyList<ChainLevel> levels, int depth, MergeOptions options)
    {
        if (options.Force)
        {
            return;
        }

        ChildIndex index = options.Children ?? new ChildIndex(options.Parents.SearchFolders);
        for (int i = 0; i <= depth; i++)
        {
            // The leaf is only deleted; without that its children may stay.
            if (i == 0 && options.KeepChild)
            {
                continue;
            }

            FileIdentity? own = i == 0 ? null : IdentityOf(levels[i - 1].Path);
            string[] folders = [.. levels.Take(depth + 1).Select(level => Path.GetDirectoryName(Path.GetFullPath(level.Path))!).Distinct()];
            IReadOnlyList<DependentImage> children = index.Find(levels[i].Path, levels[i].Layout!, IdentityOf(levels[i].Path), folders);
            ChildIndex.ThrowIfAny(
                levels[i].Path,
                [.. children.Where(child => own is null || PlatformFile.Current.Stat(child.Path).Identity != own)],
                "which the merge would destroy");
        }
    }

    /// <summary>
    /// Refuses to delete an image with blocks that no table entry names: they are not merged. In those between it and the target a
    /// merge that was cut off may have left some, which the image itself has as well.
    /// </summary>
    private static void ThrowIfLostWouldBeDeleted(string path, MergeOptions options)
    {
        if (options.KeepChild)
        {
            return;
        }

        using var file = LocalImageFile.OpenRead(path);
        LostBlockGuard.ThrowIfAny(file, ImageLayout.Read(file, new LayoutOptions { SizeRule = LargerSize.RuleFor(file) }));
    }

    /// <summary>Refuses a merge after which the disk would not be the child's (G4).</summary>
    private static void ThrowIfOtherDisk(IReadOnlyList<ChainLevel> levels, int depth, MergeOptions options)
    {
        long childSize = SizeOf(levels[0].Path);
        for (int i = 1; i <= depth; i++)
        {
            string path = levels[i].Path;
            long size = SizeOf(path);
            if (size > childSize)
            {
                throw new VhdOperationException(
                    path,
                    OperationError.ParentDataWouldShow,
                    Invariant(
                        $"the disk has {size} bytes and its child {childSize}; merged, the disk would show the end that the child lacks."));
            }

            if (size < childSize)
            {
                _ = ResizeOperation.Plan(GrowthOf(path, childSize, options));
            }
        }
    }

    /// <summary>A growth that never makes data of a parent visible.</summary>
    private static ResizeOptions GrowthOf(string path, long sizeBytes, MergeOptions options) => new(path)
    {
        SizeBytes = sizeBytes,
        AllowsChildren = true,
        AllowsSavedState = options.Force,
        Parents = options.Parents with { ParentPath = null },
    };

    private static long SizeOf(string path)
    {
        using var file = LocalImageFile.OpenRead(path);
        return SizeOf(file);
    }

    private static FileIdentity IdentityOf(string path)
    {
        using LocalImageFile file = LocalImageFile.OpenRead(path);
        return file.Identity;
    }

    private static long SizeOf(ImageFile file) =>
        ImageLayout.Read(file, new LayoutOptions { SizeRule = LargerSize.RuleFor(file) }).SectorCount * VhdSpec.SectorSize;
}
