namespace VhdPS.Engine.Pages;

/// <summary>
/// A page blob or a managed disk, behind whatever speaks its protocol: one method, one request. Requests may run side by
/// side. No method tries again by itself.
/// </summary>
/// <remarks>Each method throws <see cref="TransferException"/> where the service refuses or cannot be reached.</remarks>
public abstract class PageBlob : IDisposable
{
    /// <summary>The most bytes that one request writes or reads with a checksum.</summary>
    public const int MaxRequestBytes = 4 * 1024 * 1024;

    private long _requestCount;

    /// <summary>Takes the address.</summary>
    protected PageBlob(PageBlobAddress address)
    {
        Address = address;
    }

    /// <summary>Where it is.</summary>
    public PageBlobAddress Address { get; }

    /// <summary>Requests made so far.</summary>
    public long RequestCount => Interlocked.Read(ref _requestCount);

    /// <summary>The lease that writing requests name; null without one.</summary>
    public string? LeaseId { get; set; }

    /// <summary>The version that reading requests insist on; null for any.</summary>
    public string? PinnedETag { get; set; }

    /// <summary>What the service says of the blob; null where there is none.</summary>
    public abstract Task<PageBlobFacts?> FindAsync(CancellationToken cancellation);

    /// <summary>Makes a new blob of zeros where there is none.</summary>
    public abstract Task CreateAsync(long length, IReadOnlyDictionary<string, string> metadata, CancellationToken cancellation);

    /// <summary>Changes the length, a multiple of 512.</summary>
    public abstract Task ResizeAsync(long length, CancellationToken cancellation);

    /// <summary>Replaces all metadata.</summary>
    public abstract Task SetMetadataAsync(IReadOnlyDictionary<string, string> metadata, CancellationToken cancellation);

    /// <summary>Writes pages with a checksum that the service checks.</summary>
    /// <param name="offset">Bytes from the start, a multiple of 512.</param>
    /// <param name="bytes">At most <see cref="MaxRequestBytes"/>, a multiple of 512.</param>
    /// <param name="cancellation">Ends the request.</param>
    public abstract Task WriteAsync(long offset, ReadOnlyMemory<byte> bytes, CancellationToken cancellation);

    /// <summary>Takes pages away, so that they read as zeros. Any length that is a multiple of 512.</summary>
    public abstract Task ClearAsync(long offset, long length, CancellationToken cancellation);

    /// <summary>Reads bytes, at most <see cref="MaxRequestBytes"/>, and checks their checksum where the service sends one.</summary>
    public abstract Task ReadAsync(long offset, Memory<byte> bytes, CancellationToken cancellation);

    /// <summary>Lists the pages that there are, or those that changed since a snapshot.</summary>
    /// <param name="length">Only pages of the first so many bytes.</param>
    /// <param name="since">The snapshot; null for all pages.</param>
    /// <param name="marker">Where to go on; null for the beginning.</param>
    /// <param name="cancellation">Ends the request.</param>
    public abstract Task<PageRangeSegment> ListAsync(long length, PreviousSnapshot? since, string? marker, CancellationToken cancellation);

    /// <summary>Takes a lease that ends by itself unless it is renewed; the blob's writing requests name it from then on.</summary>
    public abstract Task AcquireLeaseAsync(TimeSpan duration, CancellationToken cancellation);

    /// <summary>Renews the lease.</summary>
    public abstract Task RenewLeaseAsync(CancellationToken cancellation);

    /// <summary>Gives the lease back.</summary>
    public abstract Task ReleaseLeaseAsync(CancellationToken cancellation);

    /// <summary>Ends the lease of someone else at once.</summary>
    public abstract Task BreakLeaseAsync(CancellationToken cancellation);

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Closes connections.</summary>
    protected virtual void Dispose(bool disposing)
    {
    }

    /// <summary>Counts a request that is being made.</summary>
    protected void CountRequest() => Interlocked.Increment(ref _requestCount);
}

/// <summary>Opens page blobs: what the assembly that speaks the protocol implements.</summary>
public interface IPageBlobs
{
    /// <summary>A blob by its address; nothing is requested yet.</summary>
    public PageBlob Open(PageBlobAddress address);
}
