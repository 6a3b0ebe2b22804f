using System.Buffers.Binary;
using System.Numerics;

namespace VhdPS.Engine.Vhdx;

/// <summary>
/// One bit a sector, bit 0 of byte 0 first: the reverse of a VHD's. 1: the sector is in this file; 0: it is the parent's.
/// </summary>
internal static class ChunkBitmap
{
    /// <summary>How many bits from <paramref name="start"/> on are equal to the first, at most <paramref name="count"/>.</summary>
    /// <param name="bitmap">The bitmap.</param>
    /// <param name="start">The first sector.</param>
    /// <param name="count">The most that is wanted, at least 1.</param>
    /// <param name="isSet">What the bits of the run are.</param>
    public static int RunLength(ReadOnlySpan<byte> bitmap, int start, int count, out bool isSet)
    {
        isSet = (bitmap[start >> 3] & (1 << (start & 7))) != 0;
        ulong flip = isSet ? ulong.MaxValue : 0;
        int position = start, end = start + count;
        while (position < end)
        {
            int skip = position & 7;
            ulong word = (ReadWord(bitmap, position >> 3) ^ flip) >> skip;
            if (word != 0)
            {
                position += BitOperations.TrailingZeroCount(word);
                break;
            }

            position += 64 - skip;
        }

        return Math.Min(position, end) - start;
    }

    /// <summary>Sets <paramref name="count"/> bits from <paramref name="start"/>.</summary>
    public static void SetRange(Span<byte> bitmap, int start, int count)
    {
        int sector = start, end = start + count;
        for (; sector < end && (sector & 7) != 0; sector++)
        {
            bitmap[sector >> 3] |= (byte)(1 << (sector & 7));
        }

        int wholeBytes = (end - sector) >> 3;
        if (wholeBytes > 0)
        {
            bitmap.Slice(sector >> 3, wholeBytes).Fill(0xFF);
            sector += wholeBytes << 3;
        }

        for (; sector < end; sector++)
        {
            bitmap[sector >> 3] |= (byte)(1 << (sector & 7));
        }
    }

    /// <summary>How many of the first <paramref name="count"/> bits are set.</summary>
    public static int CountSet(ReadOnlySpan<byte> bitmap, int count)
    {
        int set = 0, sector = 0;
        for (; sector + 8 <= count; sector += 8)
        {
            set += BitOperations.PopCount(bitmap[sector >> 3]);
        }

        return count == sector ? set : set + BitOperations.PopCount(bitmap[sector >> 3] & ((1u << (count - sector)) - 1));
    }

    private static ulong ReadWord(ReadOnlySpan<byte> bitmap, int index)
    {
        if (index + sizeof(ulong) <= bitmap.Length)
        {
            return BinaryPrimitives.ReadUInt64LittleEndian(bitmap[index..]);
        }

        ulong word = 0;
        for (int i = sizeof(ulong) - 1; i >= 0; i--)
        {
            word = (word << 8) | (index + i < bitmap.Length ? bitmap[index + i] : 0u);
        }

        return word;
    }
}
