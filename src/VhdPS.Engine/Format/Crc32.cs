using System.Buffers.Binary;

namespace VhdPS.Engine.Format;

/// <summary>
/// CRC-32 as in IEEE 802.3: polynomial 0x04C11DB7, reflected, all ones before and inverted after. "123456789" gives 0xCBF43926.
/// Source: UEFI specification, "GPT Header", HeaderCRC32.
/// </summary>
internal static class Crc32
{
    private const uint ReflectedPolynomial = 0xEDB8_8320;

    /// <summary>Bytes that are taken at once, each with a table of its own.</summary>
    private const int Stride = 8;

    /// <summary>The polynomial 1, reflected.</summary>
    private const uint One = 0x8000_0000;

    private static readonly uint[] Tables = MakeTables();

    /// <summary>The checksum of <paramref name="bytes"/>.</summary>
    public static uint Compute(ReadOnlySpan<byte> bytes) => Append(0, bytes);

    /// <summary>The checksum of the bytes that gave <paramref name="crc"/>, followed by <paramref name="bytes"/>.</summary>
    /// <param name="crc">0 where nothing came before.</param>
    /// <param name="bytes">What follows.</param>
    public static uint Append(uint crc, ReadOnlySpan<byte> bytes)
    {
        uint[] tables = Tables;
        crc = ~crc;
        for (; bytes.Length >= Stride; bytes = bytes[Stride..])
        {
            ulong word = BinaryPrimitives.ReadUInt64LittleEndian(bytes) ^ crc;
            crc = tables[(7 * 256) + (int)(word & 0xFF)]
                ^ tables[(6 * 256) + (int)((word >> 8) & 0xFF)]
                ^ tables[(5 * 256) + (int)((word >> 16) & 0xFF)]
                ^ tables[(4 * 256) + (int)((word >> 24) & 0xFF)]
                ^ tables[(3 * 256) + (int)((word >> 32) & 0xFF)]
                ^ tables[(2 * 256) + (int)((word >> 40) & 0xFF)]
                ^ tables[256 + (int)((word >> 48) & 0xFF)]
                ^ tables[(int)(word >> 56)];
        }

        foreach (byte value in bytes)
        {
            crc = (crc >> 8) ^ tables[(int)((crc ^ value) & 0xFF)];
        }

        return ~crc;
    }

    /// <summary>The checksum of the bytes that gave <paramref name="crc"/>, followed by <paramref name="count"/> zeros, without looking
    /// at them.</summary>
    public static uint AppendZeros(uint crc, long count)
    {
        // A zero byte multiplies by x to the 8th; powers of it are made by squaring.
        uint state = ~crc, power = One >> 8;
        for (; count > 0; count >>= 1)
        {
            state = (count & 1) != 0 ? Multiply(state, power) : state;
            power = Multiply(power, power);
        }

        return ~state;
    }

    /// <summary>The product of two polynomials modulo that of the checksum; bit 31 is the coefficient of x to the 0th.</summary>
    private static uint Multiply(uint one, uint other)
    {
        uint product = 0;
        for (; one != 0; one <<= 1)
        {
            product ^= (one >> 31) * other;
            other = (other >> 1) ^ ((other & 1) * ReflectedPolynomial);
        }

        return product;
    }

    private static uint[] MakeTables()
    {
        uint[] tables = new uint[Stride * 256];
        for (uint i = 0; i < 256; i++)
        {
            uint crc = i;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc >> 1) ^ ((crc & 1) * ReflectedPolynomial);
            }

            tables[i] = crc;
        }

        for (int i = 256; i < tables.Length; i++)
        {
            uint before = tables[i - 256];
            tables[i] = (before >> 8) ^ tables[(int)(before & 0xFF)];
        }

        return tables;
    }
}
