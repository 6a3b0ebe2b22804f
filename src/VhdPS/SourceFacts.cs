using VhdPS.Engine.Disks;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Engine.Layout;

namespace VhdPS;

/// <summary>What is said of a source of a disk; kept when the source is closed.</summary>
internal readonly record struct SourceFacts(
    string Path, VhdFormat? Format, VhdType? VhdType, ImageLayout? Layout, long SizeBytes, IReadOnlyList<Finding> Findings)
{
    public static SourceFacts Of(DiskSource source) =>
        new(source.Path, source.ImageFormat, source.ImageType, source.Layout, source.SizeBytes, source.Findings);

    public static SourceFacts Of(VhdImage image) => new(
        image.Path, VhdFormat.Vhd, image.Layout.VhdType, image.Layout, image.SectorCount * VhdSpec.SectorSize, image.Layout.Findings);
}
