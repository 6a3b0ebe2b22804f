using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace VhdPS.Engine.Partitions.FreeSpace;

/// <summary>Bits of a part of a map: bit 0 of byte 0 is its first cluster, 1 says that a cluster is in use.</summary>
internal static class UseBits
{
    private const int BitsInByte = 8;

    /// <summary>Bytes for so many bits.</summary>
    public static int BytesFor(int count) => (count + BitsInByte - 1) / BitsInByte;

    /// <summary>Clear bits among the first <paramref name="count"/>.</summary>
    public static int CountClear(ReadOnlySpan<byte> bits, int count)
    {
        int set = 0;
        int whole = count / BitsInByte;
        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<byte, ulong>(bits[..whole]);
        foreach (ulong word in words)
        {
            set += BitOperations.PopCount(word);
        }

        foreach (byte value in bits[(words.Length * sizeof(ulong))..whole])
        {
            set += BitOperations.PopCount(value);
        }

        if (count % BitsInByte != 0)
        {
            set += BitOperations.PopCount((uint)(bits[whole] & ((1 << (count % BitsInByte)) - 1)));
        }

        return count - set;
    }

    /// <summary>Sets bits.</summary>
    public static void Set(Span<byte> bits, int start, int end)
    {
        for (; start < end && start % BitsInByte != 0; start++)
        {
            bits[start / BitsInByte] |= (byte)(1 << (start % BitsInByte));
        }

        int whole = (end - start) / BitsInByte;
        if (whole > 0)
        {
            bits.Slice(start / BitsInByte, whole).Fill(0xFF);
            start += whole * BitsInByte;
        }

        for (; start < end; start++)
        {
            bits[start / BitsInByte] |= (byte)(1 << (start % BitsInByte));
        }
    }

    /// <summary>Whether all of some bits are set.</summary>
    public static bool AreSet(ReadOnlySpan<byte> bits, int start, int end) => start >= end || FindClear(bits, start, end) == end;

    /// <summary>The first clear bit from <paramref name="start"/> on; <paramref name="end"/> where there is none.</summary>
    public static int FindClear(ReadOnlySpan<byte> bits, int start, int end) => Find(bits, start, end, 0xFF);

    /// <summary>The first set bit from <paramref name="start"/> on; <paramref name="end"/> where there is none.</summary>
    public static int FindSet(ReadOnlySpan<byte> bits, int start, int end) => Find(bits, start, end, 0);

    private static int Find(ReadOnlySpan<byte> bits, int start, int end, byte other)
    {
        if (start >= end)
        {
            return end;
        }

        int at = start / BitsInByte;
        uint first = (uint)((bits[at] ^ other) >> (start % BitsInByte));
        if (first != 0)
        {
            return Math.Min(end, start + BitOperations.TrailingZeroCount(first));
        }

        // Runs of a map are mostly short or very long: a word at a time first, then vectors.
        at++;
        int last = BytesFor(end);
        for (int tries = 0; tries < 4 && at + sizeof(ulong) <= last; tries++, at += sizeof(ulong))
        {
            ulong word = BinaryPrimitives.ReadUInt64LittleEndian(bits[at..]) ^ (other == 0 ? 0 : ulong.MaxValue);
            if (word != 0)
            {
                return Math.Min(end, (at * BitsInByte) + BitOperations.TrailingZeroCount(word));
            }
        }

        int found = at >= last ? -1 : bits[at..last].IndexOfAnyExcept(other);
        return found < 0 ? end
            : Math.Min(end, ((at + found) * BitsInByte) + BitOperations.TrailingZeroCount((uint)(bits[at + found] ^ other)));
    }
}
