using VhdPS.Engine.Chains;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Layout;


namespace VhdPS.Engine.Images;

/// <summary>What a child stores about its parent.</summary>
/// <param name="Path">Where the parent is.</param>
/// <param name="UniqueId">Its identity.</param>
/// <param name="TimeStamp">When it was modified.</param>
internal readonly record struct ParentFacts(string Path, Guid UniqueId, DateTime TimeStamp);

/// <summary>
/// Writes footers and header of an existing image again so that a crash at any moment leaves either the old or the new
/// values, under a footer whose checksum is valid and with a header that is whole. A footer is one sector and is taken to be
/// written whole; the header is two and is never written in the place that a footer on the medium names.
/// </summary>
internal static class HeaderRewrite
{
    /// <summary>Writes the footer at the end, then its copy.</summary>
    public static void WriteFooters(ImageFile file, ImageLayout layout, HardDiskFooter footer)
    {
        // A footer of 511 bytes gets its last byte, a reserved zero, which newer tools want.
        file.WriteAt(layout.Footers.End!.FileOffset, footer.Bytes);
        file.Flush();
        if (layout.Header is not null)
        {
            file.WriteAt(0, footer.Bytes);
            file.Flush();
        }
    }

    /// <summary>
    /// Links a differencing image to a parent, and writes <paramref name="footer"/>. Locators of the known kinds are replaced,
    /// others kept. The new header and paths are first laid after the footer, then footers that name them; when these hold,
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
            parentLocators: slots.Select(slot => new ParentLocator(slot, ParentLocatorCode.None, 0, 0, 0, 0)).Concat(
                link.Locators(linkOffset, slots)));

        BlockAllocationTable table = SectorMap.ReadTable(file, layout);
        long? free = FreeSpace.Find(
            file, layout, table, texts.Length, extent => extent.Structure == VhdStructure.ParentLocator && IsGivenUp(header, extent));
        long linkOffset = free ?? FreeSpace.FindEnd(layout, table);
        long newEnd = free is null ? linkOffset + texts.Length : layout.DataEnd;
        Rewrite(file, layout, footer, HeaderWith, texts, linkOffset, newEnd);
    }

    /// <summary>Moves the paths of locators, each with all the space that it claims, and changes nothing else.</summary>
    /// <param name="file">The file.</param>
    /// <param name="layout">Its layout.</param>
    /// <param name="moved">The locators' places.</param>
    /// <param name="linkOffset">Where they go, one after the other; at or past the last block.</param>
    /// <returns>File offset of the footer at the end.</returns>
    public static long MoveLocators(ImageFile file, ImageLayout layout, IReadOnlyList<StructureExtent> moved, long linkOffset)
    {
        byte[] texts = new byte[moved.Sum(extent => SpaceOf(extent))];
        int at = 0;
        var places = new Dictionary<long, int>();
        foreach (StructureExtent extent in moved)
        {
            file.ReadAt(extent.FileOffset, texts.AsSpan(at, (int)extent.Length));
            places[extent.FileOffset] = at;
            at += (int)SpaceOf(extent);
        }

        long newEnd = Math.Max(VhdSpec.RoundUp(layout.DataEnd, VhdSpec.SectorSize), linkOffset + texts.Length);
        Rewrite(file, layout, layout.Footer, offset => WithMovedLocators(layout.Header!, places, offset), texts, linkOffset, newEnd);
        return newEnd;
    }

    /// <summary>The header when <see cref="MoveLocators"/> has moved the paths.</summary>
    public static DynamicDiskHeader HeaderAfterMove(ImageLayout layout, IReadOnlyList<StructureExtent> moved, long linkOffset)
    {
        long at = 0;
        var places = new Dictionary<long, int>();
        foreach (StructureExtent extent in moved)
        {
            places[extent.FileOffset] = (int)at;
            at += SpaceOf(extent);
        }

        return WithMovedLocators(layout.Header!, places, linkOffset);
    }

    /// <summary>Bytes that a locator's path takes, in whole sectors.</summary>
    public static long SpaceOf(StructureExtent extent) => VhdSpec.RoundUp(extent.Length, VhdSpec.SectorSize);

    private static DynamicDiskHeader WithMovedLocators(DynamicDiskHeader header, Dictionary<long, int> places, long linkOffset) =>
        header.With(
        parentLocators: header.ParentLocators
            .Where(locator => locator.IsUsed && places.ContainsKey((long)locator.DataOffset))
            .Select(locator => locator with { DataOffset = (ulong)(linkOffset + places[(long)locator.DataOffset]) }));

    /// <summary>
    /// Puts a header and paths in place by way of a spare copy past the footer, which footers name meanwhile, so that the
    /// header that a footer on the medium names is whole at every moment.
    /// </summary>
    private static void Rewrite(
        ImageFile file, ImageLayout layout, HardDiskFooter footer, Func<long, DynamicDiskHeader> headerWith, byte[] texts, long linkOffset,
            long newEnd)
    {
        // After the place where the last footer will be: header, paths, and the footer that names them.
        long spareOffset = newEnd + VhdSpec.FooterSize;
        long spareLinkOffset = spareOffset + VhdSpec.HeaderSize;
        long spareEnd = spareLinkOffset + texts.Length;
        HardDiskFooter spareFooter = footer.With(dataOffset: (ulong)spareOffset);
        HardDiskFooter lastFooter = footer.With(dataOffset: layout.Footer.DataOffset);
        try
        {
            Reserve(file, layout, linkOffset, texts.Length);
            Reserve(file, layout, newEnd, VhdSpec.FooterSize);
            file.WriteAt(spareOffset, headerWith(spareLinkOffset).Bytes);
            file.WriteAt(spareLinkOffset, texts);
            file.Flush();
            file.WriteAt(spareEnd, spareFooter.Bytes);
            file.Flush();
        }
        catch (ImageIOException error) when (error.Operation == ImageIOOperation.Write)
        {
            // A full medium: all that was written lies past the end of the file as it was.
            GiveBack(file, layout.FileLength);
            throw;
        }

        file.WriteAt(0, spareFooter.Bytes);
        file.Flush();

        file.WriteAt((long)layout.Footer.DataOffset, headerWith(linkOffset).Bytes);
        file.WriteAt(linkOffset, texts);
        file.WriteAt(newEnd, lastFooter.Bytes);
        file.Flush();
        file.WriteAt(0, lastFooter.Bytes);
        file.Flush();
        file.SetLength(newEnd + VhdSpec.FooterSize);
        file.Flush();
    }

    /// <summary>Takes the space of a range that is to be written when footers name the spare: a full medium is met before.</summary>
    private static void Reserve(ImageFile file, ImageLayout layout, long fileOffset, int length)
    {
        long end = fileOffset + length;
        foreach ((long from, long to) in new[]
        {
            (fileOffset, Math.Min(end, layout.DataEnd)), (Math.Max(fileOffset, layout.FileLength), end),
        })
        {
            if (from < to && ZeroFill.IsClear(file, from, to))
            {
                file.WriteAt(from, new byte[to - from]);
            }
        }
    }

    private static void GiveBack(ImageFile file, long length)
    {
        try
        {
            file.SetLength(length);
        }
        catch (IOException)
        {
            // The first error is the one to report; the image is sound, only longer than it has to be.
        }
    }

    private static bool IsReplaced(ParentLocator locator) => locator.Code is
        ParentLocatorCode.None or ParentLocatorCode.W2ru or ParentLocatorCode.W2ku or ParentLocatorCode.MacX;

    private static bool IsGivenUp(DynamicDiskHeader header, StructureExtent extent) =>
        header.ParentLocators.Where(locator => locator.IsUsed && (long)locator.DataOffset == extent.FileOffset).All(IsReplaced);
}
