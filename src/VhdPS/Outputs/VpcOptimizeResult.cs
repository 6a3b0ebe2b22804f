using System.Collections.ObjectModel;
using VhdPS.Engine.Format;
using VhdPS.Engine.Operations.Optimize;


namespace VhdPS;

/// <summary>What an image took before and takes after it was made smaller.</summary>
public sealed class VpcOptimizeResult : VpcObject
{
    private readonly OptimizeResult _result;

    internal VpcOptimizeResult(OptimizeResult result)
        : base(result.Path)
    {
        _result = result;
        FreeSpace = new([.. result.FreeSpace.Select(partition => new VpcFreeSpace(partition))]);
    }

    /// <summary>The type of the image.</summary>
    public VhdType VhdType => _result.VhdType;

    /// <summary>Length of the file before, in bytes.</summary>
    public long FileSizeBefore => _result.FileSizeBefore;

    /// <summary>Length of the file after, in bytes.</summary>
    public long FileSizeAfter => _result.FileSizeAfter;

    /// <summary>Bytes on the medium before.</summary>
    public long SizeOnDiskBefore => _result.SizeOnDiskBefore;

    /// <summary>Bytes on the medium after.</summary>
    public long SizeOnDiskAfter => _result.SizeOnDiskAfter;

    /// <summary>What became smaller, before, in bytes: the file, of a fixed image what it takes on the medium.</summary>
    public long Before => VhdType == VhdType.Fixed ? SizeOnDiskBefore : FileSizeBefore;

    /// <summary>The same after, in bytes.</summary>
    public long After => VhdType == VhdType.Fixed ? SizeOnDiskAfter : FileSizeAfter;

    /// <summary>Bytes by which the file is shorter; of a fixed image, those given back to the medium.</summary>
    public long Saved => _result.SavedBytes;

    /// <summary>Blocks in the file before; null for a fixed image.</summary>
    public int? BlockCountBefore => VhdType == VhdType.Fixed ? null : _result.BlockCountBefore;

    /// <summary>Blocks in the file after; null for a fixed image.</summary>
    public int? BlockCountAfter => VhdType == VhdType.Fixed ? null : _result.BlockCountAfter;

    /// <summary>With -FreeSpace, what of each partition counts as zeros, and why the others are left; empty without it.</summary>
    public ReadOnlyCollection<VpcFreeSpace> FreeSpace { get; }

    /// <summary>Bytes of data in the new file that are shared with the old one and so were not copied; null where there is none.</summary>
    public long? SharedBytes => VhdType == VhdType.Fixed ? null : _result.SharedBytes;

    /// <summary>Bytes of data that were copied into the new file; of an estimate, the most new space that it needs.</summary>
    public long? CopiedBytes => VhdType == VhdType.Fixed ? null : _result.CopiedBytes;

    /// <inheritdoc/>
    public override string ToString() =>
        $"{VpcSize.Format(Saved)} of {VpcSize.Format(Before)} saved";
}
