using System.Buffers.Binary;

namespace VhdPS.Engine.Partitions.FileSystems;

/// <summary>
/// A record of the master file table, or another structure that NTFS protects in the same way: the last two bytes of each 512
/// are kept in an array and replaced by a number, so that a write that was cut off is seen.
/// </summary>
internal sealed class NtfsRecord
{
    private const int Stride = 512;
    private const int FirstAttributeAt = 20;
    private const int FlagsAt = 22;
    private const int UsedSizeAt = 24;
    private const int BaseRecordAt = 32;

    private readonly byte[] _bytes;
    private readonly List<NtfsAttribute> _attributes;

    private NtfsRecord(byte[] bytes, List<NtfsAttribute> attributes)
    {
        _bytes = bytes;
        _attributes = attributes;
    }

    /// <summary>Bit 0: in use; bit 1: a folder.</summary>
    public ushort Flags => BinaryPrimitives.ReadUInt16LittleEndian(_bytes.AsSpan(FlagsAt));

    public bool IsInUse => (Flags & 1) != 0;

    /// <summary>0 unless the record is a part of another.</summary>
    public ulong BaseRecord => BinaryPrimitives.ReadUInt64LittleEndian(_bytes.AsSpan(BaseRecordAt));

    /// <summary>How often the record was used.</summary>
    public ushort SequenceNumber => BinaryPrimitives.ReadUInt16LittleEndian(_bytes.AsSpan(16));

    public IReadOnlyList<NtfsAttribute> Attributes => _attributes;

    /// <summary>Takes the bytes and owns them; null where they are no record or one that was not wholly written.</summary>
    public static NtfsRecord? Parse(byte[] bytes)
    {
        if (!bytes.AsSpan().StartsWith("FILE"u8) || !TryRestore(bytes))
        {
            return null;
        }

        var attributes = new List<NtfsAttribute>();
        int at = BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(FirstAttributeAt));
        long used = BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(UsedSizeAt));
        if (used > bytes.Length)
        {
            return null;
        }

        while (at + sizeof(uint) <= used)
        {
            if (BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at)) == NtfsAttribute.End)
            {
                return new NtfsRecord(bytes, attributes);
            }

            uint length = at + 8 <= used ? BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at + 4)) : 0;
            if (length < NtfsAttribute.MinLength || length > used - at || length % 8 != 0)
            {
                return null;
            }

            attributes.Add(new NtfsAttribute(bytes, at, (int)length));
            at += (int)length;
        }

        return null;
    }

    /// <summary>Puts the bytes back that were replaced; false where one does not have the number, or the array is not in the
    /// bytes.</summary>
    public static bool TryRestore(Span<byte> bytes)
    {
        int at = BinaryPrimitives.ReadUInt16LittleEndian(bytes[4..]), count = BinaryPrimitives.ReadUInt16LittleEndian(bytes[6..]);
        if (count != (bytes.Length / Stride) + 1 || at < 8 || at % 2 != 0 || at + (count * 2) > Stride - 2)
        {
            return false;
        }

        Span<byte> number = bytes.Slice(at, 2);
        for (int i = 1; i < count; i++)
        {
            Span<byte> last = bytes.Slice((i * Stride) - 2, 2);
            if (!last.SequenceEqual(number))
            {
                return false;
            }

            bytes.Slice(at + (i * 2), 2).CopyTo(last);
        }

        return true;
    }

    /// <summary>The first attribute of a type without a name; null where there is none.</summary>
    public NtfsAttribute? Find(uint type)
    {
        foreach (NtfsAttribute attribute in _attributes)
        {
            if (attribute.Type == type && !attribute.HasName)
            {
                return attribute;
            }
        }

        return null;
    }
}
