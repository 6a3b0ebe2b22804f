using System.Globalization;

namespace VhdPS.Engine.Pages;

/// <summary>
/// Where a page blob is, with the shared access signature that opens it. What is shown of it, by every property and by
/// <see cref="ToString"/>, has no query and so no secret.
/// </summary>
public sealed class PageBlobAddress
{
    private const string ManagedDiskPrefix = "md-";
    private const string Hidden = "***";

    private readonly Uri _uri;

    private PageBlobAddress(Uri uri)
    {
        _uri = uri;
        Target = uri.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped);
        IsManagedDisk = uri.Host.StartsWith(ManagedDiskPrefix, StringComparison.OrdinalIgnoreCase);
        Snapshot = Find("snapshot");
        ExpiryTime = DateTimeOffset.TryParse(
            Find("se"), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal,
                out DateTimeOffset expiry)
            ? expiry
            : null;
    }

    /// <summary>The URI without its query.</summary>
    public string Target { get; }

    /// <summary>The time that names a snapshot of the blob, as the service writes it; null for the blob itself.</summary>
    public string? Snapshot { get; }

    /// <summary>Whether the host is that of a managed disk: its page blob is there already and takes pages only.</summary>
    public bool IsManagedDisk { get; }

    /// <summary>When the signature expires; null where it does not say.</summary>
    public DateTimeOffset? ExpiryTime { get; }

    /// <summary>Reads a URI with its signature.</summary>
    /// <exception cref="ArgumentException">It is none; the message does not repeat it.</exception>
    public static PageBlobAddress Parse(string text)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out Uri? uri))
        {
            throw new ArgumentException(
                "The URI cannot be read: it begins with https:// and ends with the query of a shared access signature.");
        }

        if (uri.Scheme != Uri.UriSchemeHttps && uri.Scheme != Uri.UriSchemeHttp)
        {
            throw new ArgumentException($"The URI's scheme is {uri.Scheme}, not https.");
        }

        var address = new PageBlobAddress(uri);
        if (uri.AbsolutePath.Trim('/').Length == 0)
        {
            throw new ArgumentException($"{address.Target}: the URI names no blob.");
        }

        return address.Find("sig") is { Length: > 0 }
            ? address
            : throw new ArgumentException($"{address.Target}: the URI has no shared access signature (no sig= in its query).");
    }

    /// <summary>The URI with its secret, for the client that connects and for nothing that is shown or stored.</summary>
    public Uri RevealUri() => _uri;

    /// <summary>Takes the query and each of its secrets out of a text that others made.</summary>
    public string Redact(string text)
    {
        string signature = Find("sig") ?? string.Empty;
        foreach (
            string secret in new[] { _uri.Query, _uri.Query.TrimStart('?'), Uri.UnescapeDataString(_uri.Query), signature,
                Uri.EscapeDataString(signature) })
        {
            text = secret.Length > 1 ? text.Replace(secret, Hidden, StringComparison.OrdinalIgnoreCase) : text;
        }

        return text;
    }

    /// <inheritdoc/>
    public override string ToString() => Target;

    private string? Find(string name)
    {
        foreach (string part in _uri.Query.TrimStart('?').Split('&'))
        {
            int equals = part.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0 && part.AsSpan(0, equals).Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                return Uri.UnescapeDataString(part[(equals + 1)..]);
            }
        }

        return null;
    }
}
