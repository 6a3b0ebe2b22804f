using System.Buffers.Binary;
using System.Text;
using static System.FormattableString;

namespace VhdPS.Engine.Format;

/// <summary>
/// The 1024 bytes that describe the blocks and the parent of a dynamic or differencing image. Owns its raw bytes: getters
/// decode, <see cref="With"/> copies, changes and reseals. Source: specification, "Dynamic Disk Header Format".
/// </summary>
public sealed class DynamicDiskHeader
{
    internal const int CookieAt = 0;
    internal const int NextOffsetAt = CookieAt + 8;
    internal const int TableOffsetAt = NextOffsetAt + 8;
    internal const int HeaderVersionAt = TableOffsetAt + 8;
    internal const int MaxTableEntriesAt = HeaderVersionAt + 4;
    internal const int BlockSizeAt = MaxTableEntriesAt + 4;
    internal const int ChecksumAt = BlockSizeAt + 4;
    internal const int ParentUniqueIdAt = ChecksumAt + 4;
    internal const int ParentTimeStampAt = ParentUniqueIdAt + 16;
    internal const int Reserved1At = ParentTimeStampAt + 4;
    internal const int ParentUnicodeNameAt = Reserved1At + 4;
    private const int ParentUnicodeNameLength = 512;
    internal const int LocatorsAt = ParentUnicodeNameAt + ParentUnicodeNameLength;
    internal const int Reserved2At = LocatorsAt + (VhdSpec.LocatorCount * ParentLocator.Size);

    private readonly byte[] _bytes;

    private DynamicDiskHeader(byte[] bytes) => _bytes = bytes;

    /// <summary>The 1024 bytes.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>Eight characters, "cxsparse" in every sound image.</summary>
    public string Cookie => Encoding.Latin1.GetString(_bytes, CookieAt, 8);

    /// <summary>Whether the cookie is "cxsparse".</summary>
    public bool HasCookie => _bytes.AsSpan(CookieAt, 8).SequenceEqual(VhdSpec.HeaderCookie);

    /// <summary>The specification's "data offset" of the header: absent in every known file.</summary>
    public ulong NextOffset => ReadUInt64(NextOffsetAt);

    /// <summary>File offset of the block allocation table, in bytes.</summary>
    public ulong TableOffset => ReadUInt64(TableOffsetAt);

    /// <summary>File offset of the first byte past the table and what pads its last sector. The table must lie below 2^63.</summary>
    internal long TableEnd => BlockAllocationTable.End((long)TableOffset, MaxTableEntries);

    /// <summary>File offset of the first byte past the last entry, without what pads its sector.</summary>
    internal long EntriesEnd => BlockAllocationTable.EntryOffset((long)TableOffset, MaxTableEntries);

    /// <summary>Header version, major in the upper 16 bits.</summary>
    public uint HeaderVersion => ReadUInt32(HeaderVersionAt);

    /// <summary>Entries in the table.</summary>
    public uint MaxTableEntries => ReadUInt32(MaxTableEntriesAt);

    /// <summary>Bytes of data in a block, without its bitmap.</summary>
    public uint BlockSize => ReadUInt32(BlockSizeAt);

    /// <summary>The stored checksum.</summary>
    public uint Checksum => ReadUInt32(ChecksumAt);

    /// <summary>The checksum of the bytes as stored.</summary>
    public uint ComputedChecksum => VhdChecksum.Compute(_bytes, ChecksumAt);

    /// <summary>Whether the stored checksum is that of the bytes.</summary>
    public bool IsChecksumValid => Checksum == ComputedChecksum;

    /// <summary>The unique id in the parent's footer.</summary>
    public Guid ParentUniqueId => new(_bytes.AsSpan(ParentUniqueIdAt, 16), bigEndian: true);

    /// <summary>The parent's modification time in seconds since 2000, as the child's maker saw it; often 0.</summary>
    public uint ParentTimeStampSeconds => ReadUInt32(ParentTimeStampAt);

    /// <summary>The parent's modification time, UTC.</summary>
    public DateTime ParentTimeStamp => VhdSpec.Epoch.AddSeconds(ParentTimeStampSeconds);

    /// <summary>The parent's file name or path (UTF-16BE, at most 256 units), up to the first NUL and without a byte order mark.</summary>
    public string ParentUnicodeName
    {
        get
        {
            string text = Encoding.BigEndianUnicode.GetString(_bytes, ParentUnicodeNameAt, ParentUnicodeNameLength);
            int end = text.IndexOf('\0', StringComparison.Ordinal);
            return (end < 0 ? text : text[..end]).TrimStart('\uFEFF');
        }
    }

    /// <summary>The eight parent locators.</summary>
    public IReadOnlyList<ParentLocator> ParentLocators
    {
        get
        {
            var locators = new ParentLocator[VhdSpec.LocatorCount];
            for (int i = 0; i < locators.Length; i++)
            {
                locators[i] = ParentLocator.Parse(i, _bytes.AsSpan(LocatorAt(i), ParentLocator.Size));
            }

            return locators;
        }
    }

    /// <summary>Whether all reserved bytes are zero.</summary>
    public bool IsReservedZero => FindReservedByte() < 0;

    /// <summary>Where in the header the first reserved byte that is not zero lies; -1 where all are.</summary>
    public int FindReservedByte()
    {
        int first = _bytes.AsSpan(Reserved1At, ParentUnicodeNameAt - Reserved1At).IndexOfAnyExcept((byte)0);
        int second = _bytes.AsSpan(Reserved2At).IndexOfAnyExcept((byte)0);
        return first >= 0 ? Reserved1At + first : second >= 0 ? Reserved2At + second : -1;
    }

    /// <summary>All fields, in the order in which they lie; together they are the 1024 bytes.</summary>
    internal IReadOnlyList<StructureField> Fields =>
    [
        new("Cookie", CookieAt, 8, Cookie),
        new("DataOffset", NextOffsetAt, 8, Invariant($"0x{NextOffset:X}")),
        new("TableOffset", TableOffsetAt, 8, Invariant($"{TableOffset}")),
        new("HeaderVersion", HeaderVersionAt, 4, Invariant($"{HeaderVersion >> 16}.{HeaderVersion & 0xFFFF}")),
        new("MaxTableEntries", MaxTableEntriesAt, 4, Invariant($"{MaxTableEntries}")),
        new("BlockSize", BlockSizeAt, 4, Invariant($"{BlockSize}")),
        new("Checksum", ChecksumAt, 4, Invariant($"0x{Checksum:X8}")),
        new("ParentUniqueId", ParentUniqueIdAt, 16, ParentUniqueId.ToString()),
        new("ParentTimeStamp", ParentTimeStampAt, 4, Invariant($"{ParentTimeStamp:u}")),
        new("Reserved1", Reserved1At, 4, Invariant($"0x{ReadUInt32(Reserved1At):X8}")),
        new("ParentUnicodeName", ParentUnicodeNameAt, ParentUnicodeNameLength, ParentUnicodeName),
        .. ParentLocators.Select(locator => new StructureField(
            Invariant($"ParentLocator{locator.Index}"),
            LocatorAt(locator.Index),
            ParentLocator.Size,
            locator.IsUsed ? locator.ToString() : "none")),
        new("Reserved2", Reserved2At, VhdSpec.HeaderSize - Reserved2At, _bytes.AsSpan(Reserved2At).IndexOfAnyExcept(
            (byte)0) < 0 ? "zeros" : "not zeros"),
    ];

    /// <summary>Where in the header one of the eight parent locators lies.</summary>
    internal static int LocatorAt(int index) => LocatorsAt + (index * ParentLocator.Size);

    /// <summary>Takes 1024 bytes as they are; no value is judged.</summary>
    /// <exception cref="ArgumentException">The length is another.</exception>
    public static DynamicDiskHeader Parse(ReadOnlySpan<byte> source)
    {
        return source.Length == VhdSpec.HeaderSize
            ? new DynamicDiskHeader(source.ToArray())
            : throw new ArgumentException("A dynamic header has 1024 bytes.", nameof(source));
    }

    /// <summary>A sealed header of version 1.0 with no parent.</summary>
    public static DynamicDiskHeader Create(long tableOffset, int maxTableEntries, int blockSize)
    {
        byte[] bytes = new byte[VhdSpec.HeaderSize];
        VhdSpec.HeaderCookie.CopyTo(bytes);
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(HeaderVersionAt), VhdSpec.Version1);
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(BlockSizeAt), (uint)blockSize);
        return new DynamicDiskHeader(bytes).With(
            nextOffset: VhdSpec.AbsentOffset, tableOffset: (ulong)tableOffset, maxTableEntries: (uint)maxTableEntries);
    }

    /// <summary>A copy with the given fields changed and with the checksum of its bytes.</summary>
    /// <param name="nextOffset">The next offset.</param>
    /// <param name="tableOffset">File offset of the table, in bytes.</param>
    /// <param name="maxTableEntries">Entries in the table.</param>
    /// <param name="parentUniqueId">The unique id of the parent.</param>
    /// <param name="parentTimeStamp">The parent's modification time.</param>
    /// <param name="parentUnicodeName">The parent's name; what does not fit into 256 units is left out.</param>
    /// <param name="parentLocators">Entries to put in place, each at its own index.</param>
    public DynamicDiskHeader With(
        ulong? nextOffset = null,
        ulong? tableOffset = null,
        uint? maxTableEntries = null,
        Guid? parentUniqueId = null,
        DateTime? parentTimeStamp = null,
        string? parentUnicodeName = null,
        IEnumerable<ParentLocator>? parentLocators = null)
    {
        byte[] bytes = (byte[])_bytes.Clone();
        Span<byte> span = bytes;
        if (nextOffset is { } next)
        {
            BinaryPrimitives.WriteUInt64BigEndian(span[NextOffsetAt..], next);
        }

        if (tableOffset is { } table)
        {
            BinaryPrimitives.WriteUInt64BigEndian(span[TableOffsetAt..], table);
        }

        if (maxTableEntries is { } entries)
        {
            BinaryPrimitives.WriteUInt32BigEndian(span[MaxTableEntriesAt..], entries);
        }

        parentUniqueId?.TryWriteBytes(span[ParentUniqueIdAt..], bigEndian: true, out _);
        if (parentTimeStamp is { } time)
        {
            BinaryPrimitives.WriteUInt32BigEndian(span[ParentTimeStampAt..], VhdSpec.ToTimeStamp(time));
        }

        if (parentUnicodeName is { } name)
        {
            Span<byte> field = span.Slice(ParentUnicodeNameAt, ParentUnicodeNameLength);
            field.Clear();
            Encoding.BigEndianUnicode.GetBytes(name.AsSpan(0, Math.Min(name.Length, ParentUnicodeNameLength / 2)), field);
        }

        foreach (ParentLocator locator in parentLocators ?? [])
        {
            locator.Encode(span.Slice(LocatorAt(locator.Index), ParentLocator.Size));
        }

        BinaryPrimitives.WriteUInt32BigEndian(span[ChecksumAt..], VhdChecksum.Compute(bytes, ChecksumAt));
        return new DynamicDiskHeader(bytes);
    }

    private uint ReadUInt32(int at) => BinaryPrimitives.ReadUInt32BigEndian(_bytes.AsSpan(at));

    private ulong ReadUInt64(int at) => BinaryPrimitives.ReadUInt64BigEndian(_bytes.AsSpan(at));
}
