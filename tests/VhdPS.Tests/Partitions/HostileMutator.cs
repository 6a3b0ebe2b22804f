using System.Buffers.Binary;

namespace VhdPS.Tests.Partitions;

/// <summary>Makes a hostile disk of a sound one: fields get values at the borders of what they can hold, checksums are made right again
/// or not.</summary>
internal static class HostileMutator
{
    private static readonly ulong[] Borders =
    [
        0, 1, 2, 3, 4, 5, 7, 8, 11, 12, 16, 31, 32, 63, 64, 127, 128, 255, 256, 511, 512, 513, 1023, 1024, 2047, 2048, 4095, 4096, 8191,
            8192, 32767, 32768, 65535,
        65536, 0x10_0000, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFE, 0xFFFF_FFFF, 1UL << 32, 1UL << 40, 1UL << 54, 1UL << 55, 1UL << 62,
            1UL << 63, ulong.MaxValue - 511,
        ulong.MaxValue,
    ];

    /// <summary>The disk of a seed.</summary>
    public static HostileDisk Make(HostileSource source, Random random, List<string> done)
    {
        var disk = new HostileDisk(source.Bytes);
        for (int count = random.Next(1, 4); count > 0; count--)
        {
            HostileSpot spot = source.Spots[random.Next(source.Spots.Length)];
            int size = 1 << random.Next(4);
            long at = spot.Offset + (random.Next(spot.Length) / (random.Next(4) == 0 ? 1 : size) * size);
            if (at + size > source.Bytes.Length)
            {
                continue;
            }

            byte[] value = disk.Read(at, 8);
            ulong old = BinaryPrimitives.ReadUInt64LittleEndian(value) & (size == 8 ? ulong.MaxValue : (1UL << (size * 8)) - 1);
            BinaryPrimitives.WriteUInt64LittleEndian(value, Next(old, random, source.Bytes.Length));
            disk.Write(at, value.AsSpan(0, size));
            bool isSealed = spot.Seal is not null && random.Next(2) == 0;
            if (isSealed)
            {
                spot.Seal!(disk);
            }

            done.Add($"{spot.Name} + {at - spot.Offset}: {size} bytes "
                + $"{Convert.ToHexString(value.AsSpan(0, size))}{(isSealed ? ", sealed" : string.Empty)}");
        }

        switch (random.Next(24))
        {
            case 0:
                disk.SizeBytes = random.NextInt64(source.Bytes.Length + 1);
                done.Add($"cut to {disk.SizeBytes} bytes");
                break;
            case 1:
                disk.SizeBytes += random.NextInt64(1L << random.Next(10, 42));
                done.Add($"grown to {disk.SizeBytes} bytes");
                break;
            case 2:
                disk.LogicalSectorSize = 4096;
                done.Add("sectors of 4096 bytes");
                break;
            case 3:
                disk.LogicalSectorSize = 0;
                break;
        }

        return disk;
    }

    private static ulong Next(ulong old, Random random, int length) => random.Next(7) switch
    {
        0 => (ulong)random.NextInt64(),
        1 => (ulong)random.Next(length),
        2 => (ulong)random.Next((length / 512) + 10),
        3 => unchecked(old + (ulong)random.Next(-3, 4)),
        4 => old ^ (1UL << random.Next(64)),
        5 => unchecked(random.Next(2) == 0 ? old * 2 : old / 2),
        _ => Borders[random.Next(Borders.Length)],
    };
}
