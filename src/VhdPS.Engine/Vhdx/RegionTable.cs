using System.Buffers.Binary;

namespace VhdPS.Engine.Vhdx;

/// <summary>A region of the file as a region table names it.</summary>
/// <param name="Id">What the region holds.</param>
/// <param name="FileOffset">Bytes from the start of the file, as stored.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Flags">Bit 0: who does not know the region must not open the file. The others are reserved.</param>
internal readonly record struct RegionEntry(Guid Id, ulong FileOffset, uint Length, uint Flags)
{
    /// <summary>Whether who does not know the region must not open the file.</summary>
    public bool IsRequired => (Flags & 1) != 0;
}

/// <summary>
/// One of the two region tables, which are equal in a valid file. Owns its raw 64 KiB; getters decode. Source: MS-VHDX,
/// "Region Table".
/// </summary>
internal sealed class RegionTable
{
    private const int ChecksumAt = 4;
    private const int EntryCountAt = ChecksumAt + 4;
    private const int ReservedAt = EntryCountAt + 4;
    private const int EntriesAt = ReservedAt + 4;
    private const int EntrySize = 32;

    private readonly byte[] _bytes;

    private RegionTable(byte[] bytes) => _bytes = bytes;

    /// <summary>The 64 KiB.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>Whether the table begins with "regi".</summary>
    public bool HasSignature => _bytes.AsSpan().StartsWith(VhdxSpec.RegionTableSignature);

    /// <summary>The stored CRC-32C.</summary>
    public uint Checksum => BinaryPrimitives.ReadUInt32LittleEndian(_bytes.AsSpan(ChecksumAt));

    /// <summary>The CRC-32C of the bytes as stored.</summary>
    public uint ComputedChecksum => Crc32C.Of(_bytes, ChecksumAt);

    /// <summary>Whether signature and checksum are right.</summary>
    public bool IsValid => HasSignature && Checksum == ComputedChecksum;

    /// <summary>Entries, as stored; at most 2047 in a valid table.</summary>
    public uint EntryCount => BinaryPrimitives.ReadUInt32LittleEndian(_bytes.AsSpan(EntryCountAt));

    /// <summary>Whether the reserved bits of the table and its entries are zero.</summary>
    public bool IsReservedZero =>
        BinaryPrimitives.ReadUInt32LittleEndian(_bytes.AsSpan(ReservedAt)) == 0 && Entries.All(entry => entry.Flags <= 1);

    /// <summary>The entries, at most 2047.</summary>
    public IReadOnlyList<RegionEntry> Entries
    {
        get
        {
            var entries = new RegionEntry[Math.Min(EntryCount, VhdxSpec.MaxRegionCount)];
            for (int i = 0; i < entries.Length; i++)
            {
                ReadOnlySpan<byte> entry = _bytes.AsSpan(EntryOffset(i), EntrySize);
                entries[i] = new RegionEntry(
                    new Guid(entry[..16]),
                    BinaryPrimitives.ReadUInt64LittleEndian(entry[16..]),
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
    public static RegionTable Parse(ReadOnlySpan<byte> source) => source.Length == VhdxSpec.RegionTableSize
        ? new RegionTable(source.ToArray())
        : throw new ArgumentException("A region table has 65536 bytes.", nameof(source));

    /// <summary>A sealed table.</summary>
    public static RegionTable Create(IReadOnlyList<RegionEntry> entries)
    {
        byte[] bytes = new byte[VhdxSpec.RegionTableSize];
        Span<byte> span = bytes;
        VhdxSpec.RegionTableSignature.CopyTo(span);
        BinaryPrimitives.WriteUInt32LittleEndian(span[EntryCountAt..], (uint)entries.Count);
        for (int i = 0; i < entries.Count; i++)
        {
            Span<byte> entry = span.Slice(EntryOffset(i), EntrySize);
            entries[i].Id.TryWriteBytes(entry);
            BinaryPrimitives.WriteUInt64LittleEndian(entry[16..], entries[i].FileOffset);
            BinaryPrimitives.WriteUInt32LittleEndian(entry[24..], entries[i].Length);
            BinaryPrimitives.WriteUInt32LittleEndian(entry[28..], entries[i].Flags);
        }

        BinaryPrimitives.WriteUInt32LittleEndian(span[ChecksumAt..], Crc32C.Of(bytes, ChecksumAt));
        return new RegionTable(bytes);
    }
}
