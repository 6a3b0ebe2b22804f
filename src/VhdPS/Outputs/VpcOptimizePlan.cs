using System.Collections.ObjectModel;
using VhdPS.Engine.Format;
using VhdPS.Engine.Operations.Optimize;

namespace VhdPS;

/// <summary>What Optimize-VpcImage would make of an image.</summary>
public sealed class VpcOptimizePlan : VpcPlan
{
    private readonly OptimizeResult _result;

    internal VpcOptimizePlan(string changes, OptimizeResult result, long freeSpaceNeeded)
        : base(result.Path, changes)
    {
        _result = result;
        BytesWritten = freeSpaceNeeded == 0 ? result.MovedBytes : result.FileSizeAfter;
        FreeSpaceNeeded = Math.Max(freeSpaceNeeded, result.SpareBytes);
        FreeSpace = new([.. result.FreeSpace.Select(partition => new VpcFreeSpace(partition))]);
    }

    /// <summary>The type of the image.</summary>
    public VhdType VhdType => _result.VhdType;

    /// <summary>Length of the file now, in bytes.</summary>
    public long FileSizeBefore => _result.FileSizeBefore;

    /// <summary>Length of the file afterwards, in bytes.</summary>
    public long FileSizeAfter => _result.FileSizeAfter;

    /// <summary>Bytes on the medium now.</summary>
    public long SizeOnDiskBefore => _result.SizeOnDiskBefore;

    /// <summary>Bytes on the medium afterwards, about.</summary>
    public long SizeOnDiskAfter => _result.SizeOnDiskAfter;

    /// <summary>What would become smaller, now, in bytes: the file, of a fixed image what it takes on the medium.</summary>
    public long Before => VhdType == VhdType.Fixed ? SizeOnDiskBefore : FileSizeBefore;

    /// <summary>The same afterwards, in bytes.</summary>
    public long After => VhdType == VhdType.Fixed ? SizeOnDiskAfter : FileSizeAfter;

    /// <summary>Bytes by which the file would be shorter; of a fixed image, those given back to the medium.</summary>
    public long Saved => _result.SavedBytes;

    /// <summary>Blocks in the file now; null for a fixed image.</summary>
    public int? BlockCountBefore => VhdType == VhdType.Fixed ? null : _result.BlockCountBefore;

    /// <summary>Blocks in the file afterwards; null for a fixed image.</summary>
    public int? BlockCountAfter => VhdType == VhdType.Fixed ? null : _result.BlockCountAfter;

    /// <summary>With -FreeSpace, what of each partition counts as zeros, and why the others are left; empty without it.</summary>
    public ReadOnlyCollection<VpcFreeSpace> FreeSpace { get; }
}
