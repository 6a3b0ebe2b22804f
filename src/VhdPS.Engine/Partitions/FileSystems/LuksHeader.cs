using System.Buffers.Binary;
using System.Globalization;

namespace VhdPS.Engine.Partitions.FileSystems;

/// <summary>The header of a volume that LUKS encrypts, big-endian. Sources: LUKS1 and LUKS2 on-disk format specifications.</summary>
internal static class LuksHeader
{
    public static FileSystemDescription? Identify(ReadOnlySpan<byte> bytes)
    {
        ushort version = BinaryPrimitives.ReadUInt16BigEndian(bytes[6..]);
        if (!bytes.StartsWith("LUKS"u8) || bytes[4] != 0xBA || bytes[5] != 0xBE || version is not (1 or 2))
        {
            return null;
        }

        return new FileSystemDescription(FileSystemKind.Luks)
        {
            Version = version.ToString(CultureInfo.InvariantCulture),
            Label = version == 2 ? StoredText.Decode(bytes.Slice(24, 48)) : string.Empty,
            Uuid = StoredText.Decode(bytes.Slice(168, 40)),
        };
    }
}
