using System.Buffers.Binary;
using VhdPS.Engine.Format;

namespace VhdPS.Engine.Partitions;

/// <summary>
/// The header of a GUID partition table, at sector 1 and in the disk's last sector. Owns the bytes of its sector:
/// <see cref="With"/> copies, changes and reseals, and what it does not know it keeps. Source: UEFI specification, "GPT Header".
/// </summary>
internal sealed class GptHeader
{
    /// <summary>The least bytes of a header.</summary>
    public const int MinSize = 92;

    /// <summary>The revision that there is: 1.0.</summary>
    public const uint Revision1 = 0x0001_0000;

    private const int RevisionAt = 8;
    private const int HeaderSizeAt = RevisionAt + 4;
    private const int HeaderCrcAt = HeaderSizeAt + 4;
    private const int MyLbaAt = HeaderCrcAt + 8;
    private const int AlternateLbaAt = MyLbaAt + 8;
    private const int FirstUsableLbaAt = AlternateLbaAt + 8;
    private const int LastUsableLbaAt = FirstUsableLbaAt + 8;
    private const int DiskIdAt = LastUsableLbaAt + 8;
    private const int EntriesLbaAt = DiskIdAt + 16;
    private const int EntryCountAt = EntriesLbaAt + 8;
    private const int EntrySizeAt = EntryCountAt + 4;
    private const int EntriesCrcAt = EntrySizeAt + 4;

    private readonly byte[] _bytes;

    private GptHeader(byte[] bytes) => _bytes = bytes;

    /// <summary>"EFI PART".</summary>
    public static ReadOnlySpan<byte> Signature => "EFI PART"u8;

    /// <summary>The whole sector.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>The revision, major in the upper 16 bits.</summary>
    public uint Revision => ReadUInt32(RevisionAt);

    /// <summary>Bytes that the CRC covers.</summary>
    public uint HeaderSize => ReadUInt32(HeaderSizeAt);

    /// <summary>The stored CRC.</summary>
    public uint HeaderCrc => ReadUInt32(HeaderCrcAt);

    /// <summary>The CRC of the bytes as stored, with its own field as zeros; 0 where the header's size is impossible.</summary>
    public uint ComputedHeaderCrc => IsSizeValid ? ComputeCrc(_bytes.AsSpan(0, (int)HeaderSize)) : 0;

    /// <summary>Whether the header's size is from 92 bytes to a sector.</summary>
    public bool IsSizeValid => HeaderSize >= MinSize && HeaderSize <= (uint)_bytes.Length;

    /// <summary>Whether the stored CRC is that of the bytes.</summary>
    public bool IsCrcValid => IsSizeValid && HeaderCrc == ComputedHeaderCrc;

    /// <summary>The sector of this header.</summary>
    public ulong MyLba => ReadUInt64(MyLbaAt);

    /// <summary>The sector of the other header.</summary>
    public ulong AlternateLba => ReadUInt64(AlternateLbaAt);

    /// <summary>The first sector that partitions may use.</summary>
    public ulong FirstUsableLba => ReadUInt64(FirstUsableLbaAt);

    /// <summary>The last sector that partitions may use.</summary>
    public ulong LastUsableLba => ReadUInt64(LastUsableLbaAt);

    /// <summary>The disk's id.</summary>
    public Guid DiskId => new(_bytes.AsSpan(DiskIdAt, 16));

    /// <summary>The first sector of this header's entries.</summary>
    public ulong EntriesLba => ReadUInt64(EntriesLbaAt);

    /// <summary>Entries, used or not.</summary>
    public uint EntryCount => ReadUInt32(EntryCountAt);

    /// <summary>Bytes of an entry.</summary>
    public uint EntrySize => ReadUInt32(EntrySizeAt);

    /// <summary>The CRC of all entries.</summary>
    public uint EntriesCrc => ReadUInt32(EntriesCrcAt);

    /// <summary>Takes a sector as it is; null where it does not begin with the signature.</summary>
    public static GptHeader? Parse(ReadOnlySpan<byte> sector) => sector.StartsWith(Signature) ? new GptHeader(sector.ToArray()) : null;

    /// <summary>A copy with the given fields changed and with the CRC of its bytes.</summary>
    public GptHeader With(
        ulong? myLba = null, ulong? alternateLba = null, ulong? lastUsableLba = null, ulong? entriesLba = null)
    {
        byte[] bytes = (byte[])_bytes.Clone();
        Put(bytes, MyLbaAt, myLba);
        Put(bytes, AlternateLbaAt, alternateLba);
        Put(bytes, LastUsableLbaAt, lastUsableLba);
        Put(bytes, EntriesLbaAt, entriesLba);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(HeaderCrcAt), ComputeCrc(bytes.AsSpan(0, (int)HeaderSize)));
        return new GptHeader(bytes);
    }

    /// <summary>Whether another header says the same of the disk, its own place and CRC left out.</summary>
    public bool AgreesWith(GptHeader other) =>
        DiskId == other.DiskId && EntryCount == other.EntryCount && EntrySize == other.EntrySize && EntriesCrc == other.EntriesCrc
        && FirstUsableLba == other.FirstUsableLba && LastUsableLba == other.LastUsableLba;

    private static uint ComputeCrc(ReadOnlySpan<byte> header)
    {
        Span<byte> zeros = stackalloc byte[sizeof(uint)];
        zeros.Clear();
        uint crc = Crc32.Append(0, header[..HeaderCrcAt]);
        crc = Crc32.Append(crc, zeros);
        return Crc32.Append(crc, header[(HeaderCrcAt + sizeof(uint))..]);
    }

    private static void Put(byte[] bytes, int at, ulong? value)
    {
        if (value is { } number)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(at), number);
        }
    }

    private uint ReadUInt32(int at) => BinaryPrimitives.ReadUInt32LittleEndian(_bytes.AsSpan(at));

    private ulong ReadUInt64(int at) => BinaryPrimitives.ReadUInt64LittleEndian(_bytes.AsSpan(at));
}
