using System.Buffers;
using VhdPS.Engine.Chains;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Engine.Layout;

namespace VhdPS.Engine.Operations.Merge;

/// <summary>Writes what some levels of a chain hold over what lies below them.</summary>
internal static class MergeCopy
{
    private const int ChunkSectors = 2048;

    /// <summary>Copies the sectors that the levels hold; sectors that they leave to what is below stay as they are in the target.</summary>
    /// <param name="levels">From the top down.</param>
    /// <param name="sectorCountBelow">Sectors of what lies below the levels.</param>
    /// <param name="target">An image open for writing, as large as the first level; flushed at the end.</param>
    /// <param name="progress">Receives the bytes of blocks that are done.</param>
    /// <param name="cancellation">Ends the copy between two pieces.</param>
    public static void Run(
        IReadOnlyList<DiskLevel> levels, long sectorCountBelow, VhdImage target, IProgress<WorkProgress>? progress,
            CancellationToken cancellation)
    {
        var source = new ChainReader(levels[0], () => [.. levels.Skip(1)]);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(ChunkSectors * VhdSpec.SectorSize);
        long sectorCount = Math.Min(levels[0].SectorCount, target.SectorCount);
        try
        {
            for (long sector = 0; sector < sectorCount;)
            {
                cancellation.ThrowIfCancellationRequested();
                SectorRun run = source.Find(sector, Math.Min(ChunkSectors, sectorCount - sector), out DiskLevel? level);

                // Zeros that a smaller level shows beyond its end hide what lies below as much as data does.
                if (level is not null || (run.Origin == SectorOrigin.Zero && sector < sectorCountBelow))
                {
                    Span<byte> data = buffer.AsSpan(0, (int)run.Count * VhdSpec.SectorSize);
                    data.Clear();
                    level?.Read(sector, run.FileOffset, data);
                    target.WriteSectors(sector, data);
                }

                sector += run.Count;
                progress?.Report(new WorkProgress(sector * VhdSpec.SectorSize, sectorCount * VhdSpec.SectorSize));
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        target.Flush();
    }
}
