using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Layout;

namespace VhdPS.Engine.Partitions;

/// <summary>The disk in a fixed or dynamic image whose layout has been read, as a disk with partitions.</summary>
/// <param name="file">The image's file; the caller closes it.</param>
/// <param name="map">Where its sectors lie.</param>
/// <param name="layout">Its layout.</param>
internal sealed class LayoutDiskReader(ImageFile file, SectorMap map, ImageLayout layout) : IDiskReader
{
    /// <inheritdoc/>
    public long SizeBytes => layout.SectorCount * VhdSpec.SectorSize;

    /// <inheritdoc/>
    public int LogicalSectorSize => VhdSpec.SectorSize;

    /// <inheritdoc/>
    public void ReadAt(long offset, Span<byte> buffer)
    {
        buffer.Clear();
        long sector = offset / VhdSpec.SectorSize;
        long end = Math.Min(layout.SectorCount, sector + (buffer.Length / VhdSpec.SectorSize));
        while (sector < end)
        {
            SectorRun run = map.Find(sector, end - sector);
            if (run.Origin == SectorOrigin.File)
            {
                int at = (int)((sector * VhdSpec.SectorSize) - offset);
                file.ReadAt(run.FileOffset, buffer.Slice(at, (int)run.Count * VhdSpec.SectorSize));
            }

            sector += run.Count;
        }
    }
}
