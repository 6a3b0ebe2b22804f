namespace VhdPS.Engine.Format;

/// <summary>The one's complement of the sum of a structure's bytes, with the checksum field counted as zero.</summary>
public static class VhdChecksum
{
    /// <summary>Computes the checksum over the bytes as stored.</summary>
    /// <param name="structure">512 bytes of footer or 1024 of header.</param>
    /// <param name="fieldOffset">Where the 4-byte checksum lies in <paramref name="structure"/>.</param>
    public static uint Compute(ReadOnlySpan<byte> structure, int fieldOffset)
    {
        uint sum = 0;
        for (int i = 0; i < structure.Length; i++)
        {
            if (i < fieldOffset || i >= fieldOffset + sizeof(uint))
            {
                sum += structure[i];
            }
        }

        return ~sum;
    }
}
