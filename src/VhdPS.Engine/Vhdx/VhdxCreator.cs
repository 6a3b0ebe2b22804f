using VhdPS.Engine.Chains;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;


namespace VhdPS.Engine.Vhdx;

/// <summary>Makes new, empty VHDX files; on failure nothing is left, and what was there before stays.</summary>
public static class VhdxCreator
{
    /// <summary>Makes an empty image.</summary>
    /// <param name="path">Where the file will be.</param>
    /// <param name="image">The options; without a parent.</param>
    /// <param name="overwrite">Whether an existing file may be replaced.</param>
    /// <param name="sync">Whether the image is put on the medium; without it nothing that exists is replaced.</param>
    /// <exception cref="ArgumentException">A value of <paramref name="image"/> is out of its range.</exception>
    /// <exception cref="VhdOperationException">The file exists and may not be replaced.</exception>
    /// <exception cref="ImageIOException">The file could not be written.</exception>
    public static void Create(string path, NewVhdx image, bool overwrite = false, bool sync = true)
    {
        if (!sync)
        {
            ReplacementFile.ThrowIfReplacedUnsynced(path);
        }

        image.Validate();
        using var target = ReplacementFile.Begin(path, overwrite && sync);
        Write(target.File, image);
        target.Commit(sync);
    }

    /// <summary>Makes an empty child of an image.</summary>
    /// <param name="path">Where the child will be.</param>
    /// <param name="child">The options.</param>
    /// <param name="overwrite">Whether an existing file may be replaced.</param>
    /// <param name="sync">Whether the image is put on the medium; without it nothing that exists is replaced.</param>
    /// <exception cref="ArgumentException">A value of <paramref name="child"/> is out of its range.</exception>
    /// <exception cref="FileNotFoundException">The parent is not there.</exception>
    /// <exception cref="VhdFormatException">The parent cannot be read, or has no id.</exception>
    /// <exception cref="VhdOperationException">The file exists and may not be replaced, or is the parent.</exception>
    /// <exception cref="ImageIOException">The file could not be written.</exception>
    public static void CreateChild(string path, NewVhdxChild child, bool overwrite = false, bool sync = true)
    {
        if (!sync)
        {
            ReplacementFile.ThrowIfReplacedUnsynced(path);
        }

        using var parentFile = LocalImageFile.OpenRead(child.ParentPath);
        var parent = VhdxLayout.Read(parentFile);
        Finding? fault = parent.FindBlockingFinding(force: false)
            ?? parent.Findings.FirstOrDefault(finding => finding.Code == FaultCode.VhdxDataWriteGuidNull);
        if (fault is not null)
        {
            throw new VhdFormatException(child.ParentPath, fault);
        }

        VhdxMetadata metadata = parent.Metadata!;
        var image = new NewVhdx(metadata.SizeBytes)
        {
            VhdType = VhdType.Differencing,
            BlockSizeBytes = child.BlockSizeBytes,
            LogicalSectorSize = metadata.LogicalSectorSize,
            PhysicalSectorSize = Math.Max(metadata.LogicalSectorSize, metadata.PhysicalSectorSize),
            UniqueId = child.UniqueId,
            TimeStamp = child.TimeStamp,
            ParentLocator = VhdxParentLink.Between(path, child.ParentPath, parent.Header!.DataWriteGuid),
        };
        image.Validate();
        ReplacementFile.ThrowIfInTheWay(path, overwrite, parentFile.Identity);
        ThrowIfAncestor(path, parentFile, parent);
        using var target = ReplacementFile.Begin(path, overwrite && sync);
        Write(target.File, image);
        target.Commit(sync);
    }

    /// <summary>Refuses a path that names an ancestor of the parent, which a new file there would destroy.</summary>
    private static void ThrowIfAncestor(string path, LocalImageFile parentFile, VhdxLayout parent)
    {
        if (NamedFile.IdentityOf(path) is not { } identity)
        {
            return;
        }

        foreach (ChainLevel level in ChainInspector.Describe(parentFile, ChainImage.Of(parent)).Skip(1))
        {
            if (level.State is ChainState.Ok or ChainState.IdMismatch && NamedFile.IdentityOf(level.Path) == identity)
            {
                throw new VhdOperationException(
                    path, OperationError.SameFile, $"the file is an ancestor of the parent '{parentFile.Path}'.");
            }
        }
    }

    /// <summary>Writes an image without data into a new, empty file.</summary>
    /// <exception cref="ImageIOException">The file could not be written.</exception>
    internal static void Write(ImageFile file, NewVhdx image)
    {
        var builder = new VhdxBuilder(file, image);
        builder.Begin();
        builder.Complete();
    }
}
