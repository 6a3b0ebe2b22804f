using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;


namespace VhdPS.Bench.Compare;

/// <summary>A dynamic image with every block in the file, in an order from a seed; its bitmaps and data are one hole.</summary>
internal static class FullTableImage
{
    private const int BlockSize = VhdSpec.DefaultBlockSize;

    /// <summary>Writes the file and returns its table as it lies there, without the padding.</summary>
    public static byte[] Write(string path, long sizeBytes)
    {
        var image = new NewImage(sizeBytes)
        {
            BlockSize = BlockSize,
            UniqueId = new Guid(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11),
            TimeStamp = VhdSpec.Epoch,
        };
        long tableOffset = VhdSpec.FooterSize + VhdSpec.HeaderSize;
        long blocksOffset = tableOffset + VhdSpec.RoundUp((long)image.BlockCount * VhdSpec.TableEntrySize, VhdSpec.SectorSize);
        long spanSectors = (VhdSpec.BitmapSize(BlockSize) + BlockSize) / VhdSpec.SectorSize;
        uint[] places =
            [.. Enumerable.Range(0, image.BlockCount).Select(place => (uint)((blocksOffset / VhdSpec.SectorSize) + (place * spanSectors)))];
        new Random(BenchData.Seed).Shuffle(places);
        var table = BlockAllocationTable.CreateUnused(image.BlockCount);
        for (int blockIndex = 0; blockIndex < places.Length; blockIndex++)
        {
            table[blockIndex] = places[blockIndex];
        }

        byte[] entries = new byte[blocksOffset - tableOffset];
        table.Encode(0, entries);
        HardDiskFooter footer = image.CreateFooter();
        File.Delete(path);
        using var file = LocalImageFile.CreateNew(path);
        file.WriteAt(0, footer.Bytes);
        file.WriteAt(VhdSpec.FooterSize, DynamicDiskHeader.Create(tableOffset, image.BlockCount, BlockSize).Bytes);
        file.WriteAt(tableOffset, entries);
        file.WriteAt(blocksOffset + (image.BlockCount * spanSectors * VhdSpec.SectorSize), footer.Bytes);
        return entries.AsSpan(0, image.BlockCount * VhdSpec.TableEntrySize).ToArray();
    }
}
