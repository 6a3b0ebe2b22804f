namespace VhdPS.Engine.Partitions.FileSystems;

/// <summary>The content of a file by the clusters that it lies in.</summary>
/// <param name="window">The disk from cluster 0 of the runs on.</param>
/// <param name="clusterSize">Bytes of a cluster.</param>
/// <param name="runs">Where it lies, in order and from cluster 0 on.</param>
/// <param name="length">Its bytes.</param>
internal sealed class ClusterStream(DiskWindow window, long clusterSize, IReadOnlyList<ClusterRun> runs, long length)
{
    /// <summary>Bytes of the content.</summary>
    public long Length { get; } = length;

    /// <summary>Where it lies.</summary>
    public IReadOnlyList<ClusterRun> Runs => runs;

    /// <summary>Fills a buffer; false where it reaches past the end of the content or of what is stored.</summary>
    public bool TryRead(long at, Span<byte> buffer)
    {
        if (at < 0 || at > Length - buffer.Length)
        {
            return false;
        }

        int index = IndexOf(at / clusterSize);
        while (buffer.Length > 0)
        {
            if (index < 0 || index >= runs.Count)
            {
                return false;
            }

            ClusterRun run = runs[index++];
            long inRun = at - (run.FirstVcn * clusterSize);
            int part = (int)Math.Min(buffer.Length, (run.Count * clusterSize) - inRun);
            if (!run.IsStored || part <= 0 || !window.TryRead((run.FirstLcn * clusterSize) + inRun, buffer[..part]))
            {
                return false;
            }

            at += part;
            buffer = buffer[part..];
        }

        return true;
    }

    private int IndexOf(long vcn)
    {
        int low = 0, high = runs.Count - 1;
        while (low <= high)
        {
            int middle = (low + high) / 2;
            if (runs[middle].EndVcn <= vcn)
            {
                low = middle + 1;
            }
            else if (runs[middle].FirstVcn > vcn)
            {
                high = middle - 1;
            }
            else
            {
                return middle;
            }
        }

        return -1;
    }
}
