using System.Buffers.Binary;

namespace VhdPS.Engine.Vhdx;

/// <summary>An entry of the metadata table: which item, and where in the metadata region.</summary>
/// <param name="Index">Which entry of the table, from 0.</param>
/// <param name="Id">What the item says.</param>
/// <param name="Offset">Bytes from the start of the region; 0 where the item has no bytes.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Flags">Bit 0: a user's; bit 1: about the disk, not the file; bit 2: required. The others are reserved.</param>
/// <param name="Reserved">Zero in valid files.</param>
internal readonly record struct MetadataEntry(int Index, Guid Id, uint Offset, uint Length, uint Flags, uint Reserved)
{
    private const uint UserFlag = 1;
    private const uint VirtualDiskFlag = 2;
    private const uint RequiredFlag = 4;

    /// <summary>Whether the item is a user's, not the format's.</summary>
    public bool IsUser => (Flags & UserFlag) != 0;

    /// <summary>Whether the item is about the disk, not the file.</summary>
    public bool IsVirtualDisk => (Flags & VirtualDiskFlag) != 0;

    /// <summary>Whether who does not know the item must not open the file.</summary>
    public bool IsRequired => (Flags & RequiredFlag) != 0;

    /// <summary>Whether all that is reserved is zero.</summary>
    public bool IsReservedZero => Reserved == 0 && Flags <= (UserFlag | VirtualDiskFlag | RequiredFlag);

    /// <summary>A system item that readers must know.</summary>
    public static MetadataEntry CreateRequired(int index, Guid id, int offset, int length, bool isVirtualDisk) =>
        new(index, id, (uint)offset, (uint)length, RequiredFlag | (isVirtualDisk ? VirtualDiskFlag : 0), 0);
}

/// <summary>
/// The 64 KiB at the start of the metadata region that say where its items are. Owns its raw bytes; getters decode.
/// Source: MS-VHDX, "Metadata Table".
/// </summary>
internal sealed class MetadataTable
{
    private const int Reserved1At = 8;
    private const int EntryCountAt = Reserved1At + 2;
    private const int Reserved2At = EntryCountAt + 2;
    private const int EntriesAt = 32;
    private const int EntrySize = 32;
    private const int MaxEntryCount = (VhdxSpec.MetadataTableSize - EntriesAt) / EntrySize;

    private readonly byte[] _bytes;

    private MetadataTable(byte[] bytes) => _bytes = bytes;

    /// <summary>The 64 KiB.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>Whether the table begins with "metadata".</summary>
    public bool HasSignature => _bytes.AsSpan().StartsWith(VhdxSpec.MetadataSignature);

    /// <summary>Entries, as stored.</summary>
    public int EntryCount => BinaryPrimitives.ReadUInt16LittleEndian(_bytes.AsSpan(EntryCountAt));

    /// <summary>Whether the table has room for its entries.</summary>
    public bool IsEntryCountValid => EntryCount <= MaxEntryCount;

    /// <summary>Whether the reserved bytes of the table's head are zero; entries say so for themselves.</summary>
    public bool IsReservedZero =>
        _bytes.AsSpan(Reserved1At, 2).IndexOfAnyExcept((byte)0) < 0
        && _bytes.AsSpan(Reserved2At, EntriesAt - Reserved2At).IndexOfAnyExcept((byte)0) < 0;

    /// <summary>The entries, at most as many as the table has room for.</summary>
    public IReadOnlyList<MetadataEntry> Entries
    {
        get
        {
            var entries = new MetadataEntry[Math.Min(EntryCount, MaxEntryCount)];
            for (int i = 0; i < entries.Length; i++)
            {
                ReadOnlySpan<byte> entry = _bytes.AsSpan(EntryOffset(i), EntrySize);
                entries[i] = new MetadataEntry(
                    i,
                    new Guid(entry[..16]),
                    BinaryPrimitives.ReadUInt32LittleEndian(entry[16..]),
                    BinaryPrimitives.ReadUInt32LittleEndian(entry[20..]),
                    BinaryPrimitives.ReadUInt32LittleEndian(entry[24..]),
                    BinaryPrimitives.ReadUInt32LittleEndian(entry[28..]));
            }

            return entries;
        }
    }

    /// <summary>Bytes from the start of the table to an entry.</summary>
    public static int EntryOffset(int index) => EntriesAt + (index * EntrySize);

    /// <summary>Takes 64 KiB as they are; no value is judged.</summary>
    /// <exception cref="ArgumentException">The length is another.</exception>
    public static MetadataTable Parse(ReadOnlySpan<byte> source) => source.Length == VhdxSpec.MetadataTableSize
        ? new MetadataTable(source.ToArray())
        : throw new ArgumentException("A metadata table has 65536 bytes.", nameof(source));

    /// <summary>A table of the given entries.</summary>
    public static MetadataTable Create(IReadOnlyList<MetadataEntry> entries)
    {
        byte[] bytes = new byte[VhdxSpec.MetadataTableSize];
        Span<byte> span = bytes;
        VhdxSpec.MetadataSignature.CopyTo(span);
        BinaryPrimitives.WriteUInt16LittleEndian(span[EntryCountAt..], (ushort)entries.Count);
        for (int i = 0; i < entries.Count; i++)
        {
            Span<byte> entry = span.Slice(EntryOffset(i), EntrySize);
            entries[i].Id.TryWriteBytes(entry);
            BinaryPrimitives.WriteUInt32LittleEndian(entry[16..], entries[i].Offset);
            BinaryPrimitives.WriteUInt32LittleEndian(entry[20..], entries[i].Length);
            BinaryPrimitives.WriteUInt32LittleEndian(entry[24..], entries[i].Flags);
        }

        return new MetadataTable(bytes);
    }
}
