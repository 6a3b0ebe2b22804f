using System.Buffers.Binary;
using System.Text;

namespace VhdPS.Engine.Partitions.FileSystems;

/// <summary>The label of a physical volume of LVM2, in one of the first four sectors of 512 bytes. Source: LVM2,
/// format_text/layout.h.</summary>
internal static class LvmLabel
{
    private const int SectorSize = 512;
    private const int SectorCount = 4;
    private const int IdLength = 32;

    /// <summary>Looks into the first 2048 bytes.</summary>
    public static FileSystemDescription? Identify(ReadOnlySpan<byte> bytes)
    {
        for (int sector = 0; sector < SectorCount; sector++)
        {
            ReadOnlySpan<byte> label = bytes.Slice(sector * SectorSize, SectorSize);
            if (!label.StartsWith("LABELONE"u8) || BinaryPrimitives.ReadUInt64LittleEndian(label[8..]) != (ulong)sector)
            {
                continue;
            }

            uint at = BinaryPrimitives.ReadUInt32LittleEndian(label[20..]);
            if (!label[24..].StartsWith("LVM2 001"u8) || at > SectorSize - IdLength - sizeof(ulong))
            {
                continue;
            }

            ulong size = BinaryPrimitives.ReadUInt64LittleEndian(label[((int)at + IdLength)..]);
            return new FileSystemDescription(FileSystemKind.Lvm)
            {
                Version = "LVM2 001",
                Uuid = FormatId(label.Slice((int)at, IdLength)),
                SizeBytes = size is > 0 and <= long.MaxValue ? (long)size : null,
            };
        }

        return null;
    }

    /// <summary>The 32 characters as LVM writes them: 6-4-4-4-4-4-6.</summary>
    private static string FormatId(ReadOnlySpan<byte> id)
    {
        var text = new StringBuilder(Encoding.Latin1.GetString(id));
        foreach (int at in new[] { 26, 22, 18, 14, 10, 6 })
        {
            text.Insert(at, '-');
        }

        return text.ToString();
    }
}
