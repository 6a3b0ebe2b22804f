using System.Buffers.Binary;
using System.Numerics;
using VhdPS.Engine.Partitions.FileSystems;

namespace VhdPS.Engine.Partitions.FreeSpace;

/// <summary>Whether an exFAT volume is clean, and its boot region and the backup of it are as they were written.</summary>
internal static class ExFatState
{
    private const int FlagsAt = 106;
    private const int PercentInUseAt = 112;
    private const ushort SecondTableFlag = 1;
    private const ushort DirtyFlag = 2;
    private const ushort FailureFlag = 4;
    private const uint MediaEntry = 0xFFFF_FFF8;

    /// <summary>Null where the volume is clean.</summary>
    public static MapProblem? Check(ExFatVolume volume)
    {
        ExFatBootSector boot = volume.Boot;
        if (boot.FatCount != 1 || boot.MajorRevision != 1 || (boot.VolumeFlags & SecondTableFlag) != 0)
        {
            return MapProblem.Of(
                FreeSpaceVerdict.FeatureUnsupported, $"The volume has {boot.FatCount} tables and revision {boot.MajorRevision}.");
        }

        if ((boot.VolumeFlags & (DirtyFlag | FailureFlag)) != 0)
        {
            return MapProblem.Of(
                FreeSpaceVerdict.NotClean, $"The volume was not unmounted, or has errors: its flags are {boot.VolumeFlags:X4}.");
        }

        return CheckRegions(volume) ?? CheckFirstEntries(volume);
    }

    private static MapProblem? CheckRegions(ExFatVolume volume)
    {
        int regionBytes = ExFatBootSector.RegionSectorCount * volume.Boot.BytesPerSector;
        byte[] region = new byte[regionBytes], backup = new byte[regionBytes];
        if (!volume.Window.TryRead(0, region) || !volume.Window.TryRead(regionBytes, backup))
        {
            return MapProblem.Of(FreeSpaceVerdict.PastEnd, $"The boot regions do not lie in the partition.");
        }

        if (!IsChecksumValid(region, volume.Boot.BytesPerSector) || !IsChecksumValid(backup, volume.Boot.BytesPerSector))
        {
            return MapProblem.Of(
                FreeSpaceVerdict.ChecksumMismatch, $"The checksum of the boot region, or of its backup, is not that of its bytes.");
        }

        region.AsSpan(FlagsAt, 2).CopyTo(backup.AsSpan(FlagsAt));
        backup[PercentInUseAt] = region[PercentInUseAt];
        return region.AsSpan().SequenceEqual(backup)
            ? null
            : MapProblem.Of(FreeSpaceVerdict.CopiesDiffer, $"The boot region and its backup differ.");
    }

    /// <summary>Whether the last sector of a region repeats the checksum of the others, in which flags and the use in percent do not
    /// count.</summary>
    private static bool IsChecksumValid(ReadOnlySpan<byte> region, int bytesPerSector)
    {
        ReadOnlySpan<byte> covered = region[..((ExFatBootSector.RegionSectorCount - 1) * bytesPerSector)];
        uint sum = 0;
        for (int i = 0; i < covered.Length; i++)
        {
            if (i is not (FlagsAt or FlagsAt + 1 or PercentInUseAt))
            {
                sum = unchecked(BitOperations.RotateRight(sum, 1) + covered[i]);
            }
        }

        for (int at = covered.Length; at < region.Length; at += sizeof(uint))
        {
            if (BinaryPrimitives.ReadUInt32LittleEndian(region[at..]) != sum)
            {
                return false;
            }
        }

        return true;
    }

    private static MapProblem? CheckFirstEntries(ExFatVolume volume)
    {
        Span<byte> entries = stackalloc byte[2 * sizeof(uint)];
        return volume.Window.TryRead((long)volume.Boot.FatSector * volume.Boot.BytesPerSector, entries)
            && BinaryPrimitives.ReadUInt32LittleEndian(entries) == MediaEntry
            && BinaryPrimitives.ReadUInt32LittleEndian(entries[sizeof(uint)..]) == uint.MaxValue
            ? null
            : MapProblem.Of(FreeSpaceVerdict.Inconsistent, $"The table does not begin with the media entry.");
    }
}
