using VhdPS.Engine.Chains;
using VhdPS.Engine.Disks;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;

namespace VhdPS.Engine.Operations.Convert;

/// <summary>A differencing VHD: what differs from its parent.</summary>
internal sealed class ChildTarget : DiskTarget
{
    private readonly NewParent _parent;
    private readonly NewChild _child;
    private readonly ParentDisk _parentDisk;

    /// <param name="parent">The parent, a VHD.</param>
    /// <param name="child">What the image is to be; its size is given.</param>
    public ChildTarget(NewParent parent, NewChild child)
    {
        _parent = parent;
        _parentDisk = ParentDisk.Of(parent.Layout ?? throw new ArgumentException("The parent is no VHD.", nameof(parent)));
        _child = child;
        BlockSize = ChildCreator.BlockSizeOf(child, _parentDisk);
    }

    public override int BlockSize { get; }

    public override long StructureBytes =>
        VhdSpec.FooterSize + VhdSpec.HeaderSize + (((SizeBytes / BlockSize) + 1) * VhdSpec.TableEntrySize);

    public override void Validate()
    {
        if (_child.UniqueId == _parentDisk.UniqueId)
        {
            throw new ArgumentException(
                $"The unique id {_child.UniqueId} is the parent's, and a child needs one of its own.");
        }

        _ = ChildCreator.Describe(_child.ParentPath, _child, _parentDisk);
    }

    public override DiskWriter CreateWriter(ImageFile file, ExtentSharing? sharing = null, bool findsZeros = true)
    {
        ChildStructures structures = ChildCreator.Describe(file.Path, _child, _parentDisk);
        var builder = new ImageBuilder(
            file, structures.Footer, structures.Header, [new FileSegment(structures.Header.TableEnd, structures.Links)]);
        return new ChildDiskWriter(
            file, builder, new ParentDifferences(SizeBytes, VhdSpec.SectorSize, _parent.Disk, _parent.Manifest));
    }

    public override DiskSource Open(ImageFile file) =>
        DiskSources.OpenAs(file, VhdFormat.Vhd, new VhdOpenOptions { Parents = _parent.Policy });
}
