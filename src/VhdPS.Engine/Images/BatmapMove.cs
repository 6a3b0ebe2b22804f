using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Layout;

namespace VhdPS.Engine.Images;

/// <summary>
/// Brings Xen's batmap to where the table ends again: its header must be there, the map may lie anywhere. Xen's tools refuse
/// to write to an image of theirs that has lost it, so that there is a whole one at every moment: the map is copied first,
/// then the old header names the copy, then the new header is written, and the change of the dynamic header switches to it.
/// </summary>
internal sealed class BatmapMove
{
    private readonly ImageFile _file;
    private readonly long _newOffset;
    private readonly long _mapOffset;
    private readonly byte[] _header;
    private readonly byte[]? _map;

    private BatmapMove(ImageFile file, long oldOffset, long newOffset, byte[] header, byte[]? map, long mapOffset)
    {
        _file = file;
        OldOffset = oldOffset;
        _newOffset = newOffset;
        _header = header;
        _map = map;
        _mapOffset = mapOffset;
    }

    /// <summary>File offset of the header's old sector, which counts until the dynamic header has changed.</summary>
    public long OldOffset { get; }

    /// <summary>The first byte after what is written.</summary>
    public long End => _map is null ? _newOffset + BatmapHeader.Size : _mapOffset + _map.Length;

    /// <summary>The first byte after the copy of the map as soon as the old header may name it; 0 before.</summary>
    public long NamedEnd { get; private set; }

    /// <summary>Whether an image has a batmap that is not looked for any more when its table ends at <paramref name="tableEnd"/>.</summary>
    public static bool IsNeeded(ImageLayout layout, long tableEnd) => Find(layout) is { } batmap && batmap.HeaderOffset != tableEnd;

    /// <summary>Plans a move with space for header and map after the table; null where the batmap stays, or there is none.</summary>
    /// <param name="file">The file.</param>
    /// <param name="layout">Its layout.</param>
    /// <param name="tableEnd">Where the table will end.</param>
    /// <param name="entryCount">Entries that the table will have.</param>
    public static BatmapMove? PlanWhole(ImageFile file, ImageLayout layout, long tableEnd, int entryCount)
    {
        if (!IsNeeded(layout, tableEnd) || Find(layout) is not { } batmap || batmap.ReadHeader(file) is not { } bytes)
        {
            return null;
        }

        StructureExtent header = batmap.HeaderExtent, map = batmap.Map!.Value;
        long mapOffset = tableEnd + BatmapHeader.Size;

        // A longer map than needed stays as long: what it holds is in its checksum, which zeros after it do not change.
        long length = Math.Max(map.Length, BatmapHeader.MapLengthFor(entryCount));
        if (Touches(header, mapOffset, length) || Touches(map, mapOffset, length))
        {
            mapOffset = VhdSpec.RoundUp(Math.Max(header.End, map.End), VhdSpec.SectorSize);
        }

        byte[] copy = new byte[length];
        file.ReadAt(map.FileOffset, copy.AsSpan(0, (int)map.Length));
        (BatmapHeader.Parse(bytes)!.Value with { MapOffset = mapOffset, MapSectorCount = (uint)(length / VhdSpec.SectorSize) }).Encode(
            bytes);
        return new BatmapMove(file, header.FileOffset, tableEnd, bytes, copy, mapOffset);
    }

    /// <summary>Plans a move of the header alone, into free space that ends at <paramref name="limit"/>; null where there is nothing to
    /// move or no free space.</summary>
    public static BatmapMove? PlanHeader(ImageFile file, ImageLayout layout, long tableEnd, long limit) =>
        IsNeeded(layout, tableEnd) && tableEnd + BatmapHeader.Size <= limit
        && Find(layout) is { } batmap && batmap.ReadHeader(file) is { } bytes
            ? new BatmapMove(file, batmap.HeaderOffset, tableEnd, bytes, null, 0)
            : null;

    /// <summary>Copies the map to its new place and makes the old header name it, each synced.</summary>
    public void MoveMap()
    {
        if (_map is null)
        {
            return;
        }

        _file.WriteAt(_mapOffset, _map);
        _file.Flush();
        NamedEnd = End;
        _file.WriteAt(OldOffset, _header);
        _file.Flush();
    }

    /// <summary>Writes the header at its new place, for the caller to sync.</summary>
    public void WriteHeader() => _file.WriteAt(_newOffset, _header);

    private static bool Touches(StructureExtent extent, long offset, long length) =>
        extent.FileOffset < offset + length && offset < extent.End;

    /// <summary>The batmap, if it has a map that can be moved.</summary>
    private static Batmap? Find(ImageLayout layout) => layout.Batmap is { Map.Length: <= VhdSpec.MaxTableEntries } batmap ? batmap : null;
}
