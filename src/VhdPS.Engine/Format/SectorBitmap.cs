using System.Buffers.Binary;
using System.Numerics;

namespace VhdPS.Engine.Format;

/// <summary>One bit a sector of a block, bit 7 of byte 0 first. 1: the sector is in this file; 0: zeros, or the parent's.</summary>
internal static class SectorBitmap
{
    /// <summary>Whether the bit of <paramref name="sectorInBlock"/> is set.</summary>
    public static bool IsSet(ReadOnlySpan<byte> bitmap, int sectorInBlock) =>
        (bitmap[sectorInBlock >> 3] & (0x80 >> (sectorInBlock & 7))) != 0;

    /// <summary>Sets <paramref name="count"/> bits from <paramref name="start"/>.</summary>
    public static void SetRange(Span<byte> bitmap, int start, int count)
    {
        int sector = start, end = start + count;
        for (; sector < end && (sector & 7) != 0; sector++)
        {
            bitmap[sector >> 3] |= (byte)(0x80 >> (sector & 7));
        }

        int wholeBytes = (end - sector) >> 3;
        if (wholeBytes > 0)
        {
            bitmap.Slice(sector >> 3, wholeBytes).Fill(0xFF);
            sector += wholeBytes << 3;
        }

        for (; sector < end; sector++)
        {
            bitmap[sector >> 3] |= (byte)(0x80 >> (sector & 7));
        }
    }

    /// <summary>Clears <paramref name="count"/> bits from <paramref name="start"/>.</summary>
    public static void ClearRange(Span<byte> bitmap, int start, int count)
    {
        for (int sector = start; sector < start + count; sector++)
        {
            bitmap[sector >> 3] &= (byte)(0xFF ^ (0x80 >> (sector & 7)));
        }
    }

    /// <summary>How many bits from <paramref name="start"/> on are equal to the first, at most <paramref name="count"/>.</summary>
    /// <param name="bitmap">The bitmap.</param>
    /// <param name="start">The first sector in the block.</param>
    /// <param name="count">The most that is wanted, at least 1.</param>
    /// <param name="isSet">What the bits of the run are.</param>
    public static int RunLength(ReadOnlySpan<byte> bitmap, int start, int count, out bool isSet)
    {
        isSet = IsSet(bitmap, start);
        ulong flip = isSet ? ulong.MaxValue : 0;
        int position = start, end = start + count;
        while (position < end)
        {
            int skip = position & 7;
            ulong word = ReadWord(bitmap, position >> 3) ^ flip;
            word <<= skip;
            if (word != 0)
            {
                position += BitOperations.LeadingZeroCount(word);
                break;
            }

            position += 64 - skip;
        }

        return Math.Min(position, end) - start;
    }

    /// <summary>How many of the first <paramref name="count"/> bits are set.</summary>
    public static int CountSet(ReadOnlySpan<byte> bitmap, int count)
    {
        int set = 0, sector = 0;
        for (; sector + 8 <= count; sector += 8)
        {
            set += BitOperations.PopCount(bitmap[sector >> 3]);
        }

        return count == sector ? set : set + BitOperations.PopCount((uint)(bitmap[sector >> 3] >> (8 - (count - sector))));
    }

    private static ulong ReadWord(ReadOnlySpan<byte> bitmap, int index)
    {
        if (index + sizeof(ulong) <= bitmap.Length)
        {
            return BinaryPrimitives.ReadUInt64BigEndian(bitmap[index..]);
        }

        ulong word = 0;
        for (int i = 0; i < sizeof(ulong); i++)
        {
            word = (word << 8) | (index + i < bitmap.Length ? bitmap[index + i] : 0u);
        }

        return word;
    }
}
