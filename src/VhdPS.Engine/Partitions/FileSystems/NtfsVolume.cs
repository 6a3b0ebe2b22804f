using System.Globalization;
using System.Text;

namespace VhdPS.Engine.Partitions.FileSystems;

/// <summary>NTFS in a partition: its boot sector and its master file table.</summary>
internal sealed class NtfsVolume
{
    public const int MftRecord = 0;
    public const int MirrorRecord = 1;
    public const int LogRecord = 2;
    public const int VolumeRecord = 3;
    public const int RootRecord = 5;
    public const int BitmapRecord = 6;

    /// <summary>Records that the mirror has at least.</summary>
    public const int MirroredRecordCount = 4;

    private readonly ClusterStream? _mft;

    private NtfsVolume(DiskWindow window, NtfsBootSector boot)
    {
        Window = window;
        Boot = boot;
        if (ReadRecordAt(boot.MftCluster * boot.ClusterSize) is { } record && Open(record.Find(NtfsAttribute.Data)) is { } mft
            && mft.Runs[0].FirstLcn == boot.MftCluster)
        {
            _mft = mft;
        }
    }

    public DiskWindow Window { get; }

    public NtfsBootSector Boot { get; }

    /// <summary>Whether the master file table was found.</summary>
    public bool HasMft => _mft is not null;

    /// <summary>Bytes of the volume, without the backup boot sector after it.</summary>
    public long SizeBytes => Boot.SectorCount * Boot.BytesPerSector;

    /// <summary>Opens a volume; null where the partition does not begin with an NTFS boot sector.</summary>
    public static NtfsVolume? Open(DiskWindow window)
    {
        Span<byte> bytes = stackalloc byte[NtfsBootSector.Size];
        return window.TryRead(0, bytes) ? Open(window, bytes) : null;
    }

    /// <summary>Says what can be said of the volume without counting its clusters.</summary>
    public static FileSystemDescription? Identify(DiskWindow window, ReadOnlySpan<byte> head)
    {
        if (Open(window, head) is not { } volume)
        {
            return null;
        }

        var log = new PartitionFindingLog();
        if (!volume.HasMft)
        {
            log.Add(
                PartitionFault.FileSystemFieldInvalid, PartitionStructure.FileSystem, window.Offset
                    + 48, $"the first cluster of the master file table",
                $"cluster {volume.Boot.MftCluster}", $"There is no valid record of the master file table where the boot sector says.");
        }

        NtfsRecord? record = volume.ReadRecord(VolumeRecord);
        ReadOnlySpan<byte> information = record?.Find(NtfsAttribute.VolumeInformation) is { } attribute ? attribute.Value : default;
        return new FileSystemDescription(FileSystemKind.Ntfs)
        {
            Version = information.Length >= 10 ? string.Create(CultureInfo.InvariantCulture, $"{information[8]}.{information[9]}")
                : string.Empty,
            Label = record?.Find(NtfsAttribute.VolumeName) is { } name ? Encoding.Unicode.GetString(name.Value) : string.Empty,
            Uuid = volume.Boot.SerialText,
            SizeBytes = volume.SizeBytes,
            ClusterSizeBytes = (int)volume.Boot.ClusterSize,
            Findings = log.Close(),
        };
    }

    /// <summary>A record of the master file table; null where it cannot be read or is not valid.</summary>
    public NtfsRecord? ReadRecord(long index)
    {
        if (_mft is null || index >= _mft.Length / Boot.RecordSize)
        {
            return null;
        }

        byte[] bytes = new byte[Boot.RecordSize];
        return _mft.TryRead(index * Boot.RecordSize, bytes) ? NtfsRecord.Parse(bytes) : null;
    }

    /// <summary>A record of the mirror; null where it cannot be read or is not valid.</summary>
    public NtfsRecord? ReadMirrorRecord(int index) => ReadRecordAt((Boot.MirrorCluster * Boot.ClusterSize) + (index * Boot.RecordSize));

    /// <summary>The content of an attribute from its beginning on, as far as it was written; null where that cannot be found.</summary>
    public ClusterStream? Open(NtfsAttribute? attribute) =>
        attribute is { IsResident: false } found && found.DecodeRuns(Boot.ClusterCount) is { Count: > 0 } runs && runs[0].FirstVcn == 0
            ? new ClusterStream(Window, Boot.ClusterSize, runs, Math.Clamp(found.DataSize, 0, Math.Max(0, found.InitializedSize)))
            : null;

    private static NtfsVolume? Open(DiskWindow window, ReadOnlySpan<byte> bytes) =>
        NtfsBootSector.Parse(bytes) is { } boot ? new NtfsVolume(window, boot) : null;

    private NtfsRecord? ReadRecordAt(long offset)
    {
        byte[] bytes = new byte[Boot.RecordSize];
        return Window.TryRead(offset, bytes) ? NtfsRecord.Parse(bytes) : null;
    }
}
