using VhdPS.Engine.Disks;
using VhdPS.Engine.Partitions.FreeSpace;

namespace VhdPS.Engine.Partitions;

/// <summary>A disk as it is to be when its partition table has moved to its end and its free space counts as zeros.</summary>
internal static class ChangedDisk
{
    /// <summary>The disk itself where nothing changes.</summary>
    /// <param name="source">The disk as it is.</param>
    /// <param name="sizeBytes">The size that it is to have where the table moves.</param>
    /// <param name="end">Its table; null where that stays as it is.</param>
    /// <param name="move">How the table moves; null where it does not.</param>
    /// <param name="freeSpace">What counts as zeros; null for nothing.</param>
    public static DiskSource Of(DiskSource source, long sizeBytes, DiskEnd? end, GptMove? move, FreeSpaceMap? freeSpace)
    {
        DiskEdit[] edits = move is { Verdict: GptMoveVerdict.Planned } ? [.. end!.EditsFor(move)] : [];
        return freeSpace is null && edits.Length == 0
            ? source
            : new EditedDiskSource(
                source, edits.Length > 0 ? sizeBytes : 0, edits, freeSpace is null ? null : StandaloneDisk.ToZeros(freeSpace));
    }
}
