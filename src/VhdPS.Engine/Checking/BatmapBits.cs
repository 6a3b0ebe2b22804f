using VhdPS.Engine.Format;


namespace VhdPS.Engine.Checking;

/// <summary>Xen's map of the blocks whose bitmap is said to be full.</summary>
/// <param name="MapOffset">File offset of the map in bytes.</param>
/// <param name="Bits">A bit a block, bit 7 of byte 0 first.</param>
internal sealed record BatmapBits(long MapOffset, byte[] Bits)
{
    /// <summary>Whether the map says that all sectors of a block are in it.</summary>
    public bool IsFull(int blockIndex) => blockIndex >> 3 < Bits.Length && SectorBitmap.IsSet(Bits, blockIndex);
}
