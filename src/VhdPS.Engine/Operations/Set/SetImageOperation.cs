using VhdPS.Engine.Chains;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Engine.Layout;
using VhdPS.Engine.Operations.Resize;


namespace VhdPS.Engine.Operations.Set;

/// <summary>Changes fields of the footer and links a differencing image to another parent. What is not named stays, unknown bytes
/// too.</summary>
public static class SetImageOperation
{
    /// <summary>Changes an image.</summary>
    /// <exception cref="ArgumentException">A value is out of its range.</exception>
    /// <exception cref="VhdFormatException">The image or the parent cannot be used, or the parent has another id.</exception>
    /// <exception cref="VhdOperationException">The image has no parent to link, has children that name its id, or would change its
    /// size.</exception>
    /// <exception cref="ImageIOException">The file could not be written.</exception>
    public static void Run(SetImageOptions options)
    {
        using var file = LocalImageFile.OpenWrite(options.Path);
        Run(file, options);
    }

    /// <summary>Refuses what <see cref="Run(SetImageOptions)"/> would; the file is only read.</summary>
    internal static void Check(SetImageOptions options)
    {
        using var file = LocalImageFile.OpenRead(options.Path);
        Prepare(file, options);
    }

    /// <summary>Changes the image in a file that is open for writing.</summary>
    internal static void Run(ImageFile file, SetImageOptions options)
    {
        (ImageLayout layout, HardDiskFooter footer, ParentFacts? parent) = Prepare(file, options);
        if (RepairedImage.TryRepair(file, layout))
        {
            (layout, footer, parent) = Prepare(file, options);
        }

        if (parent is { } facts)
        {
            HeaderRewrite.Relink(file, layout, footer, facts);
        }
        else
        {
            HeaderRewrite.WriteFooters(file, layout, footer);
        }
    }

    private static (ImageLayout Layout, HardDiskFooter Footer, ParentFacts? Parent) Prepare(ImageFile file, SetImageOptions options)
    {
        if (options.UniqueId == Guid.Empty)
        {
            throw new ArgumentException("The unique id must not be all zeros.", nameof(options));
        }

        ImageLayout layout = ImageLayout.Read(file);
        if (layout.FindBlockingFinding(forWriting: true) is { } refusal && !RepairedImage.CanRepair(file, layout))
        {
            throw new VhdFormatException(file.Path, refusal);
        }

        HardDiskFooter footer = layout.Footer.With(
            uniqueId: options.UniqueId,
            timeStamp: options.TimeStamp,
            creatorApplication: options.CreatorApplication,
            savedState: options.SavedState is { } isSaved ? (byte)(isSaved ? 1 : 0) : null);
        ulong size = VirtualSize.Of(footer).SizeBytes;
        if (size != layout.Size.SizeBytes)
        {
            throw new VhdOperationException(
                file.Path, OperationError.DataWouldBeLost,
                $"with the creator '{options.CreatorApplication}' the disk would have {size} and not {layout.Size.SizeBytes} bytes.");
        }

        ParentFacts? parent = options.ParentPath is { } parentPath ? ReadParent(file, layout, parentPath, options) : null;
        bool changesId = options.UniqueId is { } id && id != layout.Footer.UniqueId;
        bool changesParent = parent is { } linked && linked.UniqueId != layout.Header!.ParentUniqueId;
        if (!options.Force && (changesId || changesParent))
        {
            string consequence = changesId ? $"which it knows by the id {layout.Footer.UniqueId}" : "and would see the other parent's data";
            (options.Children ?? new ChildIndex()).ThrowIfAny(file.Path, layout, file.Identity, consequence);
        }

        Guid? parentId = parent?.UniqueId ?? layout.Header?.ParentUniqueId;
        bool namesIds = options.UniqueId is not null || parent is not null;
        if (namesIds && layout.VhdType == VhdType.Differencing && footer.UniqueId == parentId && parentId != Guid.Empty)
        {
            throw new ArgumentException($"{file.Path}: the unique id {footer.UniqueId} is its parent's, and a child needs one of its own.");
        }

        return (layout, footer, parent);
    }

    private static ParentFacts ReadParent(ImageFile file, ImageLayout layout, string parentPath, SetImageOptions options)
    {
        if (layout is not { VhdType: VhdType.Differencing, Header: not null })
        {
            throw new VhdOperationException(file.Path, OperationError.WrongType, "only a differencing image has a parent.");
        }

        // The chain below the new parent is walked as a reader would, which finds the image itself in it.
        var policy = new ParentPolicy { ParentPath = parentPath, IgnoreIdMismatch = true, RawParent = options.IsParentRaw };
        IReadOnlyList<ChainLevel> levels = ChainInspector.Describe(file, layout, policy);
        ChainLevel parent = levels[1];
        if (parent.State is not (ChainState.Ok or ChainState.IdMismatch))
        {
            throw parent.Error ?? new VhdFormatException(file.Path, parent.Finding!);
        }

        if (levels.FirstOrDefault(level => level.State == ChainState.Cycle) is { } cycle)
        {
            throw new VhdFormatException(file.Path, cycle.Finding!);
        }

        if (options.IsParentRaw)
        {
            return RawParent(file, layout, parent.Path, options.IgnoreIdMismatch);
        }

        ChildCreator.ThrowIfUnfit(parent.Layout!);
        if (parent.State == ChainState.IdMismatch && !options.IgnoreIdMismatch)
        {
            throw new VhdFormatException(file.Path, parent.Finding!);
        }

        return new ParentFacts(parent.Path, parent.Layout!.Footer.UniqueId, NamedFile.ModifiedUtc(parent.Path));
    }

    private static ParentFacts RawParent(ImageFile file, ImageLayout layout, string parentPath, bool ignoreIdMismatch)
    {
        Guid stored = layout.Header!.ParentUniqueId;
        if (stored != Guid.Empty && !ignoreIdMismatch)
        {
            throw new VhdFormatException(file.Path, new Finding(
                FaultCode.ParentIdMismatch, VhdStructure.Chain, null, $"{stored}", "none",
                $"The image names a parent of that id, and the raw disk '{parentPath}' has none."));
        }

        using var parentFile = LocalImageFile.OpenRead(parentPath);
        return new ParentFacts(parentPath, ParentDisk.OfRaw(parentFile).UniqueId, NamedFile.ModifiedUtc(parentPath));
    }
}
