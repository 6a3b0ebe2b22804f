using VhdPS.Engine.Files;
using VhdPS.Engine.Vhdx;

namespace VhdPS.Tests.Vhdx;

/// <summary>Disks with data and zeros in pieces, and VHDX files that are made of them block by block.</summary>
internal static class DiskFill
{
    /// <summary>A disk, the same for a seed every time.</summary>
    public static byte[] Make(int seed, long sizeBytes)
    {
        var random = new Random(seed);
        byte[] disk = new byte[sizeBytes];
        for (int pieces = random.Next(4, 12); pieces > 0; pieces--)
        {
            int at = random.Next(disk.Length);
            random.NextBytes(disk.AsSpan(at, Math.Min(random.Next(1, 200_000), disk.Length - at)));
        }

        return disk;
    }

    /// <summary>Writes the blocks that are not all zeros, those of a fixed image where they lie.</summary>
    public static void Write(ImageFile file, NewVhdx options, ReadOnlySpan<byte> disk)
    {
        var builder = new VhdxBuilder(file, options);
        builder.Begin();
        for (long block = 0; block < builder.Chunks.BlockCount; block++)
        {
            ReadOnlySpan<byte> part = Part(disk, block, builder.BlockSize);
            if (!part.ContainsAnyExcept((byte)0))
            {
                continue;
            }

            if (!builder.IsPlaced(block))
            {
                builder.Place(block);
            }

            file.WriteAt(builder.DataOffset(block), part);
        }

        builder.Complete();
    }

    /// <summary>Writes what differs from the parent: zeros as such, sectors, or whole blocks.</summary>
    public static void WriteChild(ImageFile file, NewVhdx options, ReadOnlySpan<byte> parent, ReadOnlySpan<byte> disk)
    {
        var builder = new VhdxBuilder(file, options);
        builder.Begin();
        for (long block = 0; block < builder.Chunks.BlockCount; block++)
        {
            ReadOnlySpan<byte> part = Part(disk, block, builder.BlockSize), old = Part(parent, block, builder.BlockSize);
            if (part.SequenceEqual(old))
            {
                continue;
            }

            if (!part.ContainsAnyExcept((byte)0))
            {
                builder.SetZero(block);
                continue;
            }

            byte[] bits = new byte[builder.BlockSize / options.LogicalSectorSize / 8];
            for (int sector = 0; sector < part.Length / options.LogicalSectorSize; sector++)
            {
                int at = sector * options.LogicalSectorSize;
                bool isOwn = !part.Slice(at, options.LogicalSectorSize).SequenceEqual(old.Slice(at, options.LogicalSectorSize));
                bits[sector / 8] |= (byte)(isOwn ? 1 << (sector % 8) : 0);
            }

            builder.PlacePartial(block, bits);
            for (int sector = 0; sector < part.Length / options.LogicalSectorSize; sector++)
            {
                if ((bits[sector / 8] & (1 << (sector % 8))) != 0)
                {
                    int at = sector * options.LogicalSectorSize;
                    file.WriteAt(builder.DataOffset(block) + at, part.Slice(at, options.LogicalSectorSize));
                }
            }
        }

        builder.Complete();
    }

    private static ReadOnlySpan<byte> Part(ReadOnlySpan<byte> disk, long block, int blockSize)
    {
        int at = (int)(block * blockSize);
        return disk[at..Math.Min(disk.Length, at + blockSize)];
    }
}
