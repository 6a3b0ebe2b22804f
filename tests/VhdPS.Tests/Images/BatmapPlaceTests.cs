using System.Buffers.Binary;
using VhdPS.Engine.Chains;
using VhdPS.Engine.Format;
using VhdPS.Engine.Images;
using VhdPS.Engine.Layout;
using VhdPS.Engine.Operations.Resize;
using VhdPS.Tests.Checking;
using VhdPS.Tests.Files;
using VhdPS.Tests.Format;

namespace VhdPS.Tests.Images;

/// <summary>Xen's batmap whose map does not lie in its usual place, right behind its header.</summary>
public sealed class BatmapPlaceTests
{
    private const uint W2ku = 0x57326B75;

    [Fact]
    public void A_map_behind_the_blocks_is_kept_right()
    {
        ImageBytes bytes = ImageBytes.Differencing();
        int header = InsertHeader(bytes, mapSectors: 1, sum: 0xFF);
        bytes.AddBlock(0, 1);
        int map = bytes.Insert([0xFF, .. new byte[511]]);
        bytes.Poke(header + 8, ImageBytes.BigEndian((ulong)map));
        MemoryImageFile file = Write(bytes, 3 * 8);
        AssertMap(file, header, map, 0b1110_1111, 0);
        Verdict.AssertClean(file.Reopen());
    }

    [Theory]
    [InlineData(-512, true)]
    [InlineData(-511, false)]
    [InlineData(-1, false)]
    [InlineData(0, false)]
    [InlineData(1, false)]
    [InlineData(1023, false)]
    [InlineData(1024, true)]
    public void A_map_that_lies_on_a_stored_path_is_left_alone(int fromPath, bool isKept)
    {
        ImageBytes bytes = ImageBytes.Differencing();
        int header = InsertHeader(bytes, mapSectors: 1, sum: 0x80);
        bytes.Insert(new byte[1024]);
        int path = bytes.Insert(new byte[1024]);
        bytes.Insert(new byte[1024]);
        bytes.PutLocator(0, W2ku, 1024, 1024, (ulong)path);
        int map = path + fromPath;
        bytes.Poke(header + 8, ImageBytes.BigEndian((ulong)map)).Poke(map, [0x80]);
        byte[] before = bytes.Bytes[..bytes.FooterOffset];
        MemoryImageFile file = Write(bytes, 0);
        if (isKept)
        {
            AssertMap(file, header, map, 0);
        }
        else
        {
            Assert.Equal(before[header..], file.ToArray()[header..before.Length]);
        }
    }

    /// <summary>A map of 512 bytes ends with block 4095; the byte behind it says nothing of block 4096.</summary>
    [Theory]
    [InlineData(4095, 511, 0xFE)]
    [InlineData(4096, 512, 0xFF)]
    [InlineData(4104, 513, 0xFF)]
    public void A_map_shorter_than_the_table_says_nothing_of_the_rest(int blockIndex, int mapByte, byte expected)
    {
        ImageBytes bytes = ImageBytes.Differencing(5000 * 512, 512);
        int header = InsertHeader(bytes, mapSectors: 1, sum: 512 * 0xFF);
        byte[] full = new byte[1024];
        full.AsSpan().Fill(0xFF);
        int map = bytes.Insert(full);
        bytes.Poke(header + 8, ImageBytes.BigEndian((ulong)map)).PutLocator(0, W2ku, 512, 512, (ulong)map + 512);
        MemoryImageFile file = Write(bytes, blockIndex);
        byte[] after = file.ToArray();
        Assert.Equal(expected, after[map + mapByte]);
        Assert.Equal(512 - (expected == 0xFE ? 1 : 0), after.AsSpan(map, 512).Count((byte)0xFF));
        Assert.Equal(512, after.AsSpan(map + 512, 512).Count((byte)0xFF));
        Assert.Equal(
            ~(uint)after.AsSpan(map, 512).ToArray().Sum(value => value), BinaryPrimitives.ReadUInt32BigEndian(after.AsSpan(header + 24)));
    }

    [Fact]
    public void A_block_that_is_given_back_is_not_called_full()
    {
        using var folder = new TempFolder();
        folder.Write("parent.vhd", ImageBytes.Dynamic().Bytes);
        ImageBytes bytes = ImageBytes.Differencing();
        int header = InsertHeader(bytes, mapSectors: 1, sum: 0x60);
        int map = bytes.Insert([0x60, .. new byte[511]]);
        bytes.Poke(header + 8, ImageBytes.BigEndian((ulong)map)).AddBlock(1, 1).AddBlock(2, 2);
        MemoryImageFile file = bytes.ToFile();
        var parents = new ParentPolicy { ParentPath = folder["parent.vhd"], IgnoreIdMismatch = true };
        using (VhdImage child = VhdImage.Open(file.Reopen(), new VhdOpenOptions { ForWriting = true, Parents = parents }))
        {
            child.DiscardSectors(2 * 8, 8);
            child.Flush();
            Assert.Equal(VhdSpec.UnusedEntry, child.Map.Table![2]);
        }

        AssertMap(file, header, map, 0x40);
        Verdict.AssertClean(file.Reopen());
    }

    /// <summary>The copy goes right behind the new header, or behind all of the old one where it would touch that.</summary>
    [Fact]
    public void A_map_is_copied_clear_of_its_old_place_and_of_its_old_header()
    {
        for (int mapAt = 1; mapAt <= 8; mapAt++)
        {
            for (int newEnd = -4; newEnd <= 9; newEnd++)
            {
                foreach (int newMapSectors in new[] { 1, 2 })
                {
                    CheckMove(mapAt * 512, newEnd * 512, newMapSectors);
                }
            }
        }
    }

    [Theory]
    [InlineData(-1024, -512, true)]
    [InlineData(-1024, -513, false)]
    [InlineData(-512, 0, true)]
    [InlineData(0, 4096, false)]
    public void A_header_is_moved_alone_where_it_fits(int toHeader, int limit, bool isMoved)
    {
        ImageBytes bytes = ImageBytes.Dynamic(400 * 512, 512);
        int header = InsertHeader(bytes, mapSectors: 1, sum: 0x80);
        int map = bytes.Insert([0x80, .. new byte[511]]);
        bytes.Poke(header + 8, ImageBytes.BigEndian((ulong)map));
        MemoryImageFile file = bytes.ToFile();
        var move = BatmapMove.PlanHeader(file, ImageLayout.Read(file), header + toHeader, header + limit);
        Assert.Equal(isMoved, move is not null);
        if (move is not null)
        {
            Assert.Equal((header, header + toHeader + 512), (move.OldOffset, move.End));
            move.MoveMap();
            Assert.Equal(bytes.Bytes, file.ToArray());
            move.WriteHeader();
            Assert.Equal(bytes.Bytes[header..(header + 512)], file.ToArray()[(header + toHeader)..(header + toHeader + 512)]);
        }
    }

    /// <summary>A disk whose map lies anywhere keeps all that it says when its table grows and shrinks.</summary>
    [Fact]
    public void A_resized_image_keeps_its_map()
    {
        foreach (int oldBlocks in new[] { 40, 200, 400 })
        {
            foreach (int newBlocks in new[] { 30, 130, 300, 520, 5000 })
            {
                foreach (int gap in new[] { 0, 1, 2, 3, 20 })
                {
                    CheckResize(oldBlocks, newBlocks, gap * 512);
                }
            }
        }
    }

    private static void CheckResize(int oldBlocks, int newBlocks, int gap)
    {
        ImageBytes bytes = ImageBytes.Dynamic(oldBlocks * 512L, 512);
        int header = InsertHeader(bytes, mapSectors: 1, sum: 0xC1);
        bytes.Insert(new byte[gap]);
        int map = bytes.Insert([0xC0, 0, 1, .. new byte[509]]);
        bytes.Poke(header + 8, ImageBytes.BigEndian((ulong)map)).AddBlock(0, 7).AddBlock(1, 8);
        if (oldBlocks > 23)
        {
            bytes.AddBlock(23, 9);
        }

        MemoryImageFile file = bytes.ToFile();
        ResizePlan plan = ResizeOperation.Run(file.Reopen(), new ResizeOptions(file.Path) { SizeBytes = newBlocks * 512L });
        string what = $"{oldBlocks} to {newBlocks} blocks, map {gap} bytes behind its header";
        Assert.False(plan.IsBatmapDropped, what);
        Assert.Equal(plan.NewFileLength, file.Length);
        var layout = ImageLayout.Read(file.Reopen());
        Batmap batmap = layout.Batmap!;
        Assert.Equal(layout.Header!.TableEnd, batmap.HeaderOffset);
        byte[] kept = new byte[batmap.Map!.Value.Length];
        file.ReadAt(batmap.Map.Value.FileOffset, kept);
        Assert.True(kept.AsSpan().StartsWith((byte[])[0xC0, 0, 1]), what);
        Assert.False(kept.AsSpan(3).ContainsAnyExcept((byte)0), what);
        Assert.True(layout.Structures.All(one => layout.Structures.All(
            other => one == other || one.FileOffset >= other.End || other.FileOffset >= one.End)), what);
        Verdict.AssertClean(file.Reopen());
    }

    private static void CheckMove(int mapAt, int newEnd, int newMapSectors)
    {
        ImageBytes bytes = ImageBytes.Dynamic(2000 * 512, 512);
        int header = InsertHeader(bytes, mapSectors: 1, sum: 0x80);
        bytes.Insert(new byte[16 * 512]);
        int map = header + mapAt;
        bytes.Poke(header + 8, ImageBytes.BigEndian((ulong)map)).Poke(map, [0x80]);
        MemoryImageFile file = bytes.ToFile();
        long tableEnd = header + newEnd;
        var move = BatmapMove.PlanWhole(file, ImageLayout.Read(file), tableEnd, newMapSectors * 4096);
        if (newEnd == 0)
        {
            Assert.Null(move);
            return;
        }

        bool Touches(long offset) => new[] { header, map }.Any(
            old => offset < old + 512 && old < offset + (newMapSectors * 512));
        long expected = tableEnd + 512;
        expected = Touches(expected) ? Math.Max(header, map) + 512 : expected;
        string what = $"map at {mapAt} of its header, table's end at {newEnd}, {newMapSectors} sectors";
        Assert.True(move!.OldOffset == header && move.End == expected + (newMapSectors * 512), what);
        move.MoveMap();

        // Until the dynamic header changes, the old header counts, and names the copy.
        byte[] after = file.ToArray();
        Assert.True(BinaryPrimitives.ReadInt64BigEndian(after.AsSpan(header + 8)) == expected, what);
        Assert.True(BinaryPrimitives.ReadUInt32BigEndian(after.AsSpan(header + 16)) == newMapSectors, what);
        Assert.True(after[expected] == 0x80, what);
        Assert.False(after.AsSpan((int)expected + 1, (newMapSectors * 512) - 1).ContainsAnyExcept((byte)0), what);
        Assert.True(after[map] == 0x80, what);
        move.WriteHeader();
        Assert.True(file.ToArray().AsSpan((int)tableEnd, 512).SequenceEqual(after.AsSpan(header, 512)), what);
    }

    /// <summary>Puts a header where the table ends; it names no map yet.</summary>
    private static int InsertHeader(ImageBytes bytes, int mapSectors, int sum)
    {
        byte[] header = new byte[512];
        "tdbatmap"u8.CopyTo(header);
        ImageBytes.BigEndian((uint)mapSectors).CopyTo(header, 16);
        ImageBytes.BigEndian(0x00010002u).CopyTo(header, 20);
        ImageBytes.BigEndian(~(uint)sum).CopyTo(header, 24);
        bytes.PutFooter(28, "tap\0").PutFooter(32, 0x00010003u);
        return bytes.Insert(header);
    }

    private static MemoryImageFile Write(ImageBytes bytes, long sector)
    {
        MemoryImageFile file = bytes.ToFile();
        using VhdImage child = VhdImage.Open(file.Reopen(), new VhdOpenOptions { ForWriting = true });
        child.WriteSectors(sector, [1, .. new byte[511]]);
        return file;
    }

    private static void AssertMap(MemoryImageFile file, int header, int map, params byte[] expected)
    {
        byte[] bytes = file.ToArray();
        Assert.Equal([.. expected, .. new byte[512 - expected.Length]], bytes[map..(map + 512)]);
        Assert.Equal(
            ~(uint)expected.Sum(value => value), BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(header + 24)));
    }
}
