using System.Management.Automation;
using VhdPS.Engine.Operations.Merge;

namespace VhdPS.Commands;

/// <summary>
/// Merges a differencing image into its parent, or with its parent into a new file. It can be cut off at any moment and run
/// again on the same child, which stays readable until the parent is whole.
/// </summary>
[Cmdlet(VerbsData.Merge, "VpcImage", DefaultParameterSetName = LiteralPathSet, SupportsShouldProcess = true)]
[OutputType(typeof(VpcImage), typeof(VpcMergePlan))]
public sealed class MergeVpcImageCommand : VpcOperationCommandBase
{
    private string? _takenTarget;

    /// <summary>
    /// A new file, which leaves all others as they are, or a parent of the image, which everything above it is merged into.
    /// Left out, the parent at -Depth.
    /// </summary>
    [Parameter(Position = 1)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ImagePathCompleter))]
    public string? DestinationPath { get; set; }

    /// <summary>How many parents the image is merged with, from the nearest on; one by default.</summary>
    [Parameter]
    [ValidateRange(1, 1023)]
    public int Depth { get; set; }

    /// <summary>Leaves the merged images where they are.</summary>
    [Parameter]
    public SwitchParameter KeepChild { get; set; }

    /// <summary>
    /// Copies everything into a new file, so that it is independent of the merged ones. Without it, what the file system can share
    /// (XFS, btrfs) is shared by a new file with the whole disk, and all have it until one is written to.
    /// </summary>
    [Parameter]
    public SwitchParameter NoSharing { get; set; }

    /// <summary>The most bytes that are read from disks a second, all files together; 0 for as fast as can be.</summary>
    [Parameter]
    [ByteSize]
    [ValidateRange(0, long.MaxValue)]
    public long RateLimit { get; set; }

    /// <inheritdoc/>
    protected override void ProcessFile(string path)
    {
        if (!TryRun(path, () => Options(path), out MergeOptions options)
            || !TryRun(path, () => MergeOperation.Plan(options), out MergePlan plan))
        {
            return;
        }

        foreach (string file in plan.IsNewFile ? plan.SourcePaths : plan.SourcePaths.Append(plan.TargetPath))
        {
            ReportFile(file);
        }

        string changes = Describe(plan);
        if (!ShouldProcess(path, changes))
        {
            EmitPlan(() => new VpcMergePlan(path, changes, plan));
            return;
        }

        if (!TryRun(path, () => Run(path, options), out plan))
        {
            return;
        }

        ReportFile(plan.TargetPath);

        _takenTarget = plan.IsNewFile ? plan.TargetPath : _takenTarget;
        if (plan.OldSizeBytes > plan.NewSizeBytes)
        {
            ReportStep($"{plan.TargetPath}: keeps its size of {plan.OldSizeBytes} bytes, which is more than the child's.");
        }

        if (PassThru && TryRun(plan.TargetPath, () => VpcImage.Read(plan.TargetPath), out VpcImage image))
        {
            var output = PSObject.AsPSObject(image);
            if (plan is { IsNewFile: true, BasePath: null })
            {
                output.Properties.Add(new PSNoteProperty(nameof(MergePlan.SharedBytes), plan.SharedBytes));
                output.Properties.Add(new PSNoteProperty(nameof(MergePlan.CopiedBytes), plan.CopiedBytes));
            }

            WriteObject(output);
        }
    }

    private static string Describe(MergePlan plan)
    {
        string sources = string.Join(", ", plan.SourcePaths.Select(source => $"'{System.IO.Path.GetFileName(source)}'"));
        var parts = new List<string>
        {
            plan.IsNewFile
                ? $"Merge {sources} with at most {VpcSize.Format(plan.DataBytes)} of data into the new file '{plan.TargetPath}'"
                : $"Merge {sources} with at most {VpcSize.Format(plan.DataBytes)} of data into '{plan.TargetPath}'",
        };
        if (plan.NewSpaceBytes is { } newSpace)
        {
            parts.Add($"which needs at most {VpcSize.Format(newSpace)} of new space");
        }

        if (plan.BasePath is not null)
        {
            parts.Add($"whose parent is '{plan.BasePath}'");
        }

        if (plan.NewSizeBytes > plan.OldSizeBytes)
        {
            parts.Add($"which grows from {VpcSize.Format(plan.OldSizeBytes)} to {VpcSize.Format(plan.NewSizeBytes)}");
        }

        if (plan.DeletedPaths.Count > 0)
        {
            parts.Add($"then delete {sources}");
        }

        return string.Join(", ", parts);
    }

    private MergeOptions Options(string path)
    {
        string? target = DestinationPath is null ? null : new PathResolver(SessionState.Path).ResolveLiteral(DestinationPath);
        if (target is not null && (Directory.Exists(target) || System.IO.Path.EndsInDirectorySeparator(target)))
        {
            target = System.IO.Path.Combine(target, System.IO.Path.GetFileName(path));
        }

        // With -Force a second child would take the place of the first one's result.
        if (target is not null && target == _takenTarget)
        {
            throw new ArgumentException($"{target}: made from another image just now; name a folder for more than one.");
        }

        return new MergeOptions(path)
        {
            Children = Children,
            DestinationPath = target,
            Depth = IsGiven(nameof(Depth)) ? Depth : null,
            KeepChild = KeepChild,
            RateLimit = LimitTo(RateLimit),
            ShareExtents = !NoSharing,
            Force = Force,
            Parents = ResolveParents(),
            UniqueId = Guid.NewGuid(),
            TimeStamp = DateTime.UtcNow,
        };
    }

    private MergePlan Run(string path, MergeOptions options)
    {
        using CommandProgress progress = BeginProgress("Merging", path);
        return MergeOperation.Run(options, progress, Cancellation);
    }
}
