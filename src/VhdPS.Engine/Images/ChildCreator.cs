using VhdPS.Engine.Chains;
using VhdPS.Engine.Files;
using VhdPS.Engine.Files.Native;
using VhdPS.Engine.Format;
using VhdPS.Engine.Layout;

namespace VhdPS.Engine.Images;

/// <summary>Makes differencing images.</summary>
public static class ChildCreator
{
    /// <summary>Makes an empty child of an image; on failure nothing is left, and what was there before stays.</summary>
    /// <param name="path">Where the child will be.</param>
    /// <param name="child">What it is to be.</param>
    /// <param name="overwrite">Whether an existing file may be replaced.</param>
    /// <param name="sync">Whether the image is put on the medium; without it nothing that exists is replaced.</param>
    /// <exception cref="ArgumentException">A value of <paramref name="child"/> is out of its range, or a raw parent ends within a
    /// sector.</exception>
    /// <exception cref="FileNotFoundException">The parent is not there.</exception>
    /// <exception cref="VhdFormatException">The parent's id is zero, its footer is damaged, or it cannot be read.</exception>
    /// <exception cref="VhdOperationException">The file exists and may not be replaced, or is an image of the parent's chain.</exception>
    /// <exception cref="ImageIOException">The file could not be written.</exception>
    public static void Create(string path, NewChild child, bool overwrite = false, bool sync = true)
    {
        if (!sync)
        {
            ReplacementFile.ThrowIfReplacedUnsynced(path);
        }

        using var parentFile = LocalImageFile.OpenRead(child.ParentPath);
        ImageLayout? layout = child.IsParentRaw ? null : ImageLayout.Read(parentFile);
        if (layout is not null)
        {
            ThrowIfUnfit(layout);
        }

        ParentDisk parent = layout is null ? ParentDisk.OfRaw(parentFile) : ParentDisk.Of(layout);
        if (child.UniqueId == parent.UniqueId)
        {
            throw new ArgumentException($"{path}: the unique id {child.UniqueId} is the parent's, and a child needs one of its own.");
        }

        if (child.SizeBytes < parent.SizeBytes)
        {
            throw new ArgumentException(
                $"{path}: a child of {child.SizeBytes} bytes would lack the end of its parent's {parent.SizeBytes}.");
        }

        if (overwrite)
        {
            ThrowIfInChain(path, parentFile, layout);
        }

        using var target = ReplacementFile.Begin(path, overwrite && sync);
        Write(target.File, child, parent);
        target.Commit(sync);
    }

    /// <summary>Writes an empty child into a new file, whose path is the one that the child will have.</summary>
    /// <param name="file">The empty file.</param>
    /// <param name="child">What it is to be.</param>
    /// <param name="parent">The parent's disk.</param>
    internal static void Write(ImageFile file, NewChild child, ParentDisk parent)
    {
        ChildStructures structures = Describe(file.Path, child, parent);
        ImageCreator.WriteDynamic(file, structures.Footer, structures.Header, structures.Links);
    }

    /// <summary>The structures of a child.</summary>
    /// <param name="path">Where the child will be.</param>
    /// <param name="child">What it is to be.</param>
    /// <param name="parent">The parent's disk.</param>
    /// <exception cref="ArgumentException">A value of <paramref name="child"/> is out of its range.</exception>
    internal static ChildStructures Describe(string path, NewChild child, ParentDisk parent)
    {
        var image = new NewImage(child.SizeBytes ?? parent.SizeBytes)
        {
            VhdType = VhdType.Differencing,
            IsOfImage = true,
            BlockSize = BlockSizeOf(child, parent),
            UniqueId = child.UniqueId,
            TimeStamp = child.TimeStamp,
        };
        HardDiskFooter footer = image.CreateFooter();
        if (parent.Geometry is { } geometry && (child.SizeBytes ?? parent.SizeBytes) == parent.SizeBytes)
        {
            footer = footer.With(geometry: geometry);
        }

        ParentLink link = ParentLink.Between(path, child.ParentPath);
        const long tableOffset = VhdSpec.FooterSize + VhdSpec.HeaderSize;
        long linkOffset = BlockAllocationTable.End(tableOffset, image.BlockCount);
        DynamicDiskHeader header = DynamicDiskHeader.Create(tableOffset, image.BlockCount, image.BlockSize).With(
            parentUniqueId: parent.UniqueId,
            parentTimeStamp: NamedFile.ModifiedUtc(child.ParentPath),
            parentUnicodeName: link.Name,
            parentLocators: link.Locators(linkOffset, [.. Enumerable.Range(0, VhdSpec.LocatorCount)]));
        return new ChildStructures(footer, header, link.Encode());
    }

    /// <summary>Bytes in a block of a child.</summary>
    internal static int BlockSizeOf(NewChild child, ParentDisk parent) =>
        child.BlockSize ?? (parent.BlockSize == 0 ? VhdSpec.DefaultBlockSize : parent.BlockSize);

    /// <summary>Refuses an image that cannot be a parent.</summary>
    /// <exception cref="VhdFormatException">Its id is zero, its footer is damaged, or it cannot be read.</exception>
    internal static void ThrowIfUnfit(ImageLayout parent)
    {
        Finding? fault = parent.FindBlockingFinding(forWriting: false) ?? parent.Findings.FirstOrDefault(finding => finding.Code is
            FaultCode.UniqueIdNull or FaultCode.FooterMissing or FaultCode.FooterCopyMissing or FaultCode.FooterChecksumMismatch
            or FaultCode.FooterChecksumZero or FaultCode.FootersDiffer);
        if (fault is not null)
        {
            throw new VhdFormatException(parent.Path, fault);
        }
    }

    /// <summary>Refuses a path that names the image or one of its ancestors, which a new file there would destroy.</summary>
    private static void ThrowIfInChain(string path, LocalImageFile image, ImageLayout? layout)
    {
        if (PlatformFile.Current.Stat(path).Kind != FileKind.Regular)
        {
            return;
        }

        FileIdentity identity = IdentityOf(path);
        if (identity == image.Identity)
        {
            throw new VhdOperationException(path, OperationError.SameFile, $"the file is the parent '{image.Path}' itself.");
        }

        foreach (ChainLevel level in layout is null ? [] : ChainInspector.Describe(image, layout).Skip(1))
        {
            if (level.State is ChainState.Ok or ChainState.IdMismatch && IdentityOf(level.Path) == identity)
            {
                throw new VhdOperationException(path, OperationError.SameFile, $"the file is an ancestor of the parent '{image.Path}'.");
            }
        }
    }

    private static FileIdentity IdentityOf(string path)
    {
        using LocalImageFile file = LocalImageFile.OpenRead(path);
        return file.Identity;
    }
}

/// <summary>What a new differencing image is to be; size and geometry are its parent's.</summary>
/// <param name="ParentPath">The parent.</param>
public sealed record NewChild(string ParentPath)
{
    /// <summary>Bytes in a block; null: as the parent's, or 2 MiB over a fixed one.</summary>
    public int? BlockSize { get; init; }

    /// <summary>The identity that children name.</summary>
    public required Guid UniqueId { get; init; }

    /// <summary>The time of making.</summary>
    public required DateTime TimeStamp { get; init; }

    /// <summary>Takes the parent for a raw disk, whatever its bytes look like: the child stores no parent id, as Xen's do.</summary>
    public bool IsParentRaw { get; init; }

    /// <summary>The disk's size in bytes; null for the parent's.</summary>
    internal long? SizeBytes { get; init; }
}

/// <summary>The structures of a new differencing image.</summary>
/// <param name="Footer">Its footer.</param>
/// <param name="Header">Its header.</param>
/// <param name="Links">The paths of its locators, which lie right after the table.</param>
internal sealed record ChildStructures(HardDiskFooter Footer, DynamicDiskHeader Header, byte[] Links);
