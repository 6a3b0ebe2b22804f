using Azure.Core.Pipeline;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Specialized;
using VhdPS.Engine.Pages;

namespace VhdPS.Azure;

/// <summary>Page blobs and managed disks by their shared access signatures. The one type that others make.</summary>
public sealed class AzurePageBlobs : IPageBlobs
{
    // What every region and every managed disk has: later versions bring nothing that is needed here.
    private const BlobClientOptions.ServiceVersion Version = BlobClientOptions.ServiceVersion.V2021_12_02;

    private static readonly TimeSpan NetworkTimeout = TimeSpan.FromSeconds(60);

    private readonly HttpPipelineTransport? _transport;

    /// <summary>For the network.</summary>
    public AzurePageBlobs()
    {
    }

    /// <summary>For a double of the network.</summary>
    internal AzurePageBlobs(HttpPipelineTransport transport)
    {
        _transport = transport;
    }

    /// <inheritdoc/>
    public PageBlob Open(PageBlobAddress address)
    {
        var options = new BlobClientOptions(Version);
        var previous = new PreviousSnapshotPolicy();
        options.AddPolicy(previous, global::Azure.Core.HttpPipelinePosition.PerCall);
        if (_transport is not null)
        {
            options.Transport = _transport;
        }

        // Trying again is the caller's, which sends fewer at once then; and no log may hold a signature.
        options.Retry.MaxRetries = 0;
        options.Retry.NetworkTimeout = NetworkTimeout;
        options.Diagnostics.IsLoggingEnabled = false;
        options.Diagnostics.IsLoggingContentEnabled = false;
        options.Diagnostics.IsDistributedTracingEnabled = false;
        options.Diagnostics.IsTelemetryEnabled = false;
        return new AzurePageBlob(address, new PageBlobClient(address.RevealUri(), options), previous);
    }
}
