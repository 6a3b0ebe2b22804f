using VhdPS.Engine.Partitions.FileSystems;

namespace VhdPS.Engine.Partitions.FreeSpace;

/// <summary>Compares what NTFS keeps twice: the boot sector, and the first records of the master file table.</summary>
internal static class NtfsCopies
{
    /// <summary>Null where the copies agree.</summary>
    public static MapProblem? Check(NtfsVolume volume)
    {
        // The backup is the sector after the volume's last; nothing else shows that a number of the boot sector is wrong.
        Span<byte> bytes = stackalloc byte[NtfsBootSector.Size];
        if (!volume.Window.TryRead(volume.SizeBytes, bytes) || NtfsBootSector.Parse(bytes) is not { } backup
            || !backup.Parameters.SequenceEqual(volume.Boot.Parameters))
        {
            return MapProblem.Of(
                FreeSpaceVerdict.CopiesDiffer, $"The backup of the boot sector in the volume's last sector is not like the boot sector.");
        }

        if (!volume.HasMft)
        {
            return MapProblem.Of(FreeSpaceVerdict.Inconsistent, $"The master file table cannot be read.");
        }

        for (int index = 0; index < NtfsVolume.MirroredRecordCount; index++)
        {
            NtfsRecord? record = volume.ReadRecord(index), mirror = volume.ReadMirrorRecord(index);
            if (record is not { IsInUse: true, BaseRecord: 0 } || mirror is null || !IsPlacedLike(volume, record, mirror))
            {
                return MapProblem.Of(FreeSpaceVerdict.CopiesDiffer, $"Record {index} of the master file table and its mirror differ.");
            }
        }

        ClusterStream? itself = volume.Open(volume.ReadRecord(NtfsVolume.MirrorRecord)!.Find(NtfsAttribute.Data));
        return itself?.Runs[0].FirstLcn == volume.Boot.MirrorCluster
            ? null
            : MapProblem.Of(FreeSpaceVerdict.Inconsistent, $"The mirror of the master file table is not where the boot sector says.");
    }

    /// <summary>Whether the content of two copies of a record lies in the same clusters.</summary>
    private static bool IsPlacedLike(NtfsVolume volume, NtfsRecord record, NtfsRecord mirror)
    {
        NtfsAttribute? one = record.Find(NtfsAttribute.Data), other = mirror.Find(NtfsAttribute.Data);
        return one is null || other is null || one.Value.IsResident || other.Value.IsResident
            ? one?.IsResident == other?.IsResident
            : one.Value.DecodeRuns(volume.Boot.ClusterCount) is { } runs
                && other.Value.DecodeRuns(volume.Boot.ClusterCount) is { } otherRuns
                && runs.SequenceEqual(otherRuns);
    }
}
