using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Layout;
using static System.FormattableString;

namespace VhdPS.Engine.Checking;

/// <summary>Xen's batmap: whether it covers the table and its checksum is valid.</summary>
internal static class BatmapCheck
{
    private const long MaxMapLength = (VhdSpec.MaxTableEntries / 8) + (64 * 1024);

    /// <summary>Returns the map where it can be trusted to be one; null else.</summary>
    public static BatmapBits? Run(ImageFile file, ImageLayout layout, FindingLog log)
    {
        if (layout.Batmap?.ReadHeader(file) is not { } bytes || BatmapHeader.Parse(bytes) is not { MapOffset: >= 0 } header)
        {
            return null;
        }

        void Add(long at, string expected, string actual, string message) =>
            log.Add(new Finding(FaultCode.BatmapInvalid, VhdStructure.Batmap, layout.Batmap.HeaderOffset + at, expected, actual, message));

        long needed = (layout.BlockCount + 7) / 8;
        if (header.MapLength < needed || header.MapLength > MaxMapLength
            || header.MapLength > file.Length - Math.Min(header.MapOffset, file.Length))
        {
            Add(
                BatmapHeader.MapSectorCountAt, Invariant($"space for {layout.BlockCount} bits in the file"),
                Invariant($"{header.MapLength} bytes"), "The batmap does not cover the table.");
            return null;
        }

        byte[] map = new byte[header.MapLength];
        file.ReadAt(header.MapOffset, map);
        uint computed = header.WithMap(map).Checksum;
        if (computed != header.Checksum)
        {
            Add(BatmapHeader.ChecksumAt, $"0x{computed:X8}", $"0x{header.Checksum:X8}", "The checksum of the batmap is not valid.");
            return null;
        }

        return new BatmapBits(header.MapOffset, map);
    }
}

/// <summary>Xen's map of the blocks whose bitmap is said to be full.</summary>
/// <param name="MapOffset">File offset of the map in bytes.</param>
/// <param name="Bits">A bit a block, bit 7 of byte 0 first.</param>
internal sealed record BatmapBits(long MapOffset, byte[] Bits)
{
    /// <summary>Whether the map says that all sectors of a block are in it.</summary>
    public bool IsFull(int blockIndex) => blockIndex >> 3 < Bits.Length && SectorBitmap.IsSet(Bits, blockIndex);
}
