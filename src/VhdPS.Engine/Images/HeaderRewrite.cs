using VhdPS.Engine.Chains;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Layout;


namespace VhdPS.Engine.Images;

/// <summary>What a child stores about its parent.</summary>
/// <param name="Path">Where the parent is.</param>
/// <param name="UniqueId">Its identity.</param>
/// <param name="TimeStamp">When it was modified.</param>
public readonly record struct ParentFacts(string Path, Guid UniqueId, DateTime TimeStamp);

/// <summary>
/// Writes footers and header of an existing image anew so that a crash at any moment leaves either the old or the new
/// values, under a footer whose checksum holds and with a header that is whole. A footer is one sector and is taken to be
/// written whole; the header is two and is never written in the place that a footer on the medium names.
/// </summary>
internal static class HeaderRewrite
{
    /// <summary>Writes the footer at the end, then its copy.</summary>
    public static void WriteFooters(ImageFile file, ImageLayout layout, HardDiskFooter footer)
    {
        // A footer of 511 bytes stays one: the file's length, and with it the disk's end, must not move.
        HardDiskFooter end = layout.Footers.End!.Footer;
        file.WriteAt(layout.Footers.End.FileOffset, footer.Bytes[..end.StoredLength]);
        file.Flush();
        if (layout.Header is not null)
        {
            file.WriteAt(0, footer.Bytes);
            file.Flush();
        }
    }

    /// <summary>
    /// Links a differencing image to a parent, and writes <paramref name="footer"/>. Locators of the known kinds are replaced,
    /// others kept. The new header and paths are first laid behind the footer, then footers that name them; when these hold,
    /// the old places are written, and when those hold, the footers name them again.
    /// </summary>
    public static void Relink(ImageFile file, ImageLayout layout, HardDiskFooter footer, ParentFacts parent)
    {
        DynamicDiskHeader header = layout.Header!;
        ParentLink link = ParentLink.Between(file.Path, parent.Path);
        int[] slots = [.. header.ParentLocators.Where(IsReplaced).Select(locator => locator.Index)];
        byte[] texts = link.Encode();

        DynamicDiskHeader HeaderWith(long linkOffset) => header.With(
            parentUniqueId: parent.UniqueId,
            parentTimeStamp: parent.TimeStamp,
            parentUnicodeName: link.Name,
            parentLocators: slots.Select(slot => new ParentLocator(slot, ParentLocatorCode.None, 0, 0, 0, 0)).Concat(link.Locators(linkOffset, slots)));

        BlockAllocationTable table = SectorMap.ReadTable(file, layout);
        long? room = FreeSpace.Find(
            layout, table, texts.Length, extent => extent.Structure == VhdStructure.ParentLocator && IsGivenUp(header, extent));
        long linkOffset = room ?? FreeSpace.FindEnd(layout, table);
        long newEnd = room is null ? linkOffset + texts.Length : layout.DataEnd;

        // Behind the place where the last footer will be: header, paths, and the footer that names them.
        long spareOffset = newEnd + VhdSpec.FooterSize;
        long spareLinkOffset = spareOffset + VhdSpec.HeaderSize;
        long spareEnd = spareLinkOffset + texts.Length;
        HardDiskFooter spareFooter = footer.With(dataOffset: (ulong)spareOffset);
        HardDiskFooter lastFooter = footer.With(dataOffset: layout.Footer.DataOffset);
        file.WriteAt(spareOffset, HeaderWith(spareLinkOffset).Bytes);
        file.WriteAt(spareLinkOffset, texts);
        file.Flush();
        file.WriteAt(spareEnd, spareFooter.Bytes);
        file.Flush();
        file.WriteAt(0, spareFooter.Bytes);
        file.Flush();

        file.WriteAt((long)layout.Footer.DataOffset, HeaderWith(linkOffset).Bytes);
        file.WriteAt(linkOffset, texts);
        file.WriteAt(newEnd, lastFooter.Bytes);
        file.Flush();
        file.WriteAt(0, lastFooter.Bytes);
        file.Flush();
        file.SetLength(newEnd + VhdSpec.FooterSize);
        file.Flush();
    }

    private static bool IsReplaced(ParentLocator locator) => locator.Code is
        ParentLocatorCode.None or ParentLocatorCode.W2ru or ParentLocatorCode.W2ku or ParentLocatorCode.MacX;

    private static bool IsGivenUp(DynamicDiskHeader header, StructureExtent extent) =>
        header.ParentLocators.Where(locator => locator.IsUsed && (long)locator.DataOffset == extent.FileOffset).All(IsReplaced);
}
