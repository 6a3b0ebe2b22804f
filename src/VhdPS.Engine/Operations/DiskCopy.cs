using System.Collections.Concurrent;
using VhdPS.Engine.Storage;

namespace VhdPS.Engine.Operations;

/// <summary>
/// Copies a disk into a new file: units are read, searched for zeros and written side by side, each by one thread from
/// beginning to end, so that its bytes stay in that core's cache.
/// </summary>
internal static class DiskCopy
{
    /// <summary>Copies everything that is not zeros and writes the structures.</summary>
    public static void Run(DiskSource source, DiskWriter writer, IProgress<WorkProgress>? progress, long totalBytes, CancellationToken cancellation)
    {
        var buffers = new ConcurrentBag<byte[]>();
        writer.Begin();
        long position = 0, done = 0;
        IEnumerable<long> ends = OrderedWork.Run(
            DiskWalk.Units(source, writer.UnitSize),
            (unit, stopping) =>
            {
                if (!buffers.TryTake(out byte[]? buffer))
                {
                    buffer = new byte[writer.RoomBeforeChunk + DiskWriter.ChunkSize];
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
        }

        cancellation.ThrowIfCancellationRequested();
        writer.Complete();
    }
}
