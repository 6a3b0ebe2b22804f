using System.Buffers.Binary;

namespace VhdPS.Engine.Partitions.FileSystems;

/// <summary>The 32 bytes that describe a file in a FAT folder. Source: fatgen103, "FAT Directory Structure".</summary>
/// <param name="Bytes">The entry.</param>
internal readonly record struct FatFolderEntry(ReadOnlyMemory<byte> Bytes)
{
    public const int Size = 32;

    private const int NameLength = 11;
    private const byte Deleted = 0xE5;
    private const byte LongName = 0x0F;
    private const byte LabelAttribute = 0x08;
    private const byte FolderAttribute = 0x10;

    /// <summary>Eight characters and three, filled up with blanks.</summary>
    public ReadOnlySpan<byte> Name => Bytes.Span[..NameLength];

    public bool IsLabel => (Attributes & 0x3F) != LongName && (Attributes & (LabelAttribute | FolderAttribute)) == LabelAttribute;

    public bool IsFolder => (Attributes & (LabelAttribute | FolderAttribute)) == FolderAttribute;

    public bool IsFile => (Attributes & (LabelAttribute | FolderAttribute)) == 0;

    /// <summary>Bytes of the file; 0 for a folder.</summary>
    public uint SizeBytes => BinaryPrimitives.ReadUInt32LittleEndian(Bytes.Span[28..]);

    private byte Attributes => Bytes.Span[NameLength];

    /// <summary>The first cluster; the upper half is one only in FAT32.</summary>
    public uint FirstCluster(bool isFat32) =>
        BinaryPrimitives.ReadUInt16LittleEndian(Bytes.Span[26..])
        | (isFat32 ? (uint)BinaryPrimitives.ReadUInt16LittleEndian(Bytes.Span[20..]) << 16 : 0);

    /// <summary>The entries in use, up to the one that ends the folder.</summary>
    public static IEnumerable<FatFolderEntry> List(byte[] bytes)
    {
        for (int at = 0; at + Size <= bytes.Length && bytes[at] != 0; at += Size)
        {
            if (bytes[at] != Deleted)
            {
                yield return new FatFolderEntry(bytes.AsMemory(at, Size));
            }
        }
    }

    /// <summary>Whether the entry that ends a folder lies in these bytes.</summary>
    public static bool HasEnd(ReadOnlySpan<byte> bytes)
    {
        for (int at = 0; at + Size <= bytes.Length; at += Size)
        {
            if (bytes[at] == 0)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>A label without the blanks at its end.</summary>
    public static string DecodeLabel(ReadOnlySpan<byte> bytes) => StoredText.Decode(bytes).TrimEnd(' ');
}
