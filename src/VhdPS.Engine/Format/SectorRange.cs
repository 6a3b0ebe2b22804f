namespace VhdPS.Engine.Format;

/// <summary>Adjacent sectors of a disk that are asked for.</summary>
internal static class SectorRange
{
    /// <summary>Refuses a range that is not on the disk.</summary>
    /// <param name="path">The file of the disk, for the message.</param>
    /// <param name="sectorCount">Sectors that the disk has.</param>
    /// <param name="sector">The first sector.</param>
    /// <param name="count">Sectors.</param>
    /// <exception cref="ArgumentOutOfRangeException">A sector of the range is not on the disk.</exception>
    public static void ThrowIfPastEnd(string path, long sectorCount, long sector, long count)
    {
        if (sector < 0 || sector > sectorCount || count > sectorCount - sector)
        {
            string what = count > 1 ? $"sectors {sector} to {(decimal)sector + count - 1} are" : $"sector {sector} is";
            throw new ArgumentOutOfRangeException(null, $"{path}: {what} not on the disk, which has {sectorCount} sectors.");
        }
    }
}
