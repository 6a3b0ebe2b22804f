using System.Buffers.Binary;
using System.Text;

namespace VhdPS.Engine.Partitions;

/// <summary>One entry of a GUID partition table. Source: UEFI specification, "GPT Partition Entry Array".</summary>
/// <param name="TypeId">What it is meant for; all zeros where the entry is not used.</param>
/// <param name="UniqueId">Its id.</param>
/// <param name="FirstLba">Its first sector.</param>
/// <param name="LastLba">Its last sector.</param>
/// <param name="Attributes">Its attribute bits.</param>
/// <param name="Name">Its name, without what follows the first NUL.</param>
internal readonly record struct GptEntry(Guid TypeId, Guid UniqueId, ulong FirstLba, ulong LastLba, ulong Attributes, string Name)
{
    /// <summary>The least bytes of an entry, and nearly always what it has.</summary>
    public const int MinSize = 128;

    /// <summary>The attribute bit of a partition from which a legacy BIOS may boot.</summary>
    public const ulong LegacyBootAttribute = 4;

    private const int UniqueIdAt = 16;
    private const int FirstLbaAt = UniqueIdAt + 16;
    private const int LastLbaAt = FirstLbaAt + 8;
    private const int AttributesAt = LastLbaAt + 8;
    private const int NameAt = AttributesAt + 8;

    /// <summary>Takes an entry as it is; null where it is not used.</summary>
    public static GptEntry? Parse(ReadOnlySpan<byte> bytes)
    {
        if (!bytes[..UniqueIdAt].ContainsAnyExcept((byte)0))
        {
            return null;
        }

        string name = Encoding.Unicode.GetString(bytes[NameAt..MinSize]);
        int end = name.IndexOf('\0', StringComparison.Ordinal);
        return new GptEntry(
            new Guid(bytes[..16]),
            new Guid(bytes.Slice(UniqueIdAt, 16)),
            BinaryPrimitives.ReadUInt64LittleEndian(bytes[FirstLbaAt..]),
            BinaryPrimitives.ReadUInt64LittleEndian(bytes[LastLbaAt..]),
            BinaryPrimitives.ReadUInt64LittleEndian(bytes[AttributesAt..]),
            end < 0 ? name : name[..end]);
    }
}
