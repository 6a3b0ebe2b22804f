using VhdPS.Engine.Partitions.FileSystems;

namespace VhdPS.Engine.Partitions.FreeSpace;

/// <summary>Whether a FAT volume is clean, and whether its boot sector can be right about where the clusters lie.</summary>
internal static class FatState
{
    /// <summary>What every program that formats disks gives the root folder of FAT16.</summary>
    private const int UsualRootEntryCount = 512;

    private const int UsualFatCount = 2;
    private const uint CleanFat16 = 0x8000;
    private const uint NoErrorFat16 = 0x4000;
    private const uint CleanFat32 = 0x0800_0000;
    private const uint NoErrorFat32 = 0x0400_0000;
    private const ushort MirroringOff = 0x80;

    /// <summary>Null where the volume is clean.</summary>
    public static MapProblem? Check(FatVolume volume, long usedClusterCount, CancellationToken cancellation)
    {
        FatBootSector boot = volume.Boot;
        if ((boot.ExtendedFlags & MirroringOff) != 0 || boot.Fat32Version != 0)
        {
            return MapProblem.Of(
                FreeSpaceVerdict.FeatureUnsupported,
                    $"Only one copy of the table is kept up to date, or the version {boot.Fat32Version} is not 0.");
        }

        return CheckFirstEntries(volume) ?? CheckPlace(volume, usedClusterCount, cancellation);
    }

    /// <summary>The entries of clusters 0 and 1, which there are not: the media byte, and the bits of a clean volume.</summary>
    private static MapProblem? CheckFirstEntries(FatVolume volume)
    {
        FatBootSector boot = volume.Boot;
        uint all = boot.IsFat32 ? 0x0FFF_FFFFu : 0xFFFFu;
        if (volume.EntryOf(0) is not { } media || volume.EntryOf(1) is not { } state || media != ((all & ~0xFFu) | boot.Media))
        {
            return MapProblem.Of(FreeSpaceVerdict.Inconsistent, $"The table does not begin with the media byte.");
        }

        uint clean = boot.IsFat32 ? CleanFat32 : CleanFat16, noError = boot.IsFat32 ? NoErrorFat32 : NoErrorFat16;
        if ((state | clean | noError) < volume.EndOfChain)
        {
            return MapProblem.Of(FreeSpaceVerdict.Inconsistent, $"The second entry of the table is {state:X}.");
        }

        return (state & clean) != 0 && (state & noError) != 0 && (boot.StateBits & 3) == 0
            ? null
            : MapProblem.Of(FreeSpaceVerdict.NotClean, $"The volume was not unmounted, or has errors: it is marked as dirty.");
    }

    /// <summary>
    /// One wrong number in the boot sector moves every cluster. FAT32 has a backup of it; elsewhere folders show that clusters lie
    /// where they should, or the numbers are those that every program writes.
    /// </summary>
    private static MapProblem? CheckPlace(FatVolume volume, long usedClusterCount, CancellationToken cancellation)
    {
        FatBootSector boot = volume.Boot;
        bool hasBackup = boot.IsFat32 && boot.BackupSector > 0 && boot.BackupSector < boot.ReservedSectorCount;
        if (hasBackup)
        {
            Span<byte> bytes = stackalloc byte[FatBootSector.Size];
            if (!volume.Window.TryRead((long)boot.BackupSector * boot.BytesPerSector, bytes) || FatBootSector.Parse(bytes) is not { } backup
                || !backup.Parameters.SequenceEqual(boot.Parameters))
            {
                return MapProblem.Of(FreeSpaceVerdict.CopiesDiffer, $"The backup of the boot sector is not like the boot sector.");
            }
        }

        if (usedClusterCount == 0)
        {
            return null;
        }

        FatEvidence evidence = FatEvidence.Collect(volume, cancellation);
        if (evidence.Contradiction is { } contradiction)
        {
            return new MapProblem(FreeSpaceVerdict.Inconsistent, contradiction);
        }

        // A table twice as long as the clusters need is one whose clusters are counted wrongly.
        bool isUsual = boot.FatCount == UsualFatCount && boot.RootEntryCount == UsualRootEntryCount
            && boot.FatSectorCount * boot.BytesPerSector < 2 * ((boot.ClusterCount + 2) * sizeof(ushort)) + (8L * boot.BytesPerSector);
        return hasBackup || evidence.IsPlaceProven || (isUsual && !boot.IsFat32)
            ? null
            : MapProblem.Of(
                FreeSpaceVerdict.FeatureUnsupported,
                    $"The boot sector has unusual numbers, no backup, and no folder proves where its clusters lie.");
    }
}
