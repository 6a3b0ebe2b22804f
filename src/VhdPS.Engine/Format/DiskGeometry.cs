using static System.FormattableString;

namespace VhdPS.Engine.Format;

/// <summary>Cylinders, heads and sectors per track of an ATA disk, as a footer stores them.</summary>
/// <param name="Cylinders">0 to 65535.</param>
/// <param name="Heads">Heads per cylinder.</param>
/// <param name="SectorsPerTrack">Sectors per track.</param>
public readonly record struct DiskGeometry(ushort Cylinders, byte Heads, byte SectorsPerTrack)
{
    /// <summary>The largest geometry that a footer's algorithm yields, 65535/16/255: 136 899 993 600 bytes.</summary>
    public static readonly DiskGeometry Max = new(65535, 16, 255);

    /// <summary>Sectors that the geometry addresses.</summary>
    public long SectorCount => (long)Cylinders * Heads * SectorsPerTrack;

    /// <summary>Bytes that the geometry addresses.</summary>
    public long SizeBytes => SectorCount * VhdSpec.SectorSize;

    /// <summary>Whether it is the maximum, which stands for "larger than a geometry can say".</summary>
    public bool IsMax => this == Max;

    /// <summary>The specification's geometry (its appendix): the largest one that does not pass <paramref name="sectorCount"/>.</summary>
    /// <param name="sectorCount">Sectors of the disk; below zero counts as zero.</param>
    public static DiskGeometry ForSectorCount(long sectorCount)
    {
        long total = Math.Clamp(sectorCount, 0, Max.SectorCount);
        long sectors, heads, tracks;
        if (total >= 65535L * 16 * 63)
        {
            sectors = 255;
            heads = 16;
            tracks = total / sectors;
        }
        else
        {
            sectors = 17;
            tracks = total / sectors;
            heads = Math.Max(4, (tracks + 1023) / 1024);
            if (tracks >= heads * 1024 || heads > 16)
            {
                sectors = 31;
                heads = 16;
                tracks = total / sectors;
            }

            if (tracks >= heads * 1024)
            {
                sectors = 63;
                heads = 16;
                tracks = total / sectors;
            }
        }

        return new DiskGeometry((ushort)(tracks / heads), (byte)heads, (byte)sectors);
    }

    /// <summary>
    /// The first geometry, going up sector by sector, that holds at least <paramref name="sectorCount"/> sectors: whole
    /// cylinders, as Virtual PC and QEMU's driver of 2010 create them. <see cref="Max"/> where no geometry is large enough.
    /// </summary>
    /// <param name="sectorCount">Sectors wanted.</param>
    public static DiskGeometry CoveringSectorCount(long sectorCount)
    {
        for (long candidate = sectorCount; candidate < Max.SectorCount; candidate++)
        {
            DiskGeometry geometry = ForSectorCount(candidate);
            if (geometry.SectorCount >= sectorCount)
            {
                return geometry;
            }
        }

        return Max;
    }

    /// <inheritdoc/>
    public override string ToString() => Invariant($"{Cylinders}/{Heads}/{SectorsPerTrack}");
}
