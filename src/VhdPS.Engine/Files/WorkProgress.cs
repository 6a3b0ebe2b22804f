namespace VhdPS.Engine.Files;

/// <summary>How far a long work has come.</summary>
/// <param name="DoneBytes">Bytes that are done.</param>
/// <param name="TotalBytes">Bytes that there are to do.</param>
public readonly record struct WorkProgress(long DoneBytes, long TotalBytes)
{
    /// <summary>The step that begins with this report, human-readable, as a sentence without its stop; null where none does.</summary>
    public string? Step { get; init; }

    /// <summary>
    /// Something that the caller must know although the work goes on, as a sentence without its stop; null where nothing is.
    /// </summary>
    public string? Warning { get; init; }

    /// <summary>Bytes that need no work because they are zeros; null where that means nothing.</summary>
    public long? SkippedBytes { get; init; }
}
