using System.Management.Automation;
using VhdPS.Engine.Operations.Optimize;

namespace VhdPS.Commands;

/// <summary>
/// Makes images smaller without changing their disks: drops empty blocks, orders and aligns the rest; gives the
/// room of a fixed image's zeros back. With -WhatIf the result is an estimate.
/// </summary>
[Cmdlet(VerbsCommon.Optimize, "VpcImage", DefaultParameterSetName = LiteralPathSet, SupportsShouldProcess = true)]
[OutputType(typeof(VpcOptimizeResult), typeof(VpcImage), typeof(VpcOptimizePlan))]
public sealed class OptimizeVpcImageCommand : VpcOperationCommandBase
{
    private long _neededBytes;

    /// <summary>
    /// Full reads the data: blocks of zeros go, and from a child what its parent holds too. Quick trusts bitmaps and holes.
    /// </summary>
    [Parameter]
    [SingleValue]
    [HyperVOptimizeMode]
    public OptimizeMode Mode { get; set; }

    /// <summary>
    /// Moves blocks within the file, for a volume without space for a copy: slower, and the blocks stay unordered without -Order. It can
    /// be cut off at any moment and run again.
    /// </summary>
    [Parameter]
    public SwitchParameter InPlace { get; set; }

    /// <summary>
    /// In place, puts the blocks in the order of the disk as well: each is copied at most twice, with up to 64 MiB of free space.
    /// Without -InPlace they are in order always.
    /// </summary>
    [Parameter]
    public SwitchParameter Order { get; set; }

    /// <summary>
    /// Drops blocks with data that lie in the file and that no table entry names. Without it they are refused, whatever else is forced.
    /// </summary>
    [Parameter]
    public SwitchParameter DropLostBlock { get; set; }

    /// <summary>
    /// Counts clusters that the file systems on the disk call free as zeros: ext2, ext3, ext4, NTFS, FAT16, FAT32 and exFAT, clean ones
    /// only. Files do not change; the bytes of deleted ones are gone.
    /// </summary>
    [Parameter]
    public SwitchParameter FreeSpace { get; set; }

    /// <summary>
    /// Copies everything into the new file. Without it, what the file system can share (XFS, btrfs) is taken over from the old
    /// one.
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
        string changes = InPlace
            ? $"Drop empty blocks and move the rest together{(Order ? ", in order" : string.Empty)} ({Mode})"
            : $"Drop empty blocks, order and align the rest ({Mode})";
        if (!ShouldProcess(path, changes))
        {
            if (IsWhatIf && TryOptimize(path, isEstimate: true, out OptimizeResult estimate))
            {
                WritePlan(changes, estimate);
            }

            return;
        }

        if (!TryOptimize(path, isEstimate: false, out OptimizeResult result))
        {
            return;
        }

        ReportFile(path);
        if (!PassThru)
        {
            WriteResult(result);
        }
        else if (TryRun(path, () => VpcImage.Read(path), out VpcImage image))
        {
            WriteObject(image);
        }
    }

    private void WriteResult(OptimizeResult result)
    {
        var output = new VpcOptimizeResult(result);
        ReportFreeSpace(result.Path, output.FreeSpace);
        WriteObject(output);
    }

    private void WritePlan(string changes, OptimizeResult estimate)
    {
        var plan = new VpcOptimizePlan(changes, estimate, _neededBytes);
        ReportFreeSpace(estimate.Path, plan.FreeSpace);
        WriteObject(plan);
    }

    private bool TryOptimize(string path, bool isEstimate, out OptimizeResult result)
    {
        result = null!;
        _neededBytes = 0;
        if (!TryRun(path, () => Options(path, isEstimate), out OptimizeOptions options))
        {
            return false;
        }

        if (InPlace)
        {
            ReportFile(path);
            return TryRun(path, () => RunInPlace(options), out result);
        }

        if (!TryRun(path, () => OptimizeOperation.Begin(options), out OptimizeOperation operation))
        {
            return false;
        }

        using (operation)
        {
            _neededBytes = operation.NeededBytes;
            ReportImage(operation.Layout);
            ReportFindings(path, operation.Layout.Findings);
            if (!TryRun(path, () => Run(operation, path), out result))
            {
                return false;
            }

            if (operation.ParentNote is { } note)
            {
                WriteWarning($"{path}: only blocks without data were dropped, for the parent cannot be read: {note}");
            }

            return true;
        }
    }

    private OptimizeOptions Options(string path, bool isEstimate) =>
        new(path)
        {
            Mode = Mode,
            EstimateOnly = isEstimate,
            Force = Force,
            OrdersBlocks = Order,
            DropLostBlocks = DropLostBlock,
            RateLimit = LimitTo(RateLimit),
            ClearsFreeSpace = FreeSpace,
            Children = FreeSpace ? Children : null,
            ShareExtents = !NoSharing,
            Parents = ResolveParents(),
        };

    private OptimizeResult RunInPlace(OptimizeOptions options)
    {
        using CommandProgress progress = BeginProgress("Optimizing", options.Path);
        return OptimizeOperation.RunInPlace(options, progress, Cancellation);
    }

    private OptimizeResult Run(OptimizeOperation operation, string path)
    {
        using CommandProgress progress = BeginProgress("Optimizing", path);
        return operation.Run(progress, Cancellation);
    }
}
