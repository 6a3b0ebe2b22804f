using Azure.Core;
using Azure.Core.Pipeline;

namespace VhdPS.Azure;

/// <summary>
/// Names the snapshot of a managed disk that changes are asked since by its header: the library has that for a list without
/// parts only, and a list can have several.
/// </summary>
internal sealed class PreviousSnapshotPolicy : HttpPipelineSynchronousPolicy
{
    private const string Header = "x-ms-previous-snapshot-url";

    private readonly AsyncLocal<Uri?> _uri = new();

    /// <summary>The snapshot that the requests of this flow of execution name; null for none.</summary>
    public Uri? Uri
    {
        get => _uri.Value;
        set => _uri.Value = value;
    }

    /// <inheritdoc/>
    public override void OnSendingRequest(HttpMessage message)
    {
        if (Uri is { } uri)
        {
            message.Request.Headers.SetValue(Header, uri.AbsoluteUri);
        }
    }
}
