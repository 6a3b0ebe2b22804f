using System.Buffers.Binary;
using System.Numerics;

namespace VhdPS.Engine.Vhdx;

/// <summary>The CRC-32C (Castagnoli) of the format's structures, computed with four bytes of the structure counted as zero.</summary>
internal struct Crc32C
{
    private uint _inverted;

    /// <summary>The CRC of no bytes.</summary>
    public static Crc32C Start() => new() { _inverted = uint.MaxValue };

    /// <summary>The CRC of what was added.</summary>
    public readonly uint Value => ~_inverted;

    /// <summary>The CRC of a structure whose own CRC lies at <paramref name="crcAt"/>.</summary>
    public static uint Of(ReadOnlySpan<byte> structure, int crcAt)
    {
        Crc32C crc = Start();
        crc.AddWithout(structure, crcAt);
        return crc.Value;
    }

    /// <summary>Adds bytes of which the four at <paramref name="crcAt"/> count as zero.</summary>
    public void AddWithout(ReadOnlySpan<byte> bytes, int crcAt)
    {
        Add(bytes[..crcAt]);
        Add([0, 0, 0, 0]);
        Add(bytes[(crcAt + sizeof(uint))..]);
    }

    /// <summary>Adds bytes.</summary>
    public void Add(ReadOnlySpan<byte> bytes)
    {
        uint crc = _inverted;
        while (bytes.Length >= sizeof(ulong))
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[sizeof(ulong)..];
        }

        foreach (byte value in bytes)
        {
            crc = BitOperations.Crc32C(crc, value);
        }

        _inverted = crc;
    }
}
