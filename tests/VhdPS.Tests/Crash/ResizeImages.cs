using VhdPS.Tests.Format;

namespace VhdPS.Tests.Crash;

/// <summary>Small images of every kind that a resize must get right, with random content.</summary>
internal static class ResizeImages
{
    private const uint W2ru = 0x57327275;

    public static (string Kind, byte[] Bytes) Make(Random random)
    {
        (string kind, byte[] bytes) = random.Next(12) switch
        {
            0 => ("locator behind the table", MakeLocated(random)),
            1 => ("batmap behind the table", MakeBatmap(random)),
            2 => ("table behind the header with a gap", ImageBytes.Dynamic(random.Next(1, 64) * 512, 512, 1024, 4096).Bytes),
            3 or 11 => ("header behind the table", ImageBytes.Dynamic(random.Next(1, 64) * 512, 512, 4096, 1024).Bytes),
            4 => ("table of zeros behind the entries", MakeZeroPadded(random)),
            5 => ("fixed, file too long", MakeLongFixed(random)),
            6 or 7 => ("many blocks behind the table", MakeFull(random)),
            _ => CrashImages.Make(random),
        };

        // What was written through the engine lies as the engine lays it.
        bool isWritten = random.Next(3) != 0 && kind is not "footer of 511 bytes" and not "fixed, file too long";
        return isWritten ? (kind, Write(bytes, random)) : (kind, bytes);
    }

    private static byte[] Write(byte[] bytes, Random random)
    {
        var workload = CrashWorkload.Run(bytes, random, random.Next(1, 12));
        byte[] written = new byte[workload.Recorder.Length];
        workload.Recorder.ReadAt(0, written);
        return written;
    }

    private static byte[] MakeLocated(Random random)
    {
        ImageBytes image = ImageBytes.Differencing(random.Next(1, 64) * 512, 512);
        byte[] path = [.. "."u8, 0, .. "p"u8, 0];
        int at = image.Insert([.. path, .. new byte[1024 - path.Length]]);
        return image.PutLocator(0, W2ru, 1024, (uint)path.Length, (ulong)at).AddBlock(0, 0x17, [0xC0]).Bytes;
    }

    private static byte[] MakeBatmap(Random random)
    {
        ImageBytes image = ImageBytes.Dynamic(random.Next(1, 400) * 512, 512);
        byte[] batmap = new byte[1024];
        "tdbatmap"u8.CopyTo(batmap);
        ImageBytes.BigEndian((ulong)(image.FooterOffset + 512)).CopyTo(batmap, 8);
        ImageBytes.BigEndian(1u).CopyTo(batmap, 16);
        ImageBytes.BigEndian(0x00010002u).CopyTo(batmap, 20);
        batmap[512] = 0x80;
        ImageBytes.BigEndian(~0x80u).CopyTo(batmap, 24);
        image.Insert(batmap);
        return image.PutFooter(28, "tap\0").PutFooter(32, 0x00010003u).AddBlock(0, 0x18).Bytes;
    }

    private static byte[] MakeZeroPadded(Random random)
    {
        int entries = random.Next(1, 100);
        ImageBytes image = ImageBytes.Dynamic(entries * 512, 512);
        image.Poke(image.TableOffset + (entries * 4), new byte[512 - (entries * 4)]);
        return image.AddBlock(random.Next(entries), 0x19).Bytes;
    }

    private static byte[] MakeFull(Random random)
    {
        int count = random.Next(2, 20), blockSize = 512 << random.Next(3);
        ImageBytes image = random.Next(2) == 0
            ? ImageBytes.Dynamic((count * blockSize) - (random.Next(blockSize / 512) * 512), blockSize)
            : ImageBytes.Differencing((count * blockSize) - (random.Next(blockSize / 512) * 512), blockSize);
        foreach (int blockIndex in Enumerable.Range(0, count).OrderBy(_ => random.Next()))
        {
            image.AddBlock(blockIndex, (byte)random.Next(1, 255), [(byte)random.Next(256)]);
        }

        return image.Bytes;
    }

    private static byte[] MakeLongFixed(Random random)
    {
        var image = ImageBytes.Fixed(random.Next(1, 40) * 512);
        byte[] hidden = new byte[random.Next(1, 20) * 512];
        random.NextBytes(hidden);
        image.Insert(hidden);
        return image.Bytes;
    }
}
