using VhdPS.Engine.Format;
using VhdPS.Tests.Format;

namespace VhdPS.Tests.Operations.Resize;

/// <summary>Dynamic and differencing images of every shape that decides what a resize has to move, keep or clear.</summary>
internal static class SparseShapes
{
    private const uint W2ru = 0x57327275;
    private const int LongestLocator = 64 * 1024;

    public static IEnumerable<(string Name, ImageBytes Image)> All() =>
        [.. Blocks(), .. LostBlocks(), .. SpareEntries(), .. Structures(), .. Footers()];

    private static IEnumerable<(string Name, ImageBytes Image)> Blocks()
    {
        yield return ("no block", ImageBytes.Dynamic(100 * 512, 512));
        yield return ("packed blocks", Packed());
        yield return ("blocks in no order, the last cut", Shuffled(ImageBytes.Dynamic((9 * 4096) - (3 * 512), 4096)));
        yield return ("child", Shuffled(ImageBytes.Differencing((9 * 4096) - (3 * 512), 4096)));
        yield return ("a full sector of entries", ImageBytes.Dynamic(128 * 512, 512).AddBlock(127, 7).AddBlock(0, 8));
        yield return ("a block across the end of the longer table", Shifted());
        yield return ("blocks of 2 MiB", ImageBytes.Dynamic(127L << 21, 2 << 20).AddBlock(126, 7, [0xC0]).AddBlock(3, 8));
        yield return ("an entry past the end", Packed().PutEntry(20, 0x00F00000));
        yield return ("a hole before the footer", Inserted(Packed(), new byte[4096]));
    }

    private static IEnumerable<(string Name, ImageBytes Image)> LostBlocks()
    {
        yield return ("lost block in the way", Lost(Packed(), 0));
        yield return ("two lost blocks in the way", Lost(Lost(Packed(), 0), 1));
        yield return ("lost block between", Lost(Packed(), 5));
        yield return ("lost block last", Lost(Packed(), 9));
        yield return ("lost block alone", Lost(ImageBytes.Dynamic(100 * 512, 512).AddBlock(3, 7), 3));
        yield return ("lost block of 2 MiB", Lost(ImageBytes.Dynamic(127L << 21, 2 << 20).AddBlock(3, 8).AddBlock(126, 7), 3));
        yield return ("lost block last, footer on no sector", Inserted(Lost(Packed(), 9), new byte[100]));
    }

    private static IEnumerable<(string Name, ImageBytes Image)> SpareEntries()
    {
        yield return ("spare entries in the last sector", Packed().PutHeader(28, 128u));
        yield return ("one spare entry", Packed().PutHeader(28, 101u));
        yield return ("spare entries in more sectors", Spare(ImageBytes.Dynamic(100 * 512, 512), 400));
        yield return ("spare entries of which one is in use", Spare(ImageBytes.Dynamic(100 * 512, 512), 400).PutEntry(300, 1));
        yield return ("spare entries up to the footer", Inserted(ImageBytes.Dynamic(100 * 512, 512).PutHeader(28, 256u), Unused(512)));
        yield return ("spare entries past the footer", ImageBytes.Dynamic(100 * 512, 512).PutHeader(28, 400u));
        yield return ("spare entries with a block in them", ImageBytes.Dynamic(100 * 512, 512).PutHeader(28, 400u).AddBlock(0, 7));
        yield return ("spare entries right before a block", Spare(ImageBytes.Dynamic(100 * 512, 512), 384).AddBlock(1, 7));
        yield return ("spare entries, one less than a sector", Spare(ImageBytes.Dynamic(100 * 512, 512), 383).AddBlock(1, 7));
        yield return ("spare entries and a locator in them", Located(ImageBytes.Differencing(100 * 512, 512).PutHeader(28, 256u), 512));
        yield return ("spare entries and a batmap", Batmap(ImageBytes.Dynamic(100 * 512, 512), 128));
        yield return ("more entries than any disk has", Packed().PutHeader(28, 0x02000000u));
    }

    private static IEnumerable<(string Name, ImageBytes Image)> Structures()
    {
        yield return ("locator", Located(ImageBytes.Differencing(100 * 512, 512), 512).AddBlock(0, 7, [0x80]));
        yield return ("locator of three sectors", Located(ImageBytes.Differencing(100 * 512, 512), 1500).AddBlock(0, 7, [0x80]));
        yield return ("two locators", Located(Located(ImageBytes.Differencing(100 * 512, 512), 512, 0), 1024, 3).AddBlock(0, 7, [0x80]));
        yield return ("longest locator", Located(ImageBytes.Differencing(100 * 512, 512), LongestLocator).AddBlock(0, 7, [0x80]));
        yield return ("locator too long to move", Located(ImageBytes.Differencing(100 * 512, 512), LongestLocator + 512).AddBlock(0, 7));
        yield return ("locators, one of them too long to move",
            Located(Located(ImageBytes.Differencing(100 * 512, 512), 512, 0), LongestLocator + 512, 1));
        yield return ("locator and a lost block", Lost(Located(ImageBytes.Differencing(100 * 512, 512), 512).AddBlock(0, 7), 0));
        yield return ("locator behind a block", Located(ImageBytes.Differencing(100 * 512, 512).AddBlock(0, 7).AddBlock(1, 8), 512));
        yield return ("header behind the table", ImageBytes.Dynamic(100 * 512, 512, 1024, 512).AddBlock(2, 7));
        yield return ("header farther behind the table", ImageBytes.Dynamic(100 * 512, 512, 4096, 1024).AddBlock(2, 7));
        yield return ("table after a hole", ImageBytes.Dynamic(100 * 512, 512, 1024, 4096).AddBlock(2, 7));
        yield return ("header across two sectors", ImageBytes.Dynamic(100 * 512, 512, 1000, 2560).AddBlock(2, 7));
        yield return ("header on no sector", ImageBytes.Dynamic(100 * 512, 512, 600, 2048).AddBlock(2, 7));
        yield return ("header fields that just fit a sector", ImageBytes.Dynamic(100 * 512, 512, 984, 2560).AddBlock(2, 7));
        yield return ("header fields that just do not", ImageBytes.Dynamic(100 * 512, 512, 985, 2560).AddBlock(2, 7));
        yield return ("batmap", Batmap(ImageBytes.Dynamic(100 * 512, 512)).AddBlock(0, 7));
        yield return ("batmap and a lost block", Lost(Batmap(ImageBytes.Dynamic(100 * 512, 512)).AddBlock(1, 7).AddBlock(0, 7), 1));
        yield return ("batmap of a longer table", Batmap(ImageBytes.Dynamic(300 * 512, 512)).AddBlock(200, 7));
        yield return ("batmap, header behind the table", Batmap(ImageBytes.Dynamic(1000 * 512, 512, 8192, 1536), tableEnd: 1536 + 4096));
        yield return ("zeros behind the entries", ZeroPadded());
    }

    private static IEnumerable<(string Name, ImageBytes Image)> Footers()
    {
        yield return ("footer on no sector", Inserted(Packed(), new byte[1]));
        yield return ("footer at the end of a sector", Inserted(Packed(), new byte[511]));
        yield return ("no block, footer on no sector", Inserted(ImageBytes.Dynamic(128 * 512, 512), new byte[300]));
        yield return ("footer cut off", Packed().CutEnd(512));
        yield return ("footer of 511 bytes", Packed().CutEnd(1));
        yield return ("copy zeroed", Packed().Poke(0, new byte[512]));
        yield return ("copy zeroed, footer of 511 bytes", Packed().CutEnd(1).Poke(0, new byte[512]));
        yield return ("zeros behind the footer", Packed().Append(new byte[3000]));
        yield return ("data behind the footer", Packed().Append([.. new byte[1000], 1]));
        yield return ("footer gone, data there", Packed().PutEnd(64, [1, 2, 3], reseal: false).Append([.. new byte[1000], 1]));
        yield return ("size by the geometry", ImageBytes.Dynamic(68 * 512 * 4, 512).PutFooter(28, "vpc ").AddBlock(0, 7));
    }

    private static ImageBytes Packed()
    {
        ImageBytes image = ImageBytes.Dynamic(100 * 512, 512);
        for (int blockIndex = 0; blockIndex < 10; blockIndex++)
        {
            image.AddBlock(blockIndex, (byte)(0x40 + blockIndex));
        }

        return image;
    }

    private static ImageBytes Shuffled(ImageBytes image)
    {
        foreach ((int blockIndex, byte bits) in new (int, byte)[] { (8, 0xFF), (2, 0xF0), (5, 0xFF), (0, 0x81), (3, 0xFF), (7, 0x0F) })
        {
            image.AddBlock(blockIndex, (byte)(0x50 + blockIndex), [bits]);
        }

        return image;
    }

    /// <summary>Its first block begins in the middle of what becomes the table and ends past it.</summary>
    private static ImageBytes Shifted()
    {
        ImageBytes image = ImageBytes.Dynamic(128 * 4096, 4096);
        image.Insert(new byte[512]);
        return image.AddBlock(5, 7).AddBlock(6, 8);
    }

    private static ImageBytes Lost(ImageBytes image, int blockIndex) => image.PutEntry(blockIndex, VhdSpec.UnusedEntry);

    private static ImageBytes Inserted(ImageBytes image, byte[] bytes)
    {
        image.Insert(bytes);
        return image;
    }

    private static byte[] Unused(int count) => [.. Enumerable.Repeat((byte)0xFF, count)];

    /// <summary>As many entries as that, the ones after the disk's last block unused.</summary>
    private static ImageBytes Spare(ImageBytes image, int entries)
    {
        image.Insert(Unused((int)VhdSpec.RoundUp(entries * 4, 512) - 512));
        return image.PutHeader(28, (uint)entries).AddBlock(0, 7);
    }

    private static ImageBytes Located(ImageBytes image, int space, int index = 0)
    {
        byte[] path = [(byte)'.', 0, (byte)'\\', 0, (byte)('p' + index), 0];
        byte[] room = new byte[VhdSpec.RoundUp(space, 512)];
        path.CopyTo(room, 0);
        return image.PutLocator(index, W2ru, (uint)space, (uint)path.Length, (ulong)image.Insert(room));
    }

    private static ImageBytes Batmap(ImageBytes image, uint entries = 0, int tableEnd = 0)
    {
        byte[] batmap = new byte[1024];
        "tdbatmap"u8.CopyTo(batmap);
        int at = tableEnd == 0 ? image.FooterOffset : tableEnd;
        ImageBytes.BigEndian((ulong)(at + 512)).CopyTo(batmap, 8);
        ImageBytes.BigEndian(1u).CopyTo(batmap, 16);
        ImageBytes.BigEndian(0x00010002u).CopyTo(batmap, 20);
        batmap[512] = 0x80;
        ImageBytes.BigEndian(~0x80u).CopyTo(batmap, 24);
        if (tableEnd == 0)
        {
            image.Insert(batmap);
        }
        else
        {
            image.Poke(at, batmap);
        }

        image.PutFooter(28, "tap\0").PutFooter(32, 0x00010003u);
        return entries == 0 ? image : image.PutHeader(28, entries);
    }

    private static ImageBytes ZeroPadded()
    {
        ImageBytes image = ImageBytes.Dynamic(100 * 512, 512);
        return image.Poke(image.TableOffset + 400, new byte[112]).AddBlock(3, 7);
    }
}
