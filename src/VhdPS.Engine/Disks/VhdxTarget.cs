using VhdPS.Engine.Chains;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Vhdx;

namespace VhdPS.Engine.Disks;

/// <summary>A fixed or dynamic VHDX.</summary>
internal sealed class VhdxTarget(NewVhdx image) : DiskTarget
{
    public override int LogicalSectorSize => image.LogicalSectorSize;

    public override int BlockSize => image.BlockSize;

    public override long StructureBytes =>
        (3 * VhdxSpec.Mebibyte) + VhdxSpec.RoundUpToMebibyte(image.Chunks.EntryCount * VhdxSpec.TableEntrySize)
            + (Format == DiskFormat.Fixed ? (image.Chunks.BlockCount * image.BlockSize) - SizeBytes : 0);

    public override void Validate() => image.Validate();

    public override DiskWriter CreateWriter(ImageFile file, ExtentSharing? sharing = null, bool findsZeros = true) =>
        new VhdxDiskWriter(file, image) { Sharing = sharing, FindsZeros = findsZeros };

    public override DiskSource Open(ImageFile file) => DiskSources.OpenAs(file, VhdFormat.Vhdx, VhdOpenOptions.Default);
}
