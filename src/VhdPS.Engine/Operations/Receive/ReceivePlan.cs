namespace VhdPS.Engine.Operations.Receive;

/// <summary>What receiving a disk would do.</summary>
/// <param name="TargetPath">The file that is made.</param>
/// <param name="Source">The blob's URI without its query.</param>
/// <param name="SizeBytes">The disk's size, by the blob's footer.</param>
/// <param name="DataBytes">Bytes of pages to receive: all that there are, or those that changed.</param>
/// <param name="ClearedBytes">Bytes that were cleared since the previous snapshot.</param>
/// <param name="ResumeOffset">Bytes from the start of the disk that an earlier run has received; 0 where there was none.</param>
public sealed record ReceivePlan(
    string TargetPath, string Source, long SizeBytes, long DataBytes, long ClearedBytes, long ResumeOffset)
{
    /// <summary>The snapshot that is read; null for the blob itself.</summary>
    public string? Snapshot { get; init; }

    /// <summary>The snapshot that changes are taken since; null for a whole disk.</summary>
    public string? PreviousSnapshot { get; init; }
}
