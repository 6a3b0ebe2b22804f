using System.Collections.Concurrent;
using VhdPS.Engine.Disks;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;

namespace VhdPS.Engine.Operations.Optimize;

/// <summary>
/// Gives the space of stored zeros in a fixed image back to the file system. The disk's bytes are the same at every moment,
/// so that nothing has to be undone when it is cut short.
/// </summary>
internal static class HolePunch
{
    private const int UnitSize = 2 * 1024 * 1024;

    /// <summary>Finds stretches of zeros of at least 32 KiB and punches them.</summary>
    /// <param name="source">The disk.</param>
    /// <param name="punch">Makes a hole of an offset and a length; false where the file system cannot.</param>
    /// <param name="progress">Receives how far the work is.</param>
    /// <param name="cancellation">Ends the work between two holes.</param>
    /// <returns>Bytes of zeros that were punched.</returns>
    public static long Run(
        DiskSource source, Func<long, long, bool> punch, IProgress<WorkProgress>? progress, CancellationToken cancellation)
    {
        var buffers = new ConcurrentBag<byte[]>();
        long total = source.CountDataBytes(0, source.SizeBytes), done = 0, position = 0, punched = 0;

        // Found first and punched after the read that runs ahead: no hole changes what any other read sees.
        IEnumerable<(long End, List<DiskExtent> Zeros)> found = OrderedWork.Run(
            DiskWalk.Units(source, UnitSize), (unit, stopping) => (unit.End, FindZeros(source, unit, buffers, stopping)), cancellation);
        foreach ((long end, List<DiskExtent> zeros) in found)
        {
            foreach (DiskExtent extent in zeros)
            {
                if (!punch(extent.Offset, extent.Length))
                {
                    return punched;
                }

                punched += extent.Length;
            }

            done += source.CountDataBytes(position, end);
            position = end;
            progress?.Report(new WorkProgress(done, total));
        }

        return punched;
    }

    private static List<DiskExtent> FindZeros(DiskSource source, DiskUnit unit, ConcurrentBag<byte[]> buffers, CancellationToken stopping)
    {
        stopping.ThrowIfCancellationRequested();
        byte[] buffer = buffers.TryTake(out byte[]? used) ? used : new byte[UnitSize];
        var zeros = new List<DiskExtent>();
        foreach (DiskExtent extent in unit.Data)
        {
            Span<byte> bytes = buffer.AsSpan(0, (int)extent.Length);
            source.ReadAt(extent.Offset, bytes);
            int before = 0, start, end;
            while (ZeroScan.TryFindData(bytes, before, out start, out end))
            {
                Add(zeros, extent.Offset + before, extent.Offset + start);
                before = end;
            }

            Add(zeros, extent.Offset + before, Math.Min(extent.End, source.SizeBytes - (source.SizeBytes % VhdSpec.DataAlignment)));
        }

        buffers.Add(buffer);
        return zeros;
    }

    private static void Add(List<DiskExtent> zeros, long start, long end)
    {
        if (end > start)
        {
            zeros.Add(new DiskExtent(start, end - start, IsZero: true));
        }
    }
}
