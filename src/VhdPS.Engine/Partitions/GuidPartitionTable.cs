namespace VhdPS.Engine.Partitions;

/// <summary>Both copies of a GUID partition table.</summary>
/// <param name="Primary">The copy at sector 1; null where there is no header.</param>
/// <param name="Backup">The copy at the end, or where the primary says that it is; null where there is no header.</param>
internal sealed record GuidPartitionTable(GptCopy? Primary, GptCopy? Backup)
{
    /// <summary>The copy that is used: the primary where it is valid, else the backup where that is; null where neither is.</summary>
    public GptCopy? Used => Primary is { IsValid: true } ? Primary : Backup is { IsValid: true } ? Backup : null;
}
