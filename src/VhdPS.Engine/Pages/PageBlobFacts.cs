namespace VhdPS.Engine.Pages;

/// <summary>What the service says of a blob.</summary>
/// <param name="Length">Bytes.</param>
/// <param name="BlobType">The service's name of its type; only a PageBlob can hold a disk.</param>
/// <param name="CreatedTime">When it was made; null where the service does not say.</param>
/// <param name="ETag">What changes with every change of the blob.</param>
/// <param name="Metadata">Names and values that clients stored with it.</param>
public sealed record PageBlobFacts(
    long Length, string BlobType, DateTimeOffset? CreatedTime, string ETag, IReadOnlyDictionary<string, string> Metadata)
{
    /// <summary>Whether it consists of pages.</summary>
    public bool IsPageBlob => BlobType == "PageBlob";
}
