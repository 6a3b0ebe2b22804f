using VhdPS.Engine.Operations.Receive;

namespace VhdPS;

/// <summary>What receiving a disk would do.</summary>
public sealed class VpcReceivePlan : VpcPlan
{
    private readonly ReceivePlan _plan;

    internal VpcReceivePlan(string changes, ReceivePlan plan)
        : base(plan.TargetPath, changes)
    {
        _plan = plan;
        BytesWritten = FreeSpaceNeeded = plan.DataBytes;
    }

    /// <summary>The blob's URI without its query.</summary>
    public string Uri => _plan.Source;

    /// <summary>The snapshot's time; null for the blob itself and where the URI names the snapshot.</summary>
    public string? Snapshot => _plan.Snapshot;

    /// <summary>The snapshot that changes would be taken since; null for a whole disk.</summary>
    public string? PreviousSnapshot => _plan.PreviousSnapshot;

    /// <summary>Bytes of the disk.</summary>
    public long Size => _plan.SizeBytes;

    /// <summary>Bytes of pages to receive: all that there are, or those that changed.</summary>
    public long DataBytes => _plan.DataBytes;

    /// <summary>Bytes that were cleared since the previous snapshot.</summary>
    public long ClearedBytes => _plan.ClearedBytes;

    /// <summary>Bytes from the start of the disk that an earlier run has received.</summary>
    public long ResumedBytes => _plan.ResumeOffset;
}
