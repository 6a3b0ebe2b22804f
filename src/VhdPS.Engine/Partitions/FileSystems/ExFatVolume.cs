using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace VhdPS.Engine.Partitions.FileSystems;

/// <summary>exFAT in a partition: its boot sector and the entries of its root folder that describe the volume.</summary>
internal sealed class ExFatVolume
{
    /// <summary>A root folder is read no further; the entries of the volume are its first.</summary>
    private const int MaxRootBytes = 1024 * 1024;

    private const int EntrySize = 32;
    private const byte BitmapEntry = 0x81;
    private const byte UpcaseEntry = 0x82;
    private const byte LabelEntry = 0x83;
    private const int MaxLabelLength = 11;

    private ExFatVolume(DiskWindow window, ExFatBootSector boot)
    {
        Window = window;
        Boot = boot;
        ReadRoot();
    }

    public DiskWindow Window { get; }

    public ExFatBootSector Boot { get; }

    public string Label { get; private set; } = string.Empty;

    /// <summary>The allocation bitmap of the first table: its first cluster and its bytes; null where the root folder names none.</summary>
    public (uint Cluster, ulong Length)? Bitmap { get; private set; }

    /// <summary>The table of upper-case letters: its first cluster and its bytes; null where the root folder names none.</summary>
    public (uint Cluster, ulong Length)? Upcase { get; private set; }

    /// <summary>Whether the root folder names more than one bitmap or table of upper-case letters.</summary>
    public bool HasDuplicates { get; private set; }

    /// <summary>Opens a volume; null where the partition does not begin with an exFAT boot sector.</summary>
    public static ExFatVolume? Open(DiskWindow window)
    {
        Span<byte> bytes = stackalloc byte[ExFatBootSector.Size];
        return window.TryRead(0, bytes) && ExFatBootSector.Parse(bytes) is { } boot ? new ExFatVolume(window, boot) : null;
    }

    /// <summary>Says what can be said of the volume without counting its clusters.</summary>
    public static FileSystemDescription? Identify(DiskWindow window, ReadOnlySpan<byte> head)
    {
        if (ExFatBootSector.Parse(head) is not { } boot)
        {
            return null;
        }

        var volume = new ExFatVolume(window, boot);
        return new FileSystemDescription(FileSystemKind.ExFat)
        {
            Version = boot.MajorRevision.ToString(CultureInfo.InvariantCulture),
            Label = volume.Label,
            Uuid = StoredText.Serial(boot.Serial),
            SizeBytes = (long)boot.VolumeSectorCount * boot.BytesPerSector,
            ClusterSizeBytes = boot.ClusterSize,
        };
    }

    /// <summary>Whether a number is that of a cluster.</summary>
    public bool IsCluster(uint cluster) => cluster >= 2 && cluster - 2 < Boot.ClusterCount;

    /// <summary>Where a cluster lies in the partition, in bytes.</summary>
    public long OffsetOf(uint cluster) => ((long)Boot.HeapSector * Boot.BytesPerSector) + ((cluster - 2L) * Boot.ClusterSize);

    /// <summary>The clusters of a chain in the table; null where it does not end after so many.</summary>
    public List<uint>? ReadChain(uint firstCluster, long clusterCount)
    {
        var chain = new List<uint>();
        Span<byte> entry = stackalloc byte[sizeof(uint)];
        for (uint cluster = firstCluster; chain.Count < clusterCount;)
        {
            if (!IsCluster(cluster)
                || !Window.TryRead(((long)Boot.FatSector * Boot.BytesPerSector) + (cluster * (long)sizeof(uint)), entry))
            {
                return null;
            }

            chain.Add(cluster);
            cluster = BinaryPrimitives.ReadUInt32LittleEndian(entry);
            if (cluster == uint.MaxValue)
            {
                return chain.Count == clusterCount ? chain : null;
            }
        }

        return null;
    }

    private void ReadRoot()
    {
        byte[] bytes = new byte[Math.Min(Boot.ClusterSize, 64 * 1024)];
        Span<byte> next = stackalloc byte[sizeof(uint)];
        uint cluster = Boot.RootCluster;
        for (int read = 0; read < MaxRootBytes && IsCluster(cluster);)
        {
            for (int at = 0; at < Boot.ClusterSize && read < MaxRootBytes; at += bytes.Length, read += bytes.Length)
            {
                if (!Window.TryRead(OffsetOf(cluster) + at, bytes) || !TakeEntries(bytes))
                {
                    return;
                }
            }

            if (!Window.TryRead(((long)Boot.FatSector * Boot.BytesPerSector) + (cluster * (long)sizeof(uint)), next))
            {
                return;
            }

            cluster = BinaryPrimitives.ReadUInt32LittleEndian(next);
        }
    }

    /// <summary>Takes what describes the volume; false where the folder ends.</summary>
    private bool TakeEntries(ReadOnlySpan<byte> bytes)
    {
        for (int at = 0; at < bytes.Length; at += EntrySize)
        {
            ReadOnlySpan<byte> entry = bytes.Slice(at, EntrySize);
            switch (entry[0])
            {
                case 0:
                    return false;
                case LabelEntry when entry[1] <= MaxLabelLength:
                    Label = Encoding.Unicode.GetString(entry.Slice(2, entry[1] * 2));
                    break;
                case BitmapEntry when (entry[1] & 1) == 0:
                    HasDuplicates |= Bitmap is not null;
                    Bitmap = Extent(entry);
                    break;
                case UpcaseEntry:
                    HasDuplicates |= Upcase is not null;
                    Upcase = Extent(entry);
                    break;
            }
        }

        return true;
    }

    private static (uint Cluster, ulong Length) Extent(ReadOnlySpan<byte> entry) =>
        (BinaryPrimitives.ReadUInt32LittleEndian(entry[20..]), BinaryPrimitives.ReadUInt64LittleEndian(entry[24..]));
}
