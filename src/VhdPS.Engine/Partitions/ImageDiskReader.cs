using VhdPS.Engine.Format;
using VhdPS.Engine.Images;

namespace VhdPS.Engine.Partitions;

/// <summary>An open image, read as a disk with partitions.</summary>
/// <param name="image">The image; the caller closes it.</param>
internal sealed class ImageDiskReader(VhdImage image) : IDiskReader
{
    /// <inheritdoc/>
    public long SizeBytes => image.SectorCount * VhdSpec.SectorSize;

    /// <inheritdoc/>
    public int LogicalSectorSize => VhdSpec.SectorSize;

    /// <inheritdoc/>
    public void ReadAt(long offset, Span<byte> buffer)
    {
        int inside = (int)Math.Clamp(SizeBytes - offset, 0, buffer.Length);
        if (inside > 0)
        {
            image.ReadSectors(offset / VhdSpec.SectorSize, buffer[..inside]);
        }

        buffer[inside..].Clear();
    }
}
