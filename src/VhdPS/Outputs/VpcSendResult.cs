using System.Collections.ObjectModel;
using VhdPS.Engine.Format;
using VhdPS.Engine.Operations.Send;


namespace VhdPS;

/// <summary>What of an image was sent to a page blob or a managed disk.</summary>
public sealed class VpcSendResult : VpcObject
{
    private readonly SendResult _result;

    internal VpcSendResult(SendResult result, IEnumerable<VpcFreeSpace> freeSpace)
        : base(result.SourcePath)
    {
        _result = result;
        FreeSpace = new([.. freeSpace]);
        Hash = result.Hash is { } hash ? Convert.ToHexString(hash) : null;
        SourceHash = result.SourceHash is { } source ? Convert.ToHexString(source) : null;
    }

    /// <summary>The blob's URI without its query.</summary>
    public string Uri => _result.Target;

    /// <summary>Bytes of the disk as it was sent; its blob is 512 bytes longer.</summary>
    public long Size => _result.SizeBytes;

    /// <summary>Bytes of pages that were written, the footer among them.</summary>
    public long SentBytes => _result.SentBytes;

    /// <summary>Bytes of the disk that were not sent: zeros, and what an earlier run had sent.</summary>
    public long SkippedBytes => _result.SkippedBytes;

    /// <summary>Bytes from the start of the disk that an earlier run had sent.</summary>
    public long ResumedBytes => _result.ResumedBytes;

    /// <summary>Requests that were made.</summary>
    public long Requests => _result.RequestCount;

    /// <summary>How long it took.</summary>
    public TimeSpan Elapsed => _result.Elapsed;

    /// <summary>SHA-256 of the disk as it was sent, after it was read back; null without -Verify.</summary>
    public string? Hash { get; }

    /// <summary>SHA-256 of the source's own disk, where nothing was added to it; null where something was, and without -Verify.</summary>
    public string? SourceHash { get; }

    /// <summary>With -FreeSpace, what of each partition counts as zeros, and why the others are left; empty without it.</summary>
    public ReadOnlyCollection<VpcFreeSpace> FreeSpace { get; }

    /// <inheritdoc/>
    public override string ToString() => PrintableText.Escape($"{VpcSize.Format(SentBytes)} sent to {Uri}");
}
