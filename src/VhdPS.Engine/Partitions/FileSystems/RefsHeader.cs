using System.Buffers.Binary;
using System.Globalization;

namespace VhdPS.Engine.Partitions.FileSystems;

/// <summary>The first bytes of a ReFS volume, little-endian. Source: libfsrefs documentation, "Volume header".</summary>
internal static class RefsHeader
{
    public static FileSystemDescription? Identify(ReadOnlySpan<byte> bytes)
    {
        if (!bytes[3..].StartsWith("ReFS\0\0\0\0"u8) || !bytes[16..].StartsWith("FSRS"u8))
        {
            return null;
        }

        ulong sectorCount = BinaryPrimitives.ReadUInt64LittleEndian(bytes[24..]);
        uint sectorSize = BinaryPrimitives.ReadUInt32LittleEndian(bytes[32..]), perCluster = BinaryPrimitives.ReadUInt32LittleEndian(
            bytes[36..]);
        bool isSizeKnown = sectorSize is 512 or 4096 && sectorCount <= long.MaxValue / 4096;
        bool isClusterKnown = isSizeKnown && perCluster is > 0 and <= 1024;
        ulong serial = BinaryPrimitives.ReadUInt64LittleEndian(bytes[56..]);
        return new FileSystemDescription(FileSystemKind.ReFs)
        {
            Version = string.Create(CultureInfo.InvariantCulture, $"{bytes[40]}.{bytes[41]}"),
            Uuid = serial == 0 ? string.Empty : serial.ToString("X16", CultureInfo.InvariantCulture),
            SizeBytes = isSizeKnown ? (long)sectorCount * sectorSize : null,
            ClusterSizeBytes = isClusterKnown ? (int)(sectorSize * perCluster) : null,
        };
    }
}
