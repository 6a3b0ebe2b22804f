using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Tests.Files;
using VhdPS.Tests.Format;

namespace VhdPS.Tests.Crash;

/// <summary>Small images of every kind that may be open for writing when the power goes.</summary>
internal static class CrashImages
{
    private static readonly Guid UniqueId = new("5b0a4f39-6a4c-4e1b-9d0f-3c1d2e4f5a6b");
    private static readonly DateTime Time = new(2024, 5, 6, 7, 8, 9, DateTimeKind.Utc);

    /// <summary>The kind whose parent is there, and has no data.</summary>
    public const string ChildOfEmptyParent = "child of an empty parent";

    /// <summary>An image of a random kind.</summary>
    public static (string Kind, byte[] Bytes) Make(Random random) => random.Next(13) switch
    {
        0 => ("fixed", ImageBytes.Fixed(random.Next(1, 40) * 512).Bytes),
        1 => ("empty, blocks of 512", MakeNew(random.Next(1, 300) * 512L, 512)),
        2 or 3 => ("empty", MakeNew(random.Next(1, 200) * 512L, 512 << random.Next(1, 6))),
        4 => ("leaked space", MakeLeaked(random)),
        5 => ("partial bitmaps", MakePartial(ImageBytes.Dynamic(16 * 4096 - (random.Next(8) * 512)), random)),
        6 => ("child", MakePartial(ImageBytes.Differencing(16 * 4096 - (random.Next(8) * 512)), random)),
        7 => ("empty child", ImageBytes.Differencing(random.Next(1, 100) * 512, 512 << random.Next(1, 5)).Bytes),
        8 => ("short last block", MakeShort(random)),
        9 => ("Xen's child with a batmap", MakeXen(random)),
        10 => (ChildOfEmptyParent, MakePartial(ImageBytes.Differencing(16 * 4096 - (random.Next(8) * 512)), random)),
        11 => ("gaps", MakeGaps(random)),
        _ => ("footer of 511 bytes", MakeLegacy(random)),
    };

    /// <summary>A disk of zeros, larger than any child's.</summary>
    public static byte[] MakeEmptyParent() => MakeNew(1024 * 1024, 4096);

    private static byte[] MakeNew(long size, int blockSize)
    {
        var image = new NewImage(size) { BlockSize = blockSize, UniqueId = UniqueId, TimeStamp = Time };
        var file = new MemoryImageFile([]);
        ImageCreator.WriteDynamic(file, image.CreateFooter(), DynamicDiskHeader.Create(1536, image.BlockCount, blockSize));
        return file.ToArray();
    }

    /// <summary>Blocks in no order, with places for blocks between them that are empty or not.</summary>
    private static byte[] MakeGaps(Random random)
    {
        var image = ImageBytes.Dynamic(8 * 4096);
        foreach (int blockIndex in Enumerable.Range(0, 8).Where(_ => random.Next(3) != 0).OrderBy(_ => random.Next()))
        {
            byte[] gap = new byte[(random.Next(3) * 4608) + (random.Next(2) * 512)];
            if (gap.Length > 0 && random.Next(3) == 0)
            {
                gap[random.Next(gap.Length)] = 1;
            }

            image.Insert(gap);
            image.AddBlock(blockIndex, (byte)(0x80 + blockIndex));
        }

        return image.Bytes;
    }

    private static byte[] MakeLeaked(Random random)
    {
        var image = ImageBytes.Dynamic(random.Next(1, 16) * 4096);
        image.AddBlock(0, 0x11);
        byte[] leaked = new byte[random.Next(1, 40) * 512];
        random.NextBytes(leaked);
        image.Insert(leaked);
        return image.Bytes;
    }

    private static byte[] MakePartial(ImageBytes image, Random random)
    {
        foreach (int blockIndex in Enumerable.Range(0, 16).Where(_ => random.Next(3) == 0))
        {
            image.AddBlock(blockIndex, (byte)random.Next(1, 255), [(byte)random.Next(256)]);
        }

        return image.Bytes;
    }

    /// <summary>The batmap says of all blocks that they are full, those that are not there included.</summary>
    private static byte[] MakeXen(Random random)
    {
        byte[] header = new byte[512], map = new byte[512];
        "tdbatmap"u8.CopyTo(header);
        map.AsSpan(0, 2).Fill(0xFF);
        ImageBytes.BigEndian(2560UL).CopyTo(header, 8);
        ImageBytes.BigEndian(1u).CopyTo(header, 16);
        ImageBytes.BigEndian(0x00010002u).CopyTo(header, 20);
        ImageBytes.BigEndian(~510u).CopyTo(header, 24);
        ImageBytes image = ImageBytes.Differencing().PutFooter(28, "tap\0");
        image.Insert(header);
        image.Insert(map);
        return image.AddBlock(random.Next(16), 0x55).Bytes;
    }

    /// <summary>The last block ends with the disk, and the footer lies in what should be its tail.</summary>
    private static byte[] MakeShort(Random random)
    {
        int missing = random.Next(1, 8);
        var image = ImageBytes.Dynamic((8 * 4096) - (missing * 512));
        image.AddBlock(random.Next(7), 0x22).AddBlock(7, 0x33);
        byte[] bytes = image.Bytes;
        return [.. bytes.AsSpan(0, bytes.Length - 512 - (missing * 512)), .. bytes.AsSpan(bytes.Length - 512)];
    }

    private static byte[] MakeLegacy(Random random)
    {
        var image = ImageBytes.Dynamic(random.Next(1, 16) * 4096);
        image.AddBlock(0, 0x44);
        return image.CutEnd(1).Bytes;
    }
}
