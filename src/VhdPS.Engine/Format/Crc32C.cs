using System.Buffers.Binary;
using System.Numerics;

namespace VhdPS.Engine.Format;

/// <summary>
/// CRC-32C (Castagnoli: polynomial 0x1EDC6F41, reflected) without the inversions before and after, as ext4 keeps it. With both,
/// "123456789" gives 0xE3069283. Source: Linux, "ext4 Disk Layout", "Checksums".
/// </summary>
internal static class Crc32C
{
    /// <summary>What a checksum begins with where nothing came before.</summary>
    public const uint Start = uint.MaxValue;

    /// <summary>The checksum of the bytes that gave <paramref name="crc"/>, followed by <paramref name="bytes"/>.</summary>
    public static uint Append(uint crc, ReadOnlySpan<byte> bytes)
    {
        for (; bytes.Length >= sizeof(ulong); bytes = bytes[sizeof(ulong)..])
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        }

        foreach (byte value in bytes)
        {
            crc = BitOperations.Crc32C(crc, value);
        }

        return crc;
    }

    /// <summary>The checksum of the bytes that gave <paramref name="crc"/>, followed by a little-endian number.</summary>
    public static uint Append(uint crc, uint value) => BitOperations.Crc32C(crc, value);
}
