using System.Collections.Concurrent;
using VhdPS.Engine.Files;

namespace VhdPS.Engine.Disks;

/// <summary>
/// Copies a disk into a new file: units are read, searched for zeros and written side by side, each by one thread from
/// beginning to end, so that its bytes stay in that core's cache.
/// </summary>
internal static class DiskCopy
{
    /// <summary>Copies everything that is not zeros and writes the structures.</summary>
    /// <param name="source">The disk.</param>
    /// <param name="writer">The new file.</param>
    /// <param name="progress">Receives how much of the data is copied.</param>
    /// <param name="totalBytes">The whole that is reported.</param>
    /// <param name="sync">Whether the file will be synced: its data is put on the medium along the way.</param>
    /// <param name="cancellation">Ends the copy.</param>
    public static void Run(
        DiskSource source, DiskWriter writer, IProgress<WorkProgress>? progress, long totalBytes, bool sync, CancellationToken cancellation)
    {
        using RollingFlush? flush = sync ? new RollingFlush(writer.File) : null;
        var buffers = new ConcurrentBag<byte[]>();
        writer.Begin();
        long position = 0, done = 0;
        IEnumerable<long> ends = OrderedWork.Run(
            DiskWalk.Units(source, writer.UnitSize, writer.MergesHoles, announces: writer.FindsZeros || writer.Sharing is null),
            (unit, stopping) =>
            {
                if (!buffers.TryTake(out byte[]? buffer))
                {
                    buffer = new byte[writer.HeadroomBytes + DiskWriter.ChunkSize];
                    writer.PrepareBuffer(buffer);
                }

                writer.CopyUnit(source, unit, buffer, stopping);
                buffers.Add(buffer);
                return unit.End;
            },
            cancellation);
        foreach (long end in ends)
        {
            done += source.CountDataBytes(position, end);
            position = end;
            progress?.Report(new WorkProgress(done, totalBytes));
            flush?.Step(writer.CopiedBytes, cancellation);
        }

        cancellation.ThrowIfCancellationRequested();
        writer.Complete();
        flush?.Finish(cancellation);
    }
}
