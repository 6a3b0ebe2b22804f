using VhdPS.Engine.Chains;
using VhdPS.Engine.Disks;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Engine.Layout;
using VhdPS.Engine.Operations.Hash;

namespace VhdPS.Engine.Operations.Convert;

/// <summary>The image that a new differencing image depends on, open and kept from changes, with its disk as the child sees it.</summary>
internal sealed class NewParent : IDisposable
{
    private NewParent(DiskSource disk, ImageLayout? layout, ParentPolicy policy, BlockManifest? manifest)
    {
        Disk = disk;
        Layout = layout;
        Policy = policy;
        Manifest = manifest;
    }

    /// <summary>The disk in the larger of its two sizes, which is what a child reads.</summary>
    public DiskSource Disk { get; }

    /// <summary>Where everything lies in a VHD; null for a VHDX.</summary>
    public ImageLayout? Layout { get; }

    /// <summary>How the child is opened with this parent.</summary>
    public ParentPolicy Policy { get; }

    /// <summary>The hashes of the disk's blocks; null where they are not known.</summary>
    public BlockManifest? Manifest { get; }

    /// <summary>Opens the parent and refuses one that cannot be any.</summary>
    /// <param name="path">The image.</param>
    /// <param name="options">What is to be made of it: in which format, which a parent has to have too, where the parent's own parents may
    /// be, and which hashes of its blocks are known.</param>
    /// <exception cref="ArgumentException">It is of the other format.</exception>
    /// <exception cref="VhdFormatException">It, or a parent of it, cannot be read or found.</exception>
    /// <exception cref="VhdOperationException">The manifest is not its.</exception>
    public static NewParent Open(string path, ConvertOptions options)
    {
        VhdFormat format = options.TargetImageFormat;
        var open = new VhdOpenOptions { Parents = options.Parents with { ParentPath = null }, RateLimit = options.RateLimit };
        DiskSource disk = DiskSource.Open(path, SourceFormat.Vhd, open);
        try
        {
            if (disk.ImageFormat != format)
            {
                string name = format.ToString().ToUpperInvariant();
                string found = disk.ImageFormat.ToString()!.ToUpperInvariant();
                throw new ArgumentException($"{path}: the parent of a {name} is a {name}, and this is a {found}.");
            }

            ThrowIfUnfit(disk);
            options.ParentManifest?.ThrowIfNotOf(disk);
            if (format == VhdFormat.Vhd && LargerSize.RuleFor(disk.File) is not SizeRule.Auto and var rule)
            {
                DiskSource wide = DiskSource.Open(path, SourceFormat.Vhd, open with { SizeRule = rule });
                bool isSame = wide.Identity == disk.Identity;
                disk.Dispose();
                disk = wide;
                if (!isSame)
                {
                    throw new ImageInUseException(path, forWriting: false);
                }
            }

            // Opens the parent's own parents, which are kept from changes from then on.
            disk.FindExtent(0);
            return new NewParent(disk, disk.Layout, options.Parents with { ParentPath = path }, options.ParentManifest);
        }
        catch
        {
            disk.Dispose();
            throw;
        }
    }

    /// <summary>Refuses a target that the parent's disk lies in.</summary>
    /// <exception cref="VhdOperationException">It is the parent or an ancestor.</exception>
    public void ThrowIfPartOf(string targetPath)
    {
        FileIdentity? target = NamedFile.IdentityOf(targetPath);
        if (target is not null && Disk.FilePaths.Any(path => NamedFile.IdentityOf(path) == target))
        {
            throw new VhdOperationException(
                targetPath, OperationError.SameFile, $"the file is the parent '{Disk.Path}' or an ancestor of it.");
        }
    }

    /// <summary>Whether a file is the parent or an ancestor.</summary>
    public bool DependsOn(FileIdentity file) => Disk.FilePaths.Any(path => NamedFile.IdentityOf(path) == file);

    private static void ThrowIfUnfit(DiskSource disk)
    {
        if (disk.Layout is { } layout)
        {
            ChildCreator.ThrowIfUnfit(layout);
        }
        else if (disk.Findings.FirstOrDefault(finding => finding.Code == FaultCode.VhdxDataWriteGuidNull) is { } fault)
        {
            throw new VhdFormatException(disk.Path, fault);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Disk.Dispose();
}
