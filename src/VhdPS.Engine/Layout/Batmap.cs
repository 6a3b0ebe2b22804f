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

    /// <summary>The whole sector of the header as it is in the file now, unknown bytes included; null where it is not one any more.</summary>
    public byte[]? ReadHeader(ImageFile file)
    {
        byte[] bytes = new byte[BatmapHeader.Size];
        file.ReadAt(HeaderOffset, bytes);
        return BatmapHeader.Parse(bytes) is null ? null : bytes;
    }
}
