using System.Buffers.Binary;

namespace VhdPS.Engine.Format;

/// <summary>
/// Xen's header of a map with one bit a block: 1 says that the block's sector bitmap is all ones. Source: blktap, vhd.h.
/// </summary>
/// <param name="MapOffset">File offset of the map in bytes.</param>
/// <param name="MapSectorCount">Sectors of the map.</param>
/// <param name="Version">Major in the upper 16 bits; below 1.2 the checksum counts bytes as signed.</param>
/// <param name="Checksum">One's complement of the sum of the map's bytes.</param>
internal readonly record struct BatmapHeader(long MapOffset, uint MapSectorCount, uint Version, uint Checksum)
{
    /// <summary>Bytes of the header.</summary>
    public const int Size = 512;

    /// <summary>The only creator whose images have one.</summary>
    public const string CreatorApplication = "tap";

    internal const int MapOffsetAt = 8;
    internal const int MapSectorCountAt = MapOffsetAt + 8;
    internal const int ChecksumAt = VersionAt + 4;

    private const int VersionAt = MapSectorCountAt + 4;
    private const uint FirstUnsignedVersion = 0x0001_0002;

    /// <summary>Bytes of the map.</summary>
    public long MapLength => (long)MapSectorCount * VhdSpec.SectorSize;

    /// <summary>"tdbatmap".</summary>
    public static ReadOnlySpan<byte> Cookie => "tdbatmap"u8;

    /// <summary>Bytes of a map with a bit for each of so many blocks: whole sectors.</summary>
    public static long MapLengthFor(long blockCount) => VhdSpec.RoundUp((blockCount + 7) / 8, VhdSpec.SectorSize);

    /// <summary>Decodes a header; null where the cookie is not there.</summary>
    public static BatmapHeader? Parse(ReadOnlySpan<byte> bytes) => bytes.StartsWith(Cookie)
        ? new BatmapHeader(
            BinaryPrimitives.ReadInt64BigEndian(bytes[MapOffsetAt..]),
            BinaryPrimitives.ReadUInt32BigEndian(bytes[MapSectorCountAt..]),
            BinaryPrimitives.ReadUInt32BigEndian(bytes[VersionAt..]),
            BinaryPrimitives.ReadUInt32BigEndian(bytes[ChecksumAt..]))
        : null;

    /// <summary>Puts the values into a header, whose other bytes stay.</summary>
    public void Encode(Span<byte> header)
    {
        Cookie.CopyTo(header);
        BinaryPrimitives.WriteInt64BigEndian(header[MapOffsetAt..], MapOffset);
        BinaryPrimitives.WriteUInt32BigEndian(header[MapSectorCountAt..], MapSectorCount);
        BinaryPrimitives.WriteUInt32BigEndian(header[VersionAt..], Version);
        BinaryPrimitives.WriteUInt32BigEndian(header[ChecksumAt..], Checksum);
    }

    /// <summary>The checksum of a whole map.</summary>
    public BatmapHeader WithMap(ReadOnlySpan<byte> map)
    {
        bool isSigned = Version < FirstUnsignedVersion;
        uint sum = 0;
        foreach (byte value in map)
        {
            unchecked
            {
                sum += isSigned ? (uint)(sbyte)value : value;
            }
        }

        return this with { Checksum = ~sum };
    }

    /// <summary>The checksum after one byte of the map has changed: right if it was right, wrong if it was wrong.</summary>
    public BatmapHeader WithMapByteChanged(byte before, byte after)
    {
        int difference = Version < FirstUnsignedVersion ? unchecked((sbyte)after - (sbyte)before) : after - before;
        return this with { Checksum = ~unchecked(~Checksum + (uint)difference) };
    }
}
