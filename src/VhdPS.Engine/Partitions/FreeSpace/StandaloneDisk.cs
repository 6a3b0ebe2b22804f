using VhdPS.Engine.Chains;
using VhdPS.Engine.Disks;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;

namespace VhdPS.Engine.Partitions.FreeSpace;

/// <summary>
/// Finds the free space of disks whose every user is known: nothing but its own file systems may read a cluster that they call free.
/// A child, a parent and the memory of a stopped machine know the disk as it is, and no force makes them forget it.
/// </summary>
internal static class StandaloneDisk
{
    /// <summary>Judges the maps of a disk.</summary>
    /// <param name="source">The disk.</param>
    /// <param name="children">Answers what depends on the image; null: an index for this call alone.</param>
    /// <param name="cancellation">Stops the look.</param>
    /// <exception cref="VhdOperationException">The image has a parent or children, or a machine's state is saved with it.</exception>
    /// <exception cref="VhdFormatException">The table cannot be read.</exception>
    public static FreeSpaceMap ReadFreeSpace(DiskSource source, ChildIndex? children, CancellationToken cancellation = default)
    {
        if (source.ImageType == VhdType.Differencing)
        {
            throw new VhdOperationException(
                source.Path, OperationError.WrongType,
                "free space counts as zeros only in an image that stands alone, and this one has a parent.");
        }

        if (source.Layout is { Footer.SavedState: not 0 })
        {
            throw new VhdOperationException(
                source.Path, OperationError.StateSaved,
                "the state of a virtual machine is saved with the image, and expects the disk with its free space as it is.");
        }

        if (source.Image is { } image)
        {
            IReadOnlyList<DependentImage> found = (children ?? new ChildIndex([])).Find(source.Path, image, source.Identity);
            if (found.Count > 0)
            {
                throw new VhdOperationException(
                    source.Path, OperationError.HasChildren,
                    $"'{found[0].Path}' depends on this image, or may, and what is free here may be in use there.");
            }
        }

        return FreeSpaceMap.Read(new DiskSourceReader(source), cancellation);
    }

    /// <summary>The free ranges as zeros.</summary>
    public static ZeroedRanges ToZeros(FreeSpaceMap map) => new((from, to) =>
        map.List(from, to).Select(range => new DiskExtent(range.Offset, range.Length, IsZero: true)));
}
