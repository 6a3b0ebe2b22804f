using VhdPS.Engine.Chains;
using VhdPS.Engine.Disks;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Vhdx;

namespace VhdPS.Engine.Operations.Convert;

/// <summary>A differencing VHDX: what differs from its parent.</summary>
/// <param name="parent">The parent, a VHDX.</param>
/// <param name="image">What the image is to be, with the link to its parent.</param>
internal sealed class VhdxChildTarget(NewParent parent, NewVhdx image) : DiskTarget
{
    public override int LogicalSectorSize => image.LogicalSectorSize;

    public override int BlockSize => image.BlockSize;

    public override long StructureBytes =>
        (3 * VhdxSpec.Mebibyte) + VhdxSpec.RoundUpToMebibyte(image.Chunks.EntryCount * VhdxSpec.TableEntrySize);

    public override void Validate()
    {
        image.Validate();
        if (image.DataWriteGuid == parent.Disk.Image!.Id)
        {
            throw new ArgumentException("The id of the new image's data is the parent's: give it another unique id or time.");
        }
    }

    public override DiskWriter CreateWriter(ImageFile file, ExtentSharing? sharing = null, bool findsZeros = true) =>
        new VhdxChildDiskWriter(
            file, image, new ParentDifferences(SizeBytes, image.LogicalSectorSize, parent.Disk, parent.Manifest));

    public override DiskSource Open(ImageFile file) =>
        DiskSources.OpenAs(file, VhdFormat.Vhdx, new VhdOpenOptions { Parents = parent.Policy });
}
