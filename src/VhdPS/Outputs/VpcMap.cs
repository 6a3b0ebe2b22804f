using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Engine.Layout;


namespace VhdPS;

/// <summary>Where the blocks of an image lie in its file against where they lie on its disk; shown as a picture.</summary>
public sealed class VpcMap : VpcObject
{
    internal VpcMap(VhdImage image, TableFigures? figures, MapRaster raster)
        : base(image.Path)
    {
        ImageLayout layout = image.Layout;
        VhdType = layout.VhdType;
        Size = (long)layout.Size.SizeBytes;
        FileSize = layout.FileLength;
        if (figures is { } found)
        {
            BlockSize = layout.BlockSize;
            BlockCount = layout.BlockCount;
            AllocatedBlockCount = found.AllocatedBlockCount;
            FragmentationPercentage = found.FragmentationPercentage;
        }

        Raster = raster;
    }

    /// <summary>Fixed, dynamic or differencing.</summary>
    public VhdType VhdType { get; }

    /// <summary>The virtual size in bytes.</summary>
    public long Size { get; }

    /// <summary>Length of the file in bytes.</summary>
    public long FileSize { get; }

    /// <summary>Bytes in a block; null for a fixed image.</summary>
    public int? BlockSize { get; }

    /// <summary>Blocks of the disk; null for a fixed image.</summary>
    public int? BlockCount { get; }

    /// <summary>Blocks that are in the file; null for a fixed image.</summary>
    public int? AllocatedBlockCount { get; }

    /// <summary>Of the steps from an allocated block to the next, how many of 100 are jumps; null for a fixed image.</summary>
    public int? FragmentationPercentage { get; }

    internal MapRaster Raster { get; }

    /// <summary>The picture in plain characters, 80 columns wide.</summary>
    public override string ToString() => MapPicture.Draw(this, 80, isColoured: false);
}
