namespace VhdPS.Engine.Format;

/// <summary>
/// CRC-16 (polynomial 0x8005, reflected), as in the group descriptors of ext4 without metadata checksums. Begun with 0,
/// "123456789" gives 0xBB3D. Source: Linux, "ext4 Disk Layout", "Block Group Descriptors".
/// </summary>
internal static class Crc16
{
    private const ushort ReflectedPolynomial = 0xA001;

    private static readonly ushort[] Table = MakeTable();

    /// <summary>The checksum of the bytes that gave <paramref name="crc"/>, followed by <paramref name="bytes"/>.</summary>
    public static ushort Append(ushort crc, ReadOnlySpan<byte> bytes)
    {
        foreach (byte value in bytes)
        {
            crc = (ushort)((crc >> 8) ^ Table[(crc ^ value) & 0xFF]);
        }

        return crc;
    }

    private static ushort[] MakeTable()
    {
        ushort[] table = new ushort[256];
        for (int i = 0; i < table.Length; i++)
        {
            int crc = i;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc >> 1) ^ ((crc & 1) * ReflectedPolynomial);
            }

            table[i] = (ushort)crc;
        }

        return table;
    }
}
