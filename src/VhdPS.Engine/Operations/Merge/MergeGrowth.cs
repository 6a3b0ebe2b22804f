using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Layout;


namespace VhdPS.Engine.Operations.Merge;

/// <summary>How much longer a parent's file may become by the blocks of a child.</summary>
internal static class MergeGrowth
{
    /// <summary>Bytes that an image takes on the medium.</summary>
    public static long StoredBytes(string path)
    {
        using var file = LocalImageFile.OpenRead(path);
        return file.SizeOnDisk;
    }

    /// <summary>Bytes of the blocks that the child has and the parent does not; by the tables alone.</summary>
    /// <exception cref="VhdFormatException">An image cannot be read.</exception>
    /// <exception cref="ImageIOException">A file could not be read.</exception>
    public static long CountBytes(string childPath, string parentPath)
    {
        using var parentFile = LocalImageFile.OpenRead(parentPath);
        ImageLayout parent = ImageLayout.Read(parentFile, new LayoutOptions { SizeRule = LargerSize.RuleFor(parentFile) });
        using var childFile = LocalImageFile.OpenRead(childPath);
        ImageLayout child = ImageLayout.Read(childFile);
        if (parent.Header is null)
        {
            return Math.Max(0, (child.SectorCount - parent.SectorCount) * VhdSpec.SectorSize);
        }

        BlockAllocationTable parentTable = SectorMap.ReadTable(parentFile, parent), childTable = SectorMap.ReadTable(childFile, child);
        long newBlocks = 0, counted = -1;
        for (int blockIndex = 0; blockIndex < childTable.Count; blockIndex++)
        {
            if (childTable[blockIndex] == VhdSpec.UnusedEntry)
            {
                continue;
            }

            long first = (long)blockIndex * child.BlockSize / parent.BlockSize;
            long last = (((long)blockIndex + 1) * child.BlockSize - 1) / parent.BlockSize;
            for (long block = Math.Max(first, counted + 1); block <= last; block++)
            {
                counted = block;
                newBlocks += block >= parentTable.Count || parentTable[(int)block] == VhdSpec.UnusedEntry ? 1 : 0;
            }
        }

        return newBlocks * VhdSpec.RoundUp(parent.BlockSpan, VhdSpec.DataAlignment);
    }
}
