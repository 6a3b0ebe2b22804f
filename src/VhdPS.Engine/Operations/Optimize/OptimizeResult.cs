using VhdPS.Engine.Format;


namespace VhdPS.Engine.Operations.Optimize;

/// <summary>What an image took before, and takes after it was made smaller.</summary>
/// <param name="Path">The image.</param>
/// <param name="VhdType">Its type.</param>
/// <param name="IsEstimate">Whether nothing was written.</param>
public sealed record OptimizeResult(string Path, VhdType VhdType, bool IsEstimate)
{
    /// <summary>Length of the file before, in bytes.</summary>
    public required long FileSizeBefore { get; init; }

    /// <summary>Length of the file after, in bytes.</summary>
    public required long FileSizeAfter { get; init; }

    /// <summary>Bytes on the medium before.</summary>
    public required long SizeOnDiskBefore { get; init; }

    /// <summary>Bytes on the medium after; of an estimate, the data that would be written.</summary>
    public required long SizeOnDiskAfter { get; init; }

    /// <summary>Blocks in the file before; 0 for a fixed image.</summary>
    public int BlockCountBefore { get; init; }

    /// <summary>Blocks in the file after; 0 for a fixed image.</summary>
    public int BlockCountAfter { get; init; }

    /// <summary>Bytes that the file was made shorter by; for a fixed image, those that it gave back to the medium.</summary>
    public long SavedBytes => VhdType == VhdType.Fixed ? SizeOnDiskBefore - SizeOnDiskAfter : FileSizeBefore - FileSizeAfter;
}
