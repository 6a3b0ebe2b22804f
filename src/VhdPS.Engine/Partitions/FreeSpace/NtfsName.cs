using System.Buffers.Binary;
using System.Text;

namespace VhdPS.Engine.Partitions.FreeSpace;

/// <summary>What a name in a record or in a folder of NTFS says.</summary>
/// <param name="ParentRecord">The record of the folder.</param>
/// <param name="Name">The name.</param>
internal readonly record struct NtfsName(long ParentRecord, string Name)
{
    /// <summary>The bits of a reference that are the record's number; the others say how often the record was used.</summary>
    public const ulong RecordMask = 0x0000_FFFF_FFFF_FFFF;

    private const int NameAt = 66;

    /// <summary>Takes the value of a file name attribute; null where it is too short.</summary>
    public static NtfsName? Parse(ReadOnlySpan<byte> value)
    {
        if (value.Length < NameAt || value.Length - NameAt < value[64] * 2)
        {
            return null;
        }

        long parent = (long)(BinaryPrimitives.ReadUInt64LittleEndian(value) & RecordMask);
        return new NtfsName(parent, Encoding.Unicode.GetString(value.Slice(NameAt, value[64] * 2)));
    }
}
