using VhdPS.Engine.Chains;
using VhdPS.Engine.Images;
using VhdPS.Tests.Format;

namespace VhdPS.Tests.Images;

/// <summary>Looks at the memory of the whole process, and so runs beside no other test.</summary>
[Collection(Alone.Name)]
public sealed class BitmapMemoryTests
{
    private const int Megabyte = 1024 * 1024;

    [Fact]
    public void CachedBitmapsAreBounded()
    {
        // Each of the 40 000 blocks has a partial bitmap of 512 bytes: the cache may hold some megabytes of them, not all.
        const int Blocks = 40_000;
        ImageBytes image = ImageBytes.Dynamic(Blocks * 4096L, 4096);
        byte[] blocks = new byte[Blocks * (512 + 4096)];
        for (int block = 0; block < Blocks; block++)
        {
            int at = block * (512 + 4096);
            blocks[at] = 0x80;
            image.PutEntry(block, (uint)((image.FooterOffset + at) / 512));
        }

        image.Insert(blocks);
        using VhdImage open = VhdImage.Open(image.ToFile());
        long before = GC.GetTotalMemory(forceFullCollection: true);
        byte[] sector = new byte[512];
        for (int block = 0; block < Blocks; block++)
        {
            open.ReadSectors(block * 8L, sector);
        }

        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, 12 * Megabyte);
    }

    /// <summary>Bitmaps that wait for the next flush stay, however many others are looked up before it.</summary>
    [Fact]
    public void BitmapsThatAreNotInTheFileYetAreNeverDropped()
    {
        // More partial bitmaps than the cache holds, 8192 of 512 bytes.
        const int Blocks = 9_000, Written = 100;
        ImageBytes image = ImageBytes.Differencing(Blocks * 4096L, 4096);
        byte[] blocks = new byte[Blocks * (512 + 4096)];
        for (int block = 0; block < Blocks; block++)
        {
            int at = block * (512 + 4096);
            blocks[at] = 0x80;
            image.PutEntry(block, (uint)((image.FooterOffset + at) / 512));
        }

        image.Insert(blocks);
        using var file = image.ToFile();
        byte[] sector = new byte[512], data = new byte[512];
        data.AsSpan().Fill(0xD5);
        using (VhdImage open = VhdImage.Open(file.Reopen(), new VhdOpenOptions { ForWriting = true }))
        {
            for (int block = 0; block < Written; block++)
            {
                open.WriteSectors((block * 8L) + 3, data);
            }

            for (int block = 0; block < Blocks; block++)
            {
                open.ReadSectors(block * 8L, sector);
            }

            open.Flush();
        }

        using VhdImage reopened = VhdImage.Open(file.Reopen());
        for (int block = 0; block < Written; block++)
        {
            reopened.ReadSectors((block * 8L) + 3, sector);
            Assert.Equal(data, sector);
        }
    }
}
