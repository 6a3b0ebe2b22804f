using System.Management.Automation;
using VhdPS.Engine.Chains;
using VhdPS.Engine.Disks;
using VhdPS.Engine.Format;
using VhdPS.Engine.Operations.Receive;
using VhdPS.Engine.Pages;

namespace VhdPS.Commands;

/// <summary>
/// Receives the disk in a page blob or a managed disk of Azure into a new file: only the pages that there are, or with a
/// parent only what changed since its snapshot. With -WhatIf the result is the plan.
/// </summary>
[Cmdlet(VerbsCommunications.Receive, "VpcImage", SupportsShouldProcess = true)]
[OutputType(typeof(VpcReceiveResult), typeof(VpcReceivePlan))]
public sealed class ReceiveVpcImageCommand : VpcCommandBase
{
    /// <summary>
    /// The blob, snapshot or managed disk, with its shared access signature: a string, a Uri or a SecureString. Left out, it
    /// is taken from the environment variable VHDPS_SAS.
    /// </summary>
    [Parameter(Position = 0)]
    [PageBlobUri]
    public PageBlobAddress? Uri { get; set; }

    /// <summary>
    /// The file to make, a VHDX where its extension is .vhdx, or a folder for it. Left out, it has the blob's name in the session's
    /// location.
    /// </summary>
    [Parameter(Position = 1)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ImagePathCompleter))]
    public string? DestinationPath { get; set; }

    /// <summary>What the new file is to be; with -ParentPath it is a differencing image.</summary>
    [Parameter]
    [Alias("VHDFormat")]
    [SingleValue]
    public DiskFormat VhdType { get; set; }

    /// <summary>The image that was received from the previous snapshot: the new file becomes its child, with what changed since.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ImagePathCompleter))]
    public string? ParentPath { get; set; }

    /// <summary>
    /// The snapshot that the parent was received from: of a blob its time, of a managed disk the URI of the snapshot with a
    /// signature. Left out, the parent's record says it.
    /// </summary>
    [Parameter]
    [PreviousSnapshot]
    public PreviousSnapshot? PreviousSnapshot { get; set; }

    /// <summary>The most requests at once.</summary>
    [Parameter]
    [ValidateRange(1, 64)]
    public int ThrottleLimit { get; set; } = 8;

    /// <summary>The most bytes that are received a second; 0 for as fast as can be.</summary>
    [Parameter]
    [ByteSize]
    [ValidateRange(0, long.MaxValue)]
    public long RateLimit { get; set; }

    /// <summary>Replaces an existing file, and takes a parent whose record is missing or names another snapshot.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Does the work in a thread job, which is emitted; location and preferences go along.</summary>
    [Parameter]
    public SwitchParameter AsJob { get; set; }

    /// <inheritdoc/>
    private protected override bool IsJob => AsJob;

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (TryLeaveToJob())
        {
            return;
        }

        if (!TryRun(DestinationPath, () => Uri ?? PageBlobUriAttribute.ReadEnvironment(), out PageBlobAddress source)
            || !TryRun(source.Target, () => Options(source), out ReceiveOptions options)
            || !TryRun(source.Target, () => PageBlobs.Open(source), out PageBlob blob))
        {
            return;
        }

        using (blob)
        {
            if (!TryRun(source.Target, () => ReceiveOperation.Begin(options, blob, Cancellation), out ReceiveOperation operation))
            {
                return;
            }

            Receive(source, operation);
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing() => StartJob();

    private static string Describe(ReceivePlan plan)
    {
        string what = plan.PreviousSnapshot is { } previous
            ? $"the {VpcSize.Format(plan.DataBytes)} that changed and "
                + $"the {VpcSize.Format(plan.ClearedBytes)} that were cleared since '{previous}'"
            : $"{VpcSize.Format(plan.DataBytes)} of pages";
        string resumed = plan.ResumeOffset > 0 ? $", the first {VpcSize.Format(plan.ResumeOffset)} of which were received before"
            : string.Empty;
        return $"Receive {what} of a disk of {VpcSize.Format(plan.SizeBytes)}{resumed}, making '{plan.TargetPath}'";
    }

    private void Receive(PageBlobAddress source, ReceiveOperation operation)
    {
        ReceivePlan plan = operation.Plan;
        ReportStep($"{plan.TargetPath}: the state of the transfer is kept in '{operation.StatePath}' until it ends.");
        string changes = Describe(plan);
        if (!ShouldProcess(source.Target, changes))
        {
            if (IsWhatIf)
            {
                WriteObject(new VpcReceivePlan(changes, plan));
            }

            return;
        }

        if (TryRun(source.Target, () => Run(operation), out ReceiveResult result))
        {
            WriteObject(new VpcReceiveResult(result));
        }
    }

    private ReceiveResult Run(ReceiveOperation operation)
    {
        using CommandProgress progress = BeginProgress("Receiving", operation.Plan.TargetPath);
        return operation.Run(progress, Cancellation);
    }

    private ReceiveOptions Options(PageBlobAddress source)
    {
        var resolver = new PathResolver(SessionState.Path);
        if (ParentPath is not null && IsGiven(nameof(VhdType)) && VhdType != DiskFormat.Differencing)
        {
            throw new ArgumentException("What changed becomes a differencing image: leave out -VhdType.");
        }

        if (ParentPath is null && VhdType == DiskFormat.Differencing)
        {
            throw new ArgumentException("A differencing image has what changed since its parent: give -ParentPath.");
        }

        string targetPath = TargetPath(resolver, source);
        return new ReceiveOptions(targetPath)
        {
            TargetImageFormat = ImageName.IsVhdx(targetPath) ? VhdFormat.Vhdx : VhdFormat.Vhd,
            TargetFormat = ParentPath is null ? VhdType : DiskFormat.Dynamic,
            ParentPath = ParentPath is null ? null : resolver.ResolveLiteral(ParentPath),
            PreviousSnapshot = PreviousSnapshot,
            ThrottleLimit = ThrottleLimit,
            RateLimit = LimitTo(RateLimit),
            Force = Force,
            UniqueId = Guid.NewGuid(),
            TimeStamp = DateTime.UtcNow,
        };
    }

    private string TargetPath(PathResolver resolver, PageBlobAddress source)
    {
        string target = resolver.ResolveLiteral(DestinationPath ?? ".");
        if (!Directory.Exists(target) && !System.IO.Path.EndsInDirectorySeparator(target))
        {
            return target;
        }

        // The name comes from the service: never a path.
        string name = System.IO.Path.GetFileNameWithoutExtension(
            System.Uri.UnescapeDataString(source.Target[(source.Target.LastIndexOf('/') + 1)..]));
        name = string.Concat(name.Split(System.IO.Path.GetInvalidFileNameChars())).Trim('.', ' ');
        return System.IO.Path.Combine(target, (name.Length == 0 ? "disk" : name) + (VhdType == DiskFormat.Raw ? ".raw" : ".vhd"));
    }
}
