using System.Buffers.Binary;
using System.Text;
using VhdPS.Tests.Format;

namespace VhdPS.Tests.Hostile;

/// <summary>
/// Makes hostile files of sound ones: fields of the structures get values at the borders of what they can hold, with their
/// checksums made right again or not; files are cut, grown and joined.
/// </summary>
internal sealed class Mutator(Random random)
{
    private static readonly (int At, int Size)[] FooterFields =
    [
        (0, 8), (8, 4), (12, 4), (16, 8), (24, 4), (28, 4), (32, 4), (36, 4), (40, 8), (48, 8), (56, 4), (60, 4), (64, 4), (68, 8), (84, 1),
        (85, 4),
    ];

    private static readonly (int At, int Size)[] HeaderFields =
    [
        (0, 8), (8, 8), (16, 8), (24, 4), (28, 4), (32, 4), (36, 4), (40, 8), (56, 4), (60, 4), (64, 8), (572, 4), (768, 4),
    ];

    private static readonly ulong[] Borders =
    [
        0, 1, 2, 3, 4, 5, 7, 8, 11, 12, 255, 256, 511, 512, 513, 1023, 1024, 1536, 2048, 4095, 4096, 65535, 65536, 0x200000, 0x10000000,
        0x20000000, 0x7FFFFFFF, 0x80000000, 0xFFFFFDFF, 0xFFFFFFFE, 0xFFFFFFFF, 0x100000000, 1UL << 40, (1UL << 41) - 512, 1UL << 62,
        (1UL << 63) - 512, 1UL << 63, ulong.MaxValue - 511, ulong.MaxValue - 1, ulong.MaxValue,
    ];

    /// <summary>A hostile file.</summary>
    public byte[] Next()
    {
        byte[] bytes = (byte[])HostileCorpus.Images[random.Next(HostileCorpus.Images.Length)].Clone();
        for (int count = random.Next(1, 5); count > 0; count--)
        {
            bytes = Mutate(bytes);
        }

        return bytes;
    }

    private byte[] Mutate(byte[] bytes)
    {
        switch (random.Next(18))
        {
            case < 4:
                MutateFooter(bytes);
                return bytes;
            case < 8:
                MutateHeader(bytes);
                return bytes;
            case < 11:
                MutateTable(bytes);
                return bytes;
            case 11:
                return bytes[..random.Next(bytes.Length + 1)];
            case 12:
                return [.. bytes, .. new byte[random.Next(1, 5000)]];
            case 13:
                return Splice(bytes);
            case 14:
                MutateLocator(bytes);
                return bytes;
            case 15 or 16:
                MutateParentPath(bytes);
                return bytes;
            default:
                for (int flips = random.Next(1, 9); flips > 0 && bytes.Length > 0; flips--)
                {
                    bytes[random.Next(Math.Min(bytes.Length, random.Next(2) == 0 ? 4096 : bytes.Length))] ^= (byte)(1 << random.Next(8));
                }

                return bytes;
        }
    }

    private void MutateFooter(byte[] bytes)
    {
        (int at, int size) = FooterFields[random.Next(FooterFields.Length)];
        ulong value = NextValue(bytes.Length);
        int which = random.Next(3);
        bool isSealed = random.Next(4) != 0;
        if (which != 0 && bytes.Length >= 512)
        {
            Put(bytes.AsSpan(bytes.Length - 512, 512), at, size, value, isSealed && at != 64 ? 64 : -1);
        }

        if (which != 1 && bytes.Length >= 512 && bytes.AsSpan().StartsWith("conectix"u8))
        {
            Put(bytes.AsSpan(0, 512), at, size, value, isSealed && at != 64 ? 64 : -1);
        }
    }

    private void MutateHeader(byte[] bytes)
    {
        if (FindHeader(bytes) is { } header)
        {
            (int at, int size) = HeaderFields[random.Next(HeaderFields.Length)];
            Put(bytes.AsSpan(header, 1024), at, size, NextValue(bytes.Length), random.Next(4) != 0 && at != 36 ? 36 : -1);
        }
    }

    private void MutateLocator(byte[] bytes)
    {
        if (FindHeader(bytes) is not { } header)
        {
            return;
        }

        int at = 576 + (random.Next(8) * 24);
        uint[] codes = [0x57327275, 0x57326B75, 0x4D616358, 0x4D616320, 0x57693272, (uint)random.Next()];
        Span<byte> span = bytes.AsSpan(header, 1024);
        Put(span, at, 4, codes[random.Next(codes.Length)], -1);
        Put(span, at + 4, 4, NextValue(bytes.Length), -1);
        Put(span, at + 8, 4, random.Next(2) == 0 ? 24 : NextValue(bytes.Length), -1);
        Put(span, at + 16, 8, NextValue(bytes.Length), 36);
    }

    /// <summary>Lets the name and the locators of a child lead elsewhere; of other images it makes children.</summary>
    private void MutateParentPath(byte[] bytes)
    {
        if (FindHeader(bytes) is not { } header)
        {
            return;
        }

        string name = HostileParents.Names[random.Next(HostileParents.Names.Length)];
        Span<byte> span = bytes.AsSpan(header, 1024), stored = span[64..576];
        stored.Clear();
        Encoding.BigEndianUnicode.GetBytes(name.AsSpan(0, Math.Min(name.Length, 256)), stored);
        ImageBytes.ParentUniqueId.TryWriteBytes(span[40..], bigEndian: true, out _);
        for (int locator = 0; locator < 3 && random.Next(3) != 0; locator++)
        {
            ReadOnlySpan<uint> codes = [0x57327275, 0x57326B75, 0x4D616358];
            uint code = codes[random.Next(codes.Length)];
            byte[] path = code == 0x4D616358 ? Encoding.UTF8.GetBytes(name) : Encoding.Unicode.GetBytes(name);
            int place = 2048 + (random.Next(4) * 512);
            if (place + path.Length > bytes.Length)
            {
                continue;
            }

            path.CopyTo(bytes, place);
            int at = 576 + (locator * 24);
            Put(span, at, 4, code, -1);
            Put(span, at + 4, 4, (ulong)random.Next(2) * 512, -1);
            Put(span, at + 8, 4, (ulong)path.Length, -1);
            Put(span, at + 16, 8, (ulong)place, -1);
        }

        ImageBytes.Seal(span, 36);
        if (random.Next(2) == 0 && bytes.Length >= 512)
        {
            Put(bytes.AsSpan(bytes.Length - 512, 512), 60, 4, 4, 64);
            Put(bytes.AsSpan(0, 512), 60, 4, 4, 64);
        }
    }

    private void MutateTable(byte[] bytes)
    {
        if (FindHeader(bytes) is not { } header)
        {
            return;
        }

        ulong table = BinaryPrimitives.ReadUInt64BigEndian(bytes.AsSpan(header + 16));
        if (table > (ulong)Math.Max(0, bytes.Length - 512))
        {
            return;
        }

        for (int count = random.Next(1, 6); count > 0; count--)
        {
            int at = (int)table + (random.Next(random.Next(2) == 0 ? 16 : 128) * 4);
            uint value = random.Next(3) switch
            {
                0 => (uint)NextValue(bytes.Length),
                1 => (uint)random.Next((bytes.Length / 512) + 2),
                _ => BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan((int)table + (random.Next(16) * 4))),
            };
            BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(at), value);
        }
    }

    private byte[] Splice(byte[] bytes)
    {
        byte[] other = HostileCorpus.Images[random.Next(HostileCorpus.Images.Length)];
        int head = random.Next(bytes.Length + 1), tail = random.Next(other.Length + 1);
        if (random.Next(2) == 0)
        {
            head -= head % 512;
            tail -= tail % 512;
        }

        return [.. bytes.AsSpan(0, head), .. other.AsSpan(tail)];
    }

    private static int? FindHeader(byte[] bytes)
    {
        if (bytes.Length < 1536)
        {
            return null;
        }

        ulong offset = BinaryPrimitives.ReadUInt64BigEndian(bytes.AsSpan(16));
        return offset <= (ulong)(bytes.Length - 1024) ? (int)offset : 512;
    }

    private ulong NextValue(int length) => random.Next(5) switch
    {
        0 => (ulong)random.NextInt64(),
        1 => (ulong)random.Next(length + 1024),
        2 => (ulong)Math.Max(0, length - 512 + random.Next(-3, 4)),
        _ => Borders[random.Next(Borders.Length)] + (random.Next(8) == 0 ? 1UL : 0),
    };

    private static void Put(Span<byte> structure, int at, int size, ulong value, int checksumAt)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, value);
        bytes[(8 - size)..].CopyTo(structure[at..]);
        if (checksumAt >= 0)
        {
            ImageBytes.Seal(structure, checksumAt);
        }
    }
}
