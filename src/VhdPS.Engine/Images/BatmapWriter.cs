using System.Buffers.Binary;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Layout;

namespace VhdPS.Engine.Images;

/// <summary>Xen's map of full blocks in an open image, for writers: it may say less than is so, never more.</summary>
internal sealed class BatmapWriter
{
    private readonly ImageFile _file;
    private readonly long _headerOffset;
    private BatmapHeader _header;

    private BatmapWriter(ImageFile file, long headerOffset, BatmapHeader header)
    {
        _file = file;
        _headerOffset = headerOffset;
        _header = header;
    }

    /// <summary>The map of an image; null where it has none, or one that does not lie in a place of its own in the file.</summary>
    public static BatmapWriter? Find(ImageFile file, ImageLayout layout)
    {
        if (layout.Batmap is not { Map: { } map } batmap || map.End > layout.DataEnd || IsClaimed(layout, map))
        {
            return null;
        }

        return batmap.ReadHeader(file) is { } bytes ? new BatmapWriter(file, batmap.HeaderOffset, BatmapHeader.Parse(bytes)!.Value) : null;
    }

    /// <summary>Makes the map say that a block's bitmap is to be looked at.</summary>
    /// <exception cref="ImageIOException">The file could not be read or written.</exception>
    public void Clear(int blockIndex)
    {
        Span<byte> value = stackalloc byte[1];
        byte mask = (byte)(0x80 >> (blockIndex & 7));
        long offset = _header.MapOffset + (blockIndex >> 3);
        if (blockIndex >> 3 >= _header.MapLength || _file.ReadAt(offset, value) == 0 || (value[0] & mask) == 0)
        {
            return;
        }

        byte before = value[0];
        value[0] ^= mask;
        BatmapHeader changed = _header.WithMapByteChanged(before, value[0]);
        Span<byte> checksum = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32BigEndian(checksum, changed.Checksum);
        _file.WriteAt(offset, value);
        _file.WriteAt(_headerOffset + BatmapHeader.ChecksumAt, checksum);
        _header = changed;
    }

    private static bool IsClaimed(ImageLayout layout, StructureExtent map) => layout.Structures.Any(
        other => other != map && other.FileOffset < map.End && map.FileOffset < other.End);
}

/// <summary>Xen's map of full blocks for a new image: its tools refuse to write to an image of theirs without one.</summary>
internal sealed class NewBatmap
{
    private readonly byte[] _header;
    private readonly byte[] _map;
    private readonly long _fileOffset;

    /// <summary>A map with no block in it.</summary>
    /// <param name="header">The header in the old image; what is not known of it is kept.</param>
    /// <param name="fileOffset">Where the header is to lie: right after the table.</param>
    /// <param name="blockCount">Blocks of the disk.</param>
    public NewBatmap(byte[] header, long fileOffset, int blockCount)
    {
        _header = header;
        _fileOffset = fileOffset;
        _map = new byte[BatmapHeader.MapLengthFor(blockCount)];
    }

    /// <summary>The first byte after the map.</summary>
    public long End => _fileOffset + BatmapHeader.Size + _map.Length;

    /// <summary>Says that all sectors of a block are in it.</summary>
    public void SetFull(int blockIndex) => SectorBitmap.SetRange(_map, blockIndex, 1);

    /// <summary>Writes header and map.</summary>
    public void Write(ImageFile file)
    {
        BatmapHeader header = BatmapHeader.Parse(_header)!.Value with
        {
            MapOffset = _fileOffset + BatmapHeader.Size,
            MapSectorCount = (uint)(_map.Length / VhdSpec.SectorSize),
        };
        header.WithMap(_map).Encode(_header);
        file.WriteAt(_fileOffset, _header);
        file.WriteAt(_fileOffset + BatmapHeader.Size, _map);
    }
}
