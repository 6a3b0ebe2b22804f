using VhdPS.Engine.Partitions.FileSystems;

namespace VhdPS.Engine.Partitions.FreeSpace;

/// <summary>
/// What the folders of a FAT volume say of its clusters: a folder's "." names its own cluster, and a file has as many clusters as
/// its size needs. Only the first folders and files are looked at.
/// </summary>
internal sealed class FatEvidence
{
    private const int MaxEntries = 2000;
    private const int MaxFolders = 64;
    private const int MaxFolderClusters = 16;
    private const long MaxChainClusters = 200_000;

    private readonly FatVolume _volume;
    private readonly CancellationToken _cancellation;
    private readonly Queue<uint> _folders = new();
    private int _entryCount;
    private int _folderCount;
    private long _chainClusters;

    private FatEvidence(FatVolume volume, CancellationToken cancellation)
    {
        _volume = volume;
        _cancellation = cancellation;
    }

    /// <summary>What cannot be, a sentence; null where all fits.</summary>
    public string? Contradiction { get; private set; }

    /// <summary>Whether a folder was found at its own cluster.</summary>
    public bool IsPlaceProven { get; private set; }

    /// <summary>Looks at the folders.</summary>
    public static FatEvidence Collect(FatVolume volume, CancellationToken cancellation)
    {
        var evidence = new FatEvidence(volume, cancellation);
        evidence.Take(volume.ReadRoot(MaxFolderClusters));
        while (evidence.Contradiction is null && evidence._folders.TryDequeue(out uint cluster) && evidence._folderCount++ < MaxFolders)
        {
            evidence.TakeFolder(cluster);
        }

        return evidence;
    }

    private void TakeFolder(uint cluster)
    {
        FatFolderEntry[] entries = [.. _volume.ReadFolder(cluster, MaxFolderClusters)];
        if (entries.Length < 2 || !entries[0].IsFolder || !entries[0].Name.SequenceEqual(".          "u8)
            || entries[0].FirstCluster(_volume.Boot.IsFat32) != cluster || !entries[1].Name.SequenceEqual("..         "u8))
        {
            Contradiction = $"The folder at cluster {cluster} does not begin with its own entry.";
            return;
        }

        IsPlaceProven = true;
        Take(entries.Skip(2));
    }

    private void Take(IEnumerable<FatFolderEntry> entries)
    {
        foreach (FatFolderEntry entry in entries)
        {
            _cancellation.ThrowIfCancellationRequested();
            if (Contradiction is not null || ++_entryCount > MaxEntries || _chainClusters > MaxChainClusters)
            {
                return;
            }

            uint cluster = entry.FirstCluster(_volume.Boot.IsFat32);
            if (entry.IsFolder)
            {
                CheckChain(cluster, 1, isExact: false);
                _folders.Enqueue(cluster);
            }
            else if (entry is { IsFile: true, SizeBytes: > 0 })
            {
                CheckChain(cluster, (entry.SizeBytes + (long)_volume.Boot.ClusterSize - 1) / _volume.Boot.ClusterSize, isExact: true);
            }
        }
    }

    /// <summary>Follows a chain that has at least, or exactly, so many clusters.</summary>
    private void CheckChain(uint cluster, long clusterCount, bool isExact)
    {
        for (long i = 1; ; i++)
        {
            uint? next = _volume.IsCluster(cluster) ? _volume.EntryOf(cluster) : null;
            if (next is null or 0 or 1)
            {
                Contradiction = $"A file or folder has cluster {cluster}, which the table calls free or which there is not.";
                return;
            }

            bool isLast = next >= _volume.EndOfChain;
            if (isLast ? i < clusterCount : isExact && i >= clusterCount)
            {
                Contradiction = $"A file of {clusterCount} clusters has {(isLast ? "fewer" : "more")} in the table.";
                return;
            }

            if (isLast || i >= clusterCount || ++_chainClusters > MaxChainClusters)
            {
                return;
            }

            cluster = next.Value;
        }
    }
}
