using System.Collections.ObjectModel;
using VhdPS.Engine.Operations.Send;

namespace VhdPS;

/// <summary>What sending an image would do.</summary>
public sealed class VpcSendPlan : VpcPlan
{
    private readonly SendPlan _plan;

    internal VpcSendPlan(string changes, SendPlan plan, IEnumerable<VpcFreeSpace> freeSpace)
        : base(plan.SourcePath, changes)
    {
        _plan = plan;
        BytesWritten = plan.DataBytes;
        FreeSpace = new([.. freeSpace]);
    }

    /// <summary>The blob's URI without its query; null where none was given.</summary>
    public string? Uri => _plan.Target;

    /// <summary>Bytes of the disk as it would be sent: whole MiB, or as large as the managed disk that is there.</summary>
    public long Size => _plan.SizeBytes;

    /// <summary>Bytes of disk and footer: the upload size that a managed disk is made with.</summary>
    public long UploadSizeBytes => _plan.UploadSizeBytes;

    /// <summary>Bytes that may have to be sent; the rest is known to be zeros.</summary>
    public long DataBytes => _plan.DataBytes;

    /// <summary>About how many requests that takes.</summary>
    public long Requests => _plan.RequestCount;

    /// <summary>Bytes from the start of the disk that an earlier run has sent.</summary>
    public long ResumedBytes => _plan.ResumeOffset;

    /// <summary>With -FreeSpace, what of each partition counts as zeros, and why the others are left; empty without it.</summary>
    public ReadOnlyCollection<VpcFreeSpace> FreeSpace { get; }
}
