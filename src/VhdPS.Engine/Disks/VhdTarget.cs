using VhdPS.Engine.Chains;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;

namespace VhdPS.Engine.Disks;

/// <summary>A fixed or dynamic VHD.</summary>
internal sealed class VhdTarget(NewImage image) : DiskTarget
{
    public override int BlockSize => image.BlockSize;

    public override long StructureBytes => Format == DiskFormat.Fixed
        ? VhdSpec.FooterSize
        : (long)image.BlockCount * VhdSpec.TableEntrySize;

    public override long DataAlignment =>
        Format == DiskFormat.Fixed ? base.DataAlignment : Math.Min(image.BlockSize, VhdSpec.DataAlignment);

    public override void Validate() => _ = image.DiskSize;

    public override DiskWriter CreateWriter(ImageFile file, ExtentSharing? sharing = null, bool findsZeros = true)
    {
        HardDiskFooter footer = image.CreateFooter();
        if (Format == DiskFormat.Fixed)
        {
            return new FlatDiskWriter(file, SizeBytes, footer) { Sharing = sharing, FindsZeros = findsZeros };
        }

        var header = DynamicDiskHeader.Create(VhdSpec.FooterSize + VhdSpec.HeaderSize, image.BlockCount, image.BlockSize);
        return new BlockDiskWriter(file, new ImageBuilder(file, footer, header), SizeBytes)
        {
            Sharing = sharing,
            FindsZeros = findsZeros,
        };
    }

    public override DiskSource Open(ImageFile file) => DiskSources.OpenAs(file, VhdFormat.Vhd, VhdOpenOptions.Default);
}
