using System.Buffers.Binary;
using System.Text;
using VhdPS.Tests.Files;

namespace VhdPS.Tests.Vhdx;

/// <summary>
/// Builds VHDX files in memory, by the specification's words alone and with nothing of the engine's, so that a reader can be
/// compared with it. Header area, log at 1 MiB, metadata at 2 MiB, table at 3 MiB, blocks after it.
/// </summary>
internal sealed class VhdxBytes
{
    public const long MiB = 1 << 20;
    public const long LogOffset = MiB;
    public const long MetadataOffset = 2 * MiB;
    public const long TableOffset = 3 * MiB;

    public static readonly Guid DataWriteGuid = new("11111111-2222-3333-4444-555555555555");
    public static readonly Guid FileWriteGuid = new("66666666-7777-8888-9999-AAAAAAAAAAAA");
    public static readonly Guid DiskId = new("BBBBBBBB-CCCC-DDDD-EEEE-FFFFFFFFFFFF");

    private static readonly uint[] CrcTable = [.. Enumerable.Range(0, 256).Select(value =>
        Enumerable.Range(0, 8).Aggregate((uint)value, (crc, _) => (crc & 1) != 0 ? (crc >> 1) ^ 0x82F63B78 : crc >> 1))];

    private readonly long _tableLength;
    private long _end;

    public VhdxBytes(long sizeBytes, int blockSize = (int)MiB, int sectorSize = 512, bool hasParent = false, bool isFixed = false)
    {
        SizeBytes = sizeBytes;
        BlockSize = blockSize;
        SectorSize = sectorSize;
        Ratio = (1L << 23) * sectorSize / blockSize;
        BlockCount = (sizeBytes + blockSize - 1) / blockSize;
        long chunks = (BlockCount + Ratio - 1) / Ratio;
        _tableLength = Math.Max(1, ((chunks * (Ratio + 1) * 8) + MiB - 1) / MiB) * MiB;
        _end = TableOffset + _tableLength;
        File = new MemoryImageFile("vhdxfile"u8, "memory.vhdx");
        File.WriteAt(8, Encoding.Unicode.GetBytes("test"));
        File.SetLength(_end);
        PutHeader(64 * 1024, 7);
        PutHeader(128 * 1024, 8);
        PutRegions(Regions());
        File.WriteAt(MetadataOffset, "metadata"u8);
        byte[] flags = Bytes((isFixed ? 1u : 0) | (hasParent ? 2u : 0));
        AddItem(new Guid("CAA16737-FA36-4D43-B3B6-33F0AA44E76B"), [.. Bytes((uint)blockSize), .. flags], 4);
        AddItem(new Guid("2FA54224-CD1B-4876-B211-5DBED83BF4B8"), Bytes((ulong)sizeBytes), 6);
        AddItem(new Guid("BECA12AB-B2E6-4523-93EF-C309E000C746"), DiskId.ToByteArray(), 6);
        AddItem(new Guid("8141BF1D-A96F-4709-BA47-F233A8FAAB5F"), Bytes((uint)sectorSize), 6);
        AddItem(new Guid("CDA348C7-445D-4471-9CC9-E9885251C556"), Bytes(4096u), 6);
    }

    public MemoryImageFile File { get; }

    public long SizeBytes { get; }

    public int BlockSize { get; }

    public int SectorSize { get; }

    /// <summary>Payload blocks of a chunk.</summary>
    public long Ratio { get; }

    public long BlockCount { get; }

    /// <summary>Items added so far.</summary>
    public int ItemCount { get; private set; }

    /// <summary>Bytes from the start of the metadata region to the next item.</summary>
    public int NextItemOffset { get; private set; } = 64 * 1024;

    /// <summary>The CRC-32C of bytes, by the table of its polynomial.</summary>
    public static uint Crc(ReadOnlySpan<byte> bytes)
    {
        uint crc = 0xFFFFFFFF;
        foreach (byte value in bytes)
        {
            crc = CrcTable[(byte)(crc ^ value)] ^ (crc >> 8);
        }

        return ~crc;
    }

    public static byte[] Bytes(uint value) => BitConverter.GetBytes(value);

    public static byte[] Bytes(ulong value) => BitConverter.GetBytes(value);

    /// <summary>Writes a header with the right checksum.</summary>
    public void PutHeader(
        long fileOffset, ulong sequence, Guid logGuid = default, uint logLength = (uint)MiB, ulong logOffset = (ulong)LogOffset,
        ushort version = 1,
        ushort logVersion = 0, Guid? dataWriteGuid = null)
    {
        byte[] header = new byte[4096];
        "head"u8.CopyTo(header);
        BinaryPrimitives.WriteUInt64LittleEndian(header.AsSpan(8), sequence);
        FileWriteGuid.TryWriteBytes(header.AsSpan(16));
        (dataWriteGuid ?? DataWriteGuid).TryWriteBytes(header.AsSpan(32));
        logGuid.TryWriteBytes(header.AsSpan(48));
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(64), logVersion);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(66), version);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(68), logLength);
        BinaryPrimitives.WriteUInt64LittleEndian(header.AsSpan(72), logOffset);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(4), Crc(header));
        File.WriteAt(fileOffset, header);
    }

    /// <summary>Writes both region tables, or one of them, with the right checksum.</summary>
    public void PutRegions(IReadOnlyList<(Guid Id, long Offset, long Length, uint Flags)> regions, uint? count = null, int which = 3)
    {
        byte[] table = new byte[64 * 1024];
        "regi"u8.CopyTo(table);
        BinaryPrimitives.WriteUInt32LittleEndian(table.AsSpan(8), count ?? (uint)regions.Count);
        for (int i = 0; i < regions.Count; i++)
        {
            Span<byte> entry = table.AsSpan(16 + (i * 32), 32);
            regions[i].Id.TryWriteBytes(entry);
            BinaryPrimitives.WriteInt64LittleEndian(entry[16..], regions[i].Offset);
            BinaryPrimitives.WriteUInt32LittleEndian(entry[24..], (uint)regions[i].Length);
            BinaryPrimitives.WriteUInt32LittleEndian(entry[28..], regions[i].Flags);
        }

        BinaryPrimitives.WriteUInt32LittleEndian(table.AsSpan(4), Crc(table));
        for (int i = 0; i < 2; i++)
        {
            if ((which & (1 << i)) != 0)
            {
                File.WriteAt((192 + (64 * i)) * 1024, table);
            }
        }
    }

    /// <summary>The regions that the builder writes.</summary>
    public List<(Guid Id, long Offset, long Length, uint Flags)> Regions() =>
    [
        (new Guid("2DC27766-F623-4200-9D64-115E9BFD4A08"), TableOffset, _tableLength, 1),
        (new Guid("8B7CA206-4790-4B9A-B8FE-575F050F886E"), MetadataOffset, MiB, 1),
    ];

    /// <summary>Adds a metadata item after the others.</summary>
    public void AddItem(Guid id, ReadOnlySpan<byte> value, uint flags, uint? offset = null, uint? length = null)
    {
        byte[] entry = new byte[32];
        id.TryWriteBytes(entry);
        BinaryPrimitives.WriteUInt32LittleEndian(entry.AsSpan(16), offset ?? (value.IsEmpty ? 0 : (uint)NextItemOffset));
        BinaryPrimitives.WriteUInt32LittleEndian(entry.AsSpan(20), length ?? (uint)value.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(entry.AsSpan(24), flags);
        File.WriteAt(MetadataOffset + 32 + (ItemCount * 32), entry);
        File.WriteAt(MetadataOffset + NextItemOffset, value);
        ItemCount++;
        NextItemOffset += value.Length;
        PutItemCount((ushort)ItemCount);
    }

    public void PutItemCount(ushort count) => File.WriteAt(MetadataOffset + 10, BitConverter.GetBytes(count));

    /// <summary>Adds the item of a parent locator.</summary>
    public void AddLocator(params (string Key, string Value)[] pairs) => AddItem(
        new Guid("A8D35F2D-B30B-454D-ABF7-D3D84834AB0C"), Locator(new Guid("B04AEFB7-D19E-4A81-B789-25B8E9445913"), pairs), 4);

    /// <summary>The bytes of a parent locator.</summary>
    public static byte[] Locator(Guid type, params (string Key, string Value)[] pairs)
    {
        var text = new List<byte>();
        byte[] head = new byte[20 + (pairs.Length * 12)];
        type.TryWriteBytes(head);
        BinaryPrimitives.WriteUInt16LittleEndian(head.AsSpan(18), (ushort)pairs.Length);
        for (int i = 0; i < pairs.Length; i++)
        {
            byte[] key = Encoding.Unicode.GetBytes(pairs[i].Key), value = Encoding.Unicode.GetBytes(pairs[i].Value);
            Span<byte> entry = head.AsSpan(20 + (i * 12), 12);
            BinaryPrimitives.WriteUInt32LittleEndian(entry, (uint)(head.Length + text.Count));
            BinaryPrimitives.WriteUInt16LittleEndian(entry[8..], (ushort)key.Length);
            text.AddRange(key);
            BinaryPrimitives.WriteUInt32LittleEndian(entry[4..], (uint)(head.Length + text.Count));
            BinaryPrimitives.WriteUInt16LittleEndian(entry[10..], (ushort)value.Length);
            text.AddRange(value);
        }

        return [.. head, .. text];
    }

    /// <summary>File offset of a block's table entry.</summary>
    public long EntryOffset(long block) => TableOffset + ((block + (block / Ratio)) * 8);

    /// <summary>File offset of the table entry of a chunk's bitmap block.</summary>
    public long BitmapEntryOffset(long chunk) => TableOffset + ((((chunk + 1) * Ratio) + chunk) * 8);

    public void PutEntry(long entryOffset, int state, long fileOffset = 0) =>
        File.WriteAt(entryOffset, Bytes((ulong)fileOffset | (uint)state));

    /// <summary>Room for a block at the end of the file.</summary>
    public long Reserve(long bytes)
    {
        long at = _end;
        _end += (bytes + MiB - 1) / MiB * MiB;
        File.SetLength(Math.Max(File.Length, _end));
        return at;
    }

    /// <summary>Puts a fully present block at the end of the file.</summary>
    /// <returns>Where its data begins.</returns>
    public long AddBlock(long block, ReadOnlySpan<byte> data = default)
    {
        long at = Reserve(BlockSize);
        File.WriteAt(at, data);
        PutEntry(EntryOffset(block), 6, at);
        return at;
    }

    /// <summary>Puts a partially present block at the end of the file, and a bitmap block for its chunk where there is none.</summary>
    /// <param name="block">The block.</param>
    /// <param name="isPresent">For each of its sectors, whether it is in the file.</param>
    /// <param name="data">The block's data.</param>
    public void AddPartialBlock(long block, bool[] isPresent, ReadOnlySpan<byte> data)
    {
        long at = Reserve(BlockSize);
        File.WriteAt(at, data);
        PutEntry(EntryOffset(block), 7, at);
        byte[] stored = new byte[8];
        long bitmapEntry = BitmapEntryOffset(block / Ratio);
        File.ReadAt(bitmapEntry, stored);
        long bitmap = (long)(BinaryPrimitives.ReadUInt64LittleEndian(stored) & ~0xFFFFFUL);
        if (bitmap == 0)
        {
            bitmap = Reserve(MiB);
            PutEntry(bitmapEntry, 6, bitmap);
        }

        byte[] bits = new byte[isPresent.Length / 8];
        for (int i = 0; i < isPresent.Length; i++)
        {
            bits[i / 8] |= (byte)(isPresent[i] ? 1 << (i % 8) : 0);
        }

        File.WriteAt(bitmap + (block % Ratio * bits.Length), bits);
    }
}
