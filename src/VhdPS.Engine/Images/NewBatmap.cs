using VhdPS.Engine.Files;
using VhdPS.Engine.Format;


namespace VhdPS.Engine.Images;

/// <summary>Xen's map of full blocks for a new image: its tools refuse to write to an image of theirs without one.</summary>
internal sealed class NewBatmap
{
    private readonly byte[] _header;
    private readonly byte[] _map;
    private readonly long _fileOffset;

    /// <summary>A map with no block in it.</summary>
    /// <param name="header">The header in the old image; what is not known of it is kept.</param>
    /// <param name="fileOffset">Where the header is to lie: right behind the table.</param>
    /// <param name="blockCount">Blocks of the disk.</param>
    public NewBatmap(byte[] header, long fileOffset, int blockCount)
    {
        _header = header;
        _fileOffset = fileOffset;
        _map = new byte[BatmapHeader.MapLengthFor(blockCount)];
    }

    /// <summary>The first byte behind the map.</summary>
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
