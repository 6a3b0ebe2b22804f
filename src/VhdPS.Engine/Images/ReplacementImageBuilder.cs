using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Layout;


namespace VhdPS.Engine.Images;

/// <summary>
/// The structures of a file that takes the place of a dynamic or differencing image: the same disk, with its id, creator,
/// time stamp, locators, batmap and every byte that is not known; only where things lie is new.
/// </summary>
internal static class ReplacementImageBuilder
{
    private const long HeaderOffset = VhdSpec.FooterSize;
    private const long TableOffset = HeaderOffset + VhdSpec.HeaderSize;

    /// <summary>Begins the file.</summary>
    /// <param name="file">A new, empty file.</param>
    /// <param name="oldFile">The image.</param>
    /// <param name="layout">Where everything lies in it.</param>
    /// <param name="isPacked">Whether blocks follow on each other without gaps.</param>
    public static ImageBuilder Begin(ImageFile file, ImageFile oldFile, ImageLayout layout, bool isPacked = false)
    {
        HardDiskFooter footer = layout.Footer.With(dataOffset: HeaderOffset);
        DynamicDiskHeader header = layout.Header!.With(
            nextOffset: VhdSpec.AbsentOffset, tableOffset: TableOffset, maxTableEntries: (uint)layout.BlockCount);
        long end = header.TableEnd;
        NewBatmap? batmap = layout.Batmap?.ReadHeader(oldFile) is { } bytes ? new NewBatmap(bytes, end, layout.BlockCount) : null;
        end = batmap?.End ?? end;

        var paths = new List<FileSegment>();
        var moved = new List<ParentLocator>();
        foreach (ParentLocator locator in header.ParentLocators.Where(locator => IsReadable(locator, oldFile)))
        {
            byte[] path = new byte[locator.DataLength];
            oldFile.ReadAt((long)locator.DataOffset, path);
            paths.Add(new FileSegment(end, path));
            long space = Math.Min(locator.SpaceBytes, VhdSpec.MaxLocatorLength);
            moved.Add(locator with { DataOffset = (ulong)end, DataSpace = (uint)space });
            end += space;
        }

        if (paths.Count > 0)
        {
            // The space after the last path is its own too.
            byte[] last = paths[^1].Bytes;
            Array.Resize(ref last, (int)(end - paths[^1].FileOffset));
            paths[^1] = paths[^1] with { Bytes = last };
        }

        return new ImageBuilder(file, footer, header.With(parentLocators: moved), paths, batmap, isPacked);
    }

    /// <summary>A locator that points at nothing is kept as it is.</summary>
    private static bool IsReadable(ParentLocator locator, ImageFile file) =>
        locator.IsUsed && locator.DataLength is > 0 and <= VhdSpec.MaxLocatorLength
        && locator.DataOffset <= (ulong)file.Length && file.Length - (long)locator.DataOffset >= locator.DataLength;
}
