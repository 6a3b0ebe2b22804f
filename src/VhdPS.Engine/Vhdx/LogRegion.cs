using VhdPS.Engine.Files;


namespace VhdPS.Engine.Vhdx;

/// <summary>The bytes of the file that are its log: a circle of sectors of 4096 bytes.</summary>
/// <param name="FileOffset">Bytes from the start of the file, whole MiB.</param>
/// <param name="Length">Bytes, whole MiB.</param>
internal sealed record LogRegion(long FileOffset, long Length)
{
    /// <summary>The first byte of the file after the log.</summary>
    public long End => FileOffset + Length;

    /// <summary>Where in the file the sector is that begins so many bytes after the start of the log, around the circle.</summary>
    public long SectorOffset(long position) => FileOffset + (position % Length);

    /// <summary>Bytes from one position forward to another around the circle; the whole log where they are the same.</summary>
    public long Distance(long from, long to) => to > from ? to - from : to + Length - from;

    /// <summary>Fills <paramref name="sector"/> with the 4096 bytes at a position, around the circle.</summary>
    /// <exception cref="ImageIOException">The read failed.</exception>
    public void ReadSector(ImageFile file, long position, Span<byte> sector) =>
        sector[file.ReadAt(SectorOffset(position), sector)..].Clear();

    /// <summary>The first sector at or after a position that may hold anything but zeros; the log's length where there is none.</summary>
    public long NextDataSector(ImageFile file, long position)
    {
        if (position >= Length || !file.TryFindData(FileOffset + position, out long dataOffset, out _))
        {
            return Length;
        }

        long found = Math.Max(dataOffset - FileOffset, position);
        return Math.Min(found - (found % VhdxSpec.LogSectorSize), Length);
    }
}
