using System.Runtime.InteropServices;
using Azure;
using Azure.Storage;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using VhdPS.Engine.Pages;

namespace VhdPS.Azure;

/// <summary>A page blob through Azure.Storage.Blobs.</summary>
internal sealed class AzurePageBlob(PageBlobAddress address, PageBlobClient client, PreviousSnapshotPolicy previous) : PageBlob(address)
{
    // Not CRC-64: the library sends that as a structured body, which older versions of the service do not know.
    private static readonly UploadTransferValidationOptions UploadChecksum = new() { ChecksumAlgorithm = StorageChecksumAlgorithm.MD5 };
    private static readonly DownloadTransferValidationOptions DownloadChecksum = new() { ChecksumAlgorithm = StorageChecksumAlgorithm.MD5 };

    private BlobLeaseClient? _lease;

    private PageBlobRequestConditions Writing => new() { LeaseId = LeaseId };

    private BlobRequestConditions Changing => new() { LeaseId = LeaseId };

    private ETag? Pinned => PinnedETag is { } tag ? new ETag(tag) : null;

    public override async Task<PageBlobFacts?> FindAsync(CancellationToken cancellation)
    {
        try
        {
            BlobProperties found = await RequestAsync(
                async token => (await client.GetPropertiesAsync(cancellationToken: token).ConfigureAwait(false)).Value,
                    cancellation).ConfigureAwait(false);
            return new PageBlobFacts(
                found.ContentLength,
                $"{found.BlobType}Blob",
                found.CreatedOn == default ? null : found.CreatedOn,
                found.ETag.ToString(),
                new Dictionary<string, string>(found.Metadata, StringComparer.OrdinalIgnoreCase));
        }
        catch (TransferException error) when (error.Fault == TransferFault.BlobNotFound)
        {
            return null;
        }
    }

    public override Task CreateAsync(
        long length, IReadOnlyDictionary<string, string> metadata, CancellationToken cancellation) => RequestAsync(
        token => client.CreateAsync(
            length,
            new PageBlobCreateOptions
            {
                Metadata = new Dictionary<string, string>(metadata),
                Conditions = new PageBlobRequestConditions { IfNoneMatch = ETag.All },
            },
            token),
        cancellation);

    public override Task ResizeAsync(long length, CancellationToken cancellation) =>
        RequestAsync(token => client.ResizeAsync(length, Writing, token), cancellation);

    public override Task SetMetadataAsync(IReadOnlyDictionary<string, string> metadata, CancellationToken cancellation) => RequestAsync(
        token => client.SetMetadataAsync(new Dictionary<string, string>(metadata), Changing, token), cancellation);

    public override async Task WriteAsync(long offset, ReadOnlyMemory<byte> bytes, CancellationToken cancellation)
    {
        using MemoryStream content = MemoryMarshal.TryGetArray(bytes, out ArraySegment<byte> part)
            ? new MemoryStream(part.Array!, part.Offset, part.Count, writable: false)
            : new MemoryStream(bytes.ToArray(), writable: false);
        var options = new PageBlobUploadPagesOptions { Conditions = Writing, TransferValidation = UploadChecksum };
        await RequestAsync(token => client.UploadPagesAsync(content, offset, options, token), cancellation).ConfigureAwait(false);
    }

    public override Task ClearAsync(long offset, long length, CancellationToken cancellation) =>
        RequestAsync(token => client.ClearPagesAsync(new HttpRange(offset, length), Writing, token), cancellation);

    public override Task ReadAsync(long offset, Memory<byte> bytes, CancellationToken cancellation) => RequestAsync(
        async token =>
        {
            var options = new BlobDownloadOptions
            {
                Range = new HttpRange(offset, bytes.Length),
                Conditions = new BlobRequestConditions { IfMatch = Pinned },
                TransferValidation = DownloadChecksum,
            };
            using BlobDownloadStreamingResult result = (await client.DownloadStreamingAsync(options, token).ConfigureAwait(false)).Value;
            await result.Content.ReadExactlyAsync(bytes, token).ConfigureAwait(false);
            return true;
        },
        cancellation);

    public override Task<PageRangeSegment> ListAsync(
        long length, PreviousSnapshot? since, string? marker, CancellationToken cancellation) => RequestAsync(
        async token =>
        {
            var range = new HttpRange(0, length);
            AsyncPageable<PageRangeItem> list;
            if (since is null)
            {
                list = client.GetAllPageRangesAsync(
                    new GetPageRangesOptions { Range = range, Conditions = new PageBlobRequestConditions { IfMatch = Pinned } }, token);
            }
            else
            {
                previous.Uri = since.Address?.RevealUri();
                list = client.GetAllPageRangesDiffAsync(
                    new GetPageRangesDiffOptions
                    {
                        Range = range,
                        PreviousSnapshot = since.Time,
                        Conditions = new PageBlobRequestConditions { IfMatch = Pinned },
                    },
                    token);
            }

            await foreach (Page<PageRangeItem> page in list.AsPages(marker).ConfigureAwait(false))
            {
                return new PageRangeSegment(
                    [.. page.Values.Select(item => new PageRange(item.Range.Offset, item.Range.Length ?? 0, item.IsClear))],
                        page.ContinuationToken);
            }

            return new PageRangeSegment([], null);
        },
        cancellation);

    public override async Task AcquireLeaseAsync(TimeSpan duration, CancellationToken cancellation)
    {
        _lease = client.GetBlobLeaseClient();
        await RequestAsync(token => _lease.AcquireAsync(duration, cancellationToken: token), cancellation).ConfigureAwait(false);
        LeaseId = _lease.LeaseId;
    }

    public override Task RenewLeaseAsync(CancellationToken cancellation) =>
        RequestAsync(token => _lease!.RenewAsync(cancellationToken: token), cancellation);

    public override Task ReleaseLeaseAsync(CancellationToken cancellation) =>
        RequestAsync(token => _lease!.ReleaseAsync(cancellationToken: token), cancellation);

    public override Task BreakLeaseAsync(CancellationToken cancellation) => RequestAsync(
        token => client.GetBlobLeaseClient().BreakAsync(TimeSpan.Zero, cancellationToken: token), cancellation);

    private async Task<T> RequestAsync<T>(Func<CancellationToken, Task<T>> request, CancellationToken cancellation)
    {
        CountRequest();
        try
        {
            return await request(cancellation).ConfigureAwait(false);
        }
        catch (Exception error) when (ServiceError.TryDescribe(error, Address, cancellation) is { } described)
        {
            // Without the library's own exception: its text is the service's answer, and its objects hold the request.
            throw described;
        }
    }
}
