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

    /// <summary>Bytes by which the file is shorter; of a fixed image, those given back to the medium.</summary>
    public long Saved => _result.SavedBytes;

    /// <summary>Blocks in the file before; null for a fixed image.</summary>
    public int? BlockCountBefore => VhdType == VhdType.Fixed ? null : _result.BlockCountBefore;

    /// <summary>Blocks in the file after; null for a fixed image.</summary>
    public int? BlockCountAfter => VhdType == VhdType.Fixed ? null : _result.BlockCountAfter;

    /// <summary>Bytes of data in the new file that are shared with the old one and so were not copied; null where there is none.</summary>
    public long? SharedBytes => VhdType == VhdType.Fixed ? null : _result.SharedBytes;

    /// <summary>Bytes of data that were copied into the new file; of an estimate, the most new space that it needs.</summary>
    public long? CopiedBytes => VhdType == VhdType.Fixed ? null : _result.CopiedBytes;

    /// <summary>Whether nothing was written: the figures are what would come of it.</summary>
    public bool IsEstimate => _result.IsEstimate;

    /// <inheritdoc/>
    public override string ToString() =>
        $"{VpcSize.Format(Saved)} of {VpcSize.Format(VhdType == VhdType.Fixed ? SizeOnDiskBefore : FileSizeBefore)} saved";
}
