using VhdPS.Engine.Files;
using VhdPS.Engine.Format;

namespace VhdPS.Engine.Layout;

/// <summary>
/// Where Xen's batmap lies: a header where the table ends, and a map with one bit a block that the header names. Only
/// images of Xen's own have one, and its tools refuse to write to an image of theirs that has lost it.
/// </summary>
/// <param name="HeaderOffset">File offset of the header.</param>
/// <param name="Map">The map; null where the header names none that lies in the file and fits the table.</param>
internal sealed record Batmap(long HeaderOffset, StructureExtent? Map)
{
    /// <summary>The header's place.</summary>
    public StructureExtent HeaderExtent => new(VhdStructure.Batmap, HeaderOffset, BatmapHeader.Size);

    /// <summary>Xen's batmap lies after the table, where its cookie is; the space it takes must be kept clear.</summary>
    public static Batmap? Find(LayoutDraft draft, DynamicDiskHeader header, HardDiskFooter footer)
    {
        // Asking for the creator: elsewhere a bitmap may lie there, whose bits a guest can make to look like the cookie.
        if (footer.CreatorApplication != BatmapHeader.CreatorApplication || header.TableOffset > (ulong)draft.File.Length)
        {
            return null;
        }

        long at = header.TableEnd;
        Span<byte> bytes = stackalloc byte[BatmapHeader.Size];
        if (at + BatmapHeader.Size > draft.File.Length || draft.File.ReadAt(at, bytes) < bytes.Length
            || BatmapHeader.Parse(bytes) is not { } batmap)
        {
            return null;
        }

        draft.Structures.Add(new StructureExtent(VhdStructure.Batmap, at, BatmapHeader.Size));
        long needed = BatmapHeader.MapLengthFor(header.MaxTableEntries);
        if (batmap.MapOffset < 0 || batmap.MapOffset > draft.File.Length || batmap.MapLength > draft.File.Length - batmap.MapOffset)
        {
            draft.Findings.Add(new Finding(
                FaultCode.BatmapInvalid, VhdStructure.Batmap, at + BatmapHeader.MapOffsetAt, "a place in the file",
                $"0x{batmap.MapOffset:X}", "The batmap does not lie in the file."));
        }
        else if (batmap.MapLength > needed)
        {
            draft.Findings.Add(new Finding(
                FaultCode.BatmapInvalid, VhdStructure.Batmap, at + BatmapHeader.MapSectorCountAt, $"{needed / VhdSpec.SectorSize} sectors",
                $"{batmap.MapSectorCount} sectors",
                "The batmap is larger than the table needs."));
        }
        else
        {
            var map = new StructureExtent(VhdStructure.Batmap, batmap.MapOffset, batmap.MapLength);
            draft.Structures.Add(map);
            return new Batmap(at, map);
        }

        return new Batmap(at, null);
    }

    /// <summary>The whole sector of the header as it is in the file now, unknown bytes included; null where it is not one any
    /// more.</summary>
    public byte[]? ReadHeader(ImageFile file)
    {
        byte[] bytes = new byte[BatmapHeader.Size];
        file.ReadAt(HeaderOffset, bytes);
        return BatmapHeader.Parse(bytes) is null ? null : bytes;
    }
}
