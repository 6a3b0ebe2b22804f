using VhdPS.Engine.Disks;
using VhdPS.Engine.Format;
using VhdPS.Engine.Layout;


namespace VhdPS;

/// <summary>Where the blocks of an image lie in its file against where they lie on its disk; shown as a picture.</summary>
public sealed class VpcMap : VpcObject
{
    internal VpcMap(DiskSource source, TableFigures? figures, MapRaster raster, IReadOnlyList<MapPartition> partitions)
        : base(source.Path)
    {
        VhdType = source.ImageType;
        Size = source.SizeBytes;
        FileSize = source.FileSize;
        if (figures is { } found)
        {
            BlockSize = source.BlockSize;
            BlockCount = (int)source.BlockCount;
            AllocatedBlockCount = found.AllocatedBlockCount;
            FragmentationPercentage = found.FragmentationPercentage;
        }

        Raster = raster;
        Partitions = partitions;
    }

    /// <summary>Fixed, dynamic or differencing; null for a raw disk.</summary>
    public VhdType? VhdType { get; }

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

    internal IReadOnlyList<MapPartition> Partitions { get; }

    /// <summary>The picture in plain characters, 80 columns wide.</summary>
    public override string ToString() => MapPicture.Draw(this, 80, isColoured: false);
}
