namespace VhdPS.Engine.Operations.Send;

/// <summary>What was sent.</summary>
/// <param name="SourcePath">The file that was read.</param>
/// <param name="Target">The blob's URI without its query.</param>
/// <param name="SizeBytes">The size of the disk as it was sent.</param>
/// <param name="SentBytes">Bytes of pages that this run wrote, the footer among them.</param>
/// <param name="SkippedBytes">Bytes of the disk that this run did not send: zeros, and what an earlier run had sent.</param>
/// <param name="RequestCount">Requests that this run made.</param>
/// <param name="Elapsed">How long it took.</param>
public sealed record SendResult(
    string SourcePath, string Target, long SizeBytes, long SentBytes, long SkippedBytes, long RequestCount, TimeSpan Elapsed)
{
    /// <summary>Bytes from the start of the disk that an earlier run had sent.</summary>
    public long ResumedBytes { get; init; }

    /// <summary>SHA-256 of the disk as it was sent; null where it was not read back.</summary>
    public byte[]? Hash { get; init; }

    /// <summary>SHA-256 of the source's own disk, where nothing was added to it; else, and where nothing was read back, null.</summary>
    public byte[]? SourceHash { get; init; }

    /// <summary>The fewest requests that were allowed at once, after the service was busy.</summary>
    public int LowestThrottle { get; init; }
}
