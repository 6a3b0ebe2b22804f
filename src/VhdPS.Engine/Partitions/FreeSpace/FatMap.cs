using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using VhdPS.Engine.Partitions.FileSystems;

namespace VhdPS.Engine.Partitions.FreeSpace;

/// <summary>The map of FAT: the file allocation table itself, in which a free cluster has the entry 0. All copies must agree.</summary>
internal sealed class FatMap : ClusterMap
{
    private const int PartEntries = 64 * 1024;
    private const uint Fat32Mask = 0x0FFF_FFFF;

    private readonly FatBootSector _boot;

    private FatMap(FatBootSector boot) => _boot = boot;

    /// <summary>Opens the map, clean or not.</summary>
    /// <returns>Null with a problem where it cannot be relied on.</returns>
    public static FatMap? Open(FatVolume volume, out MapProblem? problem)
    {
        FatBootSector boot = volume.Boot;
        problem = boot.SectorCount * boot.BytesPerSector > volume.Window.Length
            ? MapProblem.Of(FreeSpaceVerdict.PastEnd, $"The volume has {boot.SectorCount} sectors, more than the partition.")
            : null;
        if (problem is not null)
        {
            return null;
        }

        var occupied = new ClusterRanges();
        if (boot.IsFat32)
        {
            occupied.Add(boot.RootCluster - 2L, 1);
        }

        return new FatMap(boot)
        {
            Window = volume.Window,
            FirstClusterOffset = boot.DataSector * boot.BytesPerSector,
            ClusterSize = boot.ClusterSize,
            ClusterCount = boot.ClusterCount,
            PartClusterCount = PartEntries,
            Occupied = occupied,
        };
    }

    /// <summary>Counts the free clusters of FAT12, whose entries are of one and a half bytes; null where its table cannot be
    /// read.</summary>
    public static long? CountFreeFat12(FatVolume volume)
    {
        FatBootSector boot = volume.Boot;
        byte[] table = new byte[((boot.ClusterCount + 2) * 3 / 2) + 2];
        if (!volume.Window.TryRead(boot.FatSector(0) * boot.BytesPerSector, table))
        {
            return null;
        }

        long free = 0;
        for (int cluster = 2; cluster < boot.ClusterCount + 2; cluster++)
        {
            int pair = BinaryPrimitives.ReadUInt16LittleEndian(table.AsSpan(cluster + (cluster / 2)));
            free += (cluster % 2 == 0 ? pair & 0xFFF : pair >> 4) == 0 ? 1 : 0;
        }

        return free;
    }

    protected override MapProblem? Read(long part, Span<byte> bits)
    {
        int entrySize = _boot.IsFat32 ? sizeof(uint) : sizeof(ushort);
        int count = CountIn(part);
        long at = ((part * PartEntries) + 2) * entrySize;
        byte[] buffer = ArrayPool<byte>.Shared.Rent(2 * PartEntries * entrySize);
        try
        {
            Span<byte> table = buffer.AsSpan(0, count * entrySize), other = buffer.AsSpan(count * entrySize, count * entrySize);
            for (int copy = 0; copy < _boot.FatCount; copy++)
            {
                if (!Window.TryRead((_boot.FatSector(copy) * _boot.BytesPerSector) + at, copy == 0 ? table : other))
                {
                    return MapProblem.Of(FreeSpaceVerdict.PastEnd, $"The table does not lie in the partition.");
                }

                if (copy > 0 && !table.SequenceEqual(other))
                {
                    return MapProblem.Of(FreeSpaceVerdict.CopiesDiffer, $"The copies of the table differ.");
                }
            }

            bits = bits[..UseBits.BytesFor(count)];
            bits.Clear();
            if (_boot.IsFat32)
            {
                Pack(MemoryMarshal.Cast<byte, uint>(table), bits);
            }
            else
            {
                Pack(MemoryMarshal.Cast<byte, ushort>(table), bits);
            }

            return null;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Eight entries at a time: only zero is looked for, so the order of an entry's bytes matters only to the four bits that are
    /// no part of it.</summary>
    private static void Pack(ReadOnlySpan<uint> entries, Span<byte> bits)
    {
        uint mask = BitConverter.IsLittleEndian ? Fat32Mask : BinaryPrimitives.ReverseEndianness(Fat32Mask);
        int i = 0;
        for (; i + Vector256<uint>.Count <= entries.Length; i += Vector256<uint>.Count)
        {
            Vector256<uint> eight = Vector256.Create(entries[i..]) & Vector256.Create(mask);
            bits[i >> 3] = (byte)(Vector256.Equals(eight, Vector256<uint>.Zero).ExtractMostSignificantBits() ^ 0xFF);
        }

        for (; i < entries.Length; i++)
        {
            bits[i >> 3] |= (byte)(((entries[i] & mask) != 0 ? 1 : 0) << (i & 7));
        }
    }

    private static void Pack(ReadOnlySpan<ushort> entries, Span<byte> bits)
    {
        int i = 0;
        for (; i + Vector128<ushort>.Count <= entries.Length; i += Vector128<ushort>.Count)
        {
            bits[i >> 3] = (byte)(
                Vector128.Equals(Vector128.Create(entries[i..]), Vector128<ushort>.Zero).ExtractMostSignificantBits() ^ 0xFF);
        }

        for (; i < entries.Length; i++)
        {
            bits[i >> 3] |= (byte)((entries[i] != 0 ? 1 : 0) << (i & 7));
        }
    }
}
