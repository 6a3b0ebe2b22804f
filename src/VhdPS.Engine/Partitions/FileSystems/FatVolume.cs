using System.Buffers.Binary;

namespace VhdPS.Engine.Partitions.FileSystems;

/// <summary>FAT in a partition: its boot sector, single entries of its table, and its folders.</summary>
internal sealed class FatVolume
{
    /// <summary>The most clusters of a root folder that a label is looked for in.</summary>
    private const int MaxLabelClusters = 16;

    private const int PageSize = 4096;

    private readonly byte[] _page = new byte[PageSize];
    private long _pageAt = -1;

    private FatVolume(DiskWindow window, FatBootSector boot)
    {
        Window = window;
        Boot = boot;
    }

    public DiskWindow Window { get; }

    public FatBootSector Boot { get; }

    /// <summary>The first cluster that ends a chain, in FAT16 and FAT32.</summary>
    public uint EndOfChain => Boot.IsFat32 ? 0x0FFF_FFF8u : 0xFFF8u;

    /// <summary>Opens a volume; null where the partition does not begin with a FAT boot sector.</summary>
    public static FatVolume? Open(DiskWindow window)
    {
        Span<byte> bytes = stackalloc byte[FatBootSector.Size];
        return window.TryRead(0, bytes) && FatBootSector.Parse(bytes) is { } boot ? new FatVolume(window, boot) : null;
    }

    /// <summary>Says what can be said of the volume without counting its clusters.</summary>
    public static FileSystemDescription? Identify(DiskWindow window, ReadOnlySpan<byte> head)
    {
        if (FatBootSector.Parse(head) is not { } boot)
        {
            return null;
        }

        var volume = new FatVolume(window, boot);
        string label = volume.FindLabel() ?? FatFolderEntry.DecodeLabel(boot.Label);
        return new FileSystemDescription(boot.Kind)
        {
            Label = label == "NO NAME" ? string.Empty : label,
            Uuid = boot.Serial is { } serial ? StoredText.Serial(serial) : string.Empty,
            SizeBytes = boot.SectorCount * boot.BytesPerSector,
            ClusterSizeBytes = boot.ClusterSize,
        };
    }

    /// <summary>Where a cluster lies in the partition, in bytes.</summary>
    public long OffsetOf(uint cluster) => (Boot.DataSector * Boot.BytesPerSector) + ((cluster - 2L) * Boot.ClusterSize);

    /// <summary>Whether a number is that of a cluster.</summary>
    public bool IsCluster(uint cluster) => cluster >= 2 && cluster < Boot.ClusterCount + 2;

    /// <summary>The entry of a cluster in the first copy of the table of FAT16 or FAT32; null where it cannot be read.</summary>
    public uint? EntryOf(uint cluster)
    {
        long at = (long)cluster * (Boot.IsFat32 ? sizeof(uint) : sizeof(ushort));
        long pageAt = at - (at % PageSize);
        if (pageAt != _pageAt)
        {
            long start = Boot.FatSector(0) * Boot.BytesPerSector;
            int length = (int)Math.Min(PageSize, (Boot.FatSectorCount * Boot.BytesPerSector) - pageAt);
            if (length <= 0 || !Window.TryRead(start + pageAt, _page.AsSpan(0, length)))
            {
                return null;
            }

            _pageAt = pageAt;
        }

        ReadOnlySpan<byte> bytes = _page.AsSpan((int)(at - pageAt));
        return Boot.IsFat32 ? BinaryPrimitives.ReadUInt32LittleEndian(bytes) & 0x0FFF_FFFF : BinaryPrimitives.ReadUInt16LittleEndian(bytes);
    }

    /// <summary>The entries of the root folder, at most those of so many clusters.</summary>
    public IEnumerable<FatFolderEntry> ReadRoot(int maxClusterCount)
    {
        if (Boot.IsFat32)
        {
            return ReadFolder(Boot.RootCluster, maxClusterCount);
        }

        return ReadFixedRoot();
    }

    /// <summary>The entries of a folder, at most those of so many clusters.</summary>
    public IEnumerable<FatFolderEntry> ReadFolder(uint firstCluster, int maxClusterCount)
    {
        uint cluster = firstCluster;
        for (int i = 0; i < maxClusterCount && IsCluster(cluster); i++)
        {
            byte[] bytes = new byte[Boot.ClusterSize];
            if (!Window.TryRead(OffsetOf(cluster), bytes))
            {
                yield break;
            }

            foreach (FatFolderEntry entry in FatFolderEntry.List(bytes))
            {
                yield return entry;
            }

            if (FatFolderEntry.HasEnd(bytes) || Boot.Kind == FileSystemKind.Fat12 || EntryOf(cluster) is not { } next)
            {
                yield break;
            }

            cluster = next;
        }
    }

    private IEnumerable<FatFolderEntry> ReadFixedRoot()
    {
        // A sector at a time: what is looked for is mostly the first entry.
        byte[] bytes = new byte[Boot.BytesPerSector];
        for (long sector = 0; sector < Boot.RootSectorCount && Window.TryRead(
            (Boot.RootSector + sector) * Boot.BytesPerSector, bytes); sector++)
        {
            foreach (FatFolderEntry entry in FatFolderEntry.List(bytes))
            {
                yield return entry;
            }

            if (FatFolderEntry.HasEnd(bytes))
            {
                yield break;
            }

            // The entries are handed out as views of the bytes.
            bytes = new byte[Boot.BytesPerSector];
        }
    }

    private string? FindLabel()
    {
        foreach (FatFolderEntry entry in ReadRoot(MaxLabelClusters))
        {
            if (entry.IsLabel)
            {
                return FatFolderEntry.DecodeLabel(entry.Name);
            }
        }

        return null;
    }
}
