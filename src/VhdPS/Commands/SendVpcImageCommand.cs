using System.Management.Automation;
using VhdPS.Engine.Format;
using VhdPS.Engine.Operations.Send;
using VhdPS.Engine.Pages;

namespace VhdPS.Commands;

/// <summary>
/// Sends the disk in an image to a page blob or a managed disk of Azure, as the fixed image that it takes; no file of it is
/// made. With -WhatIf the result is the plan.
/// </summary>
[Cmdlet(VerbsCommunications.Send, "VpcImage", DefaultParameterSetName = LiteralPathSet, SupportsShouldProcess = true)]
[OutputType(typeof(VpcSendResult), typeof(VpcSendPlan))]
public sealed class SendVpcImageCommand : VpcReadCommandBase
{
    private string? _takenTarget;

    /// <summary>
    /// The blob or managed disk, with its shared access signature: a string, a Uri or a SecureString. Left out, it is taken
    /// from the environment variable VHDPS_SAS.
    /// </summary>
    [Parameter(Position = 1)]
    [PageBlobUri]
    public PageBlobAddress? Uri { get; set; }

    /// <summary>
    /// Sends clusters that the file systems on the disk call free as zeros: ext2, ext3, ext4, NTFS, FAT16, FAT32 and exFAT, clean ones
    /// only. Files do not change; the bytes of deleted ones are not sent.
    /// </summary>
    [Parameter]
    public SwitchParameter FreeSpace { get; set; }

    /// <summary>Sends the partition table as it is; without it the backup of a GPT moves to the end of the disk as it is sent.</summary>
    [Parameter]
    public SwitchParameter KeepPartitionTable { get; set; }

    /// <summary>The most requests at once.</summary>
    [Parameter]
    [ValidateRange(1, 64)]
    public int ThrottleLimit { get; set; } = 8;

    /// <summary>Reads the pages back and compares them with the disk before the footer makes it whole.</summary>
    [Parameter]
    public SwitchParameter Verify { get; set; }

    /// <summary>The file that remembers how far the work is; left out, it lies beside the source.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(FolderCompleter))]
    public string? StatePath { get; set; }

    /// <summary>Which of the two sizes in the source's footer holds; by default the creator decides.</summary>
    [Parameter]
    [SingleValue]
    public SizeRule SizeRule { get; set; }

    /// <summary>Takes every sector of an allocated block of a dynamic source as written, whatever its bitmap says.</summary>
    [Parameter]
    public SwitchParameter IgnoreBitmap { get; set; }

    /// <summary>
    /// Overwrites an existing blob, begins anew whatever the state file says, and sends although a machine's state is saved with
    /// the image. Damage is never sent as zeros.
    /// </summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>The most bytes that are read from disks a second, all files together; 0 for as fast as can be.</summary>
    [Parameter]
    [ByteSize]
    [ValidateRange(0, long.MaxValue)]
    public long RateLimit { get; set; }

    /// <summary>Does the work in a thread job, which is emitted; location and preferences go along.</summary>
    [Parameter]
    public SwitchParameter AsJob { get; set; }

    /// <inheritdoc/>
    private protected override bool IsJob => AsJob;

    /// <inheritdoc/>
    protected override void ProcessFile(string path)
    {
        if (!TryRun(path, () => FindTarget(path), out PageBlobAddress? target)
            || !TryRun(path, () => Options(path), out SendOptions options))
        {
            return;
        }

        if (!TryRun(path, () => target is null ? null : PageBlobs.Open(target), out PageBlob? blob))
        {
            return;
        }

        using (blob)
        {
            if (!TryRun(path, () => SendOperation.Begin(options, blob, Cancellation), out SendOperation operation))
            {
                return;
            }

            using (operation)
            {
                Send(path, target, operation);
            }
        }
    }

    private static string Describe(SendPlan plan)
    {
        string resumed = plan.ResumeOffset > 0 ? $", the first {VpcSize.Format(plan.ResumeOffset)} of which were sent before"
            : string.Empty;
        return $"Send a disk of {VpcSize.Format(plan.SizeBytes)} (UploadSizeBytes {plan.UploadSizeBytes}) "
            + $"with at most {VpcSize.Format(plan.DataBytes)} of data"
            + $"{resumed}, in about {plan.RequestCount} requests, to {(plan.Target is { } uri ? $"'{uri}'" : "a URI still to be named")}";
    }

    private void Send(string path, PageBlobAddress? target, SendOperation operation)
    {
        ReportSource(path, operation.SourceLayout, operation.Plan.SourceSizeBytes);
        if (operation.SourceLogicalSectorSize != VhdSpec.SectorSize)
        {
            WriteWarning(
                $"{path}: the disk has sectors of {operation.SourceLogicalSectorSize} bytes and is sent as one of {VhdSpec.SectorSize}: "
                    + "what counts in sectors, its partition table first, will not be understood.");
        }

        VpcFreeSpace[] freeSpace = [.. (operation.FreeSpace?.Partitions ?? []).Select(partition => new VpcFreeSpace(partition))];
        ReportFreeSpace(path, freeSpace);
        if (operation.StatePath is { } statePath)
        {
            ReportStep($"{path}: the state of the transfer is kept in '{statePath}' until it ends.");
        }

        string changes = Describe(operation.Plan);
        if (!ShouldProcess(path, changes))
        {
            if (IsWhatIf)
            {
                WriteObject(new VpcSendPlan(changes, operation.Plan, freeSpace));
            }

            return;
        }

        if (TryRun(path, () => Run(operation, path), out SendResult result))
        {
            _takenTarget = target!.Target;
            WriteObject(new VpcSendResult(result, freeSpace));
        }
    }

    private SendResult Run(SendOperation operation, string path)
    {
        using CommandProgress progress = BeginProgress("Sending", path);
        return operation.Run(progress, Cancellation);
    }

    /// <summary>The target; null where only the plan is wanted and none is known.</summary>
    private PageBlobAddress? FindTarget(string path)
    {
        bool isKnown = Uri is not null || !string.IsNullOrEmpty(Environment.GetEnvironmentVariable(PageBlobUriAttribute.Variable));
        if (!isKnown && IsWhatIf)
        {
            return null;
        }

        PageBlobAddress target = Uri ?? PageBlobUriAttribute.ReadEnvironment();
        return target.Target != _takenTarget
            ? target
            : throw new ArgumentException($"{path}: another image was sent to '{target}' just now; each needs a URI of its own.");
    }

    private SendOptions Options(string path) => new(path)
    {
        SourceFormat = SourceFormat,
        SizeRule = SizeRule,
        IgnoreBitmap = IgnoreBitmap,
        Parents = ResolveParents(),
        ClearsFreeSpace = FreeSpace,
        KeepPartitionTable = KeepPartitionTable,
        Children = FreeSpace ? Children : null,
        ThrottleLimit = ThrottleLimit,
        RateLimit = LimitTo(RateLimit),
        Verify = Verify,
        StatePath = StatePath is null ? null : new PathResolver(SessionState.Path).ResolveLiteral(StatePath),
        Force = Force,
        UniqueId = Guid.NewGuid(),
        TimeStamp = DateTime.UtcNow,
    };
}
