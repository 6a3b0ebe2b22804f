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
}
