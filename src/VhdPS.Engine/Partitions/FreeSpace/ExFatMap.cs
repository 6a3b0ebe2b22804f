using VhdPS.Engine.Partitions.FileSystems;

namespace VhdPS.Engine.Partitions.FreeSpace;

/// <summary>The map of exFAT: the allocation bitmap, a bit a cluster, which lies in clusters of its own.</summary>
internal sealed class ExFatMap : ClusterMap
{
    private const int PartBytes = 64 * 1024;
    private const int MaxUpcaseBytes = 1024 * 1024;

    private readonly ClusterStream _bitmap;

    private ExFatMap(ClusterStream bitmap) => _bitmap = bitmap;

    /// <summary>Opens the map, clean or not.</summary>
    /// <returns>Null with a problem where it cannot be relied on.</returns>
    public static ExFatMap? Open(ExFatVolume volume, out MapProblem? problem)
    {
        ExFatBootSector boot = volume.Boot;
        if ((long)boot.VolumeSectorCount * boot.BytesPerSector > volume.Window.Length)
        {
            problem = MapProblem.Of(FreeSpaceVerdict.PastEnd, $"The volume has {boot.VolumeSectorCount} sectors, more than the partition.");
            return null;
        }

        ulong needed = ((ulong)boot.ClusterCount + 7) / 8;
        if (volume.HasDuplicates
            || volume.Bitmap is not { } named || named.Length < needed || named.Length > needed + (ulong)boot.ClusterSize
            || volume.Upcase is not { } upcase || upcase.Length is 0 or > MaxUpcaseBytes
            || ReadRuns(volume, named) is not { } bitmap
            || ReadRuns(volume, upcase) is not { } letters)
        {
            problem = MapProblem.Of(
                FreeSpaceVerdict.Inconsistent, $"The root folder does not name one map and one table of letters that can be read.");
            return null;
        }

        var occupied = new ClusterRanges();
        occupied.Add(boot.RootCluster - 2L, 1);
        foreach (ClusterRun run in bitmap.Concat(letters))
        {
            occupied.Add(run.FirstLcn, run.Count);
        }

        problem = occupied.Sort() ? null
            : MapProblem.Of(FreeSpaceVerdict.Inconsistent, $"The map, the letters and the root folder share clusters.");
        if (problem is not null)
        {
            return null;
        }

        long heap = (long)boot.HeapSector * boot.BytesPerSector;
        var clusters = new DiskWindow(volume.Window.Disk, volume.Window.Offset + heap, volume.Window.Length - heap);
        return new ExFatMap(new ClusterStream(clusters, boot.ClusterSize, bitmap, (long)named.Length))
        {
            Window = volume.Window,
            FirstClusterOffset = heap,
            ClusterSize = boot.ClusterSize,
            ClusterCount = boot.ClusterCount,
            PartClusterCount = PartBytes * 8,
            Occupied = occupied,
        };
    }

    protected override MapProblem? Read(long part, Span<byte> bits) =>
        _bitmap.TryRead(part * PartBytes, bits[..UseBits.BytesFor(CountIn(part))])
            ? null
            : MapProblem.Of(FreeSpaceVerdict.Inconsistent, $"The map cannot be found whole.");

    /// <summary>Where a file lies by its chain in the table; null where the chain is not as long as the file.</summary>
    private static List<ClusterRun>? ReadRuns(ExFatVolume volume, (uint Cluster, ulong Length) file)
    {
        long count = (long)((file.Length + (ulong)volume.Boot.ClusterSize - 1) / (ulong)volume.Boot.ClusterSize);
        if (volume.ReadChain(file.Cluster, count) is not { } chain)
        {
            return null;
        }

        var runs = new List<ClusterRun>();
        foreach (uint cluster in chain)
        {
            long lcn = cluster - 2L;
            if (runs.Count > 0 && runs[^1].FirstLcn + runs[^1].Count == lcn)
            {
                runs[^1] = runs[^1] with { Count = runs[^1].Count + 1 };
            }
            else
            {
                runs.Add(new ClusterRun(runs.Count == 0 ? 0 : runs[^1].EndVcn, lcn, 1));
            }
        }

        return runs;
    }
}
