using System.Buffers.Binary;
using System.Security.Cryptography;
using VhdPS.Engine.Format;
using VhdPS.Engine.Operations.Repair;
using VhdPS.Tests.Files;
using VhdPS.Tests.Format;

namespace VhdPS.Tests.Operations.Repair;

/// <summary>Undo files at the bounds of what is believed, and what is said of those beyond.</summary>
public sealed class UndoEdgeTests
{
    private const int Head = 40;
    private const int RecordHead = 20;

    private static readonly byte[] Whole = ImageBytes.Dynamic().AddBlock(2, 0x11).AddBlock(0, 0x22).AddBlock(5, 0x33).Bytes;

    [Fact]
    public void What_is_written_is_read_again()
    {
        var first = new RepairPhase();
        var second = new RepairPhase();
        using var file = new MemoryImageFile(Whole);
        first.Put(file, 2048, new byte[512]);
        first.Put(file, 2560, [.. Enumerable.Repeat((byte)7, 512)]);
        second.Put(file, 512, new byte[512]);
        using var undo = new RecordingImageFile(new MemoryImageFile([]));
        new UndoRecord(Whole.Length, ImageBytes.UniqueId, [first, second]).Write(undo);
        Assert.Equal(ChangeKind.Flush, undo.Changes[^1].Kind);
        UndoRecord read = UndoRecord.Read(undo);
        Assert.Equal((Whole.Length, ImageBytes.UniqueId, 2), ((int)read.OldLength, read.UniqueId, read.Phases.Count));
        foreach ((RepairPhase wanted, RepairPhase found) in new[] { first, second }.Zip(read.Phases))
        {
            Assert.Equal(wanted.Edits.Count, found.Edits.Count);
            foreach ((FileEdit a, FileEdit b) in wanted.Edits.Zip(found.Edits))
            {
                Assert.Equal(a.FileOffset, b.FileOffset);
                Assert.Equal(a.OldBytes.ToArray(), b.OldBytes.ToArray());
                Assert.Equal(a.NewBytes.ToArray(), b.NewBytes.ToArray());
            }
        }
    }

    [Fact]
    public void A_file_as_long_as_one_without_a_record_is_looked_at()
    {
        Assert.Equal("The file is not an undo file of a repair.", Refuse(new byte[Head + 32]).Message);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(Head + 31)]
    public void A_file_too_short_to_be_one_says_how_long_they_are(int length)
    {
        Finding finding = Refuse(new byte[length]);
        Assert.Equal((null, "72 to 1073741824 bytes", $"{length} bytes"), (finding.FileOffset, finding.Expected, finding.Actual));
    }

    [Fact]
    public void A_file_too_long_to_be_one_is_not_read()
    {
        var file = new MemoryImageFile([]);
        file.SetLength((1L << 30) + 1);
        var error = Assert.Throws<VhdFormatException>(() => UndoRecord.Read(file));
        Assert.Equal($"{(1L << 30) + 1} bytes", error.Finding.Actual);
    }

    [Theory]
    [InlineData(0, (byte)'v')]
    [InlineData(11, 2)]
    [InlineData(8, 1)]
    public void Another_magic_or_version_is_another_file(int at, byte value)
    {
        byte[] bytes = Make(Change(2048, 512, 512));
        bytes[at] = value;
        Assert.Equal(0, Refuse(Seal(bytes)).FileOffset);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(2)]
    [InlineData(int.MaxValue)]
    public void A_number_of_records_that_cannot_be_is_named(int count)
    {
        byte[] bytes = Make(Change(2048, 0, 0));
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(12), count);
        Finding finding = Refuse(Seal(bytes));
        Assert.Equal((12L, $"{count}"), (finding.FileOffset, finding.Actual));
    }

    [Fact]
    public void A_record_that_reaches_past_the_end_is_named_by_its_place()
    {
        byte[] bytes = Make(Change(2048, 512, 512), Change(2560, 512, 512));
        int second = Head + RecordHead + 1024;
        foreach ((int at, int value) in new[] { (12, 513), (16, 513), (12, -1), (16, -1), (12, int.MaxValue), (16, int.MinValue) })
        {
            byte[] damaged = (byte[])bytes.Clone();
            BinaryPrimitives.WriteInt32BigEndian(damaged.AsSpan(second + at), value);
            Assert.Equal(second, Refuse(Seal(damaged)).FileOffset);
        }

        foreach (long offset in new[] { -1L, long.MinValue, (1L << 50) + 1, long.MaxValue })
        {
            byte[] damaged = (byte[])bytes.Clone();
            BinaryPrimitives.WriteInt64BigEndian(damaged.AsSpan(second + 4), offset);
            Assert.Equal(second, Refuse(Seal(damaged)).FileOffset);
        }

        // The head of the second is not whole.
        byte[] cut = bytes[..(second + RecordHead - 1)];
        Assert.Equal(second, Refuse(Seal(cut)).FileOffset);
        Finding more = Refuse(Seal([.. bytes, 1, 2, 3]));
        Assert.Equal((bytes.Length, "3 more bytes"), ((int)more.FileOffset!.Value, more.Actual));
        byte[] order = Make(Change(2048, 512, 512, phase: 1), Change(2560, 512, 512));
        Assert.Equal(second, Refuse(Seal(order)).FileOffset);
    }

    [Fact]
    public void Changes_side_by_side_are_believed_and_those_that_share_a_byte_are_not()
    {
        Assert.Equal(2, Read(Change(2048, 512, 512), Change(2560, 512, 512)).Phases[0].Edits.Count);
        Assert.Equal(2, Read(Change(2560, 512, 512), Change(2048, 512, 512)).Phases[0].Edits.Count);
        Assert.Contains("overlap", Refuse(Seal(Make(Change(2048, 512, 512), Change(2100, 8, 8)))).Message, StringComparison.Ordinal);
        Assert.Contains("overlap", Refuse(Seal(Make(Change(2100, 8, 8), Change(2107, 8, 8)))).Message, StringComparison.Ordinal);
        Assert.Equal(2, Read(Change(2100, 8, 8), Change(2108, 8, 8)).Phases[0].Edits.Count);
    }

    [Theory]
    [InlineData(2048, 512, 512, true)]
    [InlineData(2047, 1, 1, true)]
    [InlineData(2047, 2, 2, false)]
    [InlineData(2048, 513, 513, false)]
    [InlineData(2048, 512, 511, false)]
    [InlineData(2048, 511, 512, false)]
    [InlineData(2048, 0, 512, false)]
    public void A_write_is_within_a_sector_and_holds_what_it_replaces(int offset, int oldLength, int newLength, bool isBelieved)
    {
        if (isBelieved)
        {
            Assert.Single(Read(Change(offset, oldLength, newLength)).Phases);
        }
        else
        {
            Refuse(Seal(Make(Change(offset, oldLength, newLength))));
        }
    }

    /// <summary>All that a repair adds to a file is a footer, at most two of the largest blocks after its end.</summary>
    [Theory]
    [InlineData(0, true)]
    [InlineData(4096, true)]
    [InlineData((2L * (1 << 28)) + 4096, true)]
    [InlineData((2L * (1 << 28)) + 4608, false)]
    public void A_footer_may_be_added_so_far_after_the_end(long after, bool isBelieved)
    {
        Assert.Equal(1 << 28, VhdSpec.MaxBlockSize);
        byte[] record = Record(Whole.Length + after, [], Whole[^512..]);
        if (isBelieved)
        {
            Assert.Equal(Whole.Length + after, Read(record).Phases[0].Edits[0].FileOffset);
        }
        else
        {
            Assert.Contains("other than a footer", Refuse(Seal(Make(record))).Message, StringComparison.Ordinal);
        }

        Assert.Contains(
            "other than a footer", Refuse(Seal(Make(Record(Whole.Length + after, [], new byte[512])))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_cut_takes_the_end_of_the_file_and_no_more_than_a_repair_does()
    {
        byte[] long1 = [.. Whole, .. new byte[(1 << 20) + 1024]];
        int most = (1 << 20) + 512;
        Assert.True(Read(long1.Length, Record(long1.Length - most, long1[^most..], [])).Phases[0].Edits[0].IsCut);
        foreach ((int offset, int count) in new[]
        {
            (long1.Length - most - 1, most + 1), (long1.Length - most, most - 1), (long1.Length - 512, 513), (long1.Length, 0),
        })
        {
            Finding finding = Refuse(Seal(Make(long1.Length, Record(offset, new byte[count], []))));
            Assert.Contains("where no repair does", finding.Message, StringComparison.Ordinal);
        }

        // Of a small file everything but a footer may go.
        Assert.True(Read(1000, Record(511, new byte[489], [])).Phases[0].Edits[0].IsCut);
        Refuse(Seal(Make(1000, Record(510, new byte[490], []))));
    }

    [Theory]
    [InlineData(510)]
    [InlineData((1L << 50) + 1)]
    [InlineData(-1)]
    public void A_length_that_no_image_has_is_named(long length)
    {
        Finding finding = Refuse(Seal(Make(length, Change(0, 8, 8))));
        Assert.Equal((16L, $"{length}"), (finding.FileOffset, finding.Actual));
        Assert.Equal(1L << 50, Read(1L << 50, Change(0, 8, 8)).OldLength);
        Assert.Equal(511, Read(511, Change(0, 8, 8)).OldLength);
    }

    private static byte[] Change(int offset, int oldLength, int newLength, int phase = 0) =>
        Record(offset, Part(offset, oldLength), Part(offset, newLength), phase);

    private static byte[] Part(int offset, int length) => [.. Whole.AsSpan(offset, Math.Min(length, Whole.Length - offset))];

    private static byte[] Record(long offset, byte[] old, byte[] now, int phase = 0) =>
    [
        .. ImageBytes.BigEndian((uint)phase), .. ImageBytes.BigEndian((ulong)offset), .. ImageBytes.BigEndian((uint)old.Length),
        .. ImageBytes.BigEndian((uint)now.Length), .. old, .. now,
    ];

    private static byte[] Make(params byte[][] records) => Make(Whole.Length, records);

    private static byte[] Make(long oldLength, params byte[][] records) =>
    [
        .. "VhdPSUnd"u8, .. ImageBytes.BigEndian(1u), .. ImageBytes.BigEndian((uint)records.Length),
        .. ImageBytes.BigEndian((ulong)oldLength), .. ImageBytes.UniqueId.ToByteArray(bigEndian: true),
        .. records.SelectMany(record => record),
    ];

    private static byte[] Seal(byte[] bytes) => [.. bytes, .. SHA256.HashData(bytes)];

    private static UndoRecord Read(params byte[][] records) => Read(Whole.Length, records);

    private static UndoRecord Read(long oldLength, params byte[][] records) =>
        UndoRecord.Read(new MemoryImageFile(Seal(Make(oldLength, records))));

    private static Finding Refuse(byte[] undo)
    {
        Finding finding = Assert.Throws<VhdFormatException>(() => UndoRecord.Read(new MemoryImageFile(undo))).Finding;
        Assert.Equal(FaultCode.UndoFileDamaged, finding.Code);
        return finding;
    }
}
