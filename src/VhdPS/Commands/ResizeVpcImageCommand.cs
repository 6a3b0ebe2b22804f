using System.Management.Automation;
using VhdPS.Engine.Format;
using VhdPS.Engine.Operations.Resize;

namespace VhdPS.Commands;

/// <summary>
/// Gives the disk in an image another size, in place, whatever its type. What is gained reads as zeros. It can be cut off at
/// any moment and run again.
/// </summary>
[Cmdlet(VerbsCommon.Resize, "VpcImage", DefaultParameterSetName = LiteralPathSet, SupportsShouldProcess = true)]
[OutputType(typeof(VpcImage), typeof(VpcResizePlan))]
public sealed class ResizeVpcImageCommand : VpcOperationCommandBase
{
    /// <summary>The new virtual size in bytes.</summary>
    [Parameter(Position = 1)]
    [Alias("SizeBytes")]
    [ByteSize]
    public long Size { get; set; }

    /// <summary>As small as it can be without cutting a partition or losing a sector that is not zero.</summary>
    [Parameter]
    [Alias("ToMinimum")]
    public SwitchParameter ToMinimumSize { get; set; }

    /// <summary>Makes the size a multiple of this many bytes; without -Size, rounds the present size up.</summary>
    [Parameter]
    [ByteSize]
    public long RoundUpTo { get; set; } = VhdSpec.SectorSize;

    /// <summary>Leaves the partition table as it is; without it the backup of a GPT moves to the new end.</summary>
    [Parameter]
    public SwitchParameter KeepPartitionTable { get; set; }

    /// <summary>Which of the two sizes in the footer is the present one; by default the larger one that the file covers.</summary>
    [Parameter]
    [SingleValue]
    public SizeRule SizeRule { get; set; }

    /// <inheritdoc/>
    protected override void ProcessFile(string path)
    {
        if (!TryRun(path, () => Options(path), out ResizeOptions options) || !TryRun(path, () => Plan(path, options), out ResizePlan plan))
        {
            return;
        }

        ReportFile(path);
        if (plan.PartitionTableNote.Length > 0)
        {
            WriteWarning($"{path}: {plan.PartitionTableNote}");
        }

        if (plan.LostBlockCount > 0)
        {
            WriteWarning(
                $"{path}: the file holds {plan.LostBlockCount} block(s) with data that no table entry names; they stay in it, but "
                    + "Repair-VpcImage -RebuildTable may name them only before the resize.");
        }

        if (!plan.IsChange && !plan.IsRepair)
        {
            ReportStep($"{path}: the disk has {plan.NewSizeBytes} bytes already.");
        }
        else
        {
            string changes = Describe(plan);
            if (!ShouldProcess(path, changes))
            {
                EmitPlan(() => new VpcResizePlan(changes, plan));
                return;
            }

            if (!TryRun(path, () => Run(path, options), out plan))
            {
                return;
            }

            Tell(path, plan);
            ReportFile(path);
        }

        if (PassThru && TryRun(path, () => VpcImage.Read(path), out VpcImage image))
        {
            WriteObject(image);
        }
    }

    private static string Describe(ResizePlan plan)
    {
        string from = VpcSize.Format(plan.OldSizeBytes), to = VpcSize.Format(plan.NewSizeBytes);
        var parts = new List<string>
        {
            plan.NewSizeBytes == plan.OldSizeBytes ? $"Keep the size of {to} ({plan.NewSizeBytes} bytes)"
            : plan.NewSizeBytes > plan.OldSizeBytes ? $"Grow from {from} to {to} ({plan.NewSizeBytes} bytes)"
            : $"Shrink from {from} to {to} ({plan.NewSizeBytes} bytes)",
        };
        if (plan.LostSector is { } sector)
        {
            parts.Add($"cut off data up to sector {sector}");
        }

        if (plan.IsRepair)
        {
            parts.Add("finish what was cut off before");
        }

        if (plan.MovedBlockCount > 0)
        {
            parts.Add($"move {Blocks(plan)} out of the way of the table");
        }

        if (plan.IsGptMoved)
        {
            parts.Add("move the backup of the GPT to the disk's end");
        }

        if (plan.IsTableMoved)
        {
            parts.Add("move the table after the data");
        }

        if (plan.IsCreatorChanged)
        {
            parts.Add($"change the creator to '{VirtualSize.WindowsCreator}', so that every program sees this size");
        }

        if (plan.NewFileLength < plan.OldFileLength)
        {
            parts.Add($"give back {VpcSize.Format(plan.OldFileLength - plan.NewFileLength)} of the file");
        }

        return string.Join("; ", parts);
    }

    private static string Blocks(ResizePlan plan) => plan.MovedBlockCount == 1 ? "1 block" : $"{plan.MovedBlockCount} blocks";

    private ResizeOptions Options(string path)
    {
        if (!IsGiven(nameof(Size)) && !ToMinimumSize && !IsGiven(nameof(RoundUpTo)))
        {
            throw new ArgumentException($"{path}: give -Size, -ToMinimumSize or -RoundUpTo.");
        }

        return new ResizeOptions(path)
        {
            Children = Children,
            SizeBytes = IsGiven(nameof(Size)) ? Size : null,
            ToMinimumSize = ToMinimumSize,
            RoundUpToBytes = RoundUpTo,
            KeepPartitionTable = KeepPartitionTable,
            SizeRule = SizeRule,
            Force = Force,
            Parents = ResolveParents(),
        };
    }

    private ResizePlan Plan(string path, ResizeOptions options)
    {
        using CommandProgress progress = BeginProgress("Examining", path);
        return ResizeOperation.Plan(options, progress, Cancellation);
    }

    private ResizePlan Run(string path, ResizeOptions options)
    {
        using CommandProgress progress = BeginProgress("Resizing", path);
        return ResizeOperation.Run(options, progress, Cancellation);
    }

    private void Tell(string path, ResizePlan plan)
    {
        ReportStep($"{path}: {plan.OldSizeBytes} bytes before, {plan.NewSizeBytes} bytes now; {Blocks(plan)} moved.");
        if (plan.LostSector is { } sector)
        {
            WriteWarning($"{path}: data up to sector {sector} was cut off.");
        }

        if (plan.NewSizeBytes > VhdSpec.MaxSize && plan.NewSizeBytes > plan.OldSizeBytes)
        {
            WriteWarning(LargeFixedImage.Warning(path));
        }

        if (plan.IsBatmapDropped)
        {
            WriteWarning($"{path}: Xen's batmap had no free space after the table and was dropped.");
        }
    }
}
