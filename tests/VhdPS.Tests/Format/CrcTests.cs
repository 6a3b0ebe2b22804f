using VhdPS.Engine.Format;


namespace VhdPS.Tests.Format;

/// <summary>The checksums of partition tables and file systems, by the check values of the catalogue of CRC algorithms.</summary>
public sealed class CrcTests
{
    private static ReadOnlySpan<byte> CheckInput => "123456789"u8;

    [Fact]
    public void Crc32_gives_the_check_value() => Assert.Equal(0xCBF4_3926u, Crc32.Compute(CheckInput));

    [Fact]
    public void Crc32c_gives_the_check_value() => Assert.Equal(0xE306_9283u, ~Crc32C.Append(Crc32C.Start, CheckInput));

    [Fact]
    public void Crc16_gives_the_check_value() => Assert.Equal(0xBB3D, Crc16.Append(0, CheckInput));

    /// <summary>Against the polynomial a bit at a time, for every length and cut around the table's stride.</summary>
    [Fact]
    public void Crc32_is_that_of_the_polynomial_however_the_bytes_are_cut()
    {
        byte[] bytes = new byte[67];
        new Random(5).NextBytes(bytes);
        for (int length = 0; length <= bytes.Length; length++)
        {
            uint expected = Bitwise(bytes.AsSpan(0, length), 0xEDB8_8320);
            Assert.Equal(expected, Crc32.Compute(bytes.AsSpan(0, length)));
            for (int cut = 0; cut <= length; cut++)
            {
                Assert.Equal(expected, Crc32.Append(Crc32.Compute(bytes.AsSpan(0, cut)), bytes.AsSpan(cut, length - cut)));
            }

            Assert.Equal(Bitwise(bytes.AsSpan(0, length), 0x82F6_3B78), ~Crc32C.Append(Crc32C.Start, bytes.AsSpan(0, length)));
        }
    }

    private static uint Bitwise(ReadOnlySpan<byte> bytes, uint polynomial)
    {
        uint crc = uint.MaxValue;
        foreach (byte value in bytes)
        {
            crc ^= value;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc >> 1) ^ ((crc & 1) * polynomial);
            }
        }

        return ~crc;
    }
}
