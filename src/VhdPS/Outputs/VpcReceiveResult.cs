using VhdPS.Engine.Format;
using VhdPS.Engine.Operations.Receive;


namespace VhdPS;

/// <summary>What was received from a page blob or a managed disk.</summary>
public sealed class VpcReceiveResult : VpcObject
{
    private readonly ReceiveResult _result;

    internal VpcReceiveResult(ReceiveResult result)
        : base(result.Plan.TargetPath)
    {
        _result = result;
        Hash = Convert.ToHexString(result.Hash);
    }

    /// <summary>The blob's URI without its query.</summary>
    public string Uri => _result.Plan.Source;

    /// <summary>The snapshot's time; null for the blob itself and where the URI names the snapshot.</summary>
    public string? Snapshot => _result.Plan.Snapshot;

    /// <summary>The snapshot that changes were taken since; null for a whole disk.</summary>
    public string? PreviousSnapshot => _result.Plan.PreviousSnapshot;

    /// <summary>Bytes of the disk.</summary>
    public long Size => _result.Plan.SizeBytes;

    /// <summary>Bytes that were read from the blob's pages.</summary>
    public long ReceivedBytes => _result.ReceivedBytes;

    /// <summary>Bytes from the start of the disk that an earlier run had received.</summary>
    public long ResumedBytes => _result.Plan.ResumeOffset;

    /// <summary>Requests that were made.</summary>
    public long Requests => _result.RequestCount;

    /// <summary>How long it took.</summary>
    public TimeSpan Elapsed => _result.Elapsed;

    /// <summary>SHA-256 of the disk, its parents included.</summary>
    public string Hash { get; }

    /// <inheritdoc/>
    public override string ToString() => PrintableText.Escape($"{VpcSize.Format(ReceivedBytes)} received from {Uri}");
}
