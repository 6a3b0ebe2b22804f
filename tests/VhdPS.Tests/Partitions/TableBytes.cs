using System.Buffers.Binary;
using System.Text;
using VhdPS.Engine.Partitions;

namespace VhdPS.Tests.Partitions;

/// <summary>Builds partition tables in memory, right or wrong in one place, without the engine's own writers.</summary>
internal sealed class TableBytes
{
    private readonly int _sectorSize;

    private TableBytes(long sectorCount, int sectorSize)
    {
        Bytes = new byte[sectorCount * sectorSize];
        _sectorSize = sectorSize;
    }

    public byte[] Bytes { get; }

    public long LastLba => (Bytes.Length / _sectorSize) - 1;

    public PartitionTable Table => PartitionTable.Read(new MemoryDisk(Bytes, _sectorSize));

    /// <summary>A disk with a master boot record of these entries.</summary>
    public static TableBytes Mbr(long sectorCount, params (byte Type, uint Start, uint Count)[] entries)
    {
        var table = new TableBytes(sectorCount, 512);
        table.PutRecord(0, entries);
        return table;
    }

    /// <summary>A disk with a GPT of these partitions, and a protective record.</summary>
    public static TableBytes Gpt(long sectorCount, params (ulong First, ulong Last)[] partitions) => Gpt(sectorCount, 512, partitions);

    public static TableBytes Gpt(long sectorCount, int sectorSize, params (ulong First, ulong Last)[] partitions)
    {
        var table = new TableBytes(sectorCount, sectorSize);
        table.PutRecord(0, (0xEE, 1, (uint)(sectorCount - 1)));
        for (int i = 0; i < partitions.Length; i++)
        {
            table.PutEntry(i, partitions[i].First, partitions[i].Last);
        }

        ulong entrySectors = (ulong)(128 * 128 / sectorSize);
        table.PutHeader(1, (ulong)table.LastLba, 2, 2 + entrySectors, (ulong)table.LastLba - entrySectors - 1);
        table.PutHeader(
            (ulong)table.LastLba, 1, (ulong)table.LastLba - entrySectors, 2 + entrySectors, (ulong)table.LastLba - entrySectors - 1);
        return table.CopyEntries().Seal();
    }

    /// <summary>Puts a boot record at a sector.</summary>
    public TableBytes PutRecord(long sector, params (byte Type, uint Start, uint Count)[] entries)
    {
        Span<byte> record = Bytes.AsSpan((int)(sector * _sectorSize), 512);
        record[446..510].Clear();
        for (int i = 0; i < entries.Length; i++)
        {
            Span<byte> entry = record[(446 + (i * 16))..];
            entry[4] = entries[i].Type;
            BinaryPrimitives.WriteUInt32LittleEndian(entry[8..], entries[i].Start);
            BinaryPrimitives.WriteUInt32LittleEndian(entry[12..], entries[i].Count);
        }

        record[510] = 0x55;
        record[511] = 0xAA;
        return this;
    }

    public TableBytes PutEntry(int index, ulong first, ulong last, byte id = 0)
    {
        Span<byte> entry = Bytes.AsSpan((2 * _sectorSize) + (index * 128), 128);
        new Guid("0FC63DAF-8483-4772-8E79-3D69D8477DE4").TryWriteBytes(entry);
        entry[16] = id == 0 ? (byte)(index + 1) : id;
        BinaryPrimitives.WriteUInt64LittleEndian(entry[32..], first);
        BinaryPrimitives.WriteUInt64LittleEndian(entry[40..], last);
        Encoding.Unicode.GetBytes($"part {index}", entry[56..]);
        return this;
    }

    public TableBytes PutHeader(ulong lba, ulong alternate, ulong entries, ulong firstUsable, ulong lastUsable)
    {
        Span<byte> header = Bytes.AsSpan((int)lba * _sectorSize, _sectorSize);
        "EFI PART"u8.CopyTo(header);
        BinaryPrimitives.WriteUInt32LittleEndian(header[8..], 0x10000);
        BinaryPrimitives.WriteUInt32LittleEndian(header[12..], 92);
        BinaryPrimitives.WriteUInt64LittleEndian(header[24..], lba);
        BinaryPrimitives.WriteUInt64LittleEndian(header[32..], alternate);
        BinaryPrimitives.WriteUInt64LittleEndian(header[40..], firstUsable);
        BinaryPrimitives.WriteUInt64LittleEndian(header[48..], lastUsable);
        new Guid("11111111-2222-3333-4444-555555555555").TryWriteBytes(header[56..]);
        BinaryPrimitives.WriteUInt64LittleEndian(header[72..], entries);
        BinaryPrimitives.WriteUInt32LittleEndian(header[80..], 128);
        BinaryPrimitives.WriteUInt32LittleEndian(header[84..], 128);
        return this;
    }

    /// <summary>Changes a field of 4 or 8 bytes.</summary>
    public TableBytes Put(long offset, ulong value, int size = 8)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        bytes[..size].CopyTo(Bytes.AsSpan((int)offset));
        return this;
    }

    /// <summary>Makes the backup's entries those of sector 2.</summary>
    public TableBytes CopyEntries()
    {
        Bytes.AsSpan(2 * _sectorSize, 128 * 128).CopyTo(Bytes.AsSpan((int)(LastLba * _sectorSize) - (128 * 128)));
        return this;
    }

    /// <summary>Computes all checksums anew, bit by bit.</summary>
    public TableBytes Seal()
    {
        foreach (long lba in new[] { 1, LastLba })
        {
            Span<byte> header = Bytes.AsSpan((int)(lba * _sectorSize), _sectorSize);
            ulong entries = BinaryPrimitives.ReadUInt64LittleEndian(header[72..]);
            ulong length = (ulong)BinaryPrimitives.ReadUInt32LittleEndian(header[80..]) * BinaryPrimitives.ReadUInt32LittleEndian(
                header[84..]);
            if (header.StartsWith("EFI PART"u8) && entries < (ulong)LastLba
                && length <= (ulong)Bytes.Length - (entries * (ulong)_sectorSize))
            {
                BinaryPrimitives.WriteUInt32LittleEndian(header[88..], Crc(Bytes.AsSpan((int)entries * _sectorSize, (int)length)));
            }

            header[16..20].Clear();
            uint size = Math.Min(BinaryPrimitives.ReadUInt32LittleEndian(header[12..]), (uint)_sectorSize);
            BinaryPrimitives.WriteUInt32LittleEndian(header[16..], Crc(header[..(int)size]));
        }

        return this;
    }

    private static uint Crc(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        foreach (byte value in bytes)
        {
            crc ^= value;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc >> 1) ^ ((crc & 1) * 0xEDB8_8320);
            }
        }

        return ~crc;
    }
}
