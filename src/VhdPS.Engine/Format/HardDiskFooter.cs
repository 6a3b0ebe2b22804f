using System.Buffers.Binary;
using System.Text;
using static System.FormattableString;

namespace VhdPS.Engine.Format;

/// <summary>
/// The 512 bytes that end every image and begin a dynamic one. Owns its raw bytes: getters decode, <see cref="With"/>
/// copies, changes and reseals, and what it does not know it keeps. Source: specification, "Hard Disk Footer Format".
/// </summary>
public sealed class HardDiskFooter
{
    internal const int CookieAt = 0;
    internal const int FeaturesAt = CookieAt + 8;
    internal const int FormatVersionAt = FeaturesAt + 4;
    internal const int DataOffsetAt = FormatVersionAt + 4;
    internal const int TimeStampAt = DataOffsetAt + 8;
    internal const int CreatorApplicationAt = TimeStampAt + 4;
    internal const int CreatorVersionAt = CreatorApplicationAt + 4;
    internal const int CreatorHostOSAt = CreatorVersionAt + 4;
    internal const int OriginalSizeAt = CreatorHostOSAt + 4;
    internal const int CurrentSizeAt = OriginalSizeAt + 8;
    internal const int GeometryAt = CurrentSizeAt + 8;
    internal const int DiskTypeAt = GeometryAt + 4;
    internal const int ChecksumAt = DiskTypeAt + 4;
    internal const int UniqueIdAt = ChecksumAt + 4;
    internal const int SavedStateAt = UniqueIdAt + 16;
    internal const int ReservedAt = SavedStateAt + 1;

    private readonly byte[] _bytes;

    private HardDiskFooter(byte[] bytes, int storedLength)
    {
        _bytes = bytes;
        StoredLength = storedLength;
    }

    /// <summary>The 512 bytes; the last is zero where the file holds only 511.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>Bytes that the file holds: 512, or 511 in images from before Virtual PC 2004.</summary>
    public int StoredLength { get; }

    /// <summary>Eight characters, "conectix" in every sound image.</summary>
    public string Cookie => Encoding.Latin1.GetString(_bytes, CookieAt, 8);

    /// <summary>Whether the cookie is "conectix".</summary>
    public bool HasCookie => _bytes.AsSpan(CookieAt, 8).SequenceEqual(VhdSpec.FooterCookie);

    /// <summary>Whether XenServer has disabled the image.</summary>
    public bool IsPoisoned => _bytes.AsSpan(CookieAt, 8).SequenceEqual(VhdSpec.PoisonCookie);

    /// <summary>Feature bits; 0x2 is always set in sound images.</summary>
    public uint Features => ReadUInt32(FeaturesAt);

    /// <summary>File format version, major in the upper 16 bits.</summary>
    public uint FormatVersion => ReadUInt32(FormatVersionAt);

    /// <summary>File offset of the dynamic header, in bytes; <see cref="VhdSpec.AbsentOffset"/> for fixed disks.</summary>
    public ulong DataOffset => ReadUInt64(DataOffsetAt);

    /// <summary>Seconds since 2000-01-01T00:00:00Z.</summary>
    public uint TimeStampSeconds => ReadUInt32(TimeStampAt);

    /// <summary>When the image was made, UTC.</summary>
    public DateTime TimeStamp => VhdSpec.Epoch.AddSeconds(TimeStampSeconds);

    /// <summary>Four characters, such as <c>win </c> or <c>vpc </c>; NULs at the end are left out.</summary>
    public string CreatorApplication => Encoding.Latin1.GetString(_bytes, CreatorApplicationAt, 4).TrimEnd('\0');

    /// <summary>Version of the creator, major in the upper 16 bits.</summary>
    public uint CreatorVersion => ReadUInt32(CreatorVersionAt);

    /// <summary>Four characters, such as <c>Wi2k</c> or <c>Mac </c>; NULs at the end are left out.</summary>
    public string CreatorHostOS => Encoding.Latin1.GetString(_bytes, CreatorHostOSAt, 4).TrimEnd('\0');

    /// <summary>The virtual size at creation, in bytes.</summary>
    public ulong OriginalSize => ReadUInt64(OriginalSizeAt);

    /// <summary>The virtual size now, in bytes. <see cref="VirtualSize"/> says whether it is the one that counts.</summary>
    public ulong CurrentSize => ReadUInt64(CurrentSizeAt);

    /// <summary>Cylinders, heads, sectors per track.</summary>
    public DiskGeometry Geometry => new(
        BinaryPrimitives.ReadUInt16BigEndian(_bytes.AsSpan(GeometryAt)), _bytes[GeometryAt + 2], _bytes[GeometryAt + 3]);

    /// <summary>The stored disk type, which may be a value that <see cref="VhdType"/> does not name.</summary>
    public uint DiskTypeValue => ReadUInt32(DiskTypeAt);

    /// <summary>The disk type.</summary>
    public VhdType DiskType => unchecked((VhdType)DiskTypeValue);

    /// <summary>The stored checksum.</summary>
    public uint Checksum => ReadUInt32(ChecksumAt);

    /// <summary>The checksum of the bytes as stored.</summary>
    public uint ComputedChecksum => VhdChecksum.Compute(_bytes, ChecksumAt);

    /// <summary>Whether the stored checksum is that of the bytes.</summary>
    public bool IsChecksumValid => Checksum == ComputedChecksum || IsHiddenAfterChecksum;

    /// <summary>Whether the checksum is right but for Xen's hidden byte.</summary>
    /// <remarks>QUIRK(tap): early versions set the hidden byte and left the checksum, and blktap accepts it.</remarks>
    private bool IsHiddenAfterChecksum =>
        Reserved[0] == 1 && CreatorApplication == "tap" && Checksum == unchecked(ComputedChecksum + Reserved[0]);

    /// <summary>What a child stores to name this image; sixteen bytes in network order.</summary>
    public Guid UniqueId => new(_bytes.AsSpan(UniqueIdAt, 16), bigEndian: true);

    /// <summary>1 where a virtual machine's state is saved with the image.</summary>
    public byte SavedState => _bytes[SavedStateAt];

    /// <summary>The 427 reserved bytes, zero in sound images.</summary>
    public ReadOnlySpan<byte> Reserved => _bytes.AsSpan(ReservedAt);

    /// <summary>All fields, in the order in which they lie; together they are the 512 bytes.</summary>
    internal IReadOnlyList<StructureField> Fields =>
    [
        new("Cookie", CookieAt, 8, Cookie),
        new("Features", FeaturesAt, 4, Invariant($"0x{Features:X8}")),
        new("FileFormatVersion", FormatVersionAt, 4, Version(FormatVersion)),
        new("DataOffset", DataOffsetAt, 8, Invariant($"0x{DataOffset:X}")),
        new("TimeStamp", TimeStampAt, 4, Invariant($"{TimeStamp:u}")),
        new("CreatorApplication", CreatorApplicationAt, 4, CreatorApplication),
        new("CreatorVersion", CreatorVersionAt, 4, Version(CreatorVersion)),
        new("CreatorHostOS", CreatorHostOSAt, 4, CreatorHostOS),
        new("OriginalSize", OriginalSizeAt, 8, Invariant($"{OriginalSize}")),
        new("CurrentSize", CurrentSizeAt, 8, Invariant($"{CurrentSize}")),
        new("DiskGeometry", GeometryAt, 4, Geometry.ToString()),
        new("DiskType", DiskTypeAt, 4, DiskType.ToString()),
        new("Checksum", ChecksumAt, 4, Invariant($"0x{Checksum:X8}")),
        new("UniqueId", UniqueIdAt, 16, UniqueId.ToString()),
        new("SavedState", SavedStateAt, 1, Invariant($"{SavedState}")),
        new("Reserved", ReservedAt, VhdSpec.FooterSize - ReservedAt, Reserved.IndexOfAnyExcept((byte)0) < 0 ? "zeros" : "not zeros"),
    ];

    /// <summary>Takes 511 or 512 bytes as they are; no value is judged.</summary>
    /// <exception cref="ArgumentException">The length is neither.</exception>
    public static HardDiskFooter Parse(ReadOnlySpan<byte> source)
    {
        if (source.Length is not (VhdSpec.FooterSize or VhdSpec.LegacyFooterSize))
        {
            throw new ArgumentException("A footer has 512 bytes, or 511.", nameof(source));
        }

        byte[] bytes = new byte[VhdSpec.FooterSize];
        source.CopyTo(bytes);
        return new HardDiskFooter(bytes, source.Length);
    }

    /// <summary>A sealed footer with features 2, version 1.0, not saved.</summary>
    /// <param name="diskType">The disk type; a fixed disk gets an absent data offset, the others 512.</param>
    /// <param name="size">Original and current size, in bytes.</param>
    /// <param name="geometry">The geometry.</param>
    /// <param name="uniqueId">The unique id.</param>
    /// <param name="timeStamp">The time of making.</param>
    /// <param name="creatorApplication">Four characters.</param>
    /// <param name="creatorVersion">Major in the upper 16 bits.</param>
    /// <param name="creatorHostOS">Four characters.</param>
    public static HardDiskFooter Create(
        VhdType diskType,
        long size,
        DiskGeometry geometry,
        Guid uniqueId,
        DateTime timeStamp,
        string creatorApplication,
        uint creatorVersion,
        string creatorHostOS = "Wi2k")
    {
        byte[] bytes = new byte[VhdSpec.FooterSize];
        VhdSpec.FooterCookie.CopyTo(bytes);
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(FeaturesAt), VhdSpec.FeatureReserved);
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(FormatVersionAt), VhdSpec.Version1);
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(CreatorVersionAt), creatorVersion);
        return new HardDiskFooter(bytes, VhdSpec.FooterSize).With(
            dataOffset: diskType == VhdType.Fixed ? VhdSpec.AbsentOffset : VhdSpec.FooterSize,
            timeStamp: timeStamp,
            creatorApplication: creatorApplication,
            creatorHostOS: creatorHostOS,
            originalSize: (ulong)size,
            currentSize: (ulong)size,
            geometry: geometry,
            diskType: diskType,
            uniqueId: uniqueId);
    }

    /// <summary>A copy with the given fields changed, 512 bytes long and with the checksum of its bytes.</summary>
    public HardDiskFooter With(
        uint? features = null,
        ulong? dataOffset = null,
        DateTime? timeStamp = null,
        string? creatorApplication = null,
        uint? creatorVersion = null,
        string? creatorHostOS = null,
        ulong? originalSize = null,
        ulong? currentSize = null,
        DiskGeometry? geometry = null,
        VhdType? diskType = null,
        Guid? uniqueId = null,
        byte? savedState = null)
    {
        byte[] bytes = (byte[])_bytes.Clone();
        Put(bytes, FeaturesAt, features);
        Put(bytes, DataOffsetAt, dataOffset);
        Put(bytes, TimeStampAt, timeStamp is { } time ? VhdSpec.ToTimeStamp(time) : null);
        PutText(bytes, CreatorApplicationAt, creatorApplication);
        Put(bytes, CreatorVersionAt, creatorVersion);
        PutText(bytes, CreatorHostOSAt, creatorHostOS);
        Put(bytes, OriginalSizeAt, originalSize);
        Put(bytes, CurrentSizeAt, currentSize);
        if (geometry is { } chs)
        {
            BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(GeometryAt), chs.Cylinders);
            bytes[GeometryAt + 2] = chs.Heads;
            bytes[GeometryAt + 3] = chs.SectorsPerTrack;
        }

        Put(bytes, DiskTypeAt, (uint?)diskType);
        uniqueId?.TryWriteBytes(bytes.AsSpan(UniqueIdAt), bigEndian: true, out _);
        bytes[SavedStateAt] = savedState ?? bytes[SavedStateAt];
        Put(bytes, ChecksumAt, (uint?)VhdChecksum.Compute(bytes, ChecksumAt));
        return new HardDiskFooter(bytes, VhdSpec.FooterSize);
    }

    /// <summary>A sealed copy with the reserved byte at <paramref name="index"/> (0 to 426) changed.</summary>
    public HardDiskFooter WithReserved(int index, byte value)
    {
        byte[] bytes = (byte[])_bytes.Clone();
        bytes[ReservedAt + index] = value;
        return new HardDiskFooter(bytes, VhdSpec.FooterSize).With();
    }

    private static string Version(uint value) => Invariant($"{value >> 16}.{value & 0xFFFF}");

    private static void Put(byte[] bytes, int at, uint? value)
    {
        if (value is { } number)
        {
            BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(at), number);
        }
    }

    private static void Put(byte[] bytes, int at, ulong? value)
    {
        if (value is { } number)
        {
            BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(at), number);
        }
    }

    private static void PutText(byte[] bytes, int at, string? text)
    {
        if (text is null)
        {
            return;
        }

        if (text.Length > 4 || text.Any(c => c > 0xFF))
        {
            throw new ArgumentException($"'{text}' is not a code of at most four characters.", nameof(text));
        }

        Span<byte> code = bytes.AsSpan(at, 4);
        code.Clear();
        Encoding.Latin1.GetBytes(text, code);
    }

    private uint ReadUInt32(int at) => BinaryPrimitives.ReadUInt32BigEndian(_bytes.AsSpan(at));

    private ulong ReadUInt64(int at) => BinaryPrimitives.ReadUInt64BigEndian(_bytes.AsSpan(at));
}

/// <summary>The disk types of the specification that are in use; other values are kept as numbers.</summary>
public enum VhdType
{
    /// <summary>No disk; never valid in a file.</summary>
    None = 0,

    /// <summary>All data in place, footer at the end.</summary>
    Fixed = 2,

    /// <summary>Blocks allocated when they are first written.</summary>
    Dynamic = 3,

    /// <summary>Holds what differs from a parent image.</summary>
    Differencing = 4,
}
