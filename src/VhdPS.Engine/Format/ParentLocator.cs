using System.Buffers.Binary;
using System.Text;

namespace VhdPS.Engine.Format;

/// <summary>One of the eight 24-byte entries of a dynamic header that say where a parent's path is stored.</summary>
/// <param name="Index">0 to 7.</param>
/// <param name="Code">The platform code.</param>
/// <param name="DataSpace">Room for the path: sectors by the specification, bytes in nearly all files.</param>
/// <param name="DataLength">Bytes of the path.</param>
/// <param name="Reserved">Zero in sound images.</param>
/// <param name="DataOffset">File offset of the path, in bytes.</param>
public readonly record struct ParentLocator(
    int Index, ParentLocatorCode Code, uint DataSpace, uint DataLength, uint Reserved, ulong DataOffset)
{
    /// <summary>Bytes of an entry.</summary>
    public const int Size = 24;

    /// <summary>Whether the entry holds anything that a rewrite must keep.</summary>
    public bool IsUsed => Code != ParentLocatorCode.None;

    /// <summary>
    /// Room for the path in bytes: below 512 the field counts sectors, a multiple of 512 is bytes; anything else, or too
    /// small for the path, and the length rounded up to a sector decides. Source: blktap, vhd_parent_locator_size.
    /// </summary>
    public long SpaceBytes
    {
        get
        {
            long space = DataSpace < VhdSpec.SectorSize ? (long)DataSpace * VhdSpec.SectorSize
                : DataSpace % VhdSpec.SectorSize == 0 ? DataSpace
                : 0;
            return Math.Max(space, VhdSpec.RoundUp(DataLength, VhdSpec.SectorSize));
        }
    }

    /// <summary>The code as four characters, such as <c>W2ku</c>.</summary>
    public string CodeText
    {
        get
        {
            Span<byte> code = stackalloc byte[sizeof(uint)];
            BinaryPrimitives.WriteUInt32BigEndian(code, (uint)Code);
            return Encoding.Latin1.GetString(code).TrimEnd('\0');
        }
    }

    /// <summary>Whether the path is of UTF-16 units.</summary>
    public bool IsUtf16 => Code is ParentLocatorCode.W2ru or ParentLocatorCode.W2ku;

    /// <summary>Decodes the entry at <paramref name="index"/> of the eight.</summary>
    public static ParentLocator Parse(int index, ReadOnlySpan<byte> entry) => new(
        index,
        (ParentLocatorCode)BinaryPrimitives.ReadUInt32BigEndian(entry),
        BinaryPrimitives.ReadUInt32BigEndian(entry[4..]),
        BinaryPrimitives.ReadUInt32BigEndian(entry[8..]),
        BinaryPrimitives.ReadUInt32BigEndian(entry[12..]),
        BinaryPrimitives.ReadUInt64BigEndian(entry[16..]));

    /// <summary>Writes the 24 bytes of the entry.</summary>
    public void Encode(Span<byte> entry)
    {
        BinaryPrimitives.WriteUInt32BigEndian(entry, (uint)Code);
        BinaryPrimitives.WriteUInt32BigEndian(entry[4..], DataSpace);
        BinaryPrimitives.WriteUInt32BigEndian(entry[8..], DataLength);
        BinaryPrimitives.WriteUInt32BigEndian(entry[12..], Reserved);
        BinaryPrimitives.WriteUInt64BigEndian(entry[16..], DataOffset);
    }

    /// <summary>The path that <paramref name="data"/> holds, up to the first NUL; null for codes that hold no readable path.</summary>
    public string? DecodePath(ReadOnlySpan<byte> data)
    {
        string text;
        switch (Code)
        {
            case ParentLocatorCode.W2ru or ParentLocatorCode.W2ku:
                text = Encoding.Unicode.GetString(data[..(data.Length & ~1)]);
                break;
            case ParentLocatorCode.Wi2r:
                // The specification says no more than "deprecated": of an ASCII path in UTF-16 every second byte is zero.
                text = data.Length > 1 && data[1] == 0
                    ? Encoding.Unicode.GetString(data[..(data.Length & ~1)])
                    : Encoding.Latin1.GetString(data);
                break;
            case ParentLocatorCode.MacX:
                text = Encoding.UTF8.GetString(data);
                break;
            default:
                return null;
        }

        int end = text.IndexOf('\0', StringComparison.Ordinal);
        return end < 0 ? text : text[..end];
    }

    /// <inheritdoc/>
    public override string ToString() => $"{CodeText} at {DataOffset}, {DataLength} bytes";
}

/// <summary>Platform codes of parent locators; others are kept as numbers.</summary>
public enum ParentLocatorCode : uint
{
    /// <summary>The entry is not in use.</summary>
    None = 0,

    /// <summary>"W2ru": a Windows path relative to the child's folder, UTF-16LE.</summary>
    W2ru = 0x5732_7275,

    /// <summary>"W2ku": an absolute Windows path, UTF-16LE.</summary>
    W2ku = 0x5732_6B75,

    /// <summary>"MacX": a file URL, UTF-8.</summary>
    MacX = 0x4D61_6358,

    /// <summary>"Mac ": an alias record of classic Mac OS.</summary>
    Mac = 0x4D61_6320,

    /// <summary>"Wi2r": deprecated; a Windows path relative to the child's folder.</summary>
    Wi2r = 0x5769_3272,

    /// <summary>"Wi2k": deprecated.</summary>
    Wi2k = 0x5769_326B,
}
