using System.Buffers.Binary;
using System.Text;

namespace VhdPS.Tests.Partitions;

/// <summary>The first bytes of volumes that cannot be made in a file by a program at hand.</summary>
internal static class VolumeBytes
{
    private static readonly byte[] Id = [.. Enumerable.Range(1, 16).Select(value => (byte)(value * 7))];

    /// <summary>Makes 8 KiB of a kind of volume.</summary>
    public static byte[] Make(string kind, int version)
    {
        byte[] bytes = new byte[8192];
        switch (kind)
        {
            case "LVM":
                PutLvm(bytes);
                break;
            case "LUKS":
                PutLuks(bytes, version);
                break;
            case "BitLocker":
                new byte[] { 0xEB, 0x58, 0x90 }.CopyTo(bytes, 0);
                "-FVE-FS-"u8.CopyTo(bytes.AsSpan(3));
                BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(11), 512);
                bytes[13] = 8;
                new Guid("4967D63B-2E29-4AD8-8399-F6A339E3D001").TryWriteBytes(bytes.AsSpan(160));
                BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(176), 4096);
                "-FVE-FS-"u8.CopyTo(bytes.AsSpan(4096));
                BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(4096 + 8), 64);
                BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(4096 + 10), 2);
                BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(510), 0xAA55);
                break;
            case "ReFS":
                "ReFS\0\0\0\0"u8.CopyTo(bytes.AsSpan(3));
                "FSRS"u8.CopyTo(bytes.AsSpan(16));
                BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(24), 16384);
                BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(32), 512);
                BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(36), 8);
                bytes[40] = 3;
                bytes[41] = 4;
                break;
            case "APFS":
                PutApfs(bytes);
                break;
            case "Linux RAID":
                PutRaid(bytes.AsSpan(4096));
                break;
        }

        return bytes;
    }

    private static void PutLvm(byte[] bytes)
    {
        Span<byte> label = bytes.AsSpan(512, 512);
        "LABELONE"u8.CopyTo(label);
        BinaryPrimitives.WriteUInt64LittleEndian(label[8..], 1);
        BinaryPrimitives.WriteUInt32LittleEndian(label[20..], 32);
        "LVM2 001"u8.CopyTo(label[24..]);
        "abcdefGHIJKLmnop0123456789QRSTuv"u8.CopyTo(label[32..]);
        BinaryPrimitives.WriteUInt64LittleEndian(label[64..], 8 << 20);

        // LVM's own start value, and no inversion.
        uint crc = 0xF597_A6CF;
        foreach (byte value in label[20..])
        {
            crc ^= value;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc >> 1) ^ ((crc & 1) * 0xEDB8_8320);
            }
        }

        BinaryPrimitives.WriteUInt32LittleEndian(label[16..], crc);
    }

    private static void PutLuks(byte[] bytes, int version)
    {
        new byte[] { (byte)'L', (byte)'U', (byte)'K', (byte)'S', 0xBA, 0xBE, 0, (byte)version }.CopyTo(bytes, 0);
        Encoding.ASCII.GetBytes("07fbb147-e4f4-47eb-961f-c4663dc97a57").CopyTo(bytes, 168);
        if (version == 2)
        {
            BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(8), 16384);
            "secret disk"u8.CopyTo(bytes.AsSpan(24));
        }
    }

    private static void PutApfs(byte[] bytes)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(8), 1);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(24), 1);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(26), 0x8000);
        "NXSB"u8.CopyTo(bytes.AsSpan(32));
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(36), 4096);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(40), 2048);
        Id.CopyTo(bytes, 72);
        ulong low = 0, high = 0;
        for (int at = 8; at < 4096; at += 4)
        {
            low = (low + BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at))) % uint.MaxValue;
            high = (high + low) % uint.MaxValue;
        }

        ulong first = uint.MaxValue - ((low + high) % uint.MaxValue);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(), first | ((uint.MaxValue - ((low + first) % uint.MaxValue)) << 32));
    }

    private static void PutRaid(Span<byte> superblock)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(superblock, 0xA92B_4EFC);
        BinaryPrimitives.WriteUInt32LittleEndian(superblock[4..], 1);
        Id.CopyTo(superblock[16..]);
        "host:array"u8.CopyTo(superblock[32..]);
        BinaryPrimitives.WriteUInt64LittleEndian(superblock[144..], 8);
        ulong sum = 0;
        for (int at = 0; at < 256; at += 4)
        {
            sum += BinaryPrimitives.ReadUInt32LittleEndian(superblock[at..]);
        }

        BinaryPrimitives.WriteUInt32LittleEndian(superblock[216..], (uint)((sum & uint.MaxValue) + (sum >> 32)));
    }
}
