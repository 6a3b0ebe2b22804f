namespace VhdPS.Engine.Partitions.FileSystems;

/// <summary>ext2, ext3 or ext4 in a partition.</summary>
internal static class ExtVolume
{
    /// <summary>Reads the superblock from the head of a partition.</summary>
    public static FileSystemDescription? Identify(DiskWindow window, ReadOnlySpan<byte> head)
    {
        if (ExtSuperblock.Parse(head[ExtSuperblock.Offset..]) is not { } superblock)
        {
            return null;
        }

        var log = new PartitionFindingLog();
        if (!superblock.IsChecksumValid)
        {
            log.Add(
                PartitionFault.FileSystemChecksumMismatch, PartitionStructure.FileSystem, window.Offset + ExtSuperblock.Offset,
                $"{superblock.ComputedChecksum:X8}", $"{superblock.StoredChecksum:X8}",
                    $"The checksum of the superblock is not that of its bytes.");
        }

        ulong most = (ulong)(long.MaxValue / superblock.BlockSize);
        if (superblock.BlockCount > most || superblock.FreeBlockCount > superblock.BlockCount)
        {
            log.Add(
                PartitionFault.FileSystemFieldInvalid, PartitionStructure.FileSystem, window.Offset
                    + ExtSuperblock.Offset, $"at most {most} blocks",
                $"{superblock.BlockCount} blocks, {superblock.FreeBlockCount} free",
                    $"The superblock counts more blocks than there can be.");
        }

        bool isCountKnown = superblock.BlockCount <= most;
        return new FileSystemDescription(superblock.Kind)
        {
            Label = superblock.Label,
            Uuid = StoredText.Uuid(superblock.UuidBytes),
            SizeBytes = isCountKnown ? (long)superblock.BlockCount * superblock.BlockSize : null,
            FreeBytes = isCountKnown && superblock.FreeBlockCount <= superblock.BlockCount
                ? (long)superblock.FreeBlockCount * superblock.BlockSize
                : null,
            ClusterSizeBytes = superblock.BlockSize,
            Findings = log.Close(),
        };
    }
}
