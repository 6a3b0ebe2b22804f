using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Layout;
using static System.FormattableString;

namespace VhdPS.Engine.Checking;

/// <summary>Xen's batmap: whether it covers the table and its checksum holds.</summary>
internal static class BatmapCheck
{
    private const uint UnsignedSince = 0x0001_0002;
    private const long MaxMapLength = (VhdSpec.MaxTableEntries / 8) + (64 * 1024);

    /// <summary>Returns the map where it can be trusted to be one; null else.</summary>
    public static BatmapBits? Run(ImageFile file, ImageLayout layout, FindingLog log)
    {
        long headerOffset = layout.Header!.TableEnd;
        if (!layout.Structures.Contains(new StructureExtent(VhdStructure.Batmap, headerOffset, BatmapHeader.Size)))
        {
            return null;
        }

        byte[] headerBytes = new byte[BatmapHeader.Size];
        file.ReadAt(headerOffset, headerBytes);
        if (BatmapHeader.Parse(headerBytes) is not { } header || header.MapOffset < 0)
        {
            return null;
        }

        void Add(long at, string expected, string actual, string message) =>
            log.Add(new Finding(FaultCode.BatmapInvalid, VhdStructure.Batmap, headerOffset + at, expected, actual, message));

        long needed = (layout.BlockCount + 7) / 8;
        if (header.MapLength < needed || header.MapLength > MaxMapLength || header.MapLength > file.Length - Math.Min(header.MapOffset, file.Length))
        {
            Add(BatmapHeader.MapSectorCountAt, Invariant($"room for {layout.BlockCount} bits in the file"), Invariant($"{header.MapLength} bytes"), "The batmap does not cover the table.");
            return null;
        }

        byte[] map = new byte[header.MapLength];
        file.ReadAt(header.MapOffset, map);
        uint computed = Checksum(map, isSigned: header.Version < UnsignedSince);
        if (computed != header.Checksum)
        {
            Add(BatmapHeader.ChecksumAt, $"0x{computed:X8}", $"0x{header.Checksum:X8}", "The checksum of the batmap does not hold.");
            return null;
        }

        return new BatmapBits(header.MapOffset, map);
    }

    private static uint Checksum(ReadOnlySpan<byte> map, bool isSigned)
    {
        uint sum = 0;
        foreach (byte value in map)
        {
            unchecked
            {
                sum += isSigned ? (uint)(sbyte)value : value;
            }
        }

        return ~sum;
    }
}
