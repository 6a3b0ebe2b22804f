using System.Buffers.Binary;

namespace VhdPS.Engine.Partitions;

/// <summary>Recognises partition tables of kinds that are not read.</summary>
internal static class ForeignTable
{
    private const int Sector = 512;
    private const int LastRigidDiskBlock = 16;

    /// <summary>The kind of table that a disk begins with; null where none is recognised.</summary>
    public static string? Identify(ReadOnlySpan<byte> head)
    {
        if (head.StartsWith("ER"u8) && head[Sector..].StartsWith("PM"u8))
        {
            return "Apple partition map";
        }

        if (BinaryPrimitives.ReadUInt32LittleEndian(head[Sector..]) == 0x8256_4557
            || BinaryPrimitives.ReadUInt32LittleEndian(head[64..]) == 0x8256_4557)
        {
            return "BSD disklabel";
        }

        if (BinaryPrimitives.ReadUInt16BigEndian(head[508..]) == 0xDABE)
        {
            return "Sun disklabel";
        }

        if (BinaryPrimitives.ReadUInt32BigEndian(head) == 0x0BE5_A941)
        {
            return "SGI volume header";
        }

        for (int block = 0; block < LastRigidDiskBlock; block++)
        {
            if (head[(block * Sector)..].StartsWith("RDSK"u8))
            {
                return "Amiga rigid disk block";
            }
        }

        return null;
    }
}
