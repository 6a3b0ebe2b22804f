using VhdPS.Engine.Disks;
using VhdPS.Engine.Format;
using VhdPS.Engine.Partitions.FreeSpace;

namespace VhdPS.Engine.Operations.Optimize;

/// <summary>Gives the space of free clusters in a fixed image back to the file system: no file on the disk has them, so that nothing has
/// to be undone when it is cut short.</summary>
internal static class FreeSpacePunch
{
    /// <summary>Punches the whole pages of the free ranges.</summary>
    /// <param name="source">The disk.</param>
    /// <param name="map">Its free space.</param>
    /// <param name="punch">Makes a hole of an offset and a length; false where the file system cannot.</param>
    /// <param name="cancellation">Ends the work between two holes.</param>
    /// <returns>Bytes that were stored and are given back.</returns>
    public static long Run(DiskSource source, FreeSpaceMap map, Func<long, long, bool> punch, CancellationToken cancellation)
    {
        long punched = 0;
        foreach (FreeRange range in map.List())
        {
            cancellation.ThrowIfCancellationRequested();
            long start = VhdSpec.RoundUp(range.Offset, VhdSpec.DataAlignment);
            long end = range.End - (range.End % VhdSpec.DataAlignment);
            if (start >= end)
            {
                continue;
            }

            long stored = source.CountDataBytes(start, end);
            if (stored > 0 && !punch(start, end - start))
            {
                return punched;
            }

            punched += stored;
        }

        return punched;
    }
}
