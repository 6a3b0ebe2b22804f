using VhdPS.Engine.Chains;
using VhdPS.Engine.Layout;

namespace VhdPS.Engine.Images;

/// <summary>Adjacent virtual sectors that one file of a chain holds, or none.</summary>
/// <param name="Sector">The first virtual sector.</param>
/// <param name="Count">Sectors, at least 1.</param>
/// <param name="Origin">The image itself, one of its parents, or zeros.</param>
/// <param name="Path">The file that holds them; null for zeros.</param>
/// <param name="FileOffset">Bytes from the start of that file; -1 for zeros.</param>
public readonly record struct ChainRun(long Sector, long Count, SectorOrigin Origin, string? Path, long FileOffset);

/// <summary>Tells which file of a chain holds the sectors of an open image.</summary>
public static class ChainMap
{
    /// <summary>The longest run of one origin from <paramref name="sector"/> on; looks for the parents where one is needed.</summary>
    /// <param name="image">The open image.</param>
    /// <param name="sector">The first virtual sector, less than the disk's count.</param>
    /// <param name="count">The most sectors that are wanted, at least 1.</param>
    /// <exception cref="Format.VhdFormatException">A block's entry names no place, or the chain cannot be followed.</exception>
    public static ChainRun Find(VhdImage image, long sector, long count)
    {
        SectorRun run = image.Chain.Find(sector, count, out DiskLevel? level);
        return level is null
            ? new ChainRun(sector, run.Count, SectorOrigin.Zero, null, -1)
            : new ChainRun(sector, run.Count, level.Path == image.Path ? SectorOrigin.File : SectorOrigin.Parent, level.Path, run.FileOffset);
    }
}
