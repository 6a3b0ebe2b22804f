using VhdPS.Engine.Chains;
using VhdPS.Engine.Disks;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Layout;
using static System.FormattableString;

namespace VhdPS.Engine.Operations.Merge;

/// <summary>What can be merged of a chain of VHDX images: all of it, into a new file. None of its files is changed.</summary>
internal static class VhdxMerge
{
    /// <summary>Says what would be done; the files are only read.</summary>
    /// <exception cref="ArgumentException">The chain is not so deep.</exception>
    /// <exception cref="VhdFormatException">An image would be changed, cannot be read, or has no parent to be found.</exception>
    /// <exception cref="VhdOperationException">Only a part of the chain would be merged, or the target is in the way.</exception>
    public static MergePlan Plan(IReadOnlyList<ChainLevel> levels, MergeOptions options)
    {
        if (options.DestinationPath is not { } target || MergeOperation.FindInChain(levels, target) is not null)
        {
            throw new VhdFormatException(options.Path, FormatProbe.IsVhdx);
        }

        int depth = options.Depth ?? levels.Count - 1;
        MergeOperation.ThrowIfUnusable(options.Path, levels, depth, options.Parents);
        if (levels[depth].Image is not { HasParent: false })
        {
            throw new VhdOperationException(
                options.Path, OperationError.WrongType,
                Invariant($"of VHDX images the whole chain is merged, not {depth} parents of {levels.Count - 1}."));
        }

        ReplacementFile.ThrowIfInTheWay(target, options.Force, source: null);
        using DiskSource source = DiskSource.Open(options.Path, SourceFormat.Vhd, new VhdOpenOptions { Parents = options.Parents });
        return new MergePlan(target, [.. levels.Select(level => level.Path)], true)
        {
            DataBytes = source.CountDataBytes(0, source.SizeBytes),
            OldSizeBytes = source.SizeBytes,
            NewSizeBytes = source.SizeBytes,
        };
    }
}
