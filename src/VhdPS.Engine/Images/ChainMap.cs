using VhdPS.Engine.Chains;
using VhdPS.Engine.Format;
using VhdPS.Engine.Layout;

namespace VhdPS.Engine.Images;

/// <summary>Adjacent virtual sectors that one file of a chain holds, or none.</summary>
/// <param name="Sector">The first virtual sector.</param>
/// <param name="Count">Sectors, at least 1.</param>
/// <param name="Origin">The image itself, one of its parents, or zeros.</param>
/// <param name="Path">The file that holds them; null for zeros.</param>
/// <param name="FileOffset">Bytes from the start of that file; -1 for zeros.</param>
internal readonly record struct ChainRun(long Sector, long Count, SectorOrigin Origin, string? Path, long FileOffset);

/// <summary>Says which file of a chain holds the sectors of an open image.</summary>
internal static class ChainMap
{
    /// <summary>The longest run of one origin from <paramref name="sector"/> on; looks for the parents where one is needed.</summary>
    /// <param name="image">The open image.</param>
    /// <param name="sector">The first virtual sector, less than the disk's count.</param>
    /// <param name="count">The most sectors that are wanted, at least 1.</param>
    /// <exception cref="VhdFormatException">A block's entry names no place, or the chain cannot be followed.</exception>
    public static ChainRun Find(VhdImage image, long sector, long count)
    {
        SectorRun run = image.Chain.Find(sector, count, out DiskLevel? level);
        return Describe(image, run, level);
    }

    /// <summary>The longest run of one origin from <paramref name="sector"/> on, and its bytes; each run is mapped once.</summary>
    /// <param name="image">The open image.</param>
    /// <param name="sector">The first virtual sector, less than the disk's count.</param>
    /// <param name="count">The most sectors that are wanted, at least 1; none past the end of the disk.</param>
    /// <param name="data">The run's bytes, 512 a sector.</param>
    /// <exception cref="ArgumentException">A sector is not on the disk.</exception>
    /// <exception cref="VhdFormatException">A block's entry names no place, or the chain cannot be followed.</exception>
    /// <exception cref="Files.ImageIOException">A file could not be read.</exception>
    public static ChainRun Read(VhdImage image, long sector, int count, out byte[] data)
    {
        image.ThrowIfPastEnd(sector, count);
        SectorRun run = image.Chain.Find(sector, count, out DiskLevel? level);
        data = new byte[run.Count * VhdSpec.SectorSize];
        level?.Read(sector, run.FileOffset, data);
        image.MaskPartialSector(sector, run.Count, data);
        return Describe(image, run, level);
    }

    internal static ChainRun Describe(VhdImage image, SectorRun run, DiskLevel? level) => level is null
        ? new ChainRun(run.Sector, run.Count, SectorOrigin.Zero, null, -1)
        : new ChainRun(
            run.Sector, run.Count, level.Path == image.Path ? SectorOrigin.File : SectorOrigin.Parent, level.Path, run.FileOffset);
}
