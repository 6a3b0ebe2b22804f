using System.Buffers.Binary;

namespace VhdPS.Tests.Partitions;

/// <summary>A clean FAT16 volume with clusters of one sector, made byte by byte, with rubbish in its free clusters.</summary>
internal static class FatBytes
{
    private const int Sector = 512;

    /// <summary>More clusters than a FAT12 may have.</summary>
    private const int ClusterCount = 4200;
    private const int FatSectors = ((ClusterCount + 2) * 2 / Sector) + 1;
    private const int RootSectors = 32;
    private const int FirstCluster = 1 + (2 * FatSectors) + RootSectors;

    /// <summary>Bytes of the volume.</summary>
    public const int Length = (FirstCluster + ClusterCount) * Sector;

    /// <summary>Makes a volume whose clusters are used in runs of a random length, and free in such.</summary>
    /// <param name="random">Chooses which, and what is in all of them.</param>
    /// <param name="isFree">For each sector of the volume whether it is a free cluster.</param>
    public static byte[] Make(Random random, out bool[] isFree)
    {
        byte[] volume = new byte[Length];
        isFree = new bool[Length / Sector];
        Span<byte> boot = volume.AsSpan(0, Sector);
        new byte[] { 0xEB, 0x3C, 0x90 }.CopyTo(boot);
        "MSDOS5.0"u8.CopyTo(boot[3..]);
        BinaryPrimitives.WriteUInt16LittleEndian(boot[11..], Sector);
        boot[13] = 1;
        BinaryPrimitives.WriteUInt16LittleEndian(boot[14..], 1);
        boot[16] = 2;
        BinaryPrimitives.WriteUInt16LittleEndian(boot[17..], RootSectors * Sector / 32);
        BinaryPrimitives.WriteUInt16LittleEndian(boot[19..], Length / Sector);
        boot[21] = 0xF8;
        BinaryPrimitives.WriteUInt16LittleEndian(boot[22..], FatSectors);
        boot[38] = 0x29;
        "FILES      FAT16   "u8.CopyTo(boot[43..]);
        boot[510] = 0x55;
        boot[511] = 0xAA;

        ushort[] chain = new ushort[ClusterCount + 2];
        (chain[0], chain[1]) = (0xFFF8, 0xFFFF);
        random.NextBytes(volume.AsSpan(FirstCluster * Sector));
        int file = 0;
        bool isUsed = true;
        for (int cluster = 2; cluster < chain.Length; isUsed = !isUsed)
        {
            int end = Math.Min(chain.Length, cluster + random.Next(1, 600));
            if (isUsed)
            {
                AddFile(volume, file++, cluster, end);
            }

            for (; cluster < end; cluster++)
            {
                chain[cluster] = !isUsed ? (ushort)0 : cluster == end - 1 ? (ushort)0xFFFF : (ushort)(cluster + 1);
                isFree[FirstCluster + cluster - 2] = !isUsed;
            }
        }

        for (int cluster = 0; cluster < chain.Length; cluster++)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(volume.AsSpan(Sector + (cluster * 2)), chain[cluster]);
            BinaryPrimitives.WriteUInt16LittleEndian(volume.AsSpan(((1 + FatSectors) * Sector) + (cluster * 2)), chain[cluster]);
        }

        return volume;
    }

    private static void AddFile(byte[] volume, int number, int cluster, int end)
    {
        Span<byte> entry = volume.AsSpan(((1 + (2 * FatSectors)) * Sector) + (number * 32), 32);
        "FILE    BIN"u8.CopyTo(entry);
        entry[4] = (byte)('A' + (number / 10));
        entry[5] = (byte)('0' + (number % 10));
        entry[11] = 0x20;
        BinaryPrimitives.WriteUInt16LittleEndian(entry[26..], (ushort)cluster);
        BinaryPrimitives.WriteInt32LittleEndian(entry[28..], (end - cluster) * Sector);
    }
}
