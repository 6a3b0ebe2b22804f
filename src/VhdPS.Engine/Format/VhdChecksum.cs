using System.Runtime.InteropServices;

namespace VhdPS.Engine.Format;

/// <summary>The one's complement of the sum of a structure's bytes, with the checksum field counted as zero.</summary>
internal static class VhdChecksum
{
    private const ulong EvenBytes = 0x00FF_00FF_00FF_00FF;

    /// <summary>The most words whose pairs of bytes add up to less than 16 bits hold: 128 times 510.</summary>
    private const int WordsAtOnce = 128;

    /// <summary>Computes the checksum over the bytes as stored.</summary>
    /// <param name="structure">512 bytes of footer or 1024 of header.</param>
    /// <param name="fieldOffset">Where the 4-byte checksum lies in <paramref name="structure"/>.</param>
    public static uint Compute(ReadOnlySpan<byte> structure, int fieldOffset) =>
        ~(Sum(structure[..fieldOffset]) + Sum(structure[(fieldOffset + sizeof(uint))..]));

    /// <summary>The sum of the bytes, eight at a time: a batch of many images spends most of its own time here.</summary>
    private static uint Sum(ReadOnlySpan<byte> bytes)
    {
        uint sum = 0;
        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<byte, ulong>(bytes);
        foreach (byte value in bytes[(words.Length * sizeof(ulong))..])
        {
            sum += value;
        }

        while (words.Length > 0)
        {
            ReadOnlySpan<ulong> part = words[..Math.Min(WordsAtOnce, words.Length)];
            ulong lanes = 0;
            foreach (ulong word in part)
            {
                lanes += (word & EvenBytes) + ((word >> 8) & EvenBytes);
            }

            // Four lanes of 16 bits, added separately: together they can pass 16 bits.
            sum += (uint)((lanes & 0xFFFF) + ((lanes >> 16) & 0xFFFF) + ((lanes >> 32) & 0xFFFF) + (lanes >> 48));
            words = words[part.Length..];
        }

        return sum;
    }
}
