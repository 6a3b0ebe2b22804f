namespace VhdPS.Engine.Operations.Send;

/// <summary>What sending a disk would do.</summary>
/// <param name="SourcePath">The file that is read.</param>
/// <param name="Target">The blob's URI without its query; null where none was given.</param>
/// <param name="SourceSizeBytes">The source's virtual size.</param>
/// <param name="SizeBytes">The size of the disk as it is sent: whole MiB, or as large as a managed disk that is there.</param>
/// <param name="DataBytes">Bytes that may have to be sent: the rest is known to be zeros.</param>
/// <param name="RequestCount">About how many requests that takes.</param>
/// <param name="ResumeOffset">Bytes from the start of the disk that an earlier run has sent; 0 where there was none.</param>
public sealed record SendPlan(
    string SourcePath, string? Target, long SourceSizeBytes, long SizeBytes, long DataBytes, long RequestCount, long ResumeOffset)
{
    /// <summary>Length of the blob: the disk and its footer.</summary>
    public long UploadSizeBytes => SizeBytes + Format.VhdSpec.FooterSize;
}
