using VhdPS.Engine.Partitions.FileSystems;

namespace VhdPS.Engine.Partitions.FreeSpace;

/// <summary>The map of NTFS: the content of the file $Bitmap, a bit a cluster.</summary>
internal sealed class NtfsMap : ClusterMap
{
    private const int PartBytes = 256 * 1024;
    private const int BootBytes = 8192;

    private readonly ClusterStream _bitmap;

    private NtfsMap(ClusterStream bitmap) => _bitmap = bitmap;

    /// <summary>Opens the map, clean or not.</summary>
    /// <returns>Null with a problem where it cannot be relied on.</returns>
    public static NtfsMap? Open(NtfsVolume volume, out MapProblem? problem)
    {
        if (volume.SizeBytes > volume.Window.Length)
        {
            problem = MapProblem.Of(FreeSpaceVerdict.PastEnd, $"The volume has {volume.SizeBytes} bytes, more than the partition.");
            return null;
        }

        problem = NtfsCopies.Check(volume);
        if (problem is not null || FindBitmap(volume, out problem) is not { } bitmap
            || FindOccupied(volume, bitmap, out problem) is not { } occupied)
        {
            return null;
        }

        return new NtfsMap(bitmap)
        {
            Window = volume.Window,
            FirstClusterOffset = 0,
            ClusterSize = volume.Boot.ClusterSize,
            ClusterCount = volume.Boot.ClusterCount,
            PartClusterCount = PartBytes * 8,
            Occupied = occupied,
        };
    }

    protected override MapProblem? Read(long part, Span<byte> bits) =>
        _bitmap.TryRead(part * PartBytes, bits[..UseBits.BytesFor(CountIn(part))])
            ? null
            : MapProblem.Of(FreeSpaceVerdict.Inconsistent, $"The map cannot be found whole.");

    private static ClusterStream? FindBitmap(NtfsVolume volume, out MapProblem? problem)
    {
        NtfsRecord? record = volume.ReadRecord(NtfsVolume.BitmapRecord);
        bool isBitmap = record is { IsInUse: true, BaseRecord: 0 }
            && record.Find(NtfsAttribute.FileName) is { } name
                && NtfsName.Parse(name.Value) is { ParentRecord: NtfsVolume.RootRecord, Name: "$Bitmap" };
        if (!isBitmap)
        {
            problem = MapProblem.Of(FreeSpaceVerdict.Inconsistent, $"Record 6 of the master file table is not $Bitmap's.");
            return null;
        }

        if (record!.Find(NtfsAttribute.AttributeList) is not null)
        {
            problem = MapProblem.Of(
                FreeSpaceVerdict.FeatureUnsupported, $"The map is in so many pieces that one record does not hold their list.");
            return null;
        }

        NtfsAttribute? data = record.Find(NtfsAttribute.Data);
        ClusterStream? bitmap = data is { Flags: 0 } ? volume.Open(data) : null;
        bool isWhole = bitmap is not null
            && bitmap.Length >= (volume.Boot.ClusterCount + 7) / 8
            && bitmap.Runs.All(run => run.IsStored)
            && bitmap.Runs[^1].EndVcn * volume.Boot.ClusterSize >= bitmap.Length;
        problem = isWhole ? null : MapProblem.Of(FreeSpaceVerdict.Inconsistent, $"The map does not describe the whole volume.");
        return isWhole ? bitmap : null;
    }

    /// <summary>The boot sector's clusters and those of the first files: what a map of this volume calls used.</summary>
    private static ClusterRanges? FindOccupied(NtfsVolume volume, ClusterStream bitmap, out MapProblem? problem)
    {
        var occupied = new ClusterRanges();
        occupied.Add(0, Math.Min(volume.Boot.ClusterCount, (BootBytes + volume.Boot.ClusterSize - 1) / volume.Boot.ClusterSize));
        foreach (ClusterRun run in bitmap.Runs)
        {
            occupied.Add(run.FirstLcn, run.Count);
        }

        problem = null;
        foreach (int index in new[] { NtfsVolume.MftRecord, NtfsVolume.MirrorRecord, NtfsVolume.LogRecord })
        {
            if (volume.Open(volume.ReadRecord(index)?.Find(NtfsAttribute.Data)) is not { } stream)
            {
                problem = MapProblem.Of(FreeSpaceVerdict.Inconsistent, $"Record {index} of the master file table cannot be read.");
                return null;
            }

            foreach (ClusterRun run in stream.Runs.Where(run => run.IsStored))
            {
                occupied.Add(run.FirstLcn, run.Count);
            }
        }

        problem = occupied.Sort() ? null : MapProblem.Of(FreeSpaceVerdict.Inconsistent, $"The first files of the volume share clusters.");
        return problem is null ? occupied : null;
    }
}
