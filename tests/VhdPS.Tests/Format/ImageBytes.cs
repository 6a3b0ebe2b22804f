using System.Buffers.Binary;
using System.Text;
using VhdPS.Tests.Files;

namespace VhdPS.Tests.Format;

/// <summary>
/// An image made byte by byte from the specification, without the engine's codecs, so that any field can be given any
/// value. Sound until a fault is put in. Puts reseal the structure's checksum unless told not to.
/// </summary>
internal sealed class ImageBytes
{
    public const int SectorSize = 512;
    public const int FooterSize = 512;
    public const int HeaderSize = 1024;

    /// <summary>The unique id of every image made here.</summary>
    public static readonly Guid UniqueId = new("00112233-4455-6677-8899-aabbccddeeff");

    /// <summary>The parent's unique id in differencing images.</summary>
    public static readonly Guid ParentUniqueId = new("ffeeddcc-bbaa-9988-7766-554433221100");

    private byte[] _bytes;

    private ImageBytes(byte[] bytes, int blockSize)
    {
        _bytes = bytes;
        BlockSize = blockSize;
    }

    /// <summary>The whole file.</summary>
    public byte[] Bytes => _bytes;

    public int BlockSize { get; }

    public int BitmapSize => RoundUp(((BlockSize / SectorSize) + 7) / 8, SectorSize);

    /// <summary>Where the dynamic header begins; -1 in a fixed image.</summary>
    public int HeaderOffset { get; private set; } = -1;

    /// <summary>Where the table begins; -1 in a fixed image.</summary>
    public int TableOffset { get; private set; } = -1;

    /// <summary>Where the footer at the end begins.</summary>
    public int FooterOffset { get; private set; }

    /// <summary>A fixed image whose data is <paramref name="size"/> bytes counting sectors: byte i is i / 512, low 8 bits.</summary>
    public static ImageBytes Fixed(int size = 64 * 1024)
    {
        byte[] bytes = new byte[size + FooterSize];
        for (int i = 0; i < size; i++)
        {
            bytes[i] = (byte)(i / SectorSize);
        }

        var image = new ImageBytes(bytes, 0) { FooterOffset = size };
        WriteFooter(bytes.AsSpan(size), 2, (ulong)size, ulong.MaxValue);
        return image;
    }

    /// <summary>A dynamic image with no block in it.</summary>
    /// <param name="size">Virtual size in bytes.</param>
    /// <param name="blockSize">Bytes of a block.</param>
    /// <param name="headerOffset">Where to put the header.</param>
    /// <param name="tableOffset">Where to put the table; behind the header when 0.</param>
    public static ImageBytes Dynamic(long size = 64 * 1024, int blockSize = 4096, int headerOffset = 512, int tableOffset = 0) =>
        MakeSparse(3, size, blockSize, headerOffset, tableOffset);

    /// <summary>A differencing image with no block in it and with the parent's id and name, but no locator.</summary>
    public static ImageBytes Differencing(long size = 64 * 1024, int blockSize = 4096, string parentName = "parent.vhd")
    {
        ImageBytes image = MakeSparse(4, size, blockSize, 512, 0);
        Span<byte> header = image._bytes.AsSpan(image.HeaderOffset, HeaderSize);
        ParentUniqueId.TryWriteBytes(header[40..], bigEndian: true, out _);
        Encoding.BigEndianUnicode.GetBytes(parentName, header[64..576]);
        Seal(header, 36);
        return image;
    }

    /// <summary>The complement of the byte sum with the field as zero, at <paramref name="fieldOffset"/>.</summary>
    public static void Seal(Span<byte> structure, int fieldOffset)
    {
        structure.Slice(fieldOffset, 4).Clear();
        uint sum = 0;
        foreach (byte value in structure)
        {
            sum += value;
        }

        BinaryPrimitives.WriteUInt32BigEndian(structure[fieldOffset..], ~sum);
    }

    /// <summary>Changes a field of the footer at the end.</summary>
    public ImageBytes PutEnd(int at, byte[] value, bool reseal = true) => Put(FooterOffset, at, value, FooterSize, 64, reseal);

    /// <summary>Changes a field of the footer's copy.</summary>
    public ImageBytes PutFront(int at, byte[] value, bool reseal = true) => Put(0, at, value, FooterSize, 64, reseal);

    /// <summary>Changes a field of the footer, and of its copy where there is one.</summary>
    public ImageBytes PutFooter(int at, byte[] value, bool reseal = true)
    {
        PutEnd(at, value, reseal);
        return HeaderOffset < 0 ? this : PutFront(at, value, reseal);
    }

    public ImageBytes PutFooter(int at, uint value, bool reseal = true) => PutFooter(at, BigEndian(value), reseal);

    public ImageBytes PutFooter(int at, ulong value, bool reseal = true) => PutFooter(at, BigEndian(value), reseal);

    public ImageBytes PutFooter(int at, string value, bool reseal = true) => PutFooter(at, Encoding.Latin1.GetBytes(value), reseal);

    /// <summary>Changes a field of the dynamic header.</summary>
    public ImageBytes PutHeader(int at, byte[] value, bool reseal = true) => Put(HeaderOffset, at, value, HeaderSize, 36, reseal);

    public ImageBytes PutHeader(int at, uint value, bool reseal = true) => PutHeader(at, BigEndian(value), reseal);

    public ImageBytes PutHeader(int at, ulong value, bool reseal = true) => PutHeader(at, BigEndian(value), reseal);

    /// <summary>Puts one of the eight parent locators; its data, where given, goes before the footer.</summary>
    public ImageBytes PutLocator(int index, uint code, uint space, uint length, ulong offset)
    {
        int at = 576 + (index * 24);
        PutHeader(at, code);
        PutHeader(at + 4, space);
        PutHeader(at + 8, length);
        return PutHeader(at + 16, offset);
    }

    /// <summary>Changes a table entry.</summary>
    public ImageBytes PutEntry(int blockIndex, uint fileSector)
    {
        BinaryPrimitives.WriteUInt32BigEndian(_bytes.AsSpan(TableOffset + (blockIndex * 4)), fileSector);
        return this;
    }

    public uint GetEntry(int blockIndex) => BinaryPrimitives.ReadUInt32BigEndian(_bytes.AsSpan(TableOffset + (blockIndex * 4)));

    /// <summary>Puts a block before the footer and enters it in the table.</summary>
    /// <param name="blockIndex">The block.</param>
    /// <param name="fill">Every byte of its data.</param>
    /// <param name="bitmap">Its first bitmap bytes, the rest being zero; all ones when null.</param>
    public ImageBytes AddBlock(int blockIndex, byte fill, byte[]? bitmap = null)
    {
        byte[] block = new byte[BitmapSize + BlockSize];
        block.AsSpan(0, BitmapSize).Fill(bitmap is null ? (byte)0xFF : (byte)0);
        bitmap?.CopyTo(block, 0);
        block.AsSpan(BitmapSize).Fill(fill);
        int at = Insert(block);
        return PutEntry(blockIndex, (uint)(at / SectorSize));
    }

    /// <summary>Puts bytes before the footer, which moves, and returns where they are.</summary>
    public int Insert(ReadOnlySpan<byte> bytes)
    {
        int at = FooterOffset;
        _bytes = [.. _bytes.AsSpan(0, at), .. bytes, .. _bytes.AsSpan(at)];
        FooterOffset = at + bytes.Length;
        return at;
    }

    /// <summary>Puts bytes behind everything.</summary>
    public ImageBytes Append(ReadOnlySpan<byte> bytes)
    {
        _bytes = [.. _bytes, .. bytes];
        return this;
    }

    /// <summary>Takes bytes off the end.</summary>
    public ImageBytes CutEnd(int count)
    {
        _bytes = _bytes[..^count];
        return this;
    }

    /// <summary>Overwrites any bytes of the file.</summary>
    public ImageBytes Poke(int fileOffset, ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(_bytes.AsSpan(fileOffset));
        return this;
    }

    /// <summary>The bytes as a file in memory.</summary>
    public MemoryImageFile ToFile(string path = "memory.vhd") => new(_bytes, path);

    public static byte[] BigEndian(uint value)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        return bytes;
    }

    public static byte[] BigEndian(ulong value)
    {
        byte[] bytes = new byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, value);
        return bytes;
    }

    private static ImageBytes MakeSparse(uint type, long size, int blockSize, int headerOffset, int tableOffset)
    {
        int entries = (int)((size + blockSize - 1) / blockSize);
        tableOffset = tableOffset == 0 ? headerOffset + HeaderSize : tableOffset;
        int end = Math.Max(tableOffset + RoundUp(entries * 4, SectorSize), headerOffset + HeaderSize);
        byte[] bytes = new byte[end + FooterSize];
        var image = new ImageBytes(bytes, blockSize) { HeaderOffset = headerOffset, TableOffset = tableOffset, FooterOffset = end };
        WriteFooter(bytes, type, (ulong)size, (ulong)headerOffset);
        bytes.AsSpan(0, FooterSize).CopyTo(bytes.AsSpan(end));
        bytes.AsSpan(tableOffset, RoundUp(entries * 4, SectorSize)).Fill(0xFF);
        Span<byte> header = bytes.AsSpan(headerOffset, HeaderSize);
        "cxsparse"u8.CopyTo(header);
        header.Slice(8, 8).Fill(0xFF);
        BinaryPrimitives.WriteUInt64BigEndian(header[16..], (ulong)tableOffset);
        BinaryPrimitives.WriteUInt32BigEndian(header[24..], 0x00010000);
        BinaryPrimitives.WriteUInt32BigEndian(header[28..], (uint)entries);
        BinaryPrimitives.WriteUInt32BigEndian(header[32..], (uint)blockSize);
        Seal(header, 36);
        return image;
    }

    private static void WriteFooter(Span<byte> footer, uint type, ulong size, ulong dataOffset)
    {
        "conectix"u8.CopyTo(footer);
        BinaryPrimitives.WriteUInt32BigEndian(footer[8..], 2);
        BinaryPrimitives.WriteUInt32BigEndian(footer[12..], 0x00010000);
        BinaryPrimitives.WriteUInt64BigEndian(footer[16..], dataOffset);
        BinaryPrimitives.WriteUInt32BigEndian(footer[24..], 0x2EC79B96);
        "win "u8.CopyTo(footer[28..]);
        BinaryPrimitives.WriteUInt32BigEndian(footer[32..], 0x000A0000);
        "Wi2k"u8.CopyTo(footer[36..]);
        BinaryPrimitives.WriteUInt64BigEndian(footer[40..], size);
        BinaryPrimitives.WriteUInt64BigEndian(footer[48..], size);
        BinaryPrimitives.WriteUInt16BigEndian(footer[56..], (ushort)Math.Clamp(size / SectorSize / 4 / 17, 1, 65535));
        footer[58] = 4;
        footer[59] = 17;
        BinaryPrimitives.WriteUInt32BigEndian(footer[60..], type);
        UniqueId.TryWriteBytes(footer[68..], bigEndian: true, out _);
        Seal(footer[..FooterSize], 64);
    }

    private ImageBytes Put(int structureAt, int at, byte[] value, int length, int checksumAt, bool reseal)
    {
        Span<byte> structure = _bytes.AsSpan(structureAt, length);
        value.CopyTo(structure[at..]);
        if (reseal)
        {
            Seal(structure, checksumAt);
        }

        return this;
    }

    private static int RoundUp(int value, int unit) => (value + unit - 1) / unit * unit;
}
