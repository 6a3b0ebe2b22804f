using System.Buffers.Binary;
using VhdPS.Engine.Chains;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Engine.Layout;
using VhdPS.Tests.Files;
using VhdPS.Tests.Format;

namespace VhdPS.Tests.Images;

/// <summary>What a write leaves in the file of a differencing image.</summary>
public sealed class ChildWriteTests
{
    private const int Size = 16 * 4096;

    [Fact]
    public void OnlyWrittenSectorsGetTheirBits()
    {
        MemoryImageFile file = Child().ToFile();
        using (VhdImage image = Open(file))
        {
            image.WriteSectors(9, new byte[2 * 512]);
            image.WriteSectors(14, Filled(1, 0x77));
            image.WriteSectors(24, Filled(8, 0x55));
        }

        using VhdImage again = Open(file.Reopen());
        BlockAllocationTable table = again.Map.Table!;
        Assert.Equal([1, 3], Enumerable.Range(0, 16).Where(block => table[block] != VhdSpec.UnusedEntry));
        byte[] bytes = file.Reopen().ToArray();
        Assert.Equal(0b0110_0010, bytes[(int)ImageLayout.BitmapOffset(table[1])]);
        Assert.Equal(0xFF, bytes[(int)ImageLayout.BitmapOffset(table[3])]);
        Assert.Equal(511, bytes.AsSpan((int)ImageLayout.BitmapOffset(table[3]) + 1, 511).IndexOfAnyExcept((byte)0) < 0 ? 511 : 0);
        Assert.Equal(0, again.Layout.DataOffset(table[1]) % 4096);
    }

    [Fact]
    public void ZerosAreStoredAndHideTheParent()
    {
        MemoryImageFile file = Child().ToFile();
        using (VhdImage image = Open(file))
        {
            image.WriteSectors(0, new byte[512]);
        }

        using VhdImage again = Open(file.Reopen());
        Assert.Equal(SectorOrigin.File, again.Map.Find(0, 8).Origin);
        Assert.Equal(1, again.Map.Find(0, 8).Count);
        Assert.Equal(SectorOrigin.Parent, again.Map.Find(1, 7).Origin);
    }

    [Fact]
    public void FlushOfAChildSyncsTwice()
    {
        var file = new RecordingImageFile(Child().AddBlock(2, 0x22, [0x80]).ToFile());
        using VhdImage image = Open(file);
        image.WriteSectors(0, Filled(3, 1));
        image.WriteSectors(2 * 8 + 3, Filled(1, 2));
        image.WriteSectors(100, Filled(1, 3));
        image.Flush();
        Assert.Equal(2, file.Changes.Count(change => change.Kind == ChangeKind.Flush));

        // A sector whose bit is in the file already has nothing to publish.
        image.WriteSectors(1, Filled(1, 9));
        image.Flush();
        Assert.Equal(3, file.Changes.Count(change => change.Kind == ChangeKind.Flush));
    }

    [Theory]
    [InlineData(0x0001_0002u)]
    [InlineData(0x0001_0001u)]
    public void BatmapNeverCallsAPartlyWrittenBlockFull(uint version)
    {
        // The map wrongly says "full" of blocks 0 to 7 and 9, none of which is there.
        (ImageBytes image, int headerAt) = TapImage(version, [0xFF, 0x40]);
        var file = new RecordingImageFile(image.ToFile());
        using (VhdImage child = Open(file))
        {
            child.WriteSectors(2 * 8, Filled(1, 1));
            child.WriteSectors(9 * 8, Filled(8, 2));
            child.WriteSectors(10 * 8, Filled(8, 3));
            child.Flush();
        }

        byte[] bytes = new byte[file.Length];
        using (MemoryImageFile after = image.ToFile())
        {
            // Replayed up to the first sync, the map is right before any table entry is.
            foreach (Change change in file.Changes.TakeWhile(change => change.Kind != ChangeKind.Flush)
                .Where(change => change.Kind == ChangeKind.Write))
            {
                Assert.False(change.Touches(image.TableOffset, 16 * 4));
                after.WriteAt(change.FileOffset, change.Data);
            }

            bytes = after.ToArray();
        }

        Assert.Equal([0b1101_1111, 0], bytes[(headerAt + 512)..(headerAt + 514)]);
        Assert.Equal(
            MapChecksum(bytes.AsSpan(headerAt + 512, 512), version), BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(headerAt + 24)));
    }

    [Fact]
    public void BatmapThatLiesOnAnotherStructureIsLeftAlone()
    {
        (ImageBytes image, int headerAt) = TapImage(0x0001_0002, [0xFF]);
        image.Poke(headerAt + 8, ImageBytes.BigEndian(512UL));
        byte[] header = image.Bytes[512..1536];
        MemoryImageFile file = image.ToFile();
        using (VhdImage child = Open(file))
        {
            child.WriteSectors(0, Filled(1, 1));
        }

        Assert.Equal(header, file.Reopen().ToArray()[512..1536]);
    }

    [Fact]
    public void DynamicImageKeepsItsBatmap()
    {
        ImageBytes image = ImageBytes.Dynamic(Size).PutFooter(28, "tap\0").PutFooter(32, 0x0001_0003u);
        int headerAt = image.Insert(Batmap(0x0001_0002, [0xFF], image.FooterOffset));
        MemoryImageFile file = image.ToFile();
        using (VhdImage dynamic = Open(file))
        {
            dynamic.WriteSectors(0, Filled(1, 1));
        }

        // A fresh block of a dynamic image has all its bits: "full" is right.
        Assert.Equal(image.Bytes[headerAt..(headerAt + 1024)], file.Reopen().ToArray()[headerAt..(headerAt + 1024)]);
    }

    private static ImageBytes Child() => ImageBytes.Differencing(Size);

    private static byte[] Filled(int sectors, byte value)
    {
        byte[] bytes = new byte[sectors * 512];
        bytes.AsSpan().Fill(value);
        return bytes;
    }

    private static VhdImage Open(ImageFile file) => VhdImage.Open(file, new VhdOpenOptions { ForWriting = true });

    private static (ImageBytes Image, int HeaderAt) TapImage(uint version, byte[] map)
    {
        ImageBytes image = Child().PutFooter(28, "tap\0").PutFooter(32, 0x0001_0003u);
        int headerAt = image.Insert(Batmap(version, map, image.FooterOffset));
        return (image, headerAt);
    }

    private static byte[] Batmap(uint version, byte[] map, int headerAt)
    {
        byte[] bytes = new byte[1024];
        "tdbatmap"u8.CopyTo(bytes);
        BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(8), (ulong)headerAt + 512);
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(16), 1);
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(20), version);
        map.CopyTo(bytes, 512);
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(24), MapChecksum(bytes.AsSpan(512), version));
        return bytes;
    }

    private static uint MapChecksum(ReadOnlySpan<byte> map, uint version)
    {
        int sum = 0;
        foreach (byte value in map)
        {
            sum += version == 0x0001_0001 ? (sbyte)value : value;
        }

        return ~(uint)sum;
    }
}
